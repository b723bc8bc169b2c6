import pytest

from ner_core.entities import Entity
from ner_core.errors import ConfigError, DataError
from ner_core.inference.progress import predict_in_steps


class Slow:
    """A Predictor that needs a millisecond for ten characters, on a clock of its own."""

    def __init__(self):
        self.now = 0.0
        self.asked = []

    def stream(self, texts, threshold=0.0, labels=None, batch_size=16):
        if labels == ["X"]:
            raise ConfigError("labels: no X.")
        return self._found(texts, batch_size)

    def _found(self, texts, batch_size):
        for text in texts:
            self.now += len(text) / 10_000
            self.asked.append((text, batch_size))
            yield [Entity(0, 1, "PER", 1.0, text[:1])]

    def read(self, text, threshold=0.0, labels=None, batch_size=16):
        for begin in range(0, len(text), 5000):
            end = min(begin + 5000, len(text))
            self.now += (end - begin) / 10_000
            self.asked.append((text[begin:end], batch_size))
            yield end, [Entity(begin, begin + 1, "PER", 1.0, text[begin])]

    def clock(self):
        return self.now


def steps(predictor, texts, **more):
    return predict_in_steps(predictor, texts, seconds=2.0, clock=predictor.clock, **more)


def test_steps_take_as_long_as_was_asked_for():
    predictor = Slow()
    began, lengths = 0.0, []
    for step in steps(predictor, ["a" * 99] * 5000):
        lengths.append(predictor.now - began)
        began = predictor.now
        assert {text for text, _ in step.texts} == {"a" * 99}
        assert step.characters == 100 * len(step.texts)
    assert lengths[0] == pytest.approx(0.8, abs=0.02)
    assert lengths[1:-1] == pytest.approx([2.0] * (len(lengths) - 2), abs=0.05)


def test_all_texts_come_in_their_order():
    texts = [str(number) * 50 for number in range(1000)]
    found = [pair for step in steps(Slow(), texts) for pair in step.texts]
    assert [text for text, _ in found] == texts
    assert [entities[0].text for _, entities in found] == [text[0] for text in texts]
    assert list(steps(Slow(), [])) == []


def test_a_long_text_takes_several_steps():
    predictor = Slow()
    texts = ["b" * 99, "a" * 65_000, "c" * 99]
    found, lengths, characters, began = [], [], [], 0.0
    for step in steps(predictor, texts):
        lengths.append(predictor.now - began)
        began = predictor.now
        found.append([text for text, _ in step.texts])
        characters.append(step.characters)
    assert found == [[texts[0]], [], [], [], [texts[1]], [texts[2]]]
    assert characters == [100, 20_000, 20_000, 20_000, 5001, 100]
    assert lengths == pytest.approx([0.01, 2.0, 2.0, 2.0, 0.5, 0.01], abs=0.001)


def test_the_entities_of_a_long_text_come_together():
    *first, last = steps(Slow(), ["a" * 65_000])
    assert [step.texts for step in first] == [[], [], []]
    ((_, entities),) = last.texts
    assert [entity.start for entity in entities] == list(range(0, 65_000, 5000))
    assert [len(step.found) for step in [*first, last]] == [4, 4, 4, 1]
    assert [entity for step in [*first, last] for entity in step.found] == entities


def test_what_fits_into_a_step_is_read_at_once():
    predictor = Slow()
    list(steps(predictor, ["a" * 8000, "b" * 10_000]))
    assert [len(text) for text, _ in predictor.asked] == [8000, 10_000]


def test_texts_are_read_no_further_than_needed():
    taken = []

    def texts():
        for number in range(10_000):
            taken.append(number)
            yield "a" * 99

    next(steps(Slow(), texts()))
    assert len(taken) == 80


def test_an_error_comes_after_the_texts_before_it():
    def texts():
        yield from ["Ann", "Bob"]
        raise DataError("a.jsonl, line 3: no.")

    working = steps(Slow(), texts())
    assert [text for text, _ in next(working).texts] == ["Ann", "Bob"]
    with pytest.raises(DataError, match="line 3"):
        next(working)


def test_settings_are_checked_before_any_text_is_read():
    def texts():
        raise AssertionError
        yield

    with pytest.raises(ConfigError):
        steps(Slow(), texts(), labels=["X"])


@pytest.mark.parametrize(("given", "used"), [(None, 16), (3, 3)])
def test_the_size_of_batches_is_handed_on(given, used):
    predictor = Slow()
    list(steps(predictor, ["a", "b" * 9000], batch_size=given))
    assert {size for _, size in predictor.asked} == {used}
