"""Run directories as workers leave them, written in a moment."""

import os

from ner_core.config import TrainConfig
from ner_core.runs import store
from ner_core.runs.events import EventWriter
from ner_core.system.locks import acquire

LABELS = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
SAMPLES = [
    {
        "tokens": ["Ann", "<b>", "met", "Bo", "Li", "in", "New", "York", "."],
        "gold": [[0, 1, "PER"], [3, 5, "PER"], [6, 8, "LOC"]],
    }
]
FOUND = [[[0, 1, "PER"], [3, 4, "PER"]]]


class FakeRun:
    """A run at work, until ``end``: this process holds its lock and writes its events."""

    def __init__(self, run_id="at-work", config=None, owner=None):
        self.run = store.create(config or TrainConfig(), run_id, owner)
        self.fd = acquire(self.run.lock_path)
        self.events = EventWriter(self.run.events_path)

    def start(self, step=0, **more):
        settings = TrainConfig().model_dump() | {"epochs": 2.0, "learning_rate": 3e-4}
        data = {"settings": settings, "total": 100, "label_names": LABELS, "notes": []}
        self.events.append("started", step, {**data, "samples": SAMPLES, **more})
        return self

    def progress(self, step, loss=0.5):
        data = {"total": 100, "epoch": step / 50, "loss": loss, "seconds_left": 95.0}
        self.events.append("progress", step, {**data, "examples_per_second": 60.7})
        return self

    def evaluated(self, step, f1=0.5, found=FOUND, **more):
        scores = {"precision": f1, "recall": f1, "f1": f1}
        per_type = {label: {**scores, "support": 3} for label in ("LOC", "PER")}
        data = {"split": "validation", "subset": True, "loss": 0.25, "best": True, **scores}
        more = {"selection_f1": f1, "per_type": per_type, "samples": found, **more}
        self.events.append("evaluated", step, {**data, **more})
        return self

    def end(self, kind=None, **data):
        """End it with this event; without one it is as if the worker had been killed."""
        if kind:
            self.events.append(kind, 100, data)
        self.events.close()
        os.close(self.fd)
        return self.run
