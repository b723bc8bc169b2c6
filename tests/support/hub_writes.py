"""How a small Hub is written to: creating, uploading in parts or at once, committing."""

import base64
import hashlib
import json
from math import ceil

import yaml

from tests.support.hub_state import ATTRIBUTES, Repo, git_oid, is_large, sha256


class Writes:
    """The requests that write, mixed into the handler that has ``state``, ``body`` and answers."""

    def create(self):
        """POST /api/repos/create {name, organization, visibility, type?, sdk?}."""
        asked = json.loads(self.body)
        token = self.token()
        if token is None:
            self.refuse(401, "Invalid username or password.")
            return
        namespace = asked.get("organization") or token.owner
        name, kind = f"{namespace}/{asked['name']}", asked.get("type", "model")
        repos = self.state.repos(f"{kind}s")
        if not (token.owns(namespace) and token.may("repo.write", namespace)):
            rights = f"You don't have the rights to create a {kind} under the namespace"
            self.refuse(403, f'{rights} "{namespace}"')
            return
        url = f"{self.state.url}/{'' if kind == 'model' else kind + 's/'}{name}"
        if name in repos:
            self.refuse(409, f"You already created this {kind} repo", url=url)
            return
        private = asked.get("visibility") == "private"
        files = {"main": {".gitattributes": ATTRIBUTES}}
        app = token.role == "app"
        repos[name] = Repo(files, private=private, sdk=asked.get("sdk"), made_from_app=app)
        self.answer_json({"url": url, "name": name, "private": private})

    def validate_card(self):
        """POST /api/validate-yaml {content, repoType}: is the YAML at the top plain?"""
        lines = json.loads(self.body)["content"].split("---\n")
        try:
            described = yaml.safe_load(lines[1]) if len(lines) > 2 else {}
        except yaml.YAMLError as error:
            problem = [{"message": " ".join(str(error).split())}]
            self.answer_json({"errors": problem, "warnings": []}, 400)
            return
        warnings = [] if described else [{"message": "empty or missing yaml metadata"}]
        self.answer_json({"errors": [], "warnings": warnings})

    def preupload(self, kind, name, revision):
        """POST /api/{kind}/{id}/preupload/{revision}: how to send each file, and what is there."""
        repo = self._writable(kind, name, revision)
        if not repo:
            return
        there = repo.revisions[revision]
        answers = []
        for file in json.loads(self.body)["files"]:
            path, size = file["path"], file["size"]
            # Parquet is sent as a large file, as to the Hub; it is read from here as a small one.
            large = is_large(path, b"") or path.endswith(".parquet") or size > 10_000_000
            row = {"path": path, "shouldIgnore": False}
            row["uploadMode"] = "lfs" if large else "regular"
            if path in there:
                row["oid"] = (sha256 if large else git_oid)(there[path])
            answers.append(row)
        self.answer_json({"files": answers})

    def batch(self, kind, name):
        """POST /{id}.git/info/lfs/objects/batch: where to send what is not stored yet."""
        if not self._writable(kind, name, "main", as_pull_request=True):
            return
        answers = []
        for wanted in json.loads(self.body)["objects"]:
            oid, size = wanted["oid"], wanted["size"]
            answers.append({"oid": oid, "size": size})
            if oid in self.state.stored:
                continue
            upload = {"href": f"{self.state.storage_url}/large/{oid}"}
            if self.state.part_size:
                count = ceil(size / self.state.part_size)
                urls = {f"{part:05}": f"{upload['href']}/{part}" for part in range(1, count + 1)}
                upload["header"] = {"chunk_size": str(self.state.part_size), **urls}
            prefix = "" if kind == "models" else f"{kind}/"
            verify = {"href": f"{self.state.url}/{prefix}{name}.git/info/lfs/verify"}
            answers[-1]["actions"] = {"upload": upload, "verify": verify}
        self.answer_json({"transfer": "basic", "objects": answers})

    def put(self, oid, part=""):
        """PUT a large file, or one part of it."""
        if part:
            self.state.parts[oid, int(part)] = self.body
            etag = hashlib.sha256(self.body).hexdigest()
            self.answer(200, b"", {"ETag": f'"{etag}"'})
        elif sha256(self.body) != oid:
            self.refuse(400, "XAmzContentSHA256Mismatch")
        else:
            self.state.stored[oid] = self.body
            self.answer(200)

    def join(self, oid):
        """POST {oid, parts} once all parts are there: each part's ETag has to be right."""
        parts = json.loads(self.body)["parts"]
        held = [self.state.parts.get((oid, part["partNumber"]), b"") for part in parts]
        tags = [f'"{hashlib.sha256(each).hexdigest()}"' for each in held]
        content = b"".join(held)
        if tags != [part["etag"] for part in parts] or sha256(content) != oid:
            self.refuse(400, "the parts do not make the file")
            return
        self.state.stored[oid] = content
        self.answer_json({"success": True})

    def verify(self, kind, name):
        """POST /{id}.git/info/lfs/verify {oid, size}."""
        if not self._writable(kind, name, "main", as_pull_request=True):
            return
        asked = json.loads(self.body)
        stored = self.state.stored.get(asked["oid"])
        self.answer(200 if stored is not None and len(stored) == asked["size"] else 404)

    def commit(self, kind, name, revision):
        """POST /api/{kind}/{id}/commit/{revision}, one JSON line each: header, then the files."""
        repo = self._writable(kind, name, revision)
        if not repo:
            return
        if "create_pr" in self.query and not repo.discussions:
            self.refuse(403, "Discussions are disabled for this repo")
            return
        head, *lines = [json.loads(line) for line in self.body.splitlines()]
        parent = head["value"].get("parentCommit")
        if parent and parent != repo.commit(revision):
            self.refuse(412, "A commit has happened since. Please refresh and try again.")
            return
        changes = {}
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                changes[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                changes[value["path"]] = self.state.stored[value["oid"]]
            elif line["key"] == "deletedFile":
                if value["path"] not in repo.revisions[revision]:
                    self.refuse_missing("file")
                    return
                changes[value["path"]] = None
            else:
                self.refuse(400, f"unknown operation {line['key']}")
                return
        number = repo.push(revision, head["value"]["summary"], changes, "create_pr" in self.query)
        commit = repo.commit(f"refs/pr/{number}" if number else revision)
        url = f"{self.state.url}/{'' if kind == 'models' else kind + '/'}{name}"
        answer = {"success": True, "commitOid": commit, "commitUrl": f"{url}/commit/{commit}"}
        if number:
            answer["pullRequestUrl"] = f"{url}/discussions/{number}"
        self.answer_json(answer)

    def _writable(self, kind, name, revision, as_pull_request=False):
        """Return a repository that this request may write to; None and refused if it may not."""
        repo, commit = self.find(kind, name, revision)
        if not commit:
            return None
        token, namespace = self.token(), name.split("/")[0]
        if token is None:
            self.refuse(401, "Invalid username or password.")
            return None
        own = token.owns(namespace) and token.may("repo.write", namespace, name)
        own = own and (token.role != "app" or repo.made_from_app)
        propose = as_pull_request or "create_pr" in self.query
        if not own and not (propose and token.may("discussion.write", namespace, name)):
            self.refuse(403, "Forbidden: pass `create_pr=1` as a query parameter to create a PR")
            return None
        return repo
