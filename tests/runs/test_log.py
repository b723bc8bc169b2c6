import pytest

from ner_core.runs.events import EventWriter, read_events
from ner_core.runs.log import RunLog

PROGRESS = {"loss": 0.5, "examples_per_second": 60.4}
SCORES = {"split": "validation", "subset": True, "f1": 0.75, "loss": None, "best": True}


@pytest.fixture
def open_log(tmp_path):
    """Return a function that opens the log as another worker does, and one that reads it."""
    path, writers = tmp_path / "events.jsonl", []

    def open_it():
        writers.append(EventWriter(path))
        return RunLog(writers[-1], path)

    yield open_it, lambda: [(e.kind, e.step) for e in read_events(path)[0]]
    for writer in writers:
        writer.close()


def test_what_is_there_is_not_written_again(open_log):
    open_it, written = open_log
    log = open_it()
    assert (log.repeats_to, log.started_before) == (0, False)
    log.append("started", 0, {})
    for step in (1, 5):
        log.append("progress", step, PROGRESS)
    log.append("evaluated", 5, SCORES)
    log.append("checkpoint", 5, {"megabytes": 1, "seconds": 0.1})
    log.append("progress", 7, PROGRESS)
    before = written()

    log = open_it()
    assert (log.repeats_to, log.started_before) == (7, True)
    log.append("started", 5, {"resumed": True})
    for step in (6, 7):
        log.append("progress", step, PROGRESS)
    log.append("evaluated", 5, SCORES)
    assert written() == [*before, ("started", 5)]
    log.append("progress", 8, PROGRESS)
    log.append("evaluated", 10, SCORES)
    log.append("evaluated", 10, {**SCORES, "final": True})
    log.append("evaluated", 10, {**SCORES, "final": True})
    log.append("evaluated", 10, {**SCORES, "final": True, "split": "test"})
    assert written()[len(before) + 1 :] == [("progress", 8), *[("evaluated", 10)] * 3]


def test_the_ends_of_workers_are_all_kept(open_log):
    open_it, written = open_log
    for _ in range(2):
        open_it().append("stopped", 3, {})
    assert written() == [("stopped", 3), ("stopped", 3)]
