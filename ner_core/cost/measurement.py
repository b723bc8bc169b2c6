"""Measuring what a run would cost: ``python -m ner_core.cost.measurement CONFIG.json [PARENT]``.

A process of its own does what the run's worker would do, a few steps of it only, and prints the
``Measurement`` as one line of JSON; or ``{"error": ..., "message": ...}`` for what a user can mend.
It ends when its parent, the process with the id PARENT, has gone.
"""

import contextlib
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from datasets import Dataset, concatenate_datasets
from torch.utils.data import DataLoader
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from ner_core.config import TrainConfig
from ner_core.cost.formula import Measurement
from ner_core.errors import NerError, TrainingError
from ner_core.evaluation.scoring import predict_tags, score_tags, tag_names
from ner_core.hub.token import take_over
from ner_core.inference.tagger import Tagger, load_tagger
from ner_core.models import loading as models
from ner_core.models.sources import find_model
from ner_core.models.windows import split_into_windows
from ner_core.runs.diagnosis import explain
from ner_core.runs.events import EventWriter
from ner_core.runs.log import RunLog
from ner_core.system import resources
from ner_core.training.callback import CHECKPOINT_SECONDS, CHECKPOINT_SHARE
from ner_core.training.report import memory_peak
from ner_core.training.setup import Prepared, load_corpus, make_plan, make_trainer, prepare
from ner_core.training.trainer import NerTrainer, save_trained

STEP_SECONDS = 6.0
LEAST_STEPS, MOST_STEPS = 3, 32
SCORE_SECONDS = 1.5
SCORE_BATCH = 32
"""Sentences that are scored at a time, as in ``evaluation.score_words``."""
MOST_SENTENCES = 2000
"""Sentences whose lengths are looked at; where there are more, they stand for all."""

Result = TypeVar("Result")


def measure(config: TrainConfig, folder: Path) -> Measurement:
    """Do what a run of these settings does, a few steps of it, with its files in ``folder``.

    Takes as long as reading and preparing the data, and some 15 seconds. The process should have
    done nothing else before: its start-up and its peak of memory count. Raises a NerError for what
    a user can mend.
    """
    # Of processor time: what was read from a cold disk is in memory when the run starts.
    starting = time.process_time()
    began, queued = time.monotonic(), _queued()
    config = config.model_copy(update={"report_to": "none"})
    reading, corpus = _timed(lambda: load_corpus(config))
    source = find_model(config.model)
    if source.kind == "hub":  # downloaded now, so that the download is not taken for work
        models.load_for_training(source, corpus.label_names)
    preparing, prepared = _timed(lambda: prepare(config))
    writer = EventWriter(folder / "events.jsonl")
    try:
        log = RunLog(writer, folder / "events.jsonl")
        making, (trainer, callback) = _timed(
            lambda: make_trainer(prepared, "estimate", folder / "checkpoints", log, lambda: False)
        )
        trainer.remove_callback(callback)
        warm_up, epoch = _time_steps(trainer, prepared.windows)
        validation = prepared.corpus.dataset["validation"]
        evaluation = _scoring_seconds(trainer.tagger, validation)
        keep, _ = _timed(lambda: save_trained(trainer, folder / "model"))
        final = _final_seconds(folder / "model", prepared)
    finally:
        writer.close()
    device = trainer.args.device
    plan = make_plan(
        config.model_copy(update={"epochs": None, "learning_rate": None}),
        prepared.model.config,
        prepared.windows.num_rows,
    )
    return Measurement(
        reading=reading,
        starting=starting,
        preparing=preparing + making + warm_up,
        epoch=epoch,
        evaluation=evaluation,
        sentences=validation.num_rows,
        save=trainer.save_seconds,
        save_every=max(CHECKPOINT_SECONDS, trainer.save_seconds / CHECKPOINT_SHARE),
        keep=keep,
        final=final,
        memory=memory_peak(device),
        gpu_free=_gpu_free(device),
        waited=(_queued() - queued) / (time.monotonic() - began),
        steps_per_epoch=plan.steps_per_epoch,
        automatic_rate=plan.learning_rate,
    )


