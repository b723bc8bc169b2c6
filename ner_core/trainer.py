"""What NER adds to ``transformers.Trainer``: its evaluation, and the events of a run."""

import math
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from peft import PeftModel
from transformers import (
    PreTrainedModel,
    PreTrainedTokenizerBase,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from ner_core.adapters import merged, save_adapter
from ner_core.errors import TrainingError
from ner_core.evaluation import predict_tags, score_tags, tag_names
from ner_core.events import EventWriter
from ner_core.models import head_parameters
from ner_core.tagging import Tagger

LOG_STEPS = 10
LOG_SECONDS = 1.0


class Validation:
    """Scores the model in training on the validation split, all of it or a fixed subset.

    Models are compared on the subset, so that any two evaluations of a run can be: a full
    evaluation scores the subset as well. Up to ``subset_size`` sentences they are the same.
    """

    def __init__(self, split: Dataset, subset_size: int, seed: int) -> None:
        self.texts: list[list[str]] = split["tokens"][:]
        self.gold = tag_names(split)
        size = min(subset_size, len(self.texts))
        chosen = np.random.default_rng(seed).permutation(len(self.texts))[:size]
        self.subset = sorted(int(index) for index in chosen)

    def score(self, tagger: Tagger, full: bool) -> dict[str, Any]:
        """Score all sentences or the subset; ``selection_f1`` is the subset's strict F1."""
        full = full or len(self.subset) == len(self.texts)
        indices = list(range(len(self.texts))) if full else self.subset
        gold = [self.gold[index] for index in indices]
        predicted, loss = predict_tags(tagger, [self.texts[index] for index in indices], gold)
        scores = {"split": "validation", "subset": not full, "loss": loss}
        scores |= score_tags(gold, predicted)
        if full and len(self.subset) < len(self.texts):
            part = score_tags(
                [gold[index] for index in self.subset], [predicted[index] for index in self.subset]
            )
            return {**scores, "selection_f1": part["f1"]}
        return {**scores, "selection_f1": scores["f1"]}


class NerTrainer(Trainer):
    """A Trainer that evaluates by entities and keeps the best model in ``best_dir``.

    When it evaluates is decided by ``RunCallback``. The head learns ``head_rate`` times as fast as
    the rest.
    """

    def __init__(
        self,
        *args: Any,
        validation: Validation,
        tagger: Tagger,
        events: EventWriter,
        best_dir: Path,
        head_rate: float,
        tokenizer: PreTrainedTokenizerBase,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, processing_class=tokenizer, **kwargs)
        self.head_rate = head_rate
        self.validation = validation
        self.tagger = tagger
        self.events = events
        self.best_dir = best_dir
        self.best: dict[str, Any] | None = None
        self.full_evaluation_due = False
        self.evaluation_seconds = 0.0

    def create_optimizer(self, model: PreTrainedModel | None = None) -> torch.optim.Optimizer:
        """Make the optimizer that the arguments name; the head has a learning rate of its own."""
        there = self.optimizer is not None
        optimizer: torch.optim.Optimizer = super().create_optimizer(model)
        if there or self.head_rate == 1:
            return optimizer
        head = {id(weights) for weights in head_parameters(self.model)}
        for group in list(optimizer.param_groups):
            of_head = [weights for weights in group["params"] if id(weights) in head]
            if of_head:
                group["params"] = [
                    weights for weights in group["params"] if id(weights) not in head
                ]
                rate = group["lr"] * self.head_rate
                optimizer.add_param_group({**group, "params": of_head, "lr": rate})
        return optimizer

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Score the model, write the event, keep the model if it is the best so far."""
        began = time.monotonic()
        step = self.state.global_step
        self.model.eval()
        scores = self.validation.score(self.tagger, self.full_evaluation_due)
        self.model.train()
        self.full_evaluation_due = False
        if scores["loss"] is not None and not math.isfinite(scores["loss"]):
            raise diverged("validation loss", scores["loss"], step)
        # Of equals the later one: it has seen more.
        if self.best is None or scores["selection_f1"] >= self.best["selection_f1"]:
            self.best = {"step": step, "selection_f1": scores["selection_f1"]}
            save_model(self, self.best_dir)
        self.events.append(
            "evaluated",
            step,
            {**scores, "epoch": self.state.epoch, "best": self.best["step"] == step},
        )
        names = ("loss", "precision", "recall", "f1", "accuracy")
        metrics = {f"eval_{name}": scores[name] for name in names if scores[name] is not None}
        self.log(dict(metrics))
        self.evaluation_seconds += time.monotonic() - began
        return metrics


class RunCallback(TrainerCallback):
    """Writes progress, asks for evaluations, and stops when asked to.

    Progress every ``LOG_STEPS`` steps or ``LOG_SECONDS``, whichever comes first; an evaluation
    every ``evaluate_every`` steps, and a full one at the end of each epoch.
    """

    def __init__(
        self,
        events: EventWriter,
        steps_per_epoch: int,
        evaluate_every: int,
        should_stop: Callable[[], bool],
    ) -> None:
        self.events = events
        self.steps_per_epoch = steps_per_epoch
        self.evaluate_every = evaluate_every
        self.should_stop = should_stop
        self.trainer: NerTrainer | None = None
        self.stopped = False
        self._began = 0.0
        self._last_log = 0.0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Start the clock."""
        self._began = self._last_log = time.monotonic()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Decide what is due after this step."""
        if self.should_stop():
            self.stopped = True
            control.should_training_stop = True
        if time.monotonic() - self._last_log >= LOG_SECONDS:
            control.should_log = True
        if state.global_step % self.evaluate_every == 0:
            control.should_evaluate = True
        ends_epoch = state.global_step % self.steps_per_epoch == 0
        if self.stopped or ends_epoch or state.global_step >= state.max_steps:
            control.should_evaluate = False  # the end of an epoch has a full one

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Ask for the full evaluation, unless somebody waits for the run to stop.

        The loss of the last steps is logged too, so that a loss that is no number is never missed.
        """
        control.should_log = True
        if self.trainer is not None and not self.stopped:
            self.trainer.full_evaluation_due = True
            control.should_evaluate = True

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        """Write one progress event. Raises TrainingError if the loss is no longer a number."""
        loss = (logs or {}).get("loss")
        if loss is None or self.trainer is None:
            return
        if not math.isfinite(loss):
            raise diverged("loss", loss, state.global_step)
        now = time.monotonic()
        self._last_log = now
        elapsed = now - self._began
        stepping = max(1e-6, elapsed - self.trainer.evaluation_seconds)
        done = state.global_step
        self.events.append(
            "progress",
            done,
            {
                "total": state.max_steps,
                "epoch": state.epoch,
                "loss": loss,
                "learning_rate": (logs or {}).get("learning_rate"),
                "examples_per_second": done * args.per_device_train_batch_size / stepping,
                "seconds_left": elapsed / done * (state.max_steps - done),
            },
        )


def diverged(what: str, loss: float, step: int) -> TrainingError:
    """Say that a loss is no number any more, and what to do."""
    return TrainingError(
        f"Training diverged: the {what} is {loss} at step {step}; choose a smaller learning rate."
    )


def save_model(trainer: NerTrainer, folder: Path) -> None:
    """Save model, config and tokenizer into ``folder``, which is replaced as a whole.

    Of a model with an adapter the merged weights are saved, so that everybody can load them, and
    the adapter alone in ``folder/adapter``.
    """
    staging, before = (folder.with_name(folder.name + end) for end in (".new", ".old"))
    for leftover in (staging, before):
        shutil.rmtree(leftover, ignore_errors=True)
    model = trainer.model
    if isinstance(model, PeftModel):
        save_adapter(model, staging / "adapter")
        model = merged(model)
    model.save_pretrained(staging, safe_serialization=True)
    trainer.processing_class.save_pretrained(staging)
    # Whenever this is cut short, one complete folder is there under one of the names.
    if folder.exists():
        folder.rename(before)
    staging.rename(folder)
    shutil.rmtree(before, ignore_errors=True)
