"""When a run logs, evaluates, saves and stops."""

import math
import time
from collections.abc import Callable
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from ner_core.system import resources
from ner_core.training.trainer import NerTrainer, diverged

LOG_STEPS = 10
LOG_SECONDS = 1.0
CHECKPOINT_SECONDS = 60.0
CHECKPOINT_SHARE = 0.05
"""The most of the time that checkpoints between evaluations may take."""


class RunCallback(TrainerCallback):
    """Writes progress, asks for evaluations and checkpoints, and stops when asked to.

    Progress every ``LOG_STEPS`` steps or ``LOG_SECONDS``, whichever comes first; an evaluation
    every ``evaluate_every`` steps, and a full one at the end of each epoch. After each evaluation
    there is a checkpoint, and every ``CHECKPOINT_SECONDS`` between them.
    """

    def __init__(
        self, steps_per_epoch: int, evaluate_every: int, should_stop: Callable[[], bool]
    ) -> None:
        self.steps_per_epoch = steps_per_epoch
        self.evaluate_every = evaluate_every
        self.should_stop = should_stop
        self.trainer: NerTrainer | None = None
        self.stopped = False
        self._began = 0.0
        self._first_step = 0
        self._last_log = 0.0
        self._last_save = 0.0
        self._evaluated_before = 0.0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Start the clocks."""
        self._began = self._last_log = self._last_save = time.monotonic()
        self._first_step = state.global_step
        self._evaluated_before = self.trainer.evaluation_seconds if self.trainer else 0.0

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Decide what is due after this step."""
        now = time.monotonic()
        step = state.global_step
        # The end of an epoch, and of the run, has a full evaluation and a checkpoint of its own.
        ends_epoch = step % self.steps_per_epoch == 0 or step >= state.max_steps
        due = step % self.evaluate_every == 0
        if self.should_stop():
            self.stopped = True
            control.should_training_stop = True
            # Resumed from here, the run would miss an evaluation that was due: it goes back then.
            control.should_save = not (due or ends_epoch)
        elif not ends_epoch:
            control.should_evaluate = due
            control.should_save = due or now - self._last_save >= self._checkpoint_seconds()
        if now - self._last_log >= LOG_SECONDS or control.should_save:
            control.should_log = True

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Ask for the full evaluation, unless the training was ended before.

        The loss of the last steps is logged too, so that a loss that is no number is never missed.
        """
        control.should_log = True
        if self.trainer is not None and not (self.stopped or self.trainer.stopped_early):
            self.trainer.full_evaluation_due = True
            control.should_evaluate = True
            control.should_save = True

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Note when the last checkpoint was made."""
        self._last_save = time.monotonic()

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
        evaluating = self.trainer.evaluation_seconds - self._evaluated_before
        done = state.global_step - self._first_step
        windows = done * args.per_device_train_batch_size * args.gradient_accumulation_steps
        self.trainer.run_log.append(
            "progress",
            state.global_step,
            {
                "total": state.max_steps,
                "epoch": state.epoch,
                "loss": loss,
                "learning_rate": (logs or {}).get("learning_rate"),
                "examples_per_second": windows / max(1e-6, elapsed - evaluating),
                "seconds_left": elapsed / max(1, done) * (state.max_steps - state.global_step),
                "memory": resources.memory_used(),
            },
        )

    def _checkpoint_seconds(self) -> float:
        """Give the seconds between checkpoints: more of them where saving is slow."""
        saving = self.trainer.save_seconds if self.trainer else 0.0
        return max(CHECKPOINT_SECONDS, saving / CHECKPOINT_SHARE)
