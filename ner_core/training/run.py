"""One fine-tuning run, from its settings to its report."""

import os
import shutil
import time
from collections.abc import Callable
from typing import Any

from ner_core.data.corpus import Corpus
from ner_core.data.provenance import provenance
from ner_core.evaluation.error_analysis import TrainFacts, analyse, errors_of
from ner_core.evaluation.scoring import predict_tags, score_tags, tag_names
from ner_core.inference.tagger import load_tagger
from ner_core.runs import checkpoints
from ner_core.runs.error_log import write_errors
from ner_core.runs.events import EventWriter
from ner_core.runs.log import RunLog
from ner_core.runs.run import Run
from ner_core.system import atomic, resources
from ner_core.system.interrupts import StopRequested, interruptible
from ner_core.training.report import hardware, memory_peak, versions, write_json
from ner_core.training.setup import Prepared, make_trainer, prepare
from ner_core.training.trainer import NerTrainer, save_trained

_SPLITS = ("validation", "test")


def fit(run: Run, events: EventWriter, should_stop: Callable[[], bool]) -> None:
    """Execute a run from its config to its terminal event, ``finished`` or ``stopped``.

    Goes on from the last checkpoint, if there is one. Leaves the best model by strict validation F1
    in ``model/`` and, if it was not stopped, the final scores in ``report.json``. Raises a NerError
    for what a user can mend.
    """
    began = time.monotonic()
    log = RunLog(events, run.events_path)
    folder = run.checkpoints_dir
    try:
        with interruptible(should_stop):
            prepared = prepare(run.config())
            origin = provenance(prepared.corpus)
    except StopRequested:
        log.append("stopped", log.repeats_to, {"best_step": None, "f1": None})
        return
    checkpoint = checkpoints.newest(folder)
    checkpoints.prune(folder, checkpoint)
    trainer, callback = make_trainer(prepared, run.id, folder, log, should_stop)
    log.append(
        "started", checkpoint.step if checkpoint else 0, _started(prepared, origin, trainer, log)
    )
    if checkpoint and "event" in checkpoint.state:  # a kill may have come just before it was told
        log.append("checkpoint", checkpoint.step, checkpoint.state["event"])
    try:
        trainer.fit(checkpoint)
        stopped = callback.stopped
    except StopRequested:
        stopped = True
    seconds = trainer.seconds
    best = _keep_best(run, trainer)
    steps = trainer.state.global_step
    if not stopped:
        try:
            with interruptible(should_stop):
                scores, analysis = _final_scores(run, prepared.corpus)
        except StopRequested:
            stopped = True
    if stopped:
        log.append("stopped", steps, {"best_step": best["step"], "f1": best["selection_f1"]})
        return

    windows = steps * trainer.args.train_batch_size * trainer.args.gradient_accumulation_steps
    speed = windows / max(1e-6, seconds - trainer.evaluation_seconds)
    figures = {
        "best_step": best["step"],
        "stopped_early": trainer.stopped_early,
        "train_seconds": seconds,
        "evaluation_seconds": trainer.evaluation_seconds,
        "examples_per_second": speed,
        "seconds": trainer.seconds_before + time.monotonic() - began,
        "memory_peak": memory_peak(trainer.args.device),
    }
    report = {
        "run": run.id,
        "data": prepared.config.data,
        "model": prepared.config.model,
        "validation": scores["validation"],
        "test": scores.get("test"),
        "analysis": analysis,
        "steps": steps,
        **figures,
        "label_names": prepared.corpus.label_names,
        "notes": list(prepared.corpus.notes),
        "corpus": origin,
        "base_model": prepared.origin,
        "settings": prepared.resolved,
        "versions": versions(),
        "hardware": hardware(trainer.args.device),
    }
    write_json(run.report_path, report)
    for name, values in scores.items():
        log.append("evaluated", steps, {"split": name, "subset": False, "final": True, **values})
    f1 = {f"{name}_f1": scores[name]["f1"] if name in scores else None for name in _SPLITS}
    log.append("finished", steps, {**figures, **f1})
    shutil.rmtree(folder, ignore_errors=True)


def _final_scores(
    run: Run, corpus: Corpus
) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Score the model as it was saved, on the path that everybody else uses, and explain it."""
    tagger = load_tagger(str(run.model_dir))
    train = corpus.dataset["train"]
    facts = TrainFacts.of(train["tokens"], tag_names(train))
    scores: dict[str, dict[str, Any]] = {}
    analysis: dict[str, dict[str, Any]] = {}
    for name in _SPLITS:
        if name not in corpus.dataset:
            continue
        split = corpus.dataset[name]
        texts, gold = split["tokens"][:], tag_names(split)
        predicted, loss = predict_tags(tagger, texts, gold)
        scores[name] = {**score_tags(gold, predicted), "loss": loss}
        windows = tagger.window_counts(texts)
        analysis[name] = analyse(texts, gold, predicted, train=facts, windows=windows)
        if name == "validation":
            write_errors(run.errors_path, errors_of(name, texts, gold, predicted))
    return scores, analysis


def _keep_best(run: Run, trainer: NerTrainer) -> dict[str, Any]:
    """Put the best model so far into ``model/``; it also stays where a resumed run looks for it."""
    best = trainer.best
    steps = trainer.state.global_step
    if best is None:
        best = {"step": steps or None, "selection_f1": None}
        if not steps:  # nothing was learned
            return best
        save_trained(trainer, checkpoints.best_folder(trainer.folder, steps))
    atomic.delete_leftovers(run.path)
    with atomic.staged(run.model_dir) as staging:
        source = checkpoints.best_folder(trainer.folder, best["step"])
        shutil.copytree(source, staging, copy_function=_link)
    return best


def _link(source: str, target: str) -> None:
    """Give a file a second name, or copy it where the file system has no such thing."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _started(
    prepared: Prepared, origin: dict[str, Any], trainer: NerTrainer, log: RunLog
) -> dict[str, Any]:
    splits = origin["splits"]
    return {
        "settings": prepared.resolved,
        "total": prepared.plan.total_steps,
        "sentences": {name: split["sentences"] for name, split in splits.items()},
        "entities": {name: sum(split["entities"].values()) for name, split in splits.items()},
        "windows": prepared.windows.num_rows,
        "label_names": prepared.corpus.label_names,
        "samples": trainer.validation.samples,
        "notes": list(prepared.corpus.notes),
        "corpus": origin,
        "base_model": prepared.origin,
        "versions": versions(),
        "hardware": hardware(trainer.args.device),
        "machine": {
            "memory_limit": resources.memory_limit(),
            "memory_kills": resources.memory_kills(),
        },
        "resumed": log.started_before,
        "repeats_to": log.repeats_to,
    }
