"""The training loop: what happens after each optimiser step of a run.

``transformers.Trainer`` computes the steps. After each of them it calls the methods of
``TrainingLoop`` in the order in which they stand here:

- ``on_step_end`` decides what is due: logging, an evaluation, a checkpoint, the end;
- ``on_log`` emits ``progress``;
- ``evaluate`` scores the model, keeps it if it is the best so far, and emits ``evaluated``;
- ``on_save`` completes the checkpoint and emits ``checkpoint``.

What is emitted has the kind, step and data of an event. The loop does not know who reads it.
"""

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from ner_core.errors import TrainingError
from ner_core.runs.checkpoints import STATE_NAME, Checkpoint, best_folder, prune
from ner_core.runs.events import Kind
from ner_core.runs.run import Run
from ner_core.system import resources
from ner_core.system.interrupts import StopRequested, interruptible
from ner_core.training.arguments import make_trainer
from ner_core.training.saving import save_trained, write_json
from ner_core.training.setup import Prepared
from ner_core.training.validation import Validation

LOG_SECONDS = 1.0
CHECKPOINT_SECONDS = 60.0
CHECKPOINT_SHARE = 0.05
"""The largest share of the time that checkpoints between evaluations may take."""
DIVERGED = 1000.0
"""A loss that is so many times the lowest one will not come down again."""
HIGH_LOSS = 10.0
"""It also has to be so many times that of guessing: small data are learned to a loss near 0."""

Emit = Callable[[Kind, int, Mapping[str, Any]], None]


