"""The queue of a set: each text once, in order, until somebody has decided."""

import pytest

from ner_core.annotations import store
from ner_core.errors import AnnotationError
from ner_core.system import json_lines
from ner_core.tags import Span
from ner_core.teaching import queue as queues
from ner_core.teaching.queue import Progress, Queue


@pytest.fixture
def queue():
    return Queue(store.create("Mine"))


def test_a_script_goes_through_the_queue(queue):
    assert queue.add(["Ann", "Bob", "Ann", "Oslo"]) == 3
    seen = []
    while (text := queue.next()) is not None:
        seen.append(text)
        if text == "Bob":
            queue.skip()
        else:
            queue.accept([(0, len(text), "X")], [(0, len(text), "X", 0.5)], "m")
    assert seen == ["Ann", "Bob", "Oslo"]
    decisions = queue.set.read().decisions.values()
    assert {one.text: one.entities for one in decisions} == {
        "Ann": (Span(0, 3, "X"),),
        "Oslo": (Span(0, 4, "X"),),
    }
    assert queue.progress() == Progress(waiting=0, done=2, skipped=1, unchanged=2, recent=2)


def test_a_text_that_was_annotated_or_added_before_is_not_added_again(queue):
    queue.set.accept("Ann", [])
    assert queue.add(["Ann", "Bob"]) == 1
    assert queue.add(["Bob", "Oslo"]) == 1
    assert Queue(store.get("mine")).waiting() == ["Bob", "Oslo"]


def test_what_is_undone_waits_again(queue):
    queue.add(["Ann", "Bob"])
    queue.next()
    record = queue.accept([])
    assert queue.next() == "Bob"
    queue.set.undo(record)
    assert queue.next() == "Ann"


def test_a_long_queue_is_read_once_and_again_when_it_has_grown(queue, monkeypatch):
    reads, read_lines = [], json_lines.read_lines

    def counted(path, *more, **named):
        reads.append(path.name)
        return read_lines(path, *more, **named)

    monkeypatch.setattr(json_lines, "read_lines", counted)
    queue.add(["Ann", "Bob"])
    for _ in range(3):
        assert queue.progress().waiting == len(queue.waiting()) == 2
    assert reads.count("queue.jsonl") == 1
    queue.add(["Oslo"])
    assert queue.texts() == ["Ann", "Bob", "Oslo"]


def test_two_pages_work_on_one_queue(queue):
    queue.add(["Ann", "Bob"])
    other = Queue(queue.set)
    assert (queue.next(), other.next()) == ("Ann", "Ann")
    other.skip()
    assert queue.next() == "Bob"


def test_a_torn_or_strange_line_is_left_out(queue):
    queue.add(["Ann"])
    with queue.set.queue_path.open("ab") as file:
        file.write(b'[]\n{"texts": 1}\n{"texts": ["Bob", 2]}\n{"texts": ["x"')
    assert queue.texts() == ["Ann", "Bob"]
    queue.add(["Oslo"])
    assert queue.texts() == ["Ann", "Bob", "Oslo"]


def test_a_queue_has_a_limit_and_nothing_is_added_beyond_it(queue, monkeypatch):
    monkeypatch.setattr(queues, "MOST_TEXTS", 3)
    queue.add(["a"])
    with pytest.raises(AnnotationError) as error:
        queue.add(["b", "c", "d"])
    assert str(error.value) == ("A set takes at most 3 texts. Add fewer, or begin another set.")
    assert queue.texts() == ["a"]


def test_without_a_text_there_is_nothing_to_decide_on(queue):
    assert queue.next() is None
    with pytest.raises(AnnotationError) as error:
        queue.accept([])
    assert str(error.value) == "There is no text to decide on. Call next() first."


def test_many_texts_are_added_at_once(queue):
    assert queue.add(f"text {number}" for number in range(5000)) == 5000
    assert queue.progress().waiting == 5000
