"""Every setting of a run, defined once: name, default, bounds and help text.

The command line, the page, the run directory and the trainer all take them from ``TrainConfig``.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ner_core.errors import ConfigError
from ner_core.recipes import RECIPES
from ner_core.setting_values import sentence_about, without_empty
from ner_core.text_encodings import is_encoding

SubTokenLabels = Literal["first", "all", "copy"]
Precision = Literal["auto", "fp32", "bf16"]
Schedule = Literal["linear", "cosine", "constant"]
ClassWeights = Literal["none", "sqrt", "inverse"]
ReportTo = Literal["none", "tensorboard", "trackio"]
SpanOffsets = Literal[
    "auto",
    "as-given",
    "inclusive-ends",
    "from-one",
    "from-one-inclusive",
    "utf-16",
    "bytes",
    "two-for-line-ends",
]

READ_SETTINGS = (
    *("token_column", "tag_column", "label_names"),
    *("sentence_column", "encoding", "span_offsets"),
)
"""The settings that say how data are read, where the data themselves do not."""


class TrainConfig(BaseModel):
    """The settings of one fine-tuning run. Immutable; build it with ``from_values``."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    data: str = Field(
        default="sample",
        min_length=1,
        description="What to learn from: sample, a file, a folder or a Hub dataset (owner/name).",
    )
    token_column: str | None = Field(
        default=None,
        description="Column with the words: its name, or number from 1. Automatic: found by name.",
    )
    tag_column: str | None = Field(
        default=None,
        description="Column with the tags: its name, or number from 1. Automatic: found by name "
        "and content.",
    )
    label_names: str | None = Field(
        default=None,
        description="Names for tags given as numbers, from 0, separated by commas: O,B-PER,I-PER. "
        "Automatic: taken from the data.",
    )
    sentence_column: str | None = Field(
        default=None,
        description="Column with the sentence numbers, in a table with one word a row: its name, "
        "or number from 1. Automatic: found by name and content.",
    )
    encoding: str | None = Field(
        default=None,
        description="Encoding of text files, such as cp1251, shift_jis or gb18030. Automatic: "
        "UTF-8, UTF-16, or Windows-1252 where that is sure.",
        json_schema_extra={"expectation": "a text encoding such as cp1251, shift_jis or gb18030"},
    )
    span_offsets: SpanOffsets = Field(
        default="auto",
        description="How the starts and ends of spans count: in characters from 0, without the "
        "end (as-given), or another way. auto: so that nearly all spans begin and end "
        "with words.",
    )
    model: str = Field(
        default="minilm",
        min_length=1,
        description="The encoder to start from: minilm, starter, a folder, a run or a Hub id.",
    )
    recipe: str = Field(default="balanced", description="Recipe that sets the other settings.")
    epochs: float | None = Field(
        default=None,
        gt=0,
        le=1000,
        description="Passes over the training data. Automatic: about 300 steps, in 3 to 15 passes; "
        "more for very small data.",
    )
    auto_steps: int = Field(
        default=300,
        ge=1,
        le=1_000_000,
        description="About how many optimiser steps to train for when epochs is automatic.",
    )
    batch_size: int = Field(
        default=32, ge=1, le=1024, description="Windows of text to read at a time."
    )
    gradient_accumulation: int = Field(
        default=1,
        ge=1,
        le=256,
        description="Batches per optimiser step. 2 with half the batch size learns the same in "
        "less memory.",
    )
    learning_rate: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="Highest learning rate. Automatic: 3e-4 for an encoder 384 wide (minilm), 5e-5 "
        "for 768 (BERT-base), 3 times that for an adapter.",
    )
    head_rate: float = Field(
        default=10,
        ge=1,
        le=1000,
        description="How many times faster a new head learns than the encoder.",
    )
    schedule: Schedule = Field(
        default="linear",
        description="How the learning rate falls after warm-up: in a straight line to 0, along "
        "half a cosine to 0, or not at all.",
    )
    warmup: float = Field(
        default=0.1,
        ge=0,
        lt=1,
        description="Part of the steps during which the learning rate rises.",
    )
    early_stopping: int = Field(
        default=0,
        ge=0,
        le=1000,
        description="Stop after this many evaluations without a better F1. 0: never.",
    )
    max_length: int = Field(
        default=256,
        ge=16,
        le=8192,
        description="Window length in sub-tokens. Longer texts are read in overlapping windows.",
    )
    overlap: int = Field(
        default=64,
        ge=0,
        le=4096,
        description="Sub-tokens that neighbouring windows share, at most half a window. For short "
        "windows, a quarter unless you choose.",
    )
    lora_rank: int = Field(
        default=0,
        ge=0,
        le=256,
        description="Rank of a LoRA adapter to train beside the frozen encoder. 0: no adapter, "
        "train all weights.",
    )
    keep_types: bool = Field(
        default=False,
        description="Keep the entity types that the model knows and the data lack: what it finds "
        "of them in the training sentences is learned again.",
    )
    sub_token_labels: SubTokenLabels = Field(
        default="first",
        description="Which sub-tokens of a word get its label: only the first, all (B- continues "
        "as I-), or a copy on all.",
    )
    freeze_embeddings: bool = Field(
        default=True,
        description="Don't train the word embeddings. Faster, and words missing from the training "
        "data keep their meaning.",
    )
    freeze_layers: int = Field(
        default=0,
        ge=0,
        le=200,
        description="How many of the encoder's lowest layers not to train. With one or more, the "
        "word embeddings aren't trained either.",
    )
    class_weights: ClassWeights = Field(
        default="none",
        description="How much more a rare tag counts in the loss: no more, by the square root of "
        "its rarity, or by its rarity.",
    )
    dropout: float = Field(
        default=0,
        ge=0,
        lt=1,
        description="Part of the activations to drop during training. 0 is a fifth faster.",
    )
    weight_decay: float = Field(default=0.01, ge=0, le=1, description="Weight decay of AdamW.")
    max_grad_norm: float = Field(
        default=1.0, ge=0, le=1000, description="Clip gradients to this norm. 0: never."
    )
    precision: Precision = Field(
        default="auto",
        description="Number format of the forward pass. auto: bf16 where the hardware supports it.",
    )
    group_by_length: bool = Field(
        default=True, description="Batch texts of similar length together, for less padding."
    )
    evaluations: int = Field(
        default=8,
        ge=1,
        le=1000,
        description="Lowest number of evaluations during the run. Each epoch ends with one more.",
    )
    eval_sentences: int = Field(
        default=200,
        ge=1,
        le=1_000_000,
        description="Validation sentences to score in an evaluation within an epoch.",
    )
    max_train: int | None = Field(
        default=None,
        ge=1,
        description="Use at most this many training sentences, chosen by the seed.",
    )
    seed: int = Field(default=42, ge=0, le=2**32 - 1, description="Seed for everything random.")
    report_to: ReportTo = Field(
        default="none",
        description="Also send the curves to TensorBoard or Trackio, which must be installed.",
    )

    @field_validator("encoding")
    @classmethod
    def _is_encoding(cls, name: str | None) -> str | None:
        if name is not None and not is_encoding(name.strip()):
            raise ValueError
        return name and name.strip()

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> "TrainConfig":
        """Build a configuration from what a person or a file gave: texts are parsed.

        An empty text, ``none`` or ``auto`` asks for the automatic value of a setting that has one.
        ``recipe`` fills in what ``values`` do not say. Raises ConfigError, one sentence about the
        first setting that is wrong.
        """
        name = str(values.get("recipe") or "balanced")
        if name not in RECIPES:
            raise ConfigError(f"recipe can't be {name!r}. Use one of {', '.join(RECIPES)}.")
        merged = {**RECIPES[name], **without_empty(values, cls.model_fields), "recipe": name}
        try:
            config = cls.model_validate(merged)
        except ValidationError as error:
            raise ConfigError(sentence_about(error, cls.model_fields)) from None
        if 2 * config.overlap > config.max_length and "overlap" not in merged:
            config = config.model_copy(update={"overlap": config.max_length // 4})
        if 2 * config.overlap > config.max_length:
            raise ConfigError(
                f"overlap can't be {config.overlap}. Use at most half of max_length, which is "
                f"{config.max_length // 2}."
            )
        return config


def problem_with(name: str, value: Any) -> str | None:
    """Return what is wrong with a setting's value as a person typed it, None if nothing is.

    >>> problem_with("epochs", "0")
    "can't be '0'. Use a number above 0 and up to 1,000."
    >>> problem_with("epochs", "") is None and problem_with("seed", "7") is None
    True
    """
    try:
        TrainConfig.model_validate(without_empty({name: value}, TrainConfig.model_fields))
    except ValidationError as error:
        return sentence_about(error, TrainConfig.model_fields).removeprefix(f"{name} ")
    return None
