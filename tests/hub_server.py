"""A small Hugging Face Hub on loopback, for the real client to read datasets from.

It speaks what is written down in "The Hub as huggingface_hub speaks to it": what a repository
holds, and its files. Failures are put in by path.
"""

import hashlib
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit


@dataclass
class Repo:
    """A dataset repository: the files of each revision, and the YAML part of its card."""

    revisions: dict[str, dict[str, bytes]] = field(default_factory=lambda: {"main": {}})
    card: dict = field(default_factory=dict)

    def commit(self, revision):
        """Give the commit of a revision: a hash of what it holds. None if there is none."""
        commits = {}
        for name, files in self.revisions.items():
            digest = hashlib.sha1(name.encode())  # noqa: S324
            for path in sorted(files):
                digest.update(path.encode() + b"\0" + files[path])
            commits[name] = digest.hexdigest()
        if revision in commits:
            return commits[revision]
        return revision if revision in commits.values() else None

    def files(self, commit):
        """Give the files of a commit."""
        return next(files for name, files in self.revisions.items() if self.commit(name) == commit)


@dataclass
class Failure:
    """What to answer instead, ``times`` times: a status and its headers, or nothing for a while."""

    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    hang_seconds: float = 0
    times: int = 1_000_000


class Hub:
    """The state of the server: its repositories, the failures to come, the requests that came.

    ``failures`` maps the beginning of a path to a Failure; ``requests`` has "METHOD path",
    ``authorizations`` the headers of that name, None for a request without one.
    """

    def __init__(self):
        self.datasets = {}
        self.failures = {}
        self.requests = []
        self.authorizations = set()
        self.url = ""

    def fail(self, path, **how):
        """Let the requests whose path begins like this fail."""
        self.failures[path] = Failure(**how)

    def failure_of(self, path):
        """Take the failure that is put in for a path, if there is one."""
        for beginning, failure in self.failures.items():
            if path.startswith(beginning) and failure.times > 0:
                failure.times -= 1
                return failure
        return None


NOT_FOUND = {"repo": "RepoNotFound", "revision": "RevisionNotFound", "file": "EntryNotFound"}


def _handler(hub):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self._answer_any()

        def do_HEAD(self):
            self._answer_any()

        def _answer_any(self):
            path = unquote(urlsplit(self.path).path)
            if path.startswith(("/api/datasets/", "/datasets/")):  # the client asks for more
                hub.requests.append(f"{self.command} {path}")
                hub.authorizations.add(self.headers.get("Authorization"))
            failure = hub.failure_of(path)
            if failure:
                time.sleep(failure.hang_seconds)
                self._answer(failure.status, b"", failure.headers)
            elif path.startswith("/api/datasets/"):
                self._describe(self.path.removeprefix("/api/datasets/").split("?")[0])
            elif path.startswith("/datasets/") and "/resolve/" in path:
                self._resolve(self.path.removeprefix("/datasets/").split("?")[0])
            else:
                self._answer(404)

        def _describe(self, path):
            """Answer GET /api/datasets/{id}[/revision/{revision}]; the revision is quoted."""
            parts = path.split("/")
            name, revision = "/".join(parts[:2]), "main"
            if parts[2:3] == ["revision"]:
                revision = unquote(parts[3])
            repo, commit = self._find(name, revision)
            if not commit:
                return
            described = {
                "id": name,
                "sha": commit,
                "siblings": [{"rfilename": file} for file in repo.files(commit)],
            }
            if repo.card and revision in ("main", repo.commit("main")):
                described["cardData"] = repo.card
            self._answer(200, json.dumps(described).encode())

        def _resolve(self, path):
            """Answer HEAD and GET /datasets/{id}/resolve/{revision}/{file}."""
            name, _, rest = path.partition("/resolve/")
            revision, _, file = rest.partition("/")
            repo, commit = self._find(name, unquote(revision))
            if not commit:
                return
            content = repo.files(commit).get(unquote(file))
            if content is None:
                self._refuse("file")
                return
            etag = hashlib.sha256(content).hexdigest()
            self._answer(200, content, {"ETag": f'"{etag}"', "X-Repo-Commit": commit})

        def _find(self, name, revision):
            repo = hub.datasets.get(name)
            if repo is None:
                self._refuse("repo")
                return None, None
            commit = repo.commit(revision)
            if commit is None:
                self._refuse("revision")
            return repo, commit

        def _refuse(self, what):
            self._answer(404, b"", {"X-Error-Code": NOT_FOUND[what]})

        def _answer(self, status, body=b"", headers=None):
            try:
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)
            except ConnectionError:
                pass  # the client no longer waits

        def log_message(self, *_):
            pass

    return Handler


@contextmanager
def serve():
    """Run a Hub on a free port of this machine until the block ends."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    server.daemon_threads = True
    server.block_on_close = False
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
