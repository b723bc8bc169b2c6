"""One fine-tuning run, from its settings to its report: prepare, train, score, report."""

import shutil
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any

from ner_core import tags
from ner_core.data.corpus import Corpus
from ner_core.data.provenance import provenance
from ner_core.errors import DataError
from ner_core.evaluation.error_analysis import TrainFacts, analyse, errors_of
from ner_core.evaluation.intervals import intervals, tag_counts
from ner_core.evaluation.scoring import leave_out_undecided, score_tags, tag_names
from ner_core.evaluation.thresholds import best_threshold
from ner_core.inference.tagger import load_tagger
from ner_core.models.device import best_device
from ner_core.models.threshold import keep_threshold
from ner_core.runs import checkpoints, diagnosis
from ner_core.runs.error_log import write_errors
from ner_core.runs.events import EventWriter
from ner_core.runs.log import RunLog
from ner_core.runs.run import Run
from ner_core.system import resources
from ner_core.system.interrupts import StopRequested, interruptible
from ner_core.training.hardware import hardware, memory_peak, versions
from ner_core.training.learning_rate import default_learning_rate
from ner_core.training.loop import TrainingLoop
from ner_core.training.saving import replace_model, write_json
from ner_core.training.setup import Prepared, prepare

_SPLITS = ("validation", "test")


def fit(run: Run, events: EventWriter, should_stop: Callable[[], bool]) -> None:
    """Execute a run in this process, from its settings to its last event.

    The run has to exist (``runs.store.create``), and no other process may execute it meanwhile.
    It continues from its last checkpoint, if there is one. ``should_stop`` is called after each
    optimiser step; while data is read and the model is scored, a thread calls it every quarter of a
    second if this is the main thread.

    The best model by strict validation F1 is left in ``model/``. The last event is ``finished``,
    with the final scores in ``report.json``, or ``stopped``, without a report. Raise a NerError for
    what a user can mend; the ``failed`` event is left to the caller.
    """
    began = time.monotonic()
    log = RunLog(events, run.events_path)
    step, best_step, best_f1, scored = log.repeats_to, None, None, None
    with suppress(StopRequested):
        with interruptible(should_stop):
            prepared = prepare(run.config())
            described = describe(prepared)
        if should_stop():  # small data may be prepared before the thread looks for the first time
            raise StopRequested
        loop = train(run, prepared, described, log, should_stop)
        step, best_step, best_f1 = loop.step, loop.best_step, loop.best_f1
        if not loop.stopped:
            with interruptible(should_stop):
                scored = score(run, prepared.corpus, prepared.unscored)
    if scored is None:
        log.append("stopped", step, {"best_step": best_step, "f1": best_f1})
        return
    report(run, loop, described, scored, loop.seconds_before + time.monotonic() - began)
    shutil.rmtree(run.checkpoints_dir, ignore_errors=True)


def describe(prepared: Prepared) -> dict[str, Any]:
    """Return what is trained, on what: the part that ``started`` event and report share."""
    return {
        "settings": prepared.resolved,
        "label_names": prepared.corpus.label_names,
        "notes": prepared.notes,
        "types": prepared.change and prepared.change.as_json(),
        "corpus": provenance(prepared.corpus),
        "base_model": prepared.origin,
        "versions": versions(),
        "hardware": hardware(best_device()),
    }


def train(
    run: Run,
    prepared: Prepared,
    described: dict[str, Any],
    log: RunLog,
    should_stop: Callable[[], bool],
) -> TrainingLoop:
    """Train from the last checkpoint on, until the end or a stop; put the best model in ``model/``.

    A run that is stopped before its first evaluation keeps the model as it is.
    """
    checkpoint = checkpoints.newest(run.checkpoints_dir)
    checkpoints.prune(run.checkpoints_dir, checkpoint)
    if checkpoint:
        check_same_data(run, described)
    loop = TrainingLoop(prepared, run, log.append, should_stop)
    splits = described["corpus"]["splits"]
    started = {
        **described,
        "total": prepared.plan.total_steps,
        "sentences": {name: split["sentences"] for name, split in splits.items()},
        "entities": {name: sum(split["entities"].values()) for name, split in splits.items()},
        "windows": prepared.windows.num_rows,
        "samples": loop.validation.samples,
        "machine": {
            "memory_limit": resources.memory_limit(),
            "memory_kills": resources.memory_kills(),
        },
        "resumed": log.started_before,
        "repeats_to": log.repeats_to,
    }
    log.append("started", checkpoint.step if checkpoint else 0, started)
    loop.run(checkpoint)
    if loop.best_step is None and loop.step:
        loop.keep_as_best(None)
    if loop.best_step is not None:
        replace_model(run.model_dir, checkpoints.best_folder(loop.folder, loop.best_step))
    return loop


