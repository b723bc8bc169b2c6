"""``transformers.Trainer`` with what token classification adds to it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from torch.utils.data import DataLoader
from transformers import PreTrainedModel, Trainer

from ner_core.models.heads import head_parameters
from ner_core.models.lora import save_adapter
from ner_core.training.sampler import EpochSampler


class NerTrainer(Trainer):
    """A Trainer with a learning rate for the head and an order of windows that can be resumed.

    The head learns ``head_rate`` times as fast as the rest. ``score`` is called for an evaluation
    and returns the metrics to log. ``save_began`` is when the last checkpoint was begun
    (``time.monotonic``).
    """

    def __init__(
        self,
        *args: Any,
        score: Callable[[], dict[str, float]],
        group_by_length: bool,
        steps_per_epoch: int,
        head_rate: float,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.score = score
        self.head_rate = head_rate
        self.save_began = 0.0
        self.sampler = EpochSampler(
            len(self.train_dataset),
            self.args.seed,
            lambda: self.state.global_step // steps_per_epoch,
            self.train_dataset["length"][:] if group_by_length else None,
            self.args.train_batch_size * self.args.gradient_accumulation_steps,
        )

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Return the batches of an epoch, in the order of ``sampler``."""
        loader: DataLoader[Any] = self.accelerator.prepare(
            DataLoader(
                self.train_dataset.remove_columns("length"),
                batch_size=self.args.train_batch_size,
                sampler=self.sampler,
                collate_fn=self.data_collator,
                pin_memory=self.args.dataloader_pin_memory,
            )
        )
        return loader

    def create_optimizer(self, model: PreTrainedModel | None = None) -> torch.optim.Optimizer:
        """Make the optimizer that the arguments name, with the head's own learning rate."""
        exists = self.optimizer is not None
        optimizer: torch.optim.Optimizer = super().create_optimizer(model)
        if exists or self.head_rate == 1:
            return optimizer
        head = set(head_parameters(self.model))
        for group in list(optimizer.param_groups):
            of_head = [weights for weights in group["params"] if weights in head]
            if of_head:
                group["params"] = [weights for weights in group["params"] if weights not in head]
                rate = group["lr"] * self.head_rate
                optimizer.add_param_group({**group, "params": of_head, "lr": rate})
        return optimizer

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Score the model with ``score``; log and return the metrics."""
        metrics = self.score()
        self.log(dict(metrics))
        self.control.should_evaluate = False
        return metrics

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """Begin a checkpoint: save the weights; with a LoRA adapter, only the adapter's."""
        self.save_began = time.monotonic()
        if isinstance(self.model, PeftModel) and output_dir:
            Path(output_dir).mkdir(parents=True, exist_ok=True)
            save_adapter(self.model, Path(output_dir))
        else:
            super().save_model(output_dir, _internal_call)
