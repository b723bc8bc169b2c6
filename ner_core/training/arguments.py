"""From a prepared run to the Trainer that executes it."""

from collections.abc import Callable

from transformers import (
    DataCollatorForTokenClassification,
    PrinterCallback,
    TrainerCallback,
    TrainingArguments,
)
from transformers.integrations import TensorBoardCallback

from ner_core.config import TrainConfig
from ner_core.models.device import best_device
from ner_core.runs.run import Run
from ner_core.training.losses import WeightedLoss, class_weights
from ner_core.training.setup import Plan, Prepared
from ner_core.training.trainer import NerTrainer

LOG_STEPS = 10
_SCHEDULERS = {"linear": "linear", "cosine": "cosine", "constant": "constant_with_warmup"}


def make_trainer(
    prepared: Prepared,
    run: Run,
    callback: TrainerCallback,
    score: Callable[[], dict[str, float]],
) -> NerTrainer:
    """Make a Trainer for a run; ``callback`` decides when it logs, evaluates, saves and ends.

    ``score`` evaluates the model and returns the metrics to log.
    """
    config, plan, label_names = prepared.config, prepared.plan, prepared.corpus.label_names
    weights = class_weights(prepared.windows["labels"], len(label_names), config.class_weights)
    # At a high rate, a head that knows some of these labels would lose what it has learned.
    new_head = prepared.change is None or not prepared.change.kept
    trainer = NerTrainer(
        model=prepared.model,
        args=_arguments(config, plan, run),
        train_dataset=prepared.windows,
        processing_class=prepared.tokenizer,
        data_collator=DataCollatorForTokenClassification(prepared.tokenizer),
        callbacks=[callback],
        compute_loss_func=None if weights is None else WeightedLoss(weights),
        score=score,
        group_by_length=config.group_by_length,
        steps_per_epoch=plan.steps_per_epoch,
        head_rate=config.head_rate if new_head else 1,
    )
    trainer.remove_callback(PrinterCallback)
    for reporter in trainer.callback_handler.callbacks:
        if isinstance(reporter, TensorBoardCallback):
            reporter.logging_dir = str(run.tensorboard_dir)
    return trainer


def _arguments(config: TrainConfig, plan: Plan, run: Run) -> TrainingArguments:
    """Return the Trainer's arguments for these settings."""
    device = best_device()
    return TrainingArguments(
        output_dir=str(run.checkpoints_dir),
        per_device_train_batch_size=config.batch_size,
        gradient_accumulation_steps=config.gradient_accumulation,
        num_train_epochs=plan.epochs,
        learning_rate=plan.learning_rate,
        lr_scheduler_type=_SCHEDULERS[config.schedule],
        warmup_steps=config.warmup,  # below 1: a share of all steps
        weight_decay=config.weight_decay,
        max_grad_norm=config.max_grad_norm,
        optim="adamw_torch_fused",
        bf16=plan.bf16,
        logging_steps=LOG_STEPS,
        logging_first_step=True,
        logging_nan_inf_filter=False,  # a loss that is not a number must be seen
        save_strategy="no",
        eval_strategy="no",  # the callback asks for evaluations and checkpoints
        seed=config.seed,
        report_to=config.report_to,
        run_name=run.id,
        project="ner-studio",
        disable_tqdm=True,
        use_cpu=device.type == "cpu",
        dataloader_pin_memory=device.type == "cuda",
    )
