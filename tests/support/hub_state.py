"""What a small Hub holds: repositories with their revisions, accounts and tokens, failures to come.

Repositories are of three kinds, as on the Hub: ``models``, ``datasets`` and ``spaces``.
"""

import hashlib
import re
import threading
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

import yaml

ATTRIBUTES = b"*.safetensors filter=lfs diff=lfs merge=lfs -text\n"
"""The .gitattributes that a new repository begins with."""

_LARGE = (".safetensors", ".bin", ".onnx", ".pt")
_LARGE_BYTES = 10_000_000


@lru_cache(maxsize=64)
def sha256(content):
    """Return the SHA-256 of a file: its name in large storage, and its ETag."""
    return hashlib.sha256(content).hexdigest()


@dataclass
class Repo:
    """A repository: the files of each revision, the YAML part of its card, and who may see it.

    Without a ``card`` it is that of README.md. ``commits`` has what was pushed, a (revision,
    message, changed paths) each; ``made_from_app`` says that somebody signed in to one made it.
    """

    revisions: dict[str, dict[str, bytes]] = field(default_factory=lambda: {"main": {}})
    card: dict = field(default_factory=dict)
    private: bool = False
    discussions: bool = True
    sdk: str | None = None
    commits: list = field(default_factory=list)
    made_from_app: bool = False

    def commit(self, revision):
        """Return the commit of a revision: a hash of what it holds. None if there is none."""
        commits = {}
        for name, files in self.revisions.items():
            digest = hashlib.sha1(name.encode())  # noqa: S324
            for path in sorted(files):
                digest.update(path.encode() + b"\0" + sha256(files[path]).encode())
            commits[name] = digest.hexdigest()
        if revision in commits:
            return commits[revision]
        return revision if revision in commits.values() else None

    def files(self, commit):
        """Return the files of a commit."""
        return next(files for name, files in self.revisions.items() if self.commit(name) == commit)

    def push(self, revision, message, files, as_pull_request):
        """Put files into a revision, None for one that goes; gives the number of a new PR or None.

        A revision that does not change gets no commit: the caller is told by the paths.
        """
        before = self.revisions[revision]
        after = {path: content for path, content in before.items() if path not in files}
        after |= {path: content for path, content in files.items() if content is not None}
        number = None
        if as_pull_request:
            number = 1 + sum(name.startswith("refs/pr/") for name in self.revisions)
            revision = f"refs/pr/{number}"
        self.revisions[revision] = after
        self.commits.append((revision, message, sorted(files)))
        return number


def front_matter(readme):
    """Return the YAML at the top of a README.md, empty if there is none."""
    match = re.match(rb"---\n(.*?\n)---\n", readme, re.DOTALL)
    return yaml.safe_load(match[1]) if match else {}


def is_large(path, content):
    """Return whether a file is kept in large storage (LFS)."""
    return path.endswith(_LARGE) or len(content) > _LARGE_BYTES


def git_oid(content):
    """Return the name that git has for a small file."""
    head = b"blob %d\0" % len(content)
    return hashlib.sha1(head + content).hexdigest()  # noqa: S324


@dataclass(frozen=True)
class Token:
    """Whose a token is and what it may do.

    ``role`` is read, write, fineGrained or app; the third with ``grants``, permissions by the name
    of an account or a repository, and ``everywhere``. That of an app is of somebody who signed in
    there with the scopes contribute-repos, write-discussions and read-repos: it writes to the
    repositories made with it. ``orgs`` maps organisations to a role in them.
    """

    owner: str
    role: str = "write"
    orgs: Mapping[str, str] = field(default_factory=dict)
    grants: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    everywhere: tuple[str, ...] = ()

    def owns(self, namespace):
        """Return whether repositories of this account are the owner's to change."""
        in_org = self.orgs.get(namespace) in {"admin", "write", "contributor"}
        return namespace == self.owner or in_org

    def reads(self, namespace):
        """Return whether private repositories of this account are the owner's to see."""
        return namespace == self.owner or namespace in self.orgs

    def may(self, permission, *names):
        """Return whether the token is for this, in any of these accounts and repositories."""
        if self.role != "fineGrained":
            return self.role in ("write", "app")
        granted = {
            *self.everywhere,
            *(right for name in names for right in self.grants.get(name, ())),
        }
        return permission in granted

    def described(self):
        """Return what the Hub answers to "who am I"; of an app's token no rights are told."""
        access = {
            "displayName": "of a test",
            "role": self.role,
            "createdAt": "2026-01-02T15:30:00Z",
        }
        if self.role == "fineGrained":
            scoped = [
                {
                    "entity": {
                        "_id": "1",
                        "type": "model" if "/" in name else "user",
                        "name": name,
                    },
                    "permissions": list(rights),
                }
                for name, rights in self.grants.items()
            ]
            access["fineGrained"] = {"global": list(self.everywhere), "scoped": scoped}
        return {
            "type": "user",
            "id": "1",
            "name": self.owner,
            "fullname": self.owner.title(),
            "avatarUrl": "",
            "orgs": [
                {"type": "org", "id": "2", "name": name, "roleInOrg": role}
                for name, role in self.orgs.items()
            ],
            "auth": {"type": "oauth"}
            if self.role == "app"
            else {"type": "access_token", "accessToken": access},
        }


@dataclass
class Failure:
    """What to do instead, ``times`` times: answer so, after a while, or cut the connection.

    ``cut_after`` is how many bytes of the request's body are read before it is cut; ``method``
    limits the failure to requests of that method.
    """

    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    hang_seconds: float = 0
    cut_after: int | None = None
    method: str | None = None
    times: int = 1_000_000


class Hub:
    """The state of the server: its repositories, the failures to come, the requests that came.

    ``failures`` maps the beginning of a path to a Failure; ``requests`` has "METHOD path",
    ``authorizations`` the headers of that name, None for a request without one. As long as there
    are no ``tokens`` anybody may read, and nobody write. ``stored`` is the large storage. Without
    ``gives_cards`` the API tells nothing of README.md, as that of some other servers.
    """

    def __init__(self):
        self.models, self.datasets, self.spaces = {}, {}, {}
        self.tokens = {}
        self.stored = {}
        self.part_size, self.gives_cards = None, True
        self.url = self.storage_url = ""
        self.closing = threading.Event()
        self.lock = threading.Lock()
        self.clear()

    def clear(self):
        """Forget everything but the addresses."""
        for held in (self.models, self.datasets, self.spaces, self.tokens, self.stored):
            held.clear()
        self.part_size, self.gives_cards = None, True
        self.failures = {}
        self.requests = []
        self.authorizations = set()
        self.parts = {}

    def repos(self, kind):
        """Return the repositories of a kind: models, datasets or spaces."""
        return {"models": self.models, "datasets": self.datasets, "spaces": self.spaces}[kind]

    def fail(self, path, **how):
        """Let the requests whose path begins like this fail."""
        self.failures[path] = Failure(**how)

    @contextmanager
    def released(self):
        """Answer what hangs, and let nothing hang while the block is left open."""
        self.closing.set()
        yield
        self.closing.clear()

    def failure_of(self, path, method):
        """Take the failure that is put in for a path, if there is one."""
        with self.lock:
            for beginning, failure in self.failures.items():
                if (
                    path.startswith(beginning)
                    and failure.times > 0
                    and failure.method in (None, method)
                ):
                    failure.times -= 1
                    return failure
        return None
