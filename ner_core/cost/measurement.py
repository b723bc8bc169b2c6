"""The process that measures a run: ``python -m ner_core.cost.measurement FOLDER PARENT``.

It reads ``config.json`` in the folder, prepares the run as its worker would, trains a few steps,
and writes ``answer.json``: a ``Measurement``, or ``{"error": ..., "message": ...}`` for what a user
can mend. It ends when its parent, the process with the id PARENT, has ended.
"""

import contextlib
import json
import sys
import threading
import time
from pathlib import Path
from timeit import timeit
from typing import Any

import numpy as np
import torch
from datasets import Dataset, concatenate_datasets
from torch.utils.data import DataLoader
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from ner_core.config import TrainConfig
from ner_core.cost.formula import Measurement
from ner_core.errors import NerError, TrainingError
from ner_core.evaluation.scoring import score_words
from ner_core.hub.token import take_over
from ner_core.inference.tagger import Tagger, load_tagger
from ner_core.models import hub
from ner_core.models.sources import find_model
from ner_core.runs.diagnosis import explain
from ner_core.runs.run import Run
from ner_core.system import resources
from ner_core.training.arguments import make_trainer
from ner_core.training.hardware import memory_peak
from ner_core.training.learning_rate import default_learning_rate
from ner_core.training.loop import CHECKPOINT_SECONDS, CHECKPOINT_SHARE
from ner_core.training.saving import save_trained
from ner_core.training.setup import load_corpus, prepare
from ner_core.training.trainer import NerTrainer

STEP_SECONDS = 6.0
MIN_STEPS = 3
SCORE_SECONDS = 1.5
BLOCK = 64
SIXTEENTHS = (8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15)
"""Places in the order of sizes of what is timed: wherever measuring ends, they are spread."""


def measure(config: TrainConfig, folder: Path) -> Measurement:
    """Measure a run of these settings, with its files in ``folder``.

    The process must have done nothing else before: its start and its peak of memory count. Raises a
    NerError for what a user can mend.
    """
    starting = time.process_time()  # not the time of the clock: the disk may have been cold
    config = config.model_copy(update={"report_to": "none"})
    hub.located(find_model(config.model))  # the run will not download it again
    began, waited = time.monotonic(), _seconds_without_cpu()
    load_corpus(config)  # as is done before a run starts
    prepared = prepare(config)
    timer = _StepTimer()
    trainer = make_trainer(prepared, Run("", folder), timer, dict)
    preparing = time.monotonic() - began
    warm_up, epoch = _time_steps(trainer, timer, prepared.windows)
    checkpoint = time.monotonic() - trainer.save_began  # training has ended with it
    corpus = prepared.corpus.dataset
    evaluation = _scoring_seconds(prepared.tagger(), corpus["validation"])
    saving = timeit(
        lambda: save_trained(prepared.model, prepared.tokenizer, folder / "model"), number=1
    )
    reloading = timeit(lambda: load_tagger(str(folder / "model")), number=1)
    scored = concatenate_datasets([corpus[name] for name in corpus if name != "train"])
    final = _scoring_seconds(load_tagger(str(folder / "model")), scored)
    device = trainer.args.device
    gpu_free = None
    if device.type == "cuda":
        gpu_free = torch.cuda.mem_get_info(device)[0] + torch.cuda.memory_reserved(device)
    return Measurement(
        fixed=starting + preparing + warm_up + reloading + final,
        epoch=epoch,
        evaluation=evaluation,
        sentences=corpus["validation"].num_rows,
        save=checkpoint + saving,
        save_every=max(CHECKPOINT_SECONDS, checkpoint / CHECKPOINT_SHARE),
        memory=memory_peak(device),
        gpu_free=gpu_free,
        cpu_wait=(_seconds_without_cpu() - waited) / (time.monotonic() - began),
        steps_per_epoch=prepared.plan.steps_per_epoch,
        automatic_rate=default_learning_rate(prepared.model.config, config.lora_rank > 0),
    )