def check_same_data(run: Run, described: dict[str, Any]) -> None:
    """Raise DataError if the data of a run that goes on are not those that it began with."""
    before = next((e.data for e in reversed(run.events()) if e.kind == "started"), {})
    splits = before.get("corpus", {}).get("splits", {})
    changed = [
        name
        for name, split in described["corpus"]["splits"].items()
        if splits and split["sha256"] != splits.get(name, {}).get("sha256")
    ]
    if changed or (splits and before["label_names"] != described["label_names"]):
        raise DataError(
            f"The data changed since the run began (in {', '.join(changed) or 'its types'}), so "
            "it can't go on. Undo the change, or start a new run."
        )


def score(run: Run, corpus: Corpus, unscored: Collection[str] = ()) -> dict[str, Any]:
    """Score the saved model, loaded as for any other use; return that part of the report.

    ``unscored`` are entity types that the model knows and nobody annotated. The sentences of the
    validation split with errors are written to ``errors.jsonl``, and the threshold with the best F1
    there to the model's config.json.
    """
    tagger = load_tagger(str(run.model_dir))
    train = corpus.dataset["train"]
    facts = TrainFacts.of(train["tokens"], map(tags.undecided_as_outside, tag_names(train)))
    scored: dict[str, Any] = {**dict.fromkeys(_SPLITS), "analysis": {}}
    scored["found_nothing"] = False
    for name in _SPLITS:
        if name not in corpus.dataset:
            continue
        split = corpus.dataset[name]
        texts, gold = split["tokens"][:], tag_names(split)
        tagged = tagger.tag(texts, gold)  # in IOB2, since the model was trained here
        predicted, loss = tagged.tags, tagged.loss
        gold, predicted = leave_out_undecided(gold, predicted, unscored)
        interval = intervals(tag_counts(gold, predicted))
        scored[name] = {**score_tags(gold, predicted), "interval": interval, "loss": loss}
        windows = tagger.window_counts(texts)
        scored["analysis"][name] = analyse(texts, gold, predicted, train=facts, windows=windows)
        if scored[name]["support"] and not any(map(tags.decode_predicted, predicted)):
            scored["found_nothing"] = True
        if name == "validation":
            write_errors(run.errors_path, errors_of(name, texts, gold, predicted))
            scored["threshold"] = best_threshold(gold, predicted, tagged.scores)
            keep_threshold(run.model_dir, scored["threshold"]["best_f1"])
    return scored


def report(
    run: Run, loop: TrainingLoop, described: dict[str, Any], scored: dict[str, Any], seconds: float
) -> None:
    """Write ``report.json``, then the events with the final scores and ``finished``."""
    training_seconds = loop.seconds - loop.evaluation_seconds
    figures: dict[str, Any] = {
        "best_step": loop.best_step,
        "stopped_early": loop.stopped_early,
        "train_seconds": loop.seconds,
        "evaluation_seconds": loop.evaluation_seconds,
        "examples_per_second": loop.windows_per_second(loop.step, training_seconds),
        "seconds": seconds,
        "memory_peak": memory_peak(best_device()),
    }
    settings = described["settings"]
    warning = None
    if scored.pop("found_nothing"):
        usual = default_learning_rate(loop.trainer.model.config, settings["lora_rank"] > 0)
        entities = described["corpus"]["splits"]["train"]["entities"]
        warning = diagnosis.why_nothing_is_found(
            loop.step, settings["learning_rate"], usual, entities
        )
    figures["warning"] = warning
    whole = {"run": run.id, "data": settings["data"], "model": settings["model"]}
    whole |= {**scored, "steps": loop.step, **figures, **described}
    write_json(run.report_path, whole)
    for name in _SPLITS:
        if scores := scored[name]:
            final = {"split": name, "subset": False, "final": True, **scores}
            loop.emit("evaluated", loop.step, final)
    f1 = {
        f"{name}_f1": scores["f1"] if (scores := scored[name]) and scores["support"] else None
        for name in _SPLITS
    }
    loop.emit("finished", loop.step, {**figures, **f1})
