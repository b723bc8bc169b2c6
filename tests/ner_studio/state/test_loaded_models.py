"""The models in memory: loaded once and in the background, few kept, and computed with in turns."""

import gc
import threading
import weakref
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

import pytest

from ner_core.entities import Entity
from ner_core.errors import ModelError
from ner_studio.state import loaded_models
from ner_studio.state.loaded_models import MAX_FAILURES, MAX_LOADING, LoadedModels
from tests.support import toy


class Model:
    """Stands for a Predictor: notes the texts of each call, and waits until it may go on."""

    entity_types = ("PER",)
    threshold = 0.0

    def __init__(self, name="a"):
        self.name, self.itself = name, self  # like a real model it refers to itself
        self.calls = []
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def predict_all(self, texts, threshold=0.0, labels=None, batch_size=None):
        texts = list(texts)
        self.calls.append(texts)
        assert self.may_go_on.wait(10)
        if "broken" in texts:
            raise ValueError("broken")
        return [[Entity(0, len(text), self.name, 1.0, text)] for text in texts]


class Disk:
    """Loads models when it may, and notes what was loaded."""

    def __init__(self):
        self.loaded, self.kept, self.may_load = [], {}, threading.Event()
        self.may_load.set()

    def load(self, key):
        name, names = key
        self.loaded.append((name, names))
        if name != "quick":
            assert self.may_load.wait(20)
        if name.startswith("none"):
            raise ModelError("There is no such model.")
        if name == "fault":
            raise ZeroDivisionError
        return self.kept.get(name) or Model(name)

    def models(self, *kept, **options):
        """Return the models in memory, of which those ``kept`` are on the disk already made."""
        self.kept = {model.name: model for model in kept}
        return LoadedModels(lambda model, names: (model, tuple(names)), self.load, **options)

    @property
    def names(self):
        return [name for name, _ in self.loaded]


@pytest.fixture
def disk():
    disk = Disk()
    yield disk
    disk.may_load.set()


def held(models, names):
    return [models.holds((name, ())) for name in names]


# Loading, keeping and freeing


def test_a_model_is_loaded_once_and_shared(disk):
    models = disk.models()
    assert models.get("a") is models.get("a")
    assert disk.names == ["a"]


def test_a_model_with_other_label_names_is_another_one(disk):
    models = disk.models()
    assert models.get("a", ["O", "PER"]) is not models.get("a")
    assert disk.loaded == [("a", ("O", "PER")), ("a", ())]


def test_the_two_used_last_are_kept(disk):
    models = disk.models()
    for name in ("a", "b", "a", "c"):
        models.get(name)
    assert held(models, "abc") == [True, False, True]
    models.get("b")
    assert held(models, "abc") == [False, True, True]
    assert disk.names == ["a", "b", "c", "b"]


def test_a_replaced_model_is_freed_at_once(disk):
    models = disk.models()
    gc.disable()
    try:
        first = weakref.ref(models.get("a"))
        models.get("b")
        assert first() is not None
        models.get("c")
        assert first() is None
    finally:
        gc.enable()


def test_a_model_that_cannot_be_loaded_replaces_none_and_is_tried_again(disk):
    models = disk.models()
    models.get("a")
    models.get("b")
    for _ in range(2):
        with pytest.raises(ModelError, match=r"There is no such model\."):
            models.get("none")
    assert disk.names == ["a", "b", "none", "none"]
    assert held(models, ["none", "a", "b"]) == [False, True, True]


def test_requests_at_the_same_time_get_the_same_model(disk):
    models = disk.models()
    disk.may_load.clear()
    with ThreadPoolExecutor(8) as pool:
        found = [pool.submit(models.get, "a") for _ in range(8)]
        toy.wait_for(lambda: disk.loaded, "the first of them")
        assert held(models, "a") == [False]
        disk.may_load.set()
        assert len({id(one.result(10)) for one in found}) == 1
    assert disk.names == ["a"]


class NotedModels(OrderedDict):
    """Notes the requests that found a model, loaded or being loaded."""

    def __init__(self):
        super().__init__()
        self.requests = []

    def move_to_end(self, key, last=True):
        super().move_to_end(key, last)
        self.requests.append(key)


