"""The facts of a model card, read from the directory of its run."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ner_core import tags
from ner_core.config import TrainConfig
from ner_core.errors import RunError
from ner_core.hub.repository_ids import has_hub_prefix, without_hub_prefix
from ner_core.models.sources import ADAPTER_CONFIG
from ner_core.publishing.card.limits import WIDGET_CHARACTERS
from ner_core.publishing.card.markup import plain
from ner_core.runs.run import Run
from ner_core.runs.view import RunView

PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class CardFacts:
    """What a card says of a run; nothing in it is a path of the machine that the run was on.

    ``report`` has the final scores, None as long as there are none; ``best`` is then the evaluation
    during training whose model is kept. ``started`` are the data of the event ``started``,
    ``model`` the config.json of the model, ``before`` the metadata of the card that is replaced.
    """

    repo: str
    adapter: bool
    config: TrainConfig
    view: RunView
    report: dict[str, Any] | None
    started: dict[str, Any]
    model: dict[str, Any]
    before: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the model: that of the repository, without its owner."""
        return self.repo.rsplit("/", 1)[-1]

    @property
    def best(self) -> dict[str, Any] | None:
        """The evaluation during training whose model is kept, None if there is none."""
        return self.view.best

    @property
    def settings(self) -> dict[str, Any]:
        """The settings with the automatic ones decided; data and model by their public names."""
        decided = self.started.get("settings") or self.config.model_dump()
        return {**decided, "data": self.data_name, "model": self.base_name}

    @property
    def types(self) -> list[str]:
        """The entity types, in alphabetical order."""
        names = self.started.get("label_names", [])
        return tags.entity_types(names)

    @property
    def scores(self) -> dict[str, dict[str, Any]]:
        """The final scores by part, ``test`` first; empty without a report."""
        report = self.report or {}
        return {name: report[name] for name in ("test", "validation") if report.get(name)}

    @property
    def corpus(self) -> dict[str, Any]:
        """What ``data.provenance`` measured of the data; empty for runs older than it."""
        return self.started.get("corpus") or {}

    @property
    def parts(self) -> dict[str, dict[str, Any]]:
        """The parts of the data in their order, each with its part of ``corpus``."""
        splits = self.corpus.get("splits", {})
        return {name: splits[name] for name in PARTS if name in splits}

    @property
    def on_hub(self) -> dict[str, Any] | None:
        """Where the data are on the Hub; None if they are not there."""
        return self.corpus.get("hub")

    @property
    def data_name(self) -> str:
        """The name of the data: ``sample``, the name of a file or a folder, or the Hub's id."""
        name = self.config.data
        hub = self.on_hub or has_hub_prefix(name)
        return plain(without_hub_prefix(name) if hub else Path(name).name)

    @property
    def of_sample(self) -> bool:
        """Whether it learned from the corpus that comes with the program."""
        return self.config.data == "sample"

    @property
    def base(self) -> dict[str, Any]:
        """The model that was trained: ``kind``, ``name``, and its Hub ``id`` and ``revision``."""
        return self.started.get("base_model") or {}

    @property
    def base_name(self) -> str:
        """The name under which the encoder was chosen; of a folder the last part."""
        name = self.config.model
        return plain(self.base.get("name") or (Path(name).name if _is_path(name) else name))

    @property
    def windows(self) -> dict[str, Any]:
        """The window's length and overlap, and the labelling, as the model's config keeps them."""
        names = ("max_length", "overlap", "sub_token_labels")
        kept = self.model.get("ner_studio")
        return {**{name: self.settings[name] for name in names}, **(kept or {})}

    @property
    def adapted(self) -> bool:
        """Whether an adapter was trained; it may be published merged or alone."""
        return bool(self.settings.get("lora_rank"))

    @cached_property
    def examples(self) -> dict[str, str]:
        """An entity of each type that occurs in the sentences of the widget."""
        found: dict[str, str] = {}
        for sample in self.view.samples:
            for start, end, label in sample["gold"]:
                found.setdefault(label, " ".join(sample["tokens"][start:end]))
        return found

    @property
    def sentences(self) -> list[str]:
        """A few validation sentences with entities, to try the model on."""
        texts = [plain(" ".join(sample["tokens"])) for sample in self.view.samples]
        return [each for each in texts if each and len(each) <= WIDGET_CHARACTERS]


def read_facts(run: Run, repo: str, adapter: bool, before: Mapping[str, Any]) -> CardFacts:
    """Return the facts of a run. Raises RunError if it has no model, or no adapter if asked for."""
    view = RunView(run)
    view.refresh()
    if not run.model_dir.is_dir():
        raise RunError(
            f"Run {run.id} has no model: it is {view.status}. A run has one once it finishes, or "
            "is stopped after its first evaluation."
        )
    if adapter and not (run.model_dir / "adapter" / ADAPTER_CONFIG).is_file():
        raise RunError(
            f"Run {run.id} has no LoRA adapter, since it trained all weights. Publish its whole "
            "model, or train with the recipe adapter."
        )
    report = run.report if run.has_report else None
    # The report repeats what the event says, for runs whose event log was deleted.
    started = {**(report or {}), **(view.started.data if view.started else {})}
    model: Any = None
    with contextlib.suppress(OSError, ValueError):  # the settings say most of it too
        model = json.loads((run.model_dir / "config.json").read_text(encoding="utf-8"))
    model = model if isinstance(model, dict) else {}
    return CardFacts(repo, adapter, run.config(), view, report, started, model, before)


def _is_path(name: str) -> bool:
    """Return whether a name looks like a path, and not like the id of a model on the Hub."""
    return name.startswith(("/", "~", ".")) or name.count("/") > 1 or "\\" in name
