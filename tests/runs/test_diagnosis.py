"""The explanations of failed and interrupted runs."""

import json
import shutil

import pytest

from ner_core.config import TrainConfig
from ner_core.runs import checkpoints, store
from ner_core.runs.diagnosis import why_interrupted
from ner_core.runs.events import Event
from ner_core.system import resources as machine

KILLED = "The worker ended unexpectedly: something killed it, or the machine restarted. "
NO_MEMORY = (
    "The machine ran out of memory, so the system ended the worker. Close other programs and "
    "resume the run from the start, or start one with half the batch_size and twice the "
    "gradient_accumulation."
)
LIMIT = 1000


@pytest.fixture
def run():
    return store.create(TrainConfig(), "a")


@pytest.fixture(autouse=True)
def _kills(monkeypatch):
    monkeypatch.setattr(machine, "memory_kills", lambda: 2)


def started(**machine):
    return Event(time=1.0, kind="started", step=0, data={"machine": machine})


@pytest.mark.parametrize(
    ("start", "progress", "sentence"),
    [
        (None, {}, KILLED + "Resume the run from the start."),
        (started(), {}, KILLED + "Resume the run from the start."),
        (started(memory_kills=2), {}, KILLED + "Resume the run from the start."),
        (started(memory_kills=1), {}, NO_MEMORY),
        (started(memory_kills=2, memory_limit=LIMIT), {"memory": 950}, NO_MEMORY),
        (
            started(memory_kills=2, memory_limit=LIMIT),
            {"memory": 800},
            KILLED + "Resume the run from the start.",
        ),
    ],
)
def test_the_reason_is_what_the_run_left_behind(run, start, progress, sentence):
    assert why_interrupted(run, start, progress) == sentence


def test_it_says_where_the_run_goes_on(run):
    folder = run.checkpoints_dir / "checkpoint-1200"
    folder.mkdir(parents=True)
    (folder / checkpoints.STATE_NAME).write_text(json.dumps({"best": None}))
    assert why_interrupted(run, None, {}) == KILLED + "Resume the run from step 1,200."


def test_a_full_disk_is_named_first(run, monkeypatch):
    usage = shutil.disk_usage(run.path)._replace(free=10 * 2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    assert why_interrupted(run, started(memory_kills=1), {}) == (
        "The disk is full, so the worker ended. Make room, then resume the run from the start."
    )


def test_a_run_that_is_gone_is_no_fault(run):
    store.delete(run)
    assert why_interrupted(run, None, {}) == KILLED + "Resume the run from the start."
