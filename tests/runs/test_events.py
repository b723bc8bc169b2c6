import json
import math
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_core.runs.events import TERMINAL, Event, EventWriter, describe, read_events


@pytest.fixture
def log(tmp_path):
    return tmp_path / "events.jsonl"


def write(log, *rows):
    writer = EventWriter(log)
    events = [writer.append(*row) for row in rows]
    writer.close()
    return events


def line(step, **more):
    row = {"v": 1, "time": 5.0, "kind": "progress", "step": step, "data": {}, **more}
    return json.dumps(row).encode() + b"\n"


def steps(events):
    return [event.step for event in events]


def test_a_log_that_does_not_exist_holds_no_events(log):
    assert read_events(log) == ([], 0)
    assert read_events(log, 7) == ([], 7)


def test_an_empty_log_holds_no_events(log):
    write(log)
    assert log.read_bytes() == b""
    assert read_events(log) == ([], 0)


def test_what_was_written_is_read(log):
    before = time.time()
    written = write(log, ("started", 0, {"total": 3}), ("progress", 1, {"loss": 0.5}))
    events, offset = read_events(log)
    assert [(e.kind, e.step, e.data, e.v) for e in events] == [
        ("started", 0, {"total": 3}, 1),
        ("progress", 1, {"loss": 0.5}, 1),
    ]
    assert offset == log.stat().st_size
    for wrote, read in zip(written, events, strict=True):
        assert wrote.time >= before
        assert read.time == round(wrote.time, 3)
        assert (read.kind, read.step, read.data) == (wrote.kind, wrote.step, wrote.data)


def test_a_line_has_these_keys_in_this_order(log):
    write(log, ("finished", 9, {"f1": 1}))
    row = json.loads(log.read_text(encoding="utf-8"))
    assert list(row) == ["v", "time", "kind", "step", "data"]
    assert (row["v"], row["kind"], row["step"], row["data"]) == (1, "finished", 9, {"f1": 1})


def test_text_is_kept_readable_and_on_one_line(log):
    write(log, ("failed", 0, {"message": "Zürich 東京\nline two\u2028three\x85"}))
    raw = log.read_text(encoding="utf-8")
    assert "Zürich 東京" in raw
    assert raw.count("\n") == 1
    assert read_events(log)[0][0].data == {"message": "Zürich 東京\nline two\u2028three\x85"}


def test_numbers_that_json_does_not_know_become_null(log):
    np = pytest.importorskip("numpy")
    (event,) = write(
        log,
        (
            "progress",
            1,
            {
                "loss": math.nan,
                "rates": [math.inf, -math.inf, 1.5],
                "nested": {"f1": np.float32("nan"), "n": np.int64(3), 4: (1, 2)},
                "half": np.float64(0.5),
                "none": None,
                "yes": True,
            },
        ),
    )
    wanted = {
        "loss": None,
        "rates": [None, None, 1.5],
        "nested": {"f1": None, "n": 3, "4": [1, 2]},
        "half": 0.5,
        "none": None,
        "yes": True,
    }
    assert event.data == wanted
    assert read_events(log)[0][0].data == wanted


def test_a_torn_line_is_not_there_yet(log):
    log.write_bytes(line(1) + line(2)[:-5])
    events, offset = read_events(log)
    assert steps(events) == [1]
    assert offset == len(line(1))
    log.write_bytes(line(1) + line(2))
    assert steps(read_events(log, offset)[0]) == [2]


@pytest.mark.parametrize("tail", [b"{", line(2)[:-1], b"x" * 10_000, "\u00e9".encode()[:1]])
@pytest.mark.parametrize("whole", [b"", line(1), line(1, data={"text": "y" * 9000})])
def test_the_next_writer_cuts_a_torn_tail_off(log, whole, tail):
    log.write_bytes(whole + tail)
    write(log, ("progress", 7))
    raw = log.read_bytes()
    assert raw.startswith(whole + b"{")
    assert raw.endswith(b"}\n")
    assert raw.count(b"\n") == (2 if whole else 1)
    assert steps(read_events(log)[0]) == ([1, 7] if whole else [7])


def test_a_writer_appends_to_a_whole_log(log):
    write(log, ("started", 0))
    write(log, ("progress", 1))
    assert [event.kind for event in read_events(log)[0]] == ["started", "progress"]


