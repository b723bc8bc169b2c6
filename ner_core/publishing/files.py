"""What is pushed of a run: its model, its card, its record without the paths of this machine."""

import contextlib
import json
import re
from collections.abc import Callable, Container, Iterable, Mapping
from pathlib import Path
from typing import Any

from ner_core.errors import PublishError
from ner_core.hub.cards import CARD
from ner_core.models.sources import ADAPTER_CONFIG, ADAPTER_WEIGHTS
from ner_core.publishing.card.document import model_card
from ner_core.publishing.scrub import is_path, public_name, scrubber
from ner_core.runs import store
from ner_core.runs.run import Run
from ner_core.runs.status import ACTIVE

SETTINGS = "training_config.json"
"""What a run's config.json is called there: a model has a config.json of its own."""

# Weights are safetensors only; nothing that could be code or a pickle.
_KINDS = frozenset({".safetensors", ".json", ".txt", ".model", ".jinja"})
_WEIGHTS = re.compile(r"[^/]*\.safetensors(?:\.index\.json)?|adapter_config\.json")


def model_files(run: Run, adapter: bool) -> list[Path]:
    """Return the files of a run's model that are published, or with ``adapter`` of its adapter.

    Raises PublishError if the run is at work, or has nothing to publish.
    """
    status = run.status()
    if status in ACTIVE:
        raise PublishError(
            f"Run {run.id} is {status}. Stop it, or wait for it to end, then publish it."
        )
    files = _plain_files(run.model_dir)
    if not files:
        raise PublishError(
            f"Run {run.id} has no model. A run has one once it finishes, or is stopped after its "
            "first evaluation."
        )
    if not adapter:
        return files
    of_adapter = _plain_files(run.model_dir / "adapter")
    if not {ADAPTER_CONFIG, ADAPTER_WEIGHTS} <= {path.name for path in of_adapter}:
        raise PublishError(
            f"Run {run.id} has no LoRA adapter, since it trained all weights. Publish the model, "
            "or train with the recipe adapter."
        )
    base = json.loads((run.model_dir / "adapter" / ADAPTER_CONFIG).read_bytes()).get(
        "base_model_name_or_path"
    )
    if not base or is_path(str(base)) or store.exists(str(base)):
        raise PublishError(
            f"The adapter of run {run.id} belongs to an encoder that is only on this machine "
            f"({public_name(str(base))}), not on the Hub. Publish the merged model."
        )
    names = {path.name for path in of_adapter}
    tokenizer = [
        path
        for path in files
        if path.name not in {*names, "config.json"} and not _WEIGHTS.fullmatch(path.name)
    ]
    return [*of_adapter, *tokenizer]


def files_to_push(
    run: Run,
    model: list[Path],
    repo: str,
    adapter: bool = False,
    card_before: Mapping[str, Any] | None = None,
) -> dict[str, Path | bytes]:
    """Return what is pushed under which name: a file, or its content.

    ``model`` are the ``model_files``, which lie at the top of the repository. Beside them are the
    card, and of the run ``training_config.json``, ``report.json`` and ``events.jsonl``, without
    sentences of its data, as far as they are there. ``card_before`` are the entries at the top of
    the card that is replaced. Raises RunError if the record of the run is damaged.
    """
    run.config_path.stat()  # of a deleted run: without it, its settings would be called damaged
    scrub = scrubber(run)
    pushed: dict[str, Path | bytes] = {}
    for path in model:
        pushed[path.name] = path
        if path.name in {"config.json", "tokenizer_config.json", ADAPTER_CONFIG}:
            content = path.read_bytes()
            clean = _scrubbed_json(content, scrub)
            pushed[path.name] = path if json.loads(content) == json.loads(clean) else clean
    pushed[CARD] = published_card(run, repo, adapter, card_before).encode()
    settings = json.dumps(run.config().model_dump()).encode()
    pushed[SETTINGS] = _scrubbed_json(settings, scrub)
    if run.has_report:
        pushed[run.report_path.name] = _scrubbed_json(run.report_path.read_bytes(), scrub)
    if run.events_path.is_file():
        pushed[run.events_path.name] = _scrubbed_events(run.events_path.read_bytes(), scrub)
    return pushed


def published_card(
    run: Run, repo: str, adapter: bool = False, before: Mapping[str, Any] | None = None
) -> str:
    """Return the card of a run as it is pushed to ``repo``; see ``model_card``."""
    return scrubber(run)(model_card(run, repo, adapter, before))


def outdated(there: Iterable[str], pushed: Container[str]) -> list[str]:
    """Return the files of an earlier model that would be loaded in place of what is pushed."""
    return [name for name in there if name not in pushed and _WEIGHTS.fullmatch(name)]


def _plain_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    found = (path for path in folder.iterdir() if path.is_file() and not path.is_symlink())
    return sorted(path for path in found if path.suffix in _KINDS and path.name[0] != ".")


def _scrubbed_json(content: bytes, scrub: Callable[[str], str]) -> bytes:
    clean = _scrubbed(json.loads(content), scrub)
    return (json.dumps(clean, indent=2, ensure_ascii=False) + "\n").encode()


def _scrubbed_events(content: bytes, scrub: Callable[[str], str]) -> bytes:
    """Return the events without paths; a line that is none, or is torn, is left out.

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
