"""From settings to a Trainer: data, model, windows and automatic settings."""

import math
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from datasets import Dataset, DatasetDict
from huggingface_hub import try_to_load_from_cache
from transformers import (
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    set_seed,
)

from ner_core.config import TrainConfig
from ner_core.data.corpus import Corpus, gold_tags, load_data
from ner_core.data.readers.sentence import ReadOptions
from ner_core.dropped_words import carry_starts
from ner_core.errors import DataError
from ner_core.inference.tagger import Tagger, load_tagger
from ner_core.models import loading
from ner_core.models.device import best_device, use_bf16
from ner_core.models.head_change import HeadChange
from ner_core.models.layers import set_dropout_and_freeze
from ner_core.models.lora import add_adapter
from ner_core.models.sources import ModelSource, find_model
from ner_core.models.tokenizer import casing_problem
from ner_core.models.windows import (
    SETTINGS_KEY,
    check_max_length,
    dropped_words,
    label_ids,
    label_window,
    max_window_length,
    split_into_windows,
)
from ner_core.training import known_types
from ner_core.training.learning_rate import default_learning_rate
from ner_core.training.plan import automatic_epochs


@dataclass(frozen=True)
class Plan:
    """The automatic settings, decided for this data and this encoder."""

    epochs: float
    learning_rate: float
    steps_per_epoch: int
    total_steps: int
    evaluate_every: int
    bf16: bool


@dataclass(frozen=True)
class Prepared:
    """What a run trains: data, model and settings.

    ``change`` are the entity types of the model that stay, come and go, None for an encoder that
    knows none. ``windows`` has one row per training window. ``unscored`` are the entity types that
    the model keeps though the data lack them; see ``known_types``.
    """

    config: TrainConfig
    source: ModelSource
    corpus: Corpus
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    windows: Dataset
    plan: Plan
    change: HeadChange | None = None
    unscored: tuple[str, ...] = ()

    @property
    def notes(self) -> list[str]:
        """What was decided about data and model that the user should know."""
        name = _shown(self.source)
        casing = casing_problem(self.tokenizer.backend_tokenizer, name)
        found = (self.change and self.change.note(name), self._kept_note(name), casing)
        return [*self.corpus.notes, *(note for note in found if note)]

    def _kept_note(self, name: str) -> str | None:
        if not self.unscored:
            return None
        types = ", ".join(self.unscored)
        return (
            f"The data have no {types}, so what {name} finds of them in the training sentences is "
            "learned again and not forgotten. They are not scored."
        )

    @property
    def resolved(self) -> dict[str, Any]:
        """The settings with the automatic ones decided."""
        chosen = {"epochs": self.plan.epochs, "learning_rate": self.plan.learning_rate}
        precision = "bf16" if self.plan.bf16 else "fp32"
        return {**self.config.model_dump(), **chosen, "precision": precision}

    def tagger(self) -> Tagger:
        """Return a Tagger that uses the model as it is at the moment of tagging."""
        config = self.config
        return Tagger(
            self.model, self.tokenizer, config.max_length, config.overlap, bf16=self.plan.bf16
        )

    @property
    def origin(self) -> dict[str, Any]:
        """The origin of the model: ``kind``, ``name``, and on the Hub ``id`` and ``revision``."""
        source = self.source
        return {
            "kind": source.kind,
            "name": _shown(source),
            "id": source.hub_id,
            "revision": _commit_of(source) or source.revision,
        }


def prepare(config: TrainConfig) -> Prepared:
    """Read the data, load the model and cut the training split into windows.

    Raise a NerError for what a user can mend.
    """
    set_seed(config.seed)  # before the head gets its random weights
    corpus = load_corpus(config)
    source = find_model(config.model)
    unscored = _kept_types(config, source, corpus)
    if unscored:
        corpus = replace(corpus, dataset=known_types.with_types(corpus, unscored))
    model, tokenizer = loading.load_for_training(source, corpus.label_names)
    check_max_length(config, max_window_length(model.config, tokenizer))
    _record_settings(model.config, config)
    set_dropout_and_freeze(model, config)
    if config.lora_rank:
        model = add_adapter(model, source, config.lora_rank)
    learned = corpus
    if unscored:
        train = known_types.fill(corpus.dataset["train"], load_tagger(config.model), unscored)
        learned = replace(corpus, dataset=DatasetDict({"train": train}))
    windows = make_windows(learned, tokenizer, config)
    plan = make_plan(config, model.config, windows.num_rows)
    change = loading.head_change(source, corpus.label_names)
    return Prepared(config, source, corpus, model, tokenizer, windows, plan, change, unscored)


