"""One fine-tuning run: wires data, model and ``transformers.Trainer`` together."""

import json
import math
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import (
    DataCollatorForTokenClassification,
    PreTrainedConfig,
    PreTrainedTokenizerBase,
    PrinterCallback,
    TrainingArguments,
    set_seed,
)

from ner_core import align, data, models
from ner_core.adapters import add_adapter
from ner_core.config import TrainConfig
from ner_core.data import Corpus
from ner_core.errors import DataError
from ner_core.evaluation import score_words, tag_names
from ner_core.events import EventWriter
from ner_core.model_sources import find_model
from ner_core.runs import Run
from ner_core.tagging import Tagger, load_tagger
from ner_core.trainer import LOG_STEPS, NerTrainer, RunCallback, Validation, save_model

AUTO_STEPS = 300
AUTO_LEAST_STEPS = 150
AUTO_EPOCHS = (3, 15)


@dataclass(frozen=True)
class Plan:
    """What the automatic settings came to for this data and this encoder."""

    epochs: float
    learning_rate: float
    steps_per_epoch: int
    total_steps: int
    evaluate_every: int
    bf16: bool


def fit(run: Run, events: EventWriter, should_stop: Callable[[], bool]) -> None:
    """Execute a run from its config to its terminal event, ``finished`` or ``stopped``.

    Leaves the best model by strict validation F1 in ``model/`` and, if it was not stopped, the
    final scores in ``report.json``. Raises a NerError for what a user can mend.
    """
    config = run.config()
    set_seed(config.seed)  # before the head gets its random weights
    corpus = load_corpus(config)
    source = find_model(config.model)
    model, tokenizer = models.load_for_training(source, corpus.label_names)
    models.check_window(config, models.window_limit(model.config, tokenizer))
    _describe(model.config, config)
    models.prepare(model, config)
    if config.lora_rank:
        model = add_adapter(model, source, config.lora_rank)
    train_windows = make_windows(corpus, tokenizer, config)
    arguments, plan = _arguments(run, config, model.config, train_windows.num_rows)
    validation = Validation(corpus.dataset["validation"], config.eval_sentences, config.seed)
    callback = RunCallback(events, plan.steps_per_epoch, plan.evaluate_every, should_stop)
    trainer = NerTrainer(
        model=model,
        args=arguments,
        train_dataset=train_windows,
        data_collator=DataCollatorForTokenClassification(tokenizer),
        callbacks=[callback],
        validation=validation,
        tagger=Tagger(model, tokenizer, config.max_length, config.overlap, bf16=plan.bf16),
        events=events,
        best_dir=run.path / "checkpoints" / "best",
        # A head that is there already would lose at a high rate what it knows.
        head_rate=1 if models.has_head_for(source, corpus.label_names) else config.head_rate,
        tokenizer=tokenizer,
    )
    callback.trainer = trainer
    trainer.remove_callback(PrinterCallback)
    events.append("started", 0, _started(config, corpus, plan, train_windows.num_rows, arguments))

    if should_stop():
        events.append("stopped", 0, {"best_step": None, "f1": None})
        return
    began = time.monotonic()
    trainer.train()
    seconds = time.monotonic() - began
    steps = trainer.state.global_step
    speed = steps * config.batch_size / max(1e-6, seconds - trainer.evaluation_seconds)
    if trainer.best is None:  # stopped before the first evaluation
        save_model(trainer, trainer.best_dir)
    trainer.best_dir.rename(run.model_dir)
    best = trainer.best or {"step": steps, "selection_f1": None}
    if callback.stopped:
        events.append("stopped", steps, {"best_step": best["step"], "f1": best["selection_f1"]})
        return

    # The figures that count come from the model as saved, on the path that everybody else uses.
    tagger = load_tagger(str(run.model_dir))
    scores = {name: score_words(tagger, corpus.dataset[name]) for name in _scored(corpus)}
    report = {
        "run": run.id,
        "data": config.data,
        "model": config.model,
        "validation": scores["validation"],
        "test": scores.get("test"),
        "best_step": best["step"],
        "steps": steps,
        "train_seconds": seconds,
        "evaluation_seconds": trainer.evaluation_seconds,
        "examples_per_second": speed,
        "label_names": corpus.label_names,
        "notes": list(corpus.notes),
        "settings": _resolved(config, plan),
        "versions": versions(),
        "hardware": hardware(arguments.device),
    }
    write_json(run.report_path, report)
    for name, values in scores.items():
        events.append("evaluated", steps, {"split": name, "subset": False, "final": True, **values})
    events.append(
        "finished",
        steps,
        {
            "best_step": best["step"],
            "train_seconds": seconds,
            "examples_per_second": speed,
            "validation_f1": scores["validation"]["f1"],
            "test_f1": scores["test"]["f1"] if "test" in scores else None,
        },
    )


def load_corpus(config: TrainConfig) -> Corpus:
    """Read the data of a run, shortened to ``max_train``. Raises DataError if it has no entity."""
    options = data.ReadOptions.of(config.token_column, config.tag_column, config.label_names)
    corpus = data.load(config.data, config.seed, options)
    train = corpus.dataset["train"]
    if config.max_train and config.max_train < train.num_rows:
        train = train.shuffle(seed=config.seed).select(range(config.max_train))
        corpus.dataset["train"] = train
    if not any(any(row) for row in train["ner_tags"]):
        raise DataError(
            f"Expected entities in the training part of {Path(config.data).name}, found none in "
            f"{train.num_rows:,} sentence{'' if train.num_rows == 1 else 's'}; annotate some, or "
            "check the tag column."
        )
    return corpus


