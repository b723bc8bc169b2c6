"""What is pushed of a run: its model, its card, its record without the paths of this machine."""

import contextlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath
from typing import Any

from huggingface_hub import constants

from ner_core.errors import PublishError
from ner_core.hub.repository_ids import parse_dataset
from ner_core.models.sources import ADAPTER_CONFIG, ADAPTER_WEIGHTS
from ner_core.publishing.card.document import model_card
from ner_core.runs import store
from ner_core.runs.store import ACTIVE, RESERVED, Run
from ner_core.system import paths

SETTINGS_NAME = "training_config.json"
"""What a run's config.json is called there: a model has a config.json of its own."""

# Weights are safetensors only; nothing that could be code or a pickle.
_KINDS = frozenset({".safetensors", ".json", ".txt", ".model", ".jinja"})
_WEIGHTS = re.compile(r"[^/]*\.safetensors(?:\.index\.json)?|adapter_config\.json")
_ENDS_A_PATH = r"\s\"'`<>|:;,()\[\]{}"


def published_files(run: Run, repo: str, adapter: bool = False) -> dict[str, Path | bytes]:
    """Map names in the repository to what is pushed under them: a file, or its content.

    ``model/`` with the tokenizer, or with ``adapter`` the adapter in it and the tokenizer, lies at
    the top; beside it the card, and of the run ``training_config.json``, ``report.json`` and
    ``events.jsonl``, without sentences of its data, as far as they are there. Raises PublishError
    if the run is at work, or has nothing to publish; RunError if its record is damaged.
    """
    files = _model_files(run, adapter)
    scrub = scrubber(run)
    pushed: dict[str, Path | bytes] = {}
    for path in files:
        pushed[path.name] = path
        if path.name in {"config.json", "tokenizer_config.json", ADAPTER_CONFIG}:
            content = path.read_bytes()
            clean = _scrubbed_json(content, scrub)
            pushed[path.name] = path if json.loads(content) == json.loads(clean) else clean
    pushed["README.md"] = published_card(run, repo, adapter).encode()
    settings = json.dumps(run.config().model_dump()).encode()
    pushed[SETTINGS_NAME] = _scrubbed_json(settings, scrub)
    if run.has_report:
        pushed["report.json"] = _scrubbed_json(run.report_path.read_bytes(), scrub)
    if run.events_path.is_file():
        pushed["events.jsonl"] = _scrubbed_events(run.events_path.read_bytes(), scrub)
    return pushed


def published_card(
    run: Run, repo: str, adapter: bool = False, before: Mapping[str, Any] | None = None
) -> str:
    """Write the card of a run as it is pushed to ``repo``; see ``model_card``."""
    return scrubber(run)(model_card(run, repo, adapter, before))


def outdated(there: tuple[str, ...], pushed: dict[str, Path | bytes]) -> list[str]:
    """Name the files of an earlier publication that would be loaded in place of what is pushed."""
    return [name for name in there if name not in pushed and _WEIGHTS.fullmatch(name)]


def public_name(name: str) -> str:
    """Name data or a model as others may see it: of a path on this machine its last part.

    >>> public_name("/home/me/notes.conll"), public_name("conll2003"), public_name("minilm")
    ('notes.conll', 'conll2003', 'minilm')
    """
    return PurePath(name.rstrip("/")).name if _is_path(name) else name


