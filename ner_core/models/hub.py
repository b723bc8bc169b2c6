"""Models on the Hugging Face Hub: who may see them, and downloading their files.

transformers only reads files of this machine. They are downloaded here, into the cache of
huggingface_hub, so that the Hub is asked in one place, with one token and a timeout. The cache also
contains files that other visitors have downloaded, so the Hub is asked who may see them.

An answer of the Hub is used for ``KNOWN_SECONDS``. If the Hub does not answer after that, a public
model can still be used, and a private or gated one is refused on a Space. Elsewhere the cache is
used without the Hub, as transformers does.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from huggingface_hub import HfApi, hf_hub_download, try_to_load_from_cache
from huggingface_hub.errors import RevisionNotFoundError

from ner_core.errors import ModelError
from ner_core.hub import client
from ner_core.hub.client import check_granted, read_from_hub
from ner_core.hub.failures import NoAnswerError, Reading
from ner_core.hub.token import current_token
from ner_core.models.hub_safety import INDEX, SHARD, SMALL, WEIGHTS, check_files
from ner_core.models.sources import ADAPTER_CONFIG, ADAPTER_WEIGHTS, ModelSource, base_of_adapter
from ner_core.system.space import on_space

KNOWN_SECONDS = 300.0
"""For how long an answer of the Hub is used, also if it has changed meanwhile."""

_MAX_KNOWN = 1000


@dataclass(frozen=True)
class HubModel:
    """A model on the Hub: its commit and its files when the Hub was asked.

    ``at`` is the branch, tag or commit that was asked for, None for the newest commit. A
    ``restricted`` model is private or gated: not everybody may see it.
    """

    repo: str
    commit: str
    files: frozenset[str]
    restricted: bool
    at: str | None = None


_Known = tuple[float, HubModel]
_public: dict[str, _Known] = {}  # by name, see _name
_restricted: dict[tuple[str, str | bool | None], _Known] = {}  # also by token, in memory only


def _name(repo: str, at: str | None) -> str:
    return f"{repo}@{at}" if at else repo


def known_model(repo: str, at: str | None = None) -> HubModel | None:
    """Return the answer of the Hub about a model that is still used, None if there is none."""
    now, name = time.monotonic(), _name(repo, at)
    for found in (_public.get(name), _restricted.get((name, current_token()))):
        if found and now - found[0] < KNOWN_SECONDS:
            return found[1]
    return None


def find_on_hub(repo: str, at: str | None = None) -> HubModel:
    """Return a model on the Hub, which is asked with the current token if that is necessary.

    ``at`` is a branch, a tag or a commit, None for the newest commit. Raises ModelError if there is
    no such model or revision, the owner of the token may not see it, or the Hub does not answer.
    """
    if known := known_model(repo, at):
        return known
    try:
        found = read_from_hub(Reading("model", repo), lambda: _ask(repo, at))
    except ModelError as error:
        before = _public.get(_name(repo, at))
        if before is None or not isinstance(error.__cause__, NoAnswerError):
            _public.pop(_name(repo, at), None)
            raise
        found = before[1]
    _remember(found)
    return found


def located(source: ModelSource, weights: bool = True) -> ModelSource:
    """Return a model whose files are in folders of this machine, downloaded for a Hub id.

    Without ``weights``, only its config and its tokenizer can be loaded. Raises ModelError if it
    can't be downloaded, or its files name other files; see ``check_files``.
    """
    if source.base and source.base.kind == "hub":
        base = located(source.base, weights)
        return ModelSource(source.name, source.kind, source.location, base)
    if source.kind != "hub":
        return source
    repo = source.location
    folder = _downloaded_folder(repo, source.at, weights)
    if not _is_adapter(folder):
        return ModelSource(source.name, "folder", str(folder))
    base = base_of_adapter(folder, repo, folders=False)
    if base.kind == "hub":
        if on_space():
            _check_as_public(source, base)
        encoder = _downloaded_folder(base.location, base.at, weights)
        if _is_adapter(encoder):  # which could be an adapter of itself
            raise ModelError(
                f"The adapter {repo} builds on {base.location}, which is an adapter itself. "
                "Choose another model."
            )
        base = ModelSource(base.name, "folder", str(encoder))
    return ModelSource(source.name, "folder", str(folder), base)


def _check_as_public(adapter: ModelSource, encoder: ModelSource) -> None:
    """Raise ModelError if more people may see an adapter than its encoder.

    The merged model is shared by all who may see the adapter.
    """
    hidden = find_on_hub(encoder.location, encoder.at).restricted
    if hidden and not find_on_hub(adapter.location, adapter.at).restricted:
        raise ModelError(
            f"The adapter {adapter.location} is public, but not everyone can see its encoder "
            f"{encoder.location}. Choose another model."
        )


def _is_adapter(folder: Path) -> bool:
    return (folder / ADAPTER_CONFIG).is_file() and not (folder / WEIGHTS).is_file()


def _downloaded_folder(repo: str, at: str | None, weights: bool) -> Path:
    """Return the folder with the files of a model, which are checked to name no others.

    All of them are those of one commit.
    """
    found = _found_or_cached(repo, at)
    folder = found if isinstance(found, Path) else _fetch(found, sorted(_wanted(found, weights)))
    check_files(folder, repo)
    return folder


def _wanted(found: HubModel, weights: bool) -> frozenset[str]:
    """Return the files of a model that are read, without an adapter beside a whole model."""
    wanted = found.files & SMALL
    if WEIGHTS in found.files:
        wanted -= {ADAPTER_CONFIG}
    if "config.json" not in wanted and ADAPTER_CONFIG in wanted:
        raise ModelError(
            f"{found.repo} on the Hub is an adapter without a config.json, so its labels are "
            "unknown. Choose another model."
        )
    if "config.json" not in wanted:
        raise ModelError(
            f"{found.repo} on the Hub isn't a transformers model: it has no config.json. Choose "
            "another model."
        )
    if not weights:
        return wanted
    kept = found.files & {WEIGHTS, ADAPTER_WEIGHTS}
    if WEIGHTS not in kept and INDEX in found.files:
        kept |= {INDEX, *filter(SHARD.fullmatch, found.files)}
    if not kept:
        raise ModelError(
            f"The model {found.repo} on the Hub has no safetensors weights. Choose another model, "
            "or convert it with transformers' save_pretrained."
        )
    return wanted | kept


def _found_or_cached(repo: str, at: str | None) -> HubModel | Path:
    """Return a model on the Hub, or without an answer the folder of an earlier download."""
    try:
        return find_on_hub(repo, at)
    except ModelError as error:
        if not isinstance(error.__cause__, NoAnswerError) or on_space():
            raise
        config = try_to_load_from_cache(repo, "config.json", revision=at)
        if not isinstance(config, str):
            raise
        return Path(config).parent


def _ask(repo: str, at: str | None) -> HubModel:
    seconds, token = client.ANSWER_SECONDS, current_token()
    try:
        info = HfApi().model_info(repo, revision=at, timeout=seconds, token=token)
    except RevisionNotFoundError:
        raise ModelError(
            f"{repo} has no revision {at!r}. Leave it out, or choose a branch, a tag or a commit."
        ) from None
    commit = info.sha or at or "main"
    files = frozenset(sibling.rfilename for sibling in info.siblings or ())
    if info.gated and files:
        check_granted(Reading("model", repo), commit, min(files))
    return HubModel(repo, commit, files, bool(info.private or info.gated), at)


def _remember(found: HubModel) -> None:
    now = time.monotonic()
    name = _name(found.repo, found.at)
    if found.restricted:
        _public.pop(name, None)
        _restricted[name, current_token()] = now, found
    else:
        _public[name] = now, found
    if len(_public) + len(_restricted) > _MAX_KNOWN:
        _public.clear()
        _restricted.clear()


def _fetch(found: HubModel, files: Iterable[str]) -> Path:
    """Return the folder in the cache with these files of a model; download missing ones."""
    folder = None
    for file in files:
        kept = try_to_load_from_cache(found.repo, file, revision=found.commit)
        if not isinstance(kept, str):
            kept = read_from_hub(Reading("model", found.repo), partial(_download, found, file))
        folder = Path(kept).parent
    if folder is None:
        raise ModelError(f"The model {found.repo} has no files. Choose another model.")
    if found.at != found.commit:
        _name_newest(found.at or "main", found.commit, folder)
    return folder


def _download(found: HubModel, file: str) -> str:
    check_granted(Reading("model", found.repo), found.commit, file)
    return hf_hub_download(found.repo, file, revision=found.commit, token=current_token())


def _name_newest(revision: str, commit: str, folder: Path) -> None:
    """Write the commit of a branch or tag to where the cache looks for it without the Hub.

    ``folder`` is that of the commit: ``snapshots/<commit>`` in the folder of the repository.
    """
    name = folder.parents[1] / "refs" / revision
    try:
        if not name.is_file() or name.read_text() != commit:
            name.parent.mkdir(parents=True, exist_ok=True)
            name.write_text(commit)
    except OSError:  # offline use only needs it
        return
