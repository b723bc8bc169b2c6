import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

from ner_core.entities import Entity
from ner_studio.state import batching
from ner_studio.state.batching import Batches
from tests.support import toy


class Model:
    """Stands for a Predictor: notes which texts it was given together, and waits if told to."""

    def __init__(self, name="a"):
        self.name, self.calls = name, []
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def predict_all(self, texts, batch_size=None):
        texts = list(texts)
        self.calls.append(texts)
        assert self.may_go_on.wait(10)
        if "broken" in texts:
            raise ValueError("broken")
        return [[Entity(0, len(text), self.name, 1.0, text)] for text in texts]


@pytest.fixture
def pool():
    with ThreadPoolExecutor(20) as pool:
        yield pool


def test_each_gets_the_entities_of_its_own_text(pool):
    model, batches = Model(), Batches()
    texts = [f"text {number}" for number in range(200)]
    found = list(pool.map(lambda text: batches.predict(model, text), texts))
    assert [entities[0].text for entities in found] == texts


def test_texts_that_wait_are_read_together(pool):
    model, batches = Model(), Batches()
    model.may_go_on.clear()
    first = pool.submit(batches.predict, model, "first")
    toy.wait_for(lambda: model.calls, "the first call")
    others = [pool.submit(batches.predict, model, str(number)) for number in range(8)]
    toy.wait_for(lambda: batches._waiting.qsize() == 8, "the others")
    model.may_go_on.set()
    assert first.result(10)[0].text == "first"
    assert {other.result(10)[0].text for other in others} == set(map(str, range(8)))
    assert [len(texts) for texts in model.calls] == [1, 8]


def test_no_more_than_so_many_at_once(pool, monkeypatch):
    monkeypatch.setattr(batching, "MOST_TEXTS", 3)
    model, batches = Model(), Batches()
    model.may_go_on.clear()
    asked = [pool.submit(batches.predict, model, str(number)) for number in range(8)]
    toy.wait_for(lambda: model.calls and batches._waiting.qsize() >= 5, "all of them")
    model.may_go_on.set()
    for one in asked:
        one.result(10)
    assert max(len(texts) for texts in model.calls) == 3


def test_each_model_reads_its_own_texts(pool):
    one, other, batches = Model("a"), Model("b"), Batches()
    one.may_go_on.clear()
    waiting = [pool.submit(batches.predict, one, "x")]
    toy.wait_for(lambda: one.calls, "the first call")
    waiting += [pool.submit(batches.predict, model, "y") for model in (one, other, one, other)]
    toy.wait_for(lambda: batches._waiting.qsize() == 4, "the others")
    one.may_go_on.set()
    assert [found.result(10)[0].label for found in waiting] == ["a", "a", "b", "a", "b"]
    assert one.calls == [["x"], ["y", "y"]]
    assert other.calls == [["y", "y"]]


def test_an_error_reaches_those_who_asked_and_the_next_are_read(pool):
    model, batches = Model(), Batches()
    with pytest.raises(ValueError, match="broken"):
        batches.predict(model, "broken")
    assert batches.predict(model, "fine")[0].text == "fine"


def test_a_long_text_holds_up_no_short_one(pool):
    slow, model, batches = Model(), Model(), Batches()
    slow.may_go_on.clear()
    long = pool.submit(batches.predict, slow, "long" * 1000)
    toy.wait_for(lambda: slow.calls, "the long text")
    assert batches.predict(model, "short")[0].text == "short"
    assert not long.done()
    slow.may_go_on.set()
    assert len(long.result(10)[0].text) == 4000


def test_nothing_is_kept_of_a_model_while_nobody_asks():
    batches, model = Batches(), Model()
    batches.predict(model, "ann")
    gone = weakref.ref(model)
    del model
    toy.wait_for(lambda: gc.collect() is not None and gone() is None, "the model to be freed")
