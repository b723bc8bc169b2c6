import gc
import threading
import weakref
from collections import OrderedDict

import pytest

from ner_core.errors import ModelError
from ner_core.inference.cache import ModelCache
from tests.support import toy


class Model:
    """Stands for a loaded model; like a real one it refers to itself."""

    def __init__(self, name):
        self.name, self.itself = name, self


@pytest.fixture
def loaded():
    return []


@pytest.fixture
def cache(loaded):
    def load(name):
        loaded.append(name)
        if name.startswith("no"):
            raise ModelError(f"Expected a model, found {name}.")
        return Model(name)

    return ModelCache(load)


def test_a_model_is_loaded_once_and_shared(cache, loaded):
    assert cache.get("a") is cache.get("a")
    assert loaded == ["a"]


def test_the_two_asked_for_last_are_kept(cache, loaded):
    for name in ("a", "b", "a", "c"):
        cache.get(name)
    assert [cache.holds(name) for name in "abc"] == [True, False, True]
    cache.get("b")
    assert [cache.holds(name) for name in "abc"] == [False, True, True]
    assert loaded == ["a", "b", "c", "b"]


def test_a_replaced_model_is_freed_at_once(cache):
    gc.disable()
    try:
        first = weakref.ref(cache.get("a"))
        cache.get("b")
        assert first() is not None
        cache.get("c")
        assert first() is None
    finally:
        gc.enable()


def test_a_model_that_cannot_be_loaded_replaces_none_and_is_tried_again(cache, loaded):
    cache.get("a")
    cache.get("b")
    for _ in range(2):
        with pytest.raises(ModelError, match=r"Expected a model, found none\."):
            cache.get("none")
    assert loaded == ["a", "b", "none", "none"]
    assert not cache.holds("none")
    assert cache.holds("a")
    assert cache.holds("b")


def test_many_who_ask_at_once_get_the_same():
    begun, go_on = threading.Event(), threading.Event()
    loaded = []

    def load(name):
        begun.set()
        go_on.wait(10)
        loaded.append(name)
        return Model(name)

    cache = ModelCache(load)
    found = []
    askers = [threading.Thread(target=lambda: found.append(cache.get("a"))) for _ in range(8)]
    for asker in askers:
        asker.start()
    assert begun.wait(10)
    assert not cache.holds("a")
    go_on.set()
    for asker in askers:
        asker.join(10)
    assert loaded == ["a"]
    assert len(found) == 8
    assert len(set(map(id, found))) == 1


def test_a_model_that_takes_long_holds_up_nobody_else():
    go_on = threading.Event()

    def load(name):
        if name == "slow":
            go_on.wait(20)
        return Model(name)

    cache = ModelCache(load)
    slow = threading.Thread(target=cache.get, args=("slow",))
    slow.start()
    try:
        assert cache.get("quick").name == "quick"
    finally:
        go_on.set()
        slow.join(10)
    assert cache.holds("slow")


@pytest.mark.parametrize("most", [1, 3])
def test_the_number_that_is_kept_can_be_chosen(most):
    cache = ModelCache(Model, most)
    for name in "abcd":
        cache.get(name)
    assert sum(cache.holds(name) for name in "abcd") == most
    assert cache.holds("d")


class Entries(OrderedDict):
    """Counts who has got the entry of what they ask for; the cache's lock is held then."""

    asked = 0

    def setdefault(self, key, default=None):
        self.asked += 1
        return super().setdefault(key, default)


def test_those_who_wait_for_a_model_that_fails_share_the_failure():
    go_on, loaded = threading.Event(), []

    def load(name):
        loaded.append(name)
        go_on.wait(10)
        raise ModelError(f"Expected a model, found {name}.")

    cache, failures = ModelCache(load), []
    cache._entries = Entries()

    def ask():
        try:
            cache.get("a")
        except ModelError as error:
            failures.append(str(error))

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    toy.wait_for(lambda: cache._entries.asked == 4, "all of them to ask")
    go_on.set()
    for asker in askers:
        asker.join(10)
    assert failures == ["Expected a model, found a."] * 4
    assert loaded == ["a"]