@pytest.mark.parametrize(
    "stranger",
    [
        b"\n",
        b"not json\n",
        b"[1, 2]\n",
        b"null\n",
        b"{}\n",
        b'{"v": 1, "time": "x", "kind": "progress", "step": 1, "data": {}}\n',
        b'{"v": 1, "time": 1, "kind": "progress", "step": 1, "data": 5}\n',
        b'{"v": 1, "time": 1, "kind": "progress", "step": null, "data": {}}\n',
        b"\xff\xfe\n",
        b"\x00\x00\n",
    ],
)
def test_a_complete_line_that_is_no_event_is_passed_over(log, stranger):
    log.write_bytes(line(1) + stranger + line(2))
    events, offset = read_events(log)
    assert steps(events) == [1, 2]
    assert offset == log.stat().st_size


@given(st.lists(st.integers(0, 200), max_size=6))
def test_reading_from_the_offset_gives_each_event_once(tmp_path_factory, cuts):
    log = tmp_path_factory.mktemp("log") / "events.jsonl"
    whole = b"".join(line(step, data={"text": "é" * step}) for step in range(5))
    seen, offset = [], 0
    for cut in [*sorted(cuts), len(whole)]:
        log.write_bytes(whole[:cut])
        events, offset = read_events(log, offset)
        seen += events
    assert steps(seen) == [0, 1, 2, 3, 4]
    assert offset == len(whole)


def test_three_kinds_of_events_end_a_run():
    assert set(TERMINAL) == {"finished", "stopped", "failed"}


def test_an_event_cannot_be_changed():
    with pytest.raises(AttributeError):
        Event(1.0, "progress", 1).step = 2


@pytest.mark.parametrize(
    "stranger", ['{"v":1,"time":1,"kind":"x","step":Infinity,"data":{}}', "[" * 10**5]
)
def test_a_line_that_breaks_the_parser_is_passed_over(log, stranger):
    log.write_bytes(line(1) + stranger.encode() + b"\n" + line(2))
    assert [event.step for event in read_events(log)[0]] == [1, 2]


def test_no_value_is_refused(log):
    writer = EventWriter(log)
    array = np.array([1.0, float("nan")])
    data = {"path": Path("/x"), "message": "half \udc80 a pair", "array": array, "set": {1}}
    writer.append("failed", np.int64(3), data)
    writer.close()
    (event,), _ = read_events(log)
    assert event.step == 3
    assert event.data == {
        "path": "/x",
        "message": "half \udc80 a pair",
        "array": [1.0, None],
        "set": "{1}",
    }


PROGRESS = {"loss": 0.5, "examples_per_second": 60.4}
SCORES = {"split": "validation", "subset": True, "f1": 0.75, "loss": None, "best": True}


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        ("progress", {**PROGRESS, "loss": None}, "loss unknown, 60 windows/s"),
        (
            "evaluated",
            SCORES,
            "part of validation: F1 0.7500, loss unknown, the best so far",
        ),
        (
            "evaluated",
            {"split": "test", "subset": False, "f1": 0.5, "loss": 1.25},
            "test: F1 0.5000, loss 1.2500",
        ),
        ("checkpoint", {"megabytes": 90.2, "seconds": 0.31}, "checkpoint, 90 MB in 0.3 s"),
        ("started", {}, "started"),
        ("started", {"resumed": True}, "resumed"),
        ("queued", {"waiting_for": "other"}, "waiting for other"),
        ("queued", {"waiting_for": None}, "resuming"),
        ("failed", {"message": "A sentence."}, "failed: A sentence."),
        ("finished", {}, "finished"),
    ],
)
def test_events_in_words(kind, data, text):
    assert describe(kind, data) == text
    assert str(Event(0.0, kind, 7, data)) == f"step 7: {text}"


@pytest.mark.parametrize("kind", ["progress", "evaluated", "checkpoint", "failed", "later"])
def test_an_event_of_another_version_can_be_printed(kind):
    assert str(Event(0.0, kind, 7)).startswith("step 7: ")


def test_a_listener_gets_each_event_once_it_is_written(log):
    heard = []
    writer = EventWriter(log, lambda event: heard.append((event, read_events(log)[0][-1].kind)))
    written = [writer.append("started"), writer.append("stopped", 3, {"f1": None})]
    writer.close()
    assert heard == [(written[0], "started"), (written[1], "stopped")]