def scrubber(run: Run) -> Callable[[str], str]:
    """Give a function that takes the paths of this machine out of a text; the last part stays."""
    config = run.config()
    exact: dict[str, str] = {}
    for name in (config.data, config.model):
        if _is_path(name):
            whole = str(paths.expand(name).absolute())
            exact |= dict.fromkeys((whole, os.path.realpath(whole), name), public_name(name))
    folders = {
        *(str(folder.absolute()) for folder in (run.path, store.home(), Path.home(), Path.cwd())),
        *(os.path.realpath(folder) for folder in (run.path, store.home(), constants.HF_HOME)),
        *(constants.HF_HOME, tempfile.gettempdir(), sys.prefix, sys.base_prefix, *exact),
        str(Path(__file__).parents[2]),
    } - {os.sep}
    beginnings = "|".join(map(re.escape, sorted(folders, key=len, reverse=True)))
    below = re.compile(rf"(?<![\w./~-])(?:{beginnings})(?:/[^{_ENDS_A_PATH}]*|(?![\w-]))")
    # A path that was given may have spaces in it: it goes first, and as a whole.
    given = sorted(exact, key=len, reverse=True)
    given_whole = re.compile(rf"(?<![\w./~-])(?:{'|'.join(map(re.escape, given))})(?![\w/-])")

    def scrub(text: str) -> str:
        if given:
            text = given_whole.sub(lambda match: exact[match[0]], text)
        return below.sub(_last_part, text)

    return scrub


def _last_part(match: re.Match[str]) -> str:
    path = match[0].rstrip("./")
    return PurePath(path).name + "." * (len(match[0]) - len(match[0].rstrip(".")))


def _is_path(name: str) -> bool:
    """Tell whether the name of data or a model is a path, as whoever reads it would."""
    if name in RESERVED or name == "sample" or store.exists(name):
        return False
    return paths.exists(paths.expand(name)) or (parse_dataset(name) is None and "/" in name)


def _model_files(run: Run, adapter: bool) -> list[Path]:
    status = run.status()
    if status in ACTIVE:
        raise PublishError(
            f"Expected a run that has ended, found {run.id}, which is {status}; stop it, or wait."
        )
    files = _plain_files(run.model_dir)
    if not files:
        raise PublishError(
            f"Expected a model in run {run.id}, found none; there is one when the run has finished "
            "or was stopped after its first evaluation."
        )
    if not adapter:
        return files
    of_adapter = _plain_files(run.model_dir / "adapter")
    if not {ADAPTER_CONFIG, ADAPTER_WEIGHTS} <= {path.name for path in of_adapter}:
        raise PublishError(
            f"Expected a LoRA adapter in run {run.id}, found none: all its weights were trained; "
            "publish the model, or train with the recipe adapter."
        )
    base = json.loads((run.model_dir / "adapter" / ADAPTER_CONFIG).read_bytes()).get(
        "base_model_name_or_path"
    )
    if not base or _is_path(str(base)) or store.exists(str(base)):
        raise PublishError(
            f"Expected the adapter of run {run.id} to belong to an encoder on the Hub, found one "
            f"that only this machine has ({public_name(str(base))}); publish the merged model."
        )
    names = {path.name for path in of_adapter}
    tokenizer = [
        path
        for path in files
        if path.name not in {*names, "config.json"} and not _WEIGHTS.fullmatch(path.name)
    ]
    return [*of_adapter, *tokenizer]


def _plain_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    found = (path for path in folder.iterdir() if path.is_file() and not path.is_symlink())
    return sorted(path for path in found if path.suffix in _KINDS and path.name[0] != ".")


def _scrubbed_json(content: bytes, scrub: Callable[[str], str]) -> bytes:
    clean = _scrubbed(json.loads(content), scrub)
    return (json.dumps(clean, indent=2, ensure_ascii=False) + "\n").encode()


def _scrubbed_events(content: bytes, scrub: Callable[[str], str]) -> bytes:
    """Clean each event; a line that is none, or is torn, is left out.

    So are the validation sentences, and what was found in them: the owner can take those that the
    card shows out of it, and would not look for others here.
    """
    lines = []
    for line in content.splitlines():
        with contextlib.suppress(ValueError):
            event = json.loads(line)
            if isinstance(event, dict) and isinstance(event.get("data"), dict):
                event["data"].pop("samples", None)
            lines.append(json.dumps(_scrubbed(event, scrub), ensure_ascii=False))
    return "".join(line + "\n" for line in lines).encode(errors="backslashreplace")


def _scrubbed(value: Any, scrub: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {scrub(key): _scrubbed(item, scrub) for key, item in value.items()}
    return [_scrubbed(item, scrub) for item in value] if isinstance(value, list) else value