def test_requests_that_wait_for_a_model_share_its_failure(disk):
    models = disk.models()
    models._models = NotedModels()
    disk.may_load.clear()
    with ThreadPoolExecutor(4) as pool:
        found = [pool.submit(models.get, "none") for _ in range(4)]
        toy.wait_for(lambda: len(models._models.requests) == 4, "all of them to ask")
        disk.may_load.set()
        errors = [str(one.exception(10)) for one in found]
    assert errors == ["There is no such model."] * 4
    assert disk.names == ["none"]


def test_a_model_that_takes_long_holds_up_nobody_else(disk):
    models = disk.models()
    disk.may_load.clear()
    slow = threading.Thread(target=models.get, args=("slow",))
    slow.start()
    try:
        assert models.get("quick").name == "quick"
    finally:
        disk.may_load.set()
        slow.join(10)
    assert held(models, ["slow"]) == [True]


@pytest.mark.slow
@pytest.mark.parametrize("most", [1, 3])
def test_the_number_that_is_kept_can_be_chosen(disk, most):
    models = disk.models(max_models=most)
    for name in "abcd":
        models.get(name)
    assert sum(held(models, "abcd")) == most
    assert held(models, "d") == [True]


def test_each_request_asks_for_the_key_again():
    allowed = {"a"}

    def key_of(model, _):
        if model not in allowed:
            raise ModelError("It is not for you.")
        return model

    models = LoadedModels(key_of, Model)
    models.get("a")
    allowed.clear()
    with pytest.raises(ModelError, match="not for you"):
        models.get("a")
    with pytest.raises(ModelError, match="not for you"):
        models.find_entities("a", "Ann")


# Loading in the background


def test_requests_for_the_same_model_share_the_attempt(disk):
    models = disk.models()
    disk.may_load.clear()
    attempts = {models.start_loading("a/b") for _ in range(3)}
    assert len(attempts) == 1
    (attempt,) = attempts
    assert not attempt.done()
    other = models.start_loading("a/b", ["O", "PER"])
    assert other is not attempt
    disk.may_load.set()
    assert attempt.result(10) is None
    assert other.result(10) is None
    assert sorted(disk.loaded) == [("a/b", ()), ("a/b", ("O", "PER"))]


def test_an_attempt_that_failed_is_not_made_again_at_once(disk, monkeypatch):
    monkeypatch.setattr(loaded_models, "RETRY_SECONDS", 0.05)
    models = disk.models()
    attempt = models.start_loading("none")
    assert str(attempt.exception(10)) == "There is no such model."
    while models.start_loading("none") is attempt:
        assert len(disk.loaded) == 1
    models.start_loading("none").exception(10)
    assert len(disk.loaded) == 2


def test_failures_are_kept_without_a_thread_and_only_so_many(disk):
    models = disk.models()
    attempts = [models.start_loading("none 0")]
    threads = threading.active_count()
    for number in range(MAX_FAILURES + 20):
        attempts.append(models.start_loading(f"none {number}"))
        attempts[-1].exception(10)
    assert attempts[1] is attempts[0]
    assert threading.active_count() <= threads + 1  # the last may be at its end
    assert models.start_loading(f"none {number}") is attempts[-1]
    assert models.start_loading("none 0") is not attempts[0]
    models.start_loading("none 0").exception(10)
    assert len(models._attempts) <= MAX_FAILURES + 1
    assert len(models._failures) <= MAX_FAILURES + 1


def test_too_many_at_once_are_refused(disk):
    models = disk.models()
    disk.may_load.clear()
    for number in range(MAX_LOADING):
        models.start_loading(f"a/{number}")
    assert models.start_loading("a/0") is not None
    with pytest.raises(ModelError) as refused:
        models.start_loading("a/more")
    assert str(refused.value) == "8 models are already being loaded. Try again in a minute."


def test_a_fault_of_ours_is_a_sentence_for_the_visitor_and_logged(disk, caplog):
    assert str(disk.models().start_loading("fault").exception(10)) == (
        "fault could not be loaded. The server's log says why."
    )
    assert "ZeroDivisionError" in caplog.text


def test_nobody_can_cancel_what_others_wait_for(disk):
    assert not disk.models().start_loading("a/b").cancel()


