"""Models on the Hugging Face Hub: who may see one, and its files on this machine.

transformers reads files of this machine only. They are downloaded here, into the cache of
huggingface_hub: with the visitor's token, within a time limit, and only for those who may see them,
since the cache also holds what others have downloaded.

An answer of the Hub counts for ``KNOWN_SECONDS``. Where the Hub does not answer, a public model can
still be used; a restricted one is refused on a Space. Elsewhere the cache is read without a Hub, as
transformers does.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from huggingface_hub import HfApi, hf_hub_download, try_to_load_from_cache

from ner_core.errors import ModelError
from ner_core.hub import client
from ner_core.hub.client import check_granted, read_from_hub
from ner_core.hub.failures import NoAnswerError, Reading
from ner_core.hub.token import current_token
from ner_core.models.hub_safety import INDEX, SHARD, SMALL, WEIGHTS, check_files
from ner_core.models.sources import ADAPTER_CONFIG, ADAPTER_WEIGHTS, ModelSource, base_of_adapter
from ner_core.system.space import on_space

KNOWN_SECONDS = 300.0
"""For how many seconds an answer of the Hub counts, also for those who may no longer see it."""

_MOST_KNOWN = 1000


@dataclass(frozen=True)
class HubModel:
    """A model on the Hub as it was when the Hub was asked: its commit, and its files.

    ``restricted`` says that not everybody may see it: it is private, or granted on request.
    """

    repo: str
    commit: str
    files: frozenset[str]
    restricted: bool


_Known = tuple[float, HubModel]
_public: dict[str, _Known] = {}
_restricted: dict[tuple[str, str | bool | None], _Known] = {}  # by token, in memory only


def known_model(repo: str) -> HubModel | None:
    """Return what the Hub said lately of a model to this visitor; None if it has to be asked."""
    now = time.monotonic()
    for found in (_public.get(repo), _restricted.get((repo, current_token()))):
        if found and now - found[0] < KNOWN_SECONDS:
            return found[1]
    return None


def find_on_hub(repo: str) -> HubModel:
    """Return a model on the Hub; the Hub is asked with the visitor's token, unless it was lately.

    Raises ModelError if there is none that they may see, or no answer.
    """
    if known := known_model(repo):
        return known
    try:
        found = read_from_hub(Reading("model", repo), lambda: _ask(repo))
    except ModelError as error:
        before = _public.get(repo)
        if before is None or not isinstance(error.__cause__, NoAnswerError):
            _public.pop(repo, None)
            raise
        found = before[1]
    _remember(found)
    return found


def located(source: ModelSource, weights: bool = True) -> ModelSource:
    """Return a model with its files in folders of this machine; those on the Hub are downloaded.

    Without ``weights`` only its config and its tokenizer are there. Raises ModelError if it can't
    be downloaded, or its files name others; see ``check_files``.
    """
    if source.base and source.base.kind == "hub":
        base = located(source.base, weights)
        return ModelSource(source.name, source.kind, source.location, base)
    if source.kind != "hub":
        return source
    repo = source.location
    folder = _fetched(repo, weights)
    if not _is_adapter(folder):
        return ModelSource(source.name, "folder", str(folder))
    base = base_of_adapter(folder, repo, folders=False)
    if base.kind == "hub":
        if on_space():
            _check_as_public(repo, base.location)
        encoder = _fetched(base.location, weights)
        if _is_adapter(encoder):  # it could go round in circles
            raise ModelError(
                f"The adapter {repo} belongs to {base.location}, which is an adapter itself. "
                "Choose another model."
            )
        base = ModelSource(base.name, "folder", str(encoder))
    return ModelSource(source.name, "folder", str(folder), base)


def _check_as_public(adapter: str, encoder: str) -> None:
    """Raise ModelError for an adapter that more people may see than its encoder.

    The loaded model is shared by all who may see the adapter.
    """
    if find_on_hub(encoder).restricted and not find_on_hub(adapter).restricted:
        raise ModelError(
            f"Everybody may see the adapter {adapter}, but not its encoder {encoder}. Choose "
            "another model."
        )


def _is_adapter(folder: Path) -> bool:
    return (folder / ADAPTER_CONFIG).is_file() and not (folder / WEIGHTS).is_file()


def _fetched(repo: str, weights: bool) -> Path:
    """Return the folder with the files of a model, which name no others."""
    found = _found_or_cached(repo)
    folder = found if isinstance(found, Path) else _fetch(found, sorted(_wanted(found, weights)))
    check_files(folder, repo)
    return folder


def _wanted(found: HubModel, weights: bool) -> frozenset[str]:
    """Return which files of a model are read; of a whole model not the adapter beside it."""
    wanted = found.files & SMALL
    if WEIGHTS in found.files:
        wanted -= {ADAPTER_CONFIG}
    if "config.json" not in wanted:
        raise ModelError(
            f"The model {found.repo} on the Hub has no config.json, which transformers needs. "
            "Choose another one."
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


def _found_or_cached(repo: str) -> HubModel | Path:
    """Return a model on the Hub, or the folder of an earlier download if that is all there is."""
    try:
        return find_on_hub(repo)
    except ModelError as error:
        if not isinstance(error.__cause__, NoAnswerError) or on_space():
            raise
        config = try_to_load_from_cache(repo, "config.json")
        if not isinstance(config, str):
            raise
        return Path(config).parent


def _ask(repo: str) -> HubModel:
    info = HfApi().model_info(repo, timeout=client.ANSWER_SECONDS, token=current_token())
    commit = info.sha or "main"
    files = frozenset(sibling.rfilename for sibling in info.siblings or ())
    if info.gated and files:
        check_granted(Reading("model", repo), commit, min(files))
    return HubModel(repo, commit, files, bool(info.private or info.gated))


def _remember(found: HubModel) -> None:
    now = time.monotonic()
    if found.restricted:
        _public.pop(found.repo, None)
        _restricted[found.repo, current_token()] = now, found
    else:
        _public[found.repo] = now, found
    if len(_public) + len(_restricted) > _MOST_KNOWN:
        _public.clear()
        _restricted.clear()


def _fetch(found: HubModel, files: Iterable[str]) -> Path:
    """Return the folder in the cache with these files of a model, downloaded if missing."""
    folder = None
    for file in files:
        kept = try_to_load_from_cache(found.repo, file, revision=found.commit)
        if not isinstance(kept, str):
            kept = read_from_hub(Reading("model", found.repo), partial(_download, found, file))
        folder = Path(kept).parent
    if folder is None:
        raise ModelError(f"The model {found.repo} has no files. Choose another one.")
    _name_newest(found.commit, folder)
    return folder


def _download(found: HubModel, file: str) -> str:
    check_granted(Reading("model", found.repo), found.commit, file)
    return hf_hub_download(found.repo, file, revision=found.commit, token=current_token())


def _name_newest(commit: str, folder: Path) -> None:
    """Write down which commit is the newest, where the cache looks for it when there is no Hub.

    ``folder`` is that of the commit: ``snapshots/<commit>`` in the folder of the repository.
    """
    name = folder.parents[1] / "refs" / "main"
    try:
        if not name.is_file() or name.read_text() != commit:
            name.parent.mkdir(parents=True, exist_ok=True)
            name.write_text(commit)
    except OSError:  # it is only a convenience
        return
