"""A small Hugging Face Hub on loopback, for the real clients to read from and to push to.

It speaks what is written down in "The Hub as huggingface_hub speaks to it". What it holds is in
``hub_state``, how it is written to in ``hub_writes``. Failures are put in by path. Large files are
on a port of their own, as the Hub has them on another host.
"""

import contextlib
import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.hub_state import (
    Failure,
    Hub,
    Repo,
    Token,
    front_matter,
    git_oid,
    is_large,
    sha256,
)
from tests.support.hub_writes import Writes

__all__ = ["Failure", "Hub", "Repo", "Token", "serve"]

NOT_FOUND = {"repo": "RepoNotFound", "revision": "RevisionNotFound", "file": "EntryNotFound"}

# What the client asks for of its own accord, now and then.
_OF_THE_CLIENT = ("/api/agent-harnesses", "/api/telemetry")

_KINDS = "models|datasets|spaces"
_ID = r"(?P<name>[^/]+/[^/]+)"
_API = rf"/api/(?P<kind>{_KINDS})/{_ID}"
_PAGE = rf"/(?:(?P<kind>datasets|spaces)/)?{_ID}"
_REVISION = r"(?P<revision>[^/]+)"  # as it is quoted in the address

_ROUTES = [
    (method, re.compile(pattern), handler)
    for method, pattern, handler in (
        ("GET", r"/api/whoami-v2", "_whoami"),
        ("POST", r"/api/repos/create", "create"),
        ("POST", r"/api/validate-yaml", "validate_card"),
        ("GET", _API, "_describe"),
        ("GET", rf"{_API}/revision/{_REVISION}", "_describe"),
        ("GET", rf"{_API}/tree/{_REVISION}(?:/(?P<folder>.*))?", "_tree"),
        ("POST", rf"{_API}/preupload/{_REVISION}", "preupload"),
        ("POST", rf"{_API}/commit/{_REVISION}", "commit"),
        ("GET", rf"{_PAGE}/resolve/{_REVISION}/(?P<file>.+)", "_resolve"),
        ("HEAD", rf"{_PAGE}/resolve/{_REVISION}/(?P<file>.+)", "_resolve"),
        ("POST", rf"{_PAGE}\.git/info/lfs/objects/batch", "batch"),
        ("POST", rf"{_PAGE}\.git/info/lfs/verify", "verify"),
        ("GET", r"/large/(?P<oid>\w+)", "_large"),
        ("PUT", r"/large/(?P<oid>\w+)", "put"),
        ("PUT", r"/large/(?P<oid>\w+)/(?P<part>\d+)", "put"),
        ("POST", r"/large/(?P<oid>\w+)", "join"),
    )
]