# Finding entities


@pytest.fixture
def pool():
    with ThreadPoolExecutor(20) as pool:
        yield pool


def found_by(models, name="a"):
    """Return a function that finds the one entity of a text."""
    return lambda text: models.find_entities(name, text)[1][0]


def test_each_gets_the_entities_of_its_own_text(disk, pool):
    models = disk.models(Model())
    texts = [f"text {number}" for number in range(200)]
    assert [entity.text for entity in pool.map(found_by(models), texts)] == texts


def test_texts_that_wait_are_read_together(disk, pool):
    model = Model()
    models = disk.models(model)
    model.may_go_on.clear()
    first = pool.submit(found_by(models), "first")
    toy.wait_for(lambda: model.calls, "the first call")
    others = [pool.submit(found_by(models), str(number)) for number in range(8)]
    toy.wait_for(lambda: len(models._gate._waiting) == 8, "the others")
    model.may_go_on.set()
    assert first.result(10).text == "first"
    assert {other.result(10).text for other in others} == set(map(str, range(8)))
    assert [len(texts) for texts in model.calls] == [1, 8]


def test_no_more_than_so_many_texts_at_once(disk, pool, monkeypatch):
    monkeypatch.setattr(loaded_models, "MAX_BATCH", 3)
    model = Model()
    models = disk.models(model)
    model.may_go_on.clear()
    asked = [pool.submit(found_by(models), str(number)) for number in range(8)]
    toy.wait_for(lambda: model.calls and len(models._gate._waiting) == 7, "all of them")
    model.may_go_on.set()
    for one in asked:
        one.result(10)
    assert max(len(texts) for texts in model.calls) == 3


def test_each_model_reads_its_own_texts(disk, pool):
    one, other = Model("a"), Model("b")
    models = disk.models(one, other)
    models.get("b")
    one.may_go_on.clear()
    waiting = [pool.submit(found_by(models), "x")]
    toy.wait_for(lambda: one.calls, "the first call")
    waiting += [pool.submit(found_by(models, name), "y") for name in ("a", "b", "a", "b")]
    toy.wait_for(lambda: len(models._gate._waiting) == 4, "the others")
    one.may_go_on.set()
    assert [found.result(10).label for found in waiting] == ["a", "a", "b", "a", "b"]
    assert one.calls == [["x"], ["y", "y"]]
    assert other.calls == [["y", "y"]]


def test_an_error_reaches_those_who_asked_and_the_next_are_read(disk):
    models = disk.models(Model())
    with pytest.raises(ValueError, match="broken"):
        models.find_entities("a", "broken")
    assert found_by(models)("fine").text == "fine"


def test_a_long_text_holds_up_no_short_one(disk, pool):
    slow, quick = Model("slow"), Model("quick")
    models = disk.models(slow, quick, max_long=1)
    slow.may_go_on.clear()
    long = [pool.submit(found_by(models, "slow"), "long" * 1000) for _ in range(3)]
    toy.wait_for(lambda: slow.calls, "the long text")
    assert found_by(models, "quick")("short").text == "short"
    assert not any(one.done() for one in long)
    assert len(slow.calls) == 1
    slow.may_go_on.set()
    assert [len(one.result(10).text) for one in long] == [4000] * 3


def test_no_more_computations_at_a_time_than_allowed(disk, pool):
    at_work, most = [], []

    class Counting(Model):
        def predict_all(self, *arguments, **options):
            at_work.append(1)
            most.append(len(at_work))
            found = super().predict_all(*arguments, **options)
            at_work.pop()
            return found

    model = Counting()
    models = disk.models(model, max_long=3)
    calls = [pool.submit(found_by(models), f"text {n}") for n in range(100)]
    calls += [pool.submit(models.predict_all, "a", ["x"], 0.0, None) for _ in range(50)]
    for call in calls:
        assert call.result(10)
    assert max(most) <= 4  # three long ones and one batch of short texts


def test_nothing_is_kept_of_a_model_while_nobody_asks(disk):
    models = disk.models(max_models=1)
    found_by(models)("ann")
    gone = weakref.ref(models.get("a"))
    models.get("b")
    assert gone() is None