class TrainingLoop(TrainerCallback):
    """Trains a prepared model, keeps the best one, and can continue from a checkpoint.

    Logs every ``LOG_STEPS`` steps or ``LOG_SECONDS``, whichever comes first. Evaluates every
    ``plan.evaluate_every`` steps, and on all validation sentences at the end of each epoch. Saves
    a checkpoint after each evaluation, and every ``CHECKPOINT_SECONDS`` between them. Ends early
    after ``config.early_stopping`` evaluations without a better F1 (0: never).

    ``best_step`` and ``best_f1`` are those of the model that is kept, None before the first
    evaluation. ``stopped`` is whether ``should_stop`` ended the training. ``seconds`` (evaluations
    included) and ``evaluation_seconds`` include the time before the run was resumed.
    """

    def __init__(
        self, prepared: Prepared, run: Run, emit: Emit, should_stop: Callable[[], bool]
    ) -> None:
        config = prepared.config
        self.plan = prepared.plan
        self.patience = config.early_stopping
        self.folder = run.checkpoints_dir
        self.emit = emit
        self.should_stop = should_stop
        self.validation = Validation(
            prepared.corpus.dataset["validation"],
            config.eval_sentences,
            config.seed,
            prepared.unscored,
        )
        self.tagger = prepared.tagger()
        self.trainer = make_trainer(prepared, run, self, self.evaluate)
        self.best_step: int | None = None
        self.best_f1: float | None = None
        self.evaluations_without_gain = 0
        self.stopped = self.stopped_early = False
        self.seconds = self.seconds_before = self.evaluation_seconds = 0.0
        self._save_seconds = 0.0
        self._lowest_loss = math.inf
        self._high_loss = HIGH_LOSS * math.log(len(prepared.corpus.label_names))

    @property
    def step(self) -> int:
        """The number of optimiser steps done."""
        return int(self.trainer.state.global_step)

    def run(self, checkpoint: Checkpoint | None) -> None:
        """Train from the beginning, or from a checkpoint on."""
        if checkpoint:
            self._restore(checkpoint)
            if checkpoint.state["done"]:
                return
        try:
            self.trainer.train(resume_from_checkpoint=str(checkpoint.path) if checkpoint else None)
        except StopRequested:  # during an evaluation
            self.stopped = True
        self._count_seconds()

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Start the clocks."""
        self._began = self._last_log = self._last_save = time.monotonic()
        self._first_step = state.global_step
        self._evaluation_seconds_before = self.evaluation_seconds

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Decide what is due after this step."""
        now, step = time.monotonic(), state.global_step
        evaluate = step % self.plan.evaluate_every == 0 or self._ends_epoch(step)
        if self.should_stop():
            self.stopped = control.should_training_stop = True
            # Resumed from here, the run would miss an evaluation that is due. Without a checkpoint
            # it resumes from the one before.
            control.should_save = not evaluate
        else:
            control.should_evaluate = evaluate
            save_every = max(CHECKPOINT_SECONDS, self._save_seconds / CHECKPOINT_SHARE)
            control.should_save = evaluate or now - self._last_save >= save_every
        # The last loss is always logged: a loss that is not a number must not be missed.
        if self.stopped or control.should_save or now - self._last_log >= LOG_SECONDS:
            control.should_log = True

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, float],
        **kwargs: Any,
    ) -> None:
        """Emit the progress. Raise TrainingError if training has diverged."""
        state.log_history.clear()  # the event log has it
        if "loss" not in logs:
            return
        step, loss = state.global_step, logs["loss"]
        _check_finite("loss", loss, step)
        self._lowest_loss = min(loss, self._lowest_loss)
        if loss > max(self._high_loss, DIVERGED * self._lowest_loss):
            raise TrainingError(
                f"Training diverged: the loss rose to {loss:,.1f} at step {step}, from "
                f"{self._lowest_loss:.4f} before. Choose a smaller learning rate."
            )
        self._last_log = time.monotonic()
        seconds, steps = self._last_log - self._began, step - self._first_step
        evaluating = self.evaluation_seconds - self._evaluation_seconds_before
        progress = {
            "total": state.max_steps,
            "epoch": state.epoch,
            "loss": loss,
            "learning_rate": logs.get("learning_rate"),
            "examples_per_second": self.windows_per_second(steps, seconds - evaluating),
            "seconds_left": seconds / max(1, steps) * (state.max_steps - step),
            "memory": resources.memory_used(),
        }
        self.emit("progress", step, progress)

    def evaluate(self) -> dict[str, float]:
        """Score the model, keep it if it is the best so far, and return the metrics to log.

        Raise StopRequested if a stop is asked for meanwhile, TrainingError if the loss is not a
        number any more.
        """
        began, step, model = time.monotonic(), self.step, self.trainer.model
        model.eval()
        with interruptible(self.should_stop):
            scores = self.validation.score(self.tagger, full=self._ends_epoch(step))
        model.train()
        if scores["loss"] is not None:
            _check_finite("validation loss", scores["loss"], step)
        f1, best_f1 = scores["selection_f1"], self.best_f1 or 0.0
        is_best = f1 is not None and f1 >= best_f1  # of equals the later: it has seen more
        if is_best or f1 is None:  # without a score, the last is kept
            self.keep_as_best(f1)
        # An F1 of 0 means that learning does not show yet, not that it has ended.
        gained = best_f1 == 0 or f1 > best_f1
        self.evaluations_without_gain = 0 if gained else self.evaluations_without_gain + 1
        if self.patience and self.evaluations_without_gain >= self.patience:
            self.stopped_early = self.trainer.control.should_training_stop = True
        epoch = self.trainer.state.epoch
        self.emit("evaluated", step, {**scores, "epoch": epoch, "best": is_best})
        self.evaluation_seconds += time.monotonic() - began
        names = ("loss", "precision", "recall", "f1", "accuracy")
        return {f"eval_{name}": scores[name] for name in names if scores[name] is not None}

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Complete a checkpoint with the state of the loop, and delete the one before."""
        step = state.global_step
        folder = self.folder / f"checkpoint-{step}"
        size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
        self._last_save = self._count_seconds()
        self._save_seconds = self._last_save - self.trainer.save_began
        best = {"step": self.best_step, "selection_f1": self.best_f1}
        done = self.stopped_early or step >= state.max_steps
        event = {"seconds": self._save_seconds, "megabytes": size / 2**20, "done": done}
        kept = {
            "best": None if self.best_step is None else best,
            "waited": self.evaluations_without_gain,
            "stopped_early": self.stopped_early,
            "done": done,
            "lowest_loss": self._lowest_loss if math.isfinite(self._lowest_loss) else None,
            "seconds": self.seconds,
            "evaluation_seconds": self.evaluation_seconds,
            "event": event,
        }
        write_json(folder / STATE_NAME, kept)
        prune(self.folder, Checkpoint(step, folder, kept))
        self.emit("checkpoint", step, event)

    def keep_as_best(self, f1: float | None) -> None:
        """Save the model as it is now as the best one, which has this F1 (None: not known)."""
        self.best_step, self.best_f1 = self.step, f1
        folder = best_folder(self.folder, self.step)
        save_trained(self.trainer.model, self.trainer.processing_class, folder)

    def windows_per_second(self, steps: int, seconds: float) -> float:
        """Return the speed of so many optimiser steps in so many seconds."""
        args = self.trainer.args
        windows = steps * args.train_batch_size * args.gradient_accumulation_steps
        return float(windows / max(1e-6, seconds))

    def _restore(self, checkpoint: Checkpoint) -> None:
        """Continue with the state that ``on_save`` kept."""
        kept = checkpoint.state
        if kept["best"]:
            self.best_step, self.best_f1 = kept["best"]["step"], kept["best"]["selection_f1"]
        self.evaluations_without_gain = kept["waited"]
        self.stopped_early = kept["stopped_early"]
        self._lowest_loss = kept.get("lowest_loss") or math.inf
        self.seconds = self.seconds_before = kept["seconds"]
        self.evaluation_seconds = kept["evaluation_seconds"]
        self.trainer.state.global_step = checkpoint.step
        if "event" in kept:  # the worker may have been killed before it emitted it
            self.emit("checkpoint", checkpoint.step, kept["event"])

    def _count_seconds(self) -> float:
        """Bring ``seconds`` up to date and return the time (``time.monotonic``)."""
        now = time.monotonic()
        self.seconds = self.seconds_before + now - self._began
        return now

    def _ends_epoch(self, step: int) -> bool:
        """Return whether an epoch, or the training, ends with this step."""
        return step % self.plan.steps_per_epoch == 0 or step >= self.trainer.state.max_steps


def _check_finite(name: str, loss: float, step: int) -> None:
    if not math.isfinite(loss):
        raise TrainingError(
            f"Training diverged: the {name} is {loss} at step {step}. Choose a smaller learning "
            "rate."
        )