def _time_steps(trainer: NerTrainer, windows: Dataset) -> tuple[float, float]:
    """Time steps of all sizes; gives what the first takes longer, and the seconds of an epoch.

    The first is the largest of the epoch: it takes all the memory that steps ever need, which the
    others then find there.
    """
    steps = _steps_of_epoch(trainer, windows)
    lengths = np.array(windows["length"])
    sizes = [float(sum(lengths[batch].max() * len(batch) for batch in step)) for step in steps]
    by_size = sorted(range(len(steps)), key=sizes.__getitem__)
    # Where the last step of the epoch has fewer batches, the Trainer could not tell them apart.
    whole = [number for number in by_size if len(steps[number]) == len(steps[0])]
    chosen = [whole[-1], *(whole[place] for place in _spread(len(whole), MOST_STEPS))]
    batches = [batch for number in chosen for batch in steps[number]]
    loader = DataLoader(
        windows.remove_columns("length"), batch_sampler=batches, collate_fn=trainer.data_collator
    )
    trainer.get_train_dataloader = lambda: loader
    trainer.args.gradient_accumulation_steps = len(steps[0])
    trainer.args.num_train_epochs = 1
    clock = _Clock()
    trainer.add_callback(clock)
    trainer.train()
    first, *others = clock.seconds
    measured = list(zip((sizes[number] for number in chosen[1:]), others, strict=False))
    warm_up = first - _total([sizes[chosen[0]]], measured)
    return max(0.0, warm_up), _total(sizes, measured)


def _steps_of_epoch(trainer: NerTrainer, windows: Dataset) -> list[list[list[int]]]:
    """Give the first epoch as it will be read: for each step its batches, of indices of windows."""
    order = list(trainer._get_train_sampler(windows))
    size = trainer.args.train_batch_size
    batches = [order[start : start + size] for start in range(0, len(order), size)]
    each = trainer.args.gradient_accumulation_steps
    return [batches[start : start + each] for start in range(0, len(batches), each)]


