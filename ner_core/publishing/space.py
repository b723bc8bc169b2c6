"""This repository as a Space on the Hub: which files belong to it, and sending them there."""

import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from huggingface_hub import (
    CommitInfo,
    CommitOperationAdd,
    CommitOperationCopy,
    CommitOperationDelete,
    HfApi,
    constants,
)

from ner_core.errors import PublishError
from ner_core.hub.client import retried
from ner_core.hub.failures import Writing, explained
from ner_core.hub.repository_ids import check_repository
from ner_core.hub.sign_in import signed_in_token
from ner_core.hub.xet import with_reason_of_xet
from ner_core.publishing.outcome import visibility
from ner_core.publishing.permissions import account_of, authorize, check_visibility, find_space

REPOSITORY = Path(__file__).parents[2]
"""The folder that this package stands in."""

FOLDERS = ("ner_core", "ner_studio", "ui", "tests", "benchmarks", "docs", ".ci")
"""What is ours from top to bottom: in these a file on the Space that is not here is removed.

``ui`` is where the page was: a Space that was deployed then still has it.
"""
_TOP_LEVEL = (".gitattributes", ".gitignore", "AGENTS.md", "LICENSE", "README.md", "app.py")
_TOP_LEVEL_PATTERNS = ("requirements*.txt", "pyproject.toml")
_LEFT_OUT = frozenset({"__pycache__"})
_BINARY = (".safetensors", ".parquet", ".onnx", ".bin", ".png")
_MESSAGE = "Deploy NER Studio"


@dataclass(frozen=True)
class Deployment:
    """What a deployment did: whether it ``created`` the Space, and the ``commit`` that it made.

    ``files`` are those that belong on the Space, ``removed`` are those of ours that do no more.
    ``private`` is whether the Space is, None where the Hub does not say.
    """

    repo: str
    url: str
    created: bool
    commit: str
    files: tuple[str, ...]
    removed: tuple[str, ...]
    private: bool | None

    @property
    def visibility(self) -> str:
        """``private`` or ``public``, or that it is not known."""
        return visibility(self.private)


def deploy(repo: str, public: bool = False, folder: Path = REPOSITORY) -> Deployment:
    """Create the Space ``repo`` from this repository, or bring it up to date, in one commit.

    A new Space is private unless ``public``; one that exists keeps its visibility, as it keeps its
    secrets, variables, volumes and hardware, and is refused if it is not ``public`` and is to be.
    Files are those of the folder as they are now. The token is that of this machine's owner. Raises
    PublishError for what the Hub does not take, before anything is sent where that is known.
    """
    repo = check_repository(repo, "a Space")
    files = files_of(folder)
    secret = signed_in_token()
    api = HfApi(token=secret)

    def create(again: bool) -> None:
        # The second time it may be there because the answer to the first was lost.
        api.create_repo(
            repo,
            repo_type="space",
            space_sdk="gradio",
            visibility="public" if public else "private",
            exist_ok=again,
        )

    def commit(again: bool) -> CommitInfo:
        # All of it is described anew: what an earlier commit has done, though its answer was lost,
        # is then seen to be done.
        gone = to_remove(find_space(repo, secret).files, files) if again else removed
        operations: list[CommitOperationAdd | CommitOperationCopy | CommitOperationDelete] = [
            *(CommitOperationAdd(path, _content(folder, path)) for path in files),
            *(CommitOperationDelete(path) for path in gone),
        ]
        with with_reason_of_xet(repo, "space", secret):
            return api.create_commit(repo, operations, commit_message=_MESSAGE, repo_type="space")

    with explained(Writing(repo, files=f"the files in {folder}")):
        space = find_space(repo, secret)
        created = not space.exists
        authorize(space, account_of(secret))
        check_visibility(space, False if public else None)
        removed = to_remove(space.files, files)
        if created:
            retried(create)
            space = find_space(repo, secret)
            check_visibility(space, not public)
        done = retried(commit)
    url = f"{constants.ENDPOINT}/spaces/{repo}"
    return Deployment(repo, url, created, done.oid, tuple(files), tuple(removed), space.private)


def _content(folder: Path, path: str) -> Path | bytes:
    if path != ".gitattributes":
        return folder / path
    return attributes_for_hub((folder / path).read_text(encoding="utf-8")).encode()


def files_of(folder: Path) -> list[str]:
    """Return the files that belong to the repository in a folder, as relative paths with slashes.

    In a checkout of git, what git knows of; elsewhere, what lies in our own folders and has one of
    our names. Runs, uploads and environments are in neither. Raises PublishError if git does not
    say what it knows of, and if the folder is not this repository: without app.py and README.md
    there is no Space.
    """
    files = sorted(path for path in _candidates(folder) if (folder / path).is_file())
    if not {"README.md", "app.py"} <= set(files):
        raise PublishError(
            f"{folder} isn't this repository: it has no README.md or app.py. Run the command from "
            "a clone."
        )
    return files


def _candidates(folder: Path) -> Iterable[str]:
    tracked = _tracked(folder)
    if tracked is not None:
        return tracked
    found = [path for name in FOLDERS for path in (folder / name).rglob("*")]
    found += [folder / name for name in _TOP_LEVEL]
    found += [path for pattern in _TOP_LEVEL_PATTERNS for path in folder.glob(pattern)]
    relative = [path.relative_to(folder) for path in found if not path.is_symlink()]
    return [
        path.as_posix()
        for path in relative
        if not _LEFT_OUT & set(path.parts)
        and not any(part.startswith(".") for part in path.parts[1:])
    ]


def _tracked(folder: Path) -> list[str] | None:
    """Return what git knows of; None if the folder is not the top of a checkout.

    What else lies in a checkout is not to be published, so there is no way without git.
    """
    if not (folder / ".git").exists():
        return None
    git = shutil.which("git")
    if git is None:
        raise PublishError(
            f"Can't list the files of the checkout in {folder} without git. Install git."
        )
    done = subprocess.run(  # noqa: S603 - git itself, with arguments of ours
        [git, "ls-files", "-z"], cwd=folder, capture_output=True, check=False
    )
    if done.returncode:
        reason = " ".join(done.stderr.decode(errors="replace").split())[:300]
        raise PublishError(
            f"git can't list what belongs to the checkout in {folder} "
            f"({reason or f'exit code {done.returncode}'}). Correct that, and try again."
        )
    paths = done.stdout.decode(errors="surrogateescape").split("\0")
    return [path for path in paths if path and not (folder / path).is_symlink()]


def to_remove(there: Iterable[str], files: Sequence[str]) -> list[str]:
    """Return the files on a Space that were ours and are no more; what others put there stays."""
    kept = set(files)
    return sorted(
        path for path in there if path not in kept and PurePosixPath(path).parts[0] in FOLDERS
    )


def attributes_for_hub(attributes: str) -> str:
    """Return the .gitattributes of a Space: there every binary file is in the large-file store.

    The Hub accepts no other binary files. A line that takes a path out again, as ours do for small
    files that everybody needs, would leave the Space with a pointer instead of the file.

    >>> attributes_for_hub("* text=auto\\n*.png binary\\nweights/*.bin -filter -text\\n")
    '* text=auto\\n*.png filter=lfs diff=lfs merge=lfs -text\\n'
    """
    lines = []
    for line in attributes.splitlines():
        pattern, _, rest = line.partition(" ")
        if "-filter" in rest.split():
            continue
        if pattern.endswith(_BINARY) and "filter=lfs" not in rest:
            line = f"{pattern} filter=lfs diff=lfs merge=lfs -text"
        lines.append(line)
    return "\n".join(lines) + "\n"