def make_windows(
    corpus: Corpus, tokenizer: PreTrainedTokenizerBase, config: TrainConfig
) -> Dataset:
    """Tokenise the training part: a row a window, with ``input_ids``, ``labels``, ``length``."""
    train = corpus.dataset["train"]
    label2id = {name: number for number, name in enumerate(corpus.label_names)}

    def to_windows(rows: dict[str, list[Any]]) -> dict[str, list[Any]]:
        tags = [[corpus.label_names[number] for number in row] for row in rows["ner_tags"]]
        found = align.windows(tokenizer, rows["tokens"], config.max_length, config.overlap)
        labels = [
            align.label_ids(
                align.label_window(window, tags[window.text], config.sub_token_labels), label2id
            )
            for window in found
        ]
        return {
            "input_ids": [window.input_ids for window in found],
            "labels": labels,
            "length": [len(window.input_ids) for window in found],
        }

    return train.map(
        to_windows,
        batched=True,
        remove_columns=train.column_names,
        load_from_cache_file=False,
        new_fingerprint=f"windows-{os.getpid()}-{time.monotonic_ns()}",
    )


def automatic_epochs(steps_per_epoch: int) -> int:
    """Choose the number of epochs: as many as make about ``AUTO_STEPS`` steps, from 3 to 15.

    Small data needs many passes before the head has learned anything, very small data more than
    15: as many as make ``AUTO_LEAST_STEPS``. Measured with minilm on Wikigold (48 steps an epoch),
    validation F1 after 4 epochs was 0.71, after 7 it was 0.76; on the sample (12 steps) 12 epochs
    gave 0.75 and 20 gave 0.76.
    """
    least, most = AUTO_EPOCHS
    most = max(most, math.ceil(AUTO_LEAST_STEPS / steps_per_epoch))
    return max(least, min(most, math.ceil(AUTO_STEPS / steps_per_epoch)))


def _arguments(
    run: Run, config: TrainConfig, encoder: PreTrainedConfig, examples: int
) -> tuple[TrainingArguments, Plan]:
    """Turn our settings into the Trainer's, the automatic ones decided."""
    steps_per_epoch = math.ceil(examples / config.batch_size)
    epochs = config.epochs or automatic_epochs(steps_per_epoch)
    total = max(1, math.ceil(epochs * steps_per_epoch))
    rate = config.learning_rate or models.learning_rate_for(encoder, adapter=config.lora_rank > 0)
    device = models.best_device()
    plan = Plan(
        epochs=epochs,
        learning_rate=rate,
        steps_per_epoch=steps_per_epoch,
        total_steps=total,
        evaluate_every=max(1, total // config.evaluations),
        bf16=models.use_bf16(config.precision, device),
    )
    arguments = TrainingArguments(
        output_dir=str(run.path / "checkpoints"),
        per_device_train_batch_size=config.batch_size,
        num_train_epochs=epochs,
        learning_rate=rate,
        lr_scheduler_type="linear",
        warmup_steps=config.warmup,  # below 1 it is a part of all steps
        weight_decay=config.weight_decay,
        max_grad_norm=config.max_grad_norm,
        optim="adamw_torch_fused",
        bf16=plan.bf16,
        train_sampling_strategy="group_by_length" if config.group_by_length else "random",
        logging_steps=LOG_STEPS,
        logging_first_step=True,
        logging_nan_inf_filter=False,  # a loss that is no number has to be seen
        save_strategy="no",
        eval_strategy="no",  # RunCallback asks for evaluations
        seed=config.seed,
        report_to="none",
        disable_tqdm=True,
        use_cpu=device.type == "cpu",
        dataloader_pin_memory=device.type == "cuda",
    )
    return arguments, plan


def _describe(model_config: PreTrainedConfig, config: TrainConfig) -> None:
    """Keep in the model's config.json how it is to be used."""
    kept = {
        "max_length": config.max_length,
        "overlap": config.overlap,
        "sub_token_labels": config.sub_token_labels,
    }
    setattr(model_config, models.SETTINGS_KEY, kept)


def _started(
    config: TrainConfig, corpus: Corpus, plan: Plan, windows: int, arguments: TrainingArguments
) -> dict[str, Any]:
    return {
        "settings": _resolved(config, plan),
        "total": plan.total_steps,
        "sentences": {name: split.num_rows for name, split in corpus.dataset.items()},
        "entities": {
            name: sum(tag.startswith("B-") for tags in tag_names(split) for tag in tags)
            for name, split in corpus.dataset.items()
        },
        "windows": windows,
        "label_names": corpus.label_names,
        "notes": list(corpus.notes),
        "versions": versions(),
        "hardware": hardware(arguments.device),
    }


def _resolved(config: TrainConfig, plan: Plan) -> dict[str, Any]:
    chosen = {"epochs": plan.epochs, "learning_rate": plan.learning_rate}
    return {**config.model_dump(), **chosen, "precision": "bf16" if plan.bf16 else "fp32"}


def _scored(corpus: Corpus) -> list[str]:
    return [name for name in ("validation", "test") if name in corpus.dataset]


def versions() -> dict[str, str]:
    """Name the versions of what computed a run."""
    names = ("transformers", "torch", "datasets", "evaluate", "seqeval", "accelerate", "peft")
    return {"python": platform.python_version()} | {name: version(name) for name in names}


def hardware(device: torch.device) -> dict[str, Any]:
    """Describe the device that a run computes on."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    return {"device": device.type, "name": name, "cpus": os.cpu_count()}


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file so that it is there whole or not at all."""
    staging = path.with_name(path.name + ".new")
    staging.write_text(
        json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
    )
    staging.replace(path)