def _handler(hub):
    class Handler(Writes, BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else a body waits 40 ms for the receipt of its headers
        state = hub

        def do_GET(self):
            self._answer_any()

        def do_HEAD(self):
            self._answer_any()

        def do_POST(self):
            self._answer_any()

        def do_PUT(self):
            self._answer_any()

        def _answer_any(self):
            address = urlsplit(self.path)
            path, self.query = unquote(address.path), parse_qs(address.query)
            if not path.startswith(_OF_THE_CLIENT):
                hub.requests.append(f"{self.command} {path}")
                hub.authorizations.add(self.headers.get("Authorization"))
            failure = hub.failure_of(path, self.command)
            with contextlib.suppress(ConnectionError):  # the client no longer waits
                if failure:
                    self._fail(failure)
                    return
                self.body = self._read(int(self.headers.get("Content-Length") or 0))
                for method, pattern, handler in _ROUTES:
                    match = pattern.fullmatch(address.path)
                    if method == self.command and match:
                        given = {
                            name: unquote(value) for name, value in match.groupdict("").items()
                        }
                        if "kind" in given:
                            given["kind"] = given["kind"] or "models"
                        getattr(self, handler)(**given)
                        return
                self.answer(404)

        def _fail(self, failure):
            if failure.cut_after is not None:
                size = int(self.headers.get("Content-Length") or 0)
                self._read(min(failure.cut_after, size))
                self.close_connection = True
                return
            self._read(int(self.headers.get("Content-Length") or 0))
            hub.closing.wait(failure.hang_seconds)
            self.answer(failure.status, failure.body, failure.headers)

        def _read(self, size):
            parts = []
            while size and (part := self.rfile.read(min(size, 2**20))):
                parts.append(part)
                size -= len(part)
            return b"".join(parts)

        def token(self):
            """Return the Token of the request; None without one, and for one that is not known."""
            _, _, text = (self.headers.get("Authorization") or "").partition(" ")
            return hub.tokens.get(text)

        def _whoami(self):
            token = self.token()
            if token is None:
                self.refuse(401, "Invalid credentials in Authorization header")
            else:
                self.answer_json(token.described())

        def _describe(self, kind, name, revision="main"):
            """Answer GET /api/{kind}/{id}[/revision/{revision}]; the revision is quoted."""
            repo, commit = self.find(kind, name, revision)
            if not commit:
                return
            described = {
                "id": name,
                "sha": commit,
                "private": repo.private,
                "siblings": [
                    {"rfilename": file, "blobId": git_oid(content)}
                    for file, content in repo.files(commit).items()
                ],
            }
            if repo.sdk:
                described["sdk"] = repo.sdk
            card = repo.card or front_matter(repo.files(commit).get("README.md", b""))
            if card and hub.gives_cards and revision in ("main", repo.commit("main")):
                described["cardData"] = card
            self.answer_json(described)

        def _tree(self, kind, name, revision, folder):
            """Answer GET /api/{kind}/{id}/tree/{revision}[/folder], all below it."""
            repo, commit = self.find(kind, name, revision)
            if not commit:
                return
            files = {
                path: content
                for path, content in repo.files(commit).items()
                if not folder or path.startswith(folder.rstrip("/") + "/")
            }
            if folder and not files:
                self.refuse_missing("file")
                return
            rows = []
            for path, content in files.items():
                row = {"type": "file", "path": path, "size": len(content), "oid": git_oid(content)}
                if is_large(path, content):
                    row["lfs"] = {"oid": sha256(content), "size": len(content), "pointerSize": 134}
                rows.append(row)
            self.answer_json(rows)

        def _resolve(self, kind, name, revision, file):
            """Answer HEAD and GET /{id}/resolve/{revision}/{file}; a large file is elsewhere."""
            repo, commit = self.find(kind, name, revision)
            if not commit:
                return
            content = repo.files(commit).get(file)
            if content is None:
                self.refuse_missing("file")
                return
            etag, headers = f'"{sha256(content)}"', {"X-Repo-Commit": commit}
            if not is_large(file, content):
                self.answer(200, content, {**headers, "ETag": etag})
                return
            hub.stored[sha256(content)] = content
            headers |= {"X-Linked-Etag": etag, "X-Linked-Size": str(len(content))}
            location = f"{hub.storage_url}/large/{sha256(content)}"
            self.answer(302, b"", {**headers, "Location": location})

        def _large(self, oid):
            content = hub.stored.get(oid)
            self.answer(404 if content is None else 200, content or b"", {"ETag": f'"{oid}"'})

        def find(self, kind, name, revision):
            """Return a repository and the commit of a revision; None and refused if not there."""
            token = self.token()
            if hub.tokens and token is None and self.headers.get("Authorization"):
                self.refuse(401, "Invalid credentials in Authorization header")
                return None, None
            repo = hub.repos(kind).get(name)
            hidden = repo and repo.private and not (token and token.reads(name.split("/")[0]))
            if repo is None or hidden:
                self.refuse_missing("repo", 404 if token or not hub.tokens else 401)
                return None, None
            commit = repo.commit(revision)
            if commit is None:
                self.refuse_missing("revision")
            return repo, commit

        def refuse_missing(self, what, status=404):
            """Answer which is not there: the repo, the revision or the file."""
            self.answer(status, b"", {"X-Error-Code": NOT_FOUND[what]})

        def refuse(self, status, message, **more):
            """Answer an error as the Hub does, its text in a header and in the body."""
            body = json.dumps({"error": message, **more}).encode()
            self.answer(status, body, {"X-Error-Message": message})

        def answer_json(self, value, status=200):
            """Answer with a JSON document."""
            self.answer(status, json.dumps(value).encode())

        def answer(self, status, body=b"", headers=None):
            """Answer; the body of a HEAD is only counted."""
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Handler


@contextmanager
def serve():
    """Run a Hub on two free ports of this machine until the block ends."""
    hub = Hub()
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub)) for _ in range(2)]
    threads = []
    for server in servers:
        server.daemon_threads = True
        server.block_on_close = False
        how = {"target": server.serve_forever, "kwargs": {"poll_interval": 0.05}}
        threads.append(threading.Thread(**how))
        threads[-1].start()
    hub.url, hub.storage_url = (f"http://127.0.0.1:{each.server_address[1]}" for each in servers)
    try:
        yield hub
    finally:
        hub.closing.set()
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()
