"""A second press of the start button."""

import threading

import pytest

from ner_core.errors import DataError
from ner_studio.train import starts
from ner_studio.train.starts import Starts


@pytest.fixture
def clock(monkeypatch):
    """Return a list whose only item is the time."""
    now = [100.0]
    monkeypatch.setattr(starts.time, "monotonic", lambda: now[0])
    return now


def test_a_form_starts_one_run_within_seconds_and_another_one_later(clock):
    begun, numbers = Starts(), iter("abcdef")

    def start():
        return next(numbers)

    assert begun.once("form", start) == begun.once("form", start) == "a"
    assert begun.once("another form", start) == "b"
    clock[0] += starts.SECONDS + 0.1
    assert begun.once("form", start) == "c"


def test_what_has_failed_is_tried_again():
    begun = Starts()

    def fail():
        raise DataError("no data")

    with pytest.raises(DataError):
        begun.once("form", fail)
    assert begun.once("form", lambda: "a") == "a"


def test_a_second_press_waits_for_the_first():
    begun, entered, go_on = Starts(), threading.Event(), threading.Event()
    found = []

    def slow():
        entered.set()
        go_on.wait()
        return "a"

    first = threading.Thread(target=lambda: found.append(begun.once("form", slow)))
    second = threading.Thread(target=lambda: found.append(begun.once("form", lambda: "b")))
    first.start()
    entered.wait()
    second.start()
    go_on.set()
    first.join()
    second.join()
    assert found == ["a", "a"]