class _Clock(TrainerCallback):  # type: ignore[misc] # the class comes without types
    """Times each step, and ends the training with a checkpoint when enough were timed."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._before = self._began = 0.0

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Start the clock."""
        self._before = time.monotonic()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Time a step from the end of the one before, so that the making of its batch counts."""
        if args.device.type == "cuda":
            torch.cuda.synchronize(args.device)
        now = time.monotonic()
        self.seconds.append(now - self._before)
        self._before = now
        if len(self.seconds) == 1:
            self._began = now
        enough = len(self.seconds) > LEAST_STEPS and now - self._began > STEP_SECONDS
        if enough or state.global_step >= state.max_steps:
            control.should_training_stop = control.should_save = True


def _scoring_seconds(tagger: Tagger, split: Dataset) -> float:
    """Time scoring some sentences of all lengths; gives the seconds for the whole split."""
    part = split.shuffle(seed=0).select(range(min(split.num_rows, MOST_SENTENCES)))
    texts, gold = part["tokens"][:], tag_names(part)
    lengths = [0] * len(texts)
    for window in split_into_windows(tagger.tokenizer, texts, tagger.max_length, tagger.overlap):
        lengths[window.text] += len(window.input_ids)
    # The Tagger puts similar lengths side by side, and so do these batches.
    order = sorted(range(len(texts)), key=lengths.__getitem__, reverse=True)
    batches = [order[start : start + SCORE_BATCH] for start in range(0, len(order), SCORE_BATCH)]
    sizes = [float(sum(lengths[index] for index in batch)) for batch in batches]
    tagger.model.eval()

    def tag(place: int) -> list[list[str]]:
        batch = batches[place]
        found = predict_tags(tagger, [texts[row] for row in batch], [gold[row] for row in batch])
        return found[0]

    places = _spread(len(batches), len(batches))
    tag(0)  # not counted: the first is slower than all others; the longest takes the most memory
    measured: list[tuple[float, float]] = []
    tagged: list[tuple[list[str], list[str]]] = []
    end = time.monotonic() + SCORE_SECONDS
    for place in places:
        seconds, found = _timed(partial(tag, place))
        measured.append((sizes[place], seconds))
        tagged += zip((gold[row] for row in batches[place]), found, strict=True)
        if time.monotonic() > end:
            break
    comparing, _ = _timed(lambda: score_tags(*map(list, zip(*tagged, strict=True))))
    seconds = _total(sizes, measured) + comparing * len(texts) / len(tagged)
    return float(seconds * split.num_rows / len(texts))


def _final_seconds(model: Path, prepared: Prepared) -> float:
    """Time loading the finished model and scoring it, as it is done at the end of a run."""
    loading, tagger = _timed(lambda: load_tagger(str(model)))
    dataset = prepared.corpus.dataset
    parts = [dataset[name] for name in ("validation", "test") if name in dataset]
    return loading + _scoring_seconds(tagger, concatenate_datasets(parts))


def _total(sizes: Sequence[float], measured: Sequence[tuple[float, float]]) -> float:
    """Add up the seconds that pieces of work take, of which some were measured as (size, seconds).

    Between two that were measured, time is a line; below the smallest and above the largest it is
    proportional to the size.

    >>> _total([5.0, 10.0, 20.0, 40.0], [(20.0, 3.0), (10.0, 2.0)])
    12.0
    """
    known = sorted({size for size, _ in measured})
    seconds = [float(np.mean([took for size, took in measured if size == one])) for one in known]
    top = max(*sizes, known[-1])
    if top > known[-1]:
        seconds.append(seconds[-1] * top / known[-1])
        known.append(top)
    return float(np.interp(sizes, [0.0, *known], [0.0, *seconds]).sum())


def _spread(count: int, most: int) -> list[int]:
    """Choose places in a row of ``count``: wherever one stops, they lie in even spacing.

    The sequence of van der Corput: a half, a quarter, three quarters, an eighth, and so on.

    >>> _spread(8, 5)
    [4, 2, 6, 1, 5]
    """
    places = []
    for number in range(1, most + 1):
        place, share = 0.0, 0.5
        while number:
            place += share * (number & 1)
            number, share = number >> 1, share / 2
        places.append(int(place * count))
    return places


def _timed(work: Callable[[], Result]) -> tuple[float, Result]:
    began = time.monotonic()
    result = work()
    return time.monotonic() - began, result


def _queued() -> float:
    """Give the seconds that this thread was ready to compute but had no core; 0 if unknown."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9
    return 0.0


def _gpu_free(device: torch.device) -> int | None:
    if device.type != "cuda":
        return None
    return int(torch.cuda.mem_get_info(device)[0] + torch.cuda.memory_reserved(device))


def main(config_path: Path, parent: int) -> int:
    """Measure the settings of a file and print the result; gives the exit code."""
    threading.Thread(target=resources.end_with, args=(parent,), daemon=True).start()
    resources.give_way()
    take_over()
    with contextlib.suppress(OSError):  # where memory runs out, this is the process to end
        Path("/proc/self/oom_score_adj").write_text("1000")
    config = TrainConfig.model_validate_json(config_path.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="ner-estimate-") as folder:
        try:
            with contextlib.redirect_stdout(sys.stderr):
                answer = measure(config, Path(folder)).as_json()
            code = 0
        except Exception as error:
            message, code = explain(error)
            if code != 2:
                raise
            kind = type(error) if isinstance(error, NerError) else TrainingError
            answer = {"error": kind.__name__, "message": message}
    sys.stdout.write(json.dumps(answer) + "\n")
    return code


if __name__ == "__main__":
    # Who asked may have gone during the imports, so it says itself who it is.
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else os.getppid()))
