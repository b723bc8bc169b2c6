"""Models that are loaded in the background."""

import threading

import pytest

from ner_core.errors import ModelError
from ner_studio.state import model_loading
from ner_studio.state.model_loading import MOST_AT_ONCE, MOST_FAILURES, Loading


class Shelf:
    """Loads models when it is told to, and counts how often it was asked."""

    def __init__(self):
        self.asked, self.may_end = [], threading.Event()

    def load(self, model, label_names):
        self.asked.append((model, label_names))
        self.may_end.wait(10)
        if model.startswith("none"):
            raise ModelError("Expected a model, found none.")
        if model == "fault":
            raise ZeroDivisionError


@pytest.fixture
def shelf():
    shelf = Shelf()
    yield shelf
    shelf.may_end.set()


def test_who_asks_for_the_same_model_shares_the_attempt(shelf):
    loading = Loading(shelf.load)
    attempts = {loading.begin("a/b") for _ in range(3)}
    assert len(attempts) == 1
    (attempt,) = attempts
    assert not attempt.done()
    other = loading.begin("a/b", ["O", "PER"])
    assert other is not attempt
    shelf.may_end.set()
    assert attempt.result(10) is None
    assert other.result(10) is None
    assert sorted(shelf.asked) == [("a/b", ()), ("a/b", ("O", "PER"))]


def test_an_attempt_that_failed_is_not_made_again_at_once(shelf, monkeypatch):
    monkeypatch.setattr(model_loading, "RETRY_AFTER", 0.05)
    loading = Loading(shelf.load)
    shelf.may_end.set()
    attempt = loading.begin("none")
    assert str(attempt.exception(10)) == "Expected a model, found none."
    while loading.begin("none") is attempt:
        assert len(shelf.asked) == 1
    loading.begin("none").exception(10)
    assert len(shelf.asked) == 2


def test_failures_are_kept_without_a_thread_and_only_so_many(shelf):
    loading = Loading(shelf.load)
    shelf.may_end.set()
    attempts = [loading.begin("none 0")]
    threads = threading.active_count()
    for number in range(MOST_FAILURES + 20):
        attempts.append(loading.begin(f"none {number}"))
        attempts[-1].exception(10)
    assert attempts[1] is attempts[0]
    assert threading.active_count() <= threads + 1  # the last may be at its end
    assert loading.begin(f"none {number}") is attempts[-1]
    assert loading.begin("none 0") is not attempts[0]
    loading.begin("none 0").exception(10)
    assert len(loading._attempts) <= MOST_FAILURES + 1
    assert len(loading._failed) <= MOST_FAILURES + 1


def test_too_many_at_once_are_refused(shelf):
    loading = Loading(shelf.load)
    for number in range(MOST_AT_ONCE):
        loading.begin(f"a/{number}")
    assert loading.begin("a/0") is not None
    with pytest.raises(ModelError) as refused:
        loading.begin("a/more")
    assert str(refused.value) == (
        "Expected at most 8 models being loaded at once, found that many; try again in a minute."
    )


def test_a_fault_of_ours_is_a_sentence_for_the_visitor_and_logged(shelf, caplog):
    shelf.may_end.set()
    assert str(Loading(shelf.load).begin("fault").exception(10)) == (
        "Expected a model that can be loaded, found that fault cannot be; the server's log says "
        "why."
    )
    assert "ZeroDivisionError" in caplog.text


def test_nobody_can_cancel_what_others_wait_for(shelf):
    assert not Loading(shelf.load).begin("a/b").cancel()
