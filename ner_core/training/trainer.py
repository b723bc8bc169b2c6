"""What NER adds to ``transformers.Trainer``: evaluation by entities, and checkpoints to trust."""

import math
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import PeftModel
from transformers import PreTrainedModel, PreTrainedTokenizerBase, Trainer

from ner_core.errors import TrainingError
from ner_core.inference.tagger import Tagger
from ner_core.models.heads import head_parameters
from ner_core.models.lora import merged, save_adapter
from ner_core.runs.checkpoints import STATE_NAME, Checkpoint, best_folder, prune
from ner_core.runs.log import RunLog
from ner_core.system import atomic
from ner_core.system.interrupts import interruptible
from ner_core.training.report import write_json
from ner_core.training.sampler import EpochSampler
from ner_core.training.validation import Validation


class NerTrainer(Trainer):
    """A Trainer that evaluates by entities, keeps the best model, and can go on where it was.

    When it evaluates and saves is decided by ``RunCallback``. The head learns ``head_rate`` times
    as fast as the rest. ``best`` is the evaluation whose model is kept, ``patience`` the number of
    evaluations without a better one after which training ends (0: never).
    """

    def __init__(
        self,
        *args: Any,
        validation: Validation,
        tagger: Tagger,
        log: RunLog,
        folder: Path,
        steps_per_epoch: int,
        head_rate: float,
        patience: int,
        should_stop: Callable[[], bool],
        tokenizer: PreTrainedTokenizerBase,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, processing_class=tokenizer, **kwargs)
        self.validation = validation
        self.tagger = tagger
        self.run_log = log
        self.folder = folder
        self.steps_per_epoch = steps_per_epoch
        self.head_rate = head_rate
        self.patience = patience
        self.should_stop = should_stop
        self.best: dict[str, Any] | None = None
        self.waited = 0
        self.stopped_early = False
        self.full_evaluation_due = False
        self.evaluation_seconds = 0.0
        self.seconds_before = 0.0
        self.save_seconds = 0.0
        self._began = 0.0

    def fit(self, checkpoint: Checkpoint | None) -> None:
        """Train from the beginning or from a checkpoint on.

        Raises StopRequested if a stop is asked for while it evaluates.
        """
        if checkpoint:
            state = checkpoint.state
            self.best, self.waited = state["best"], state["waited"]
            self.stopped_early = state["stopped_early"]
            self.evaluation_seconds = state["evaluation_seconds"]
            self.seconds_before = state["seconds"]
            self.state.global_step = checkpoint.step
        self._began = time.monotonic()
        if not (checkpoint and checkpoint.state["done"]):
            self.train(resume_from_checkpoint=str(checkpoint.path) if checkpoint else None)

    @property
    def seconds(self) -> float:
        """The seconds of training so far, evaluations included, also before it was resumed."""
        return self.seconds_before + time.monotonic() - self._began

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
        with interruptible(self.should_stop):
            scores = self.validation.score(self.tagger, self.full_evaluation_due)
        self.model.train()
        self.full_evaluation_due = False
        if scores["loss"] is not None and not math.isfinite(scores["loss"]):
            raise diverged("validation loss", scores["loss"], step)
        f1, before = scores["selection_f1"], self.best["selection_f1"] if self.best else 0.0
        # Of equals the later one: it has seen more.
        if self.best is None or f1 >= before:
            self.best = {"step": step, "selection_f1": f1}
            save_trained(self, best_folder(self.folder, step))
        # Nothing found yet is the time before learning shows, not its end.
        self.waited = 0 if f1 > before or before == 0 else self.waited + 1
        if self.patience and self.waited >= self.patience:
            self.stopped_early = self.control.should_training_stop = True
        best = self.best["step"] == step
        self.run_log.append("evaluated", step, {**scores, "epoch": self.state.epoch, "best": best})
        names = ("loss", "precision", "recall", "f1", "accuracy")
        metrics = {f"eval_{name}": scores[name] for name in names if scores[name] is not None}
        self.log(dict(metrics))
        self.evaluation_seconds += time.monotonic() - began
        return metrics

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """Save the weights for a checkpoint; of a model with an adapter, those of the adapter."""
        if isinstance(self.model, PeftModel) and output_dir:
            Path(output_dir).mkdir(parents=True, exist_ok=True)
            save_adapter(self.model, Path(output_dir))
        else:
            super().save_model(output_dir, _internal_call)

    def _get_train_sampler(self, train_dataset: Dataset | None = None) -> EpochSampler:
        data = self.train_dataset  # the one given has lost the column of lengths
        grouped = self.args.train_sampling_strategy == "group_by_length"
        return EpochSampler(
            len(data),
            self.args.seed,
            lambda: self.state.global_step // self.steps_per_epoch,
            data["length"][:] if grouped else None,
            self.args.train_batch_size * self.args.gradient_accumulation_steps,
        )

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Save a checkpoint, say that it is whole, and only then delete the one before."""
        began = time.monotonic()
        step = self.state.global_step
        folder = self.folder / f"checkpoint-{step}"
        shutil.rmtree(folder, ignore_errors=True)  # of an earlier worker, half of it perhaps
        self.state.log_history.clear()  # the event log has it
        super()._save_checkpoint(model, trial)
        size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
        self.save_seconds = time.monotonic() - began
        event = {"seconds": self.save_seconds, "megabytes": size / 2**20}
        state = {
            "best": self.best,
            "waited": self.waited,
            "stopped_early": self.stopped_early,
            "done": self.stopped_early or step >= self.state.max_steps,
            "seconds": self.seconds,
            "evaluation_seconds": self.evaluation_seconds,
            "event": event,
        }
        write_json(folder / STATE_NAME, state)
        prune(self.folder, Checkpoint(step, folder, state))
        self.run_log.append("checkpoint", step, event)


def diverged(what: str, loss: float, step: int) -> TrainingError:
    """Say that a loss is no number any more, and what to do."""
    return TrainingError(
        f"Training diverged: the {what} is {loss} at step {step}; choose a smaller learning rate."
    )


def save_trained(trainer: NerTrainer, folder: Path) -> None:
    """Save model, config and tokenizer as anybody can load them; the folder appears when whole.

    Of a model with an adapter the merged weights are saved, and the adapter alone in
    ``folder/adapter``.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with atomic.staged(folder) as staging:
        model = trainer.model
        if isinstance(model, PeftModel):
            save_adapter(model, staging / "adapter")
            model = merged(model)
        model.save_pretrained(staging, safe_serialization=True)
        trainer.processing_class.save_pretrained(staging)