def _kept_types(config: TrainConfig, source: ModelSource, corpus: Corpus) -> tuple[str, ...]:
    """Return the entity types that the model is to keep though the data lack them."""
    if not config.keep_types:
        return ()
    change = loading.head_change(source, corpus.label_names)
    return tuple(change.dropped) if change else ()


def _shown(source: ModelSource) -> str:
    """Return the name of a model without the folders of this machine."""
    return Path(source.name).name if source.kind == "folder" else source.name


def load_corpus(config: TrainConfig) -> Corpus:
    """Load the data of a run, shortened to ``max_train``. Raise DataError if it has no entity."""
    corpus = load_data(config.data, config.seed, ReadOptions.of_config(config))
    train = corpus.dataset["train"]
    if config.max_train and config.max_train < train.num_rows:
        train = train.shuffle(seed=config.seed).select(range(config.max_train))
        corpus.dataset["train"] = train
    if not any(any(row) for row in train["ner_tags"]):
        sentences = "sentence" if train.num_rows == 1 else "sentences"
        raise DataError(
            f"The training part of {Path(config.data).name} has {train.num_rows:,} {sentences} "
            "but no entities. Annotate some, or check the tag column."
        )
    return corpus


def make_windows(
    corpus: Corpus, tokenizer: PreTrainedTokenizerBase, config: TrainConfig
) -> Dataset:
    """Tokenise the training split into windows, with ``input_ids``, ``labels`` and ``length``."""
    train = corpus.dataset["train"]
    label2id = {name: number for number, name in enumerate(corpus.label_names)}

    def to_windows(rows: dict[str, list[Any]]) -> dict[str, list[Any]]:
        tags = gold_tags(rows, corpus.label_names)
        cut = split_into_windows(tokenizer, rows["tokens"], config.max_length, config.overlap)
        for text, dropped in dropped_words(cut, rows["tokens"]).items():
            tags[text] = carry_starts(tags[text], dropped)
        labels = [
            label_ids(label_window(window, tags[window.text], config.sub_token_labels), label2id)
            for window in cut
        ]
        return {
            "input_ids": [window.input_ids for window in cut],
            "labels": labels,
            "length": [len(window.input_ids) for window in cut],
        }

    return train.map(
        to_windows,
        batched=True,
        remove_columns=train.column_names,
        load_from_cache_file=False,
        new_fingerprint=f"windows-{os.getpid()}-{time.monotonic_ns()}",
    )


def make_plan(config: TrainConfig, encoder: PreTrainedConfig, windows: int) -> Plan:
    """Decide the automatic settings for this number of training windows."""
    batches = math.ceil(windows / config.batch_size)
    steps_per_epoch = math.ceil(batches / config.gradient_accumulation)
    epochs = config.epochs or automatic_epochs(steps_per_epoch, config.auto_steps)
    total = max(1, math.ceil(epochs * steps_per_epoch))
    rate = config.learning_rate or default_learning_rate(encoder, adapter=config.lora_rank > 0)
    return Plan(
        epochs=epochs,
        learning_rate=rate,
        steps_per_epoch=steps_per_epoch,
        total_steps=total,
        evaluate_every=max(1, total // config.evaluations),
        bf16=use_bf16(config.precision, best_device()),
    )


def _commit_of(source: ModelSource) -> str | None:
    """Return the commit of a model in the Hub's cache, which keeps files by commit."""
    if not source.hub_id:
        return None
    file = try_to_load_from_cache(source.hub_id, "config.json", revision=source.revision)
    return Path(file).parent.name if isinstance(file, str) else None


def _record_settings(model_config: PreTrainedConfig, config: TrainConfig) -> None:
    """Record in the model's config.json the settings that its use needs."""
    kept = {
        "max_length": config.max_length,
        "overlap": config.overlap,
        "sub_token_labels": config.sub_token_labels,
    }
    setattr(model_config, SETTINGS_KEY, kept)