def _time_steps(trainer: NerTrainer, timer: "_StepTimer", windows: Dataset) -> tuple[float, float]:
    """Return what the first step takes longer than others, and the seconds of an epoch.

    The first step is the largest, so that the peak of memory is reached. Others are small and
    large; time is taken as proportional to the padded sub-tokens.
    """
    batches = list(trainer.get_train_dataloader().batch_sampler or ())
    each = min(len(batches), trainer.args.gradient_accumulation_steps)
    steps = [batches[start : start + each] for start in range(0, len(batches), each)]
    lengths = np.array(windows["length"])
    sizes = [float(sum(lengths[batch].max() * len(batch) for batch in step)) for step in steps]
    # The last step may have fewer batches, and the Trainer needs the same number in all.
    by_size = sorted(range(len(steps) - 1), key=sizes.__getitem__) or [0]
    chosen = [by_size[-1], *(by_size[part * len(by_size) // 16] for part in SIXTEENTHS)]
    loader = DataLoader(
        windows.remove_columns("length"),
        batch_sampler=[batch for number in chosen for batch in steps[number]],
        collate_fn=trainer.data_collator,
    )
    trainer.get_train_dataloader = lambda: loader  # type: ignore[method-assign]
    trainer.args.gradient_accumulation_steps = each
    trainer.args.num_train_epochs = 1
    timer.times = [time.monotonic()]
    trainer.train()
    first, *others = np.diff(timer.times).tolist()
    speed = sum(others) / sum(sizes[number] for number in chosen[1 : len(others) + 1])
    return max(0.0, first - speed * sizes[chosen[0]]), speed * sum(sizes)


class _StepTimer(TrainerCallback):  # type: ignore[misc] # the class comes without types
    """Records when steps end; ends the training with a checkpoint when enough were timed."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Record the time, in which the making of the step's batch is included."""
        if args.device.type == "cuda":
            torch.cuda.synchronize(args.device)
        self.times.append(time.monotonic())
        enough = len(self.times) > MIN_STEPS + 1 and self.times[-1] - self.times[1] > STEP_SECONDS
        if enough or state.global_step >= state.max_steps:
            control.should_training_stop = control.should_save = True


def _scoring_seconds(tagger: Tagger, split: Dataset) -> float:
    """Return the seconds that scoring a split takes, from blocks of sentences of similar length.

    A Tagger reads a split in such blocks too: in a random sample there would be more padding.
    """
    tagger.model.eval()
    lengths = np.array([len(words) for words in split["tokens"]])
    order = lengths.argsort()
    blocks = [order[start : start + BLOCK] for start in range(0, len(order), BLOCK)]
    seconds, words = 0.0, 0
    for place in dict.fromkeys(part * len(blocks) // 16 for part in SIXTEENTHS):
        sample = split.select(blocks[place])
        seconds += timeit(lambda: score_words(tagger, sample), number=1)  # noqa: B023 - called at once
        words += lengths[blocks[place]].sum()
        if seconds > SCORE_SECONDS:
            break
    return float(seconds * lengths.sum() / words)


def _seconds_without_cpu() -> float:
    """Return the seconds in which this thread could have run but other work had the CPU."""
    with contextlib.suppress(OSError, ValueError, IndexError):  # not Linux: unknown
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9
    return 0.0


def main(folder: Path, parent: int) -> int:
    """Measure the settings in a folder and write the answer; return the exit code."""
    threading.Thread(target=resources.exit_with, args=(parent,), daemon=True).start()
    resources.lower_priority()
    take_over()
    with contextlib.suppress(OSError):  # if memory runs out, this is the process to kill
        Path("/proc/self/oom_score_adj").write_text("1000")
    config = TrainConfig.model_validate_json((folder / "config.json").read_text(encoding="utf-8"))
    try:
        answer, code = measure(config, folder).model_dump_json(), 0
    except Exception as error:
        message, code = explain(error)
        if code != 2:
            raise
        kind = type(error) if isinstance(error, NerError) else TrainingError
        answer = json.dumps({"error": kind.__name__, "message": message})
    (folder / "answer.json").write_text(answer, encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
