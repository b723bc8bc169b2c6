import random
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ner_core.errors import ConfigError
from ner_core.inference import predictor as predict
from ner_core.inference.predictor import Entity, Predictor
from ner_core.words import split_words
from tests.conftest import TINY_WORDS
from tests.support import toy

# Whatever can be typed, and texts in which there is something to find.
ANYTHING = st.text(max_size=80)
PIECES = st.one_of(
    st.sampled_from(TINY_WORDS),
    st.sampled_from(
        ["Ann", "OSLO", "ann's", "(paris)", "...", "“bob”", "U.S.", "\u3042", "\u0301"]
    ),
    st.text(max_size=5),
    st.characters(categories=["Zs", "Cc", "Cf", "Mn", "So"]).map(str),
)
MIXED = st.lists(
    st.tuples(PIECES, st.sampled_from(["", " ", " ", "  ", "\n", "\t", "\u00a0"]))
).map(lambda parts: "".join(piece + blank for piece, blank in parts))


@pytest.fixture(scope="module")
def trained(toy_run):
    return Predictor.load(str(toy_run.model_dir))


@pytest.fixture(scope="module")
def foreign(tiny_model):
    """Return a predictor whose tags contradict each other: its model was never trained."""
    return Predictor.load(str(tiny_model))


def check_entities(text, entities, types):
    borders = split_words(text)
    starts = {word.start for word in borders}
    ends = {word.end for word in borders}
    assert entities == sorted(entities)
    for before, after in pairwise(entities):
        assert before.end <= after.start
    for entity in entities:
        assert isinstance(entity, Entity)
        assert 0 <= entity.start < entity.end <= len(text)
        assert text[entity.start : entity.end] == entity.text
        assert entity.start in starts
        assert entity.end in ends
        assert 0 <= entity.score <= 1
        assert type(entity.score) is float
        assert entity.label in types


@pytest.mark.slow
@pytest.mark.parametrize("which", ["trained", "foreign"])
def test_any_text_gives_sound_entities(request, which):
    predictor = request.getfixturevalue(which)
    found = 0

    @settings(max_examples=250)
    @given(st.one_of(ANYTHING, MIXED))
    @example("")
    @example(" \n\t ")
    @example("\u0000")
    @example("👩\u200d👩\u200d👧\u200d👦 ann")
    @example("İ" * 200)
    @example("a\u0301nn lives in Os\u00adlo")
    @example("\u202eann\u202c \ufeffbob")
    @example("ann" * 500)
    def check(text):
        nonlocal found
        entities = predictor.predict(text)
        check_entities(text, entities, {"LOC", "PER"})
        found += len(entities)

    check()
    assert found > 100


def test_entities_of_a_sentence(trained):
    text = "Ann K lives near the Oslo city."
    entities = trained.predict(text)
    assert [(e.start, e.end, e.label, e.text) for e in entities] == [
        (0, 5, "PER", "Ann K"),
        (21, 30, "LOC", "Oslo city"),
    ]
    check_entities(text, entities, {"LOC", "PER"})


def test_the_score_is_the_mean_of_the_words(trained):
    text = "ann k lives in oslo"
    words = text.split()
    scores = trained.tagger.tag([words]).scores[0]
    person, place = trained.predict(text)
    assert person.score == pytest.approx((scores[0] + scores[1]) / 2, abs=1e-6)
    assert place.score == pytest.approx(scores[4], abs=1e-6)


def test_entities_are_found_where_punctuation_touches_them(trained):
    text = "(Ann lives in “Paris”)…"
    assert [entity.text for entity in trained.predict(text)] == ["Ann", "Paris"]


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\u00a0\t"])
def test_a_text_without_words_has_no_entities(trained, foreign, text):
    assert trained.predict(text) == foreign.predict(text) == []


def test_the_threshold_keeps_what_reaches_it(foreign):
    text = "ann lives in oslo and bob works near the paris city , " * 5
    everything = foreign.predict(text)
    scores = sorted(entity.score for entity in everything)
    middle = scores[len(scores) // 2]
    assert scores[0] < middle
    assert foreign.predict(text, 0.0) == everything
    assert foreign.predict(text, middle) == [e for e in everything if e.score >= middle]
    assert foreign.predict(text, threshold=1.0) == []


def test_a_text_of_five_thousand_words(trained):
    text = "ann lives in oslo . " * 1000
    entities = trained.predict(text)
    check_entities(text, entities, {"LOC", "PER"})
    assert [(entity.text, entity.label) for entity in entities] == [
        ("ann", "PER"),
        ("oslo", "LOC"),
    ] * 1000
    assert entities[-1].start == 999 * 20 + 13


@settings(max_examples=25)
@given(texts=st.lists(st.one_of(ANYTHING, MIXED), max_size=12))
def test_many_texts_at_once_give_what_each_gives(trained, texts):
    together = trained.predict_all(texts, batch_size=4)
    assert len(together) == len(texts)
    for text, entities in zip(texts, together, strict=True):
        alone = trained.predict(text)
        assert [e._replace(score=0) for e in entities] == [e._replace(score=0) for e in alone]
        assert [e.score for e in entities] == pytest.approx([e.score for e in alone], abs=1e-5)


# What a paragraph says is the same wherever it stands, and nothing goes on after a blank line.
BLANK_LINES = ["\n\n", "\r\n\r\n", "\r\r", "\n \t\n", "\n\n\n\n", " \n\r\n ", "\f", "\u2029"]


@pytest.mark.slow
@settings(max_examples=40)
@given(st.lists(MIXED.map(str.strip), min_size=1, max_size=4), st.sampled_from(BLANK_LINES))
def test_paragraphs_are_read_one_by_one(foreign, parts, blank_line):
    text = blank_line.join(parts)
    wanted, begin = [], 0
    for part in parts:
        wanted += [
            e._replace(start=e.start + begin, end=e.end + begin) for e in foreign.predict(part)
        ]
        begin += len(part) + len(blank_line)
    found = foreign.predict(text)
    assert [e._replace(score=0) for e in found] == [e._replace(score=0) for e in wanted]
    assert [e.score for e in found] == pytest.approx([e.score for e in wanted], abs=1e-5)


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\n  ", "\x0b", "\x85", "\u2028"])
def test_an_entity_may_go_on_in_the_next_line(trained, line_break):
    text = f"ann{line_break}k lives near the oslo{line_break}city ."
    assert [entity.text for entity in trained.predict(text)] == [
        f"ann{line_break}k",
        f"oslo{line_break}city",
    ]


def test_sub_tokens_go_on_over_paragraphs(trained):
    parts = trained.sub_tokens("ann lives .\n\nbob works in paris")
    words = "ann lives . bob works in paris".split()  # noqa: SIM905 - as one reads it
    assert [part.sub_token for part in parts] == words
    assert [part.index for part in parts] == list(range(1, 8))
    assert [part.tag for part in parts] == ["B-PER", "O", "O", "B-PER", "O", "O", "B-LOC"]
    assert parts[3].start == 13


def test_texts_are_taken_and_answered_as_they_come(trained, monkeypatch):
    monkeypatch.setattr(predict, "_MAX_CHUNK_TEXTS", 3)
    taken = []

    def texts():
        for number in range(100):
            taken.append(number)
            yield "ann lives in oslo"

    found = trained.stream(texts())
    assert taken == []
    assert [entity.text for entity in next(found)] == ["ann", "oslo"]
    assert len(taken) == 3
    next(found), next(found), next(found)
    assert len(taken) == 6


def test_long_texts_are_taken_few_at_a_time(trained, monkeypatch):
    monkeypatch.setattr(predict, "_MAX_CHUNK_CHARACTERS", 30)
    taken = []
    found = trained.stream(taken.append(1) or "ann lives in oslo" for _ in range(50))
    next(found)
    assert len(taken) == 2


# Long texts


def long_text(count, *, blank="\n\n", seed=3):
    """Make a text of so many clauses, about every tenth followed by a blank line."""
    chance = random.Random(seed)
    parts = []
    for clause in toy.toy_sentences(count, seed):
        parts.append(" ".join(word for word, _ in clause))
        parts.append(blank if chance.random() < 0.1 else " ")
    return "".join(parts)


@pytest.mark.slow
@pytest.mark.parametrize("blank", ["\n\n", "\n", "\r\n \r\n"])
@pytest.mark.parametrize("which", ["trained", "foreign"])
def test_steps_change_nothing(request, monkeypatch, which, blank):
    predictor = request.getfixturevalue(which)
    text = long_text(1000, blank=blank)
    at_once = predictor.predict(text[:19_000])
    monkeypatch.setattr(predict, "_LONG_TEXT", 100)
    monkeypatch.setattr(predict, "_STEP_CHARACTERS", 300)
    steps = list(predictor.read(text[:19_000]))
    found = [entity for _, entities in steps for entity in entities]
    assert len(found) > 500
    assert [e._replace(score=0) for e in found] == [e._replace(score=0) for e in at_once]
    assert [e.score for e in found] == pytest.approx([e.score for e in at_once], abs=1e-5)
    ends = [end for end, _ in steps]
    assert ends == sorted(ends)
    assert len(set(ends)) > 20
    assert all(entity.end <= end for end, entities in steps for entity in entities)


@settings(max_examples=60)
@given(st.lists(MIXED, max_size=4), st.sampled_from([*BLANK_LINES, " ", "\n"]))
def test_any_text_is_read_in_steps_as_at_once(foreign, parts, between):
    text = between.join(parts)
    at_once = foreign.predict(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(predict, "_LONG_TEXT", 0)
        patch.setattr(predict, "_STEP_CHARACTERS", 20)
        found = [entity for _, entities in foreign.read(text) for entity in entities]
    assert [e._replace(score=0) for e in found] == [e._replace(score=0) for e in at_once]


@pytest.mark.slow
def test_predict_and_read_find_the_same_to_the_last_digit(trained):
    text = long_text(1500)
    assert len(text) > 40_000
    together = [entity for _, entities in trained.read(text) for entity in entities]
    assert trained.predict(text) == together
    assert trained.predict_all(["ann", text, "bob"])[1] == together
    assert list(trained.read("ann lives")) == [(9, trained.predict("ann lives"))]


@pytest.mark.slow
def test_a_long_text_is_read_as_far_as_is_asked_for(trained, monkeypatch):
    computed = []
    compute = trained.tagger._log_probabilities
    monkeypatch.setattr(trained.tagger, "cache", None)
    monkeypatch.setattr(
        trained.tagger, "_log_probabilities", lambda batch: computed.extend(batch) or compute(batch)
    )
    text = long_text(3000, blank=" ")
    end, found = next(trained.read(text))
    assert len(found) > 10
    (windows,) = trained.tagger.window_counts([text.split()])
    assert 0 < end < len(text) / 4
    assert len(computed) < windows / 4


def test_what_is_read_step_by_step_may_be_chosen(trained):
    text = long_text(1500)
    found = [e for _, entities in trained.read(text, 0.9, ["PER"]) for e in entities]
    assert found == trained.predict(text, 0.9, ["PER"])
    assert {e.label for e in found} == {"PER"}
    with pytest.raises(ConfigError):
        trained.read(text, threshold=2)


def test_only_the_types_that_are_asked_for(trained):
    text = "ann lives in oslo"
    assert [e.text for e in trained.predict(text, labels=["PER"])] == ["ann"]
    assert [e.text for e in trained.predict(text, labels={"LOC", "PER"})] == ["ann", "oslo"]
    assert trained.predict(text, labels=[]) == []


def test_labels_are_not_searched_for_each_entity(trained):
    class Labels(list):
        def __contains__(self, label):
            raise AssertionError

    found = trained.predict("ann lives in oslo", labels=Labels(["PER"] * 100))
    assert [entity.text for entity in found] == ["ann"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"threshold": 1.5}, "threshold can't be 1.5. Use a number from 0 to 1."),
        ({"threshold": -1}, "threshold can't be -1. Use a number from 0 to 1."),
        ({"batch_size": 0}, "batch_size can't be 0. Use 1 or more."),
        (
            {"labels": ["PER", "CITY"]},
            "The model doesn't know the type 'CITY' in labels. Choose from LOC, PER.",
        ),
    ],
)
def test_settings_that_cannot_be_are_refused_at_once(trained, options, sentence):
    with pytest.raises(ConfigError) as caught:
        trained.stream([], **options)
    assert str(caught.value) == sentence


def test_no_texts_give_no_results(trained):
    assert trained.predict_all([]) == []


def test_the_types_that_a_model_names(trained, foreign):
    assert trained.entity_types == foreign.entity_types == ["LOC", "PER"]


def test_a_predictor_is_loaded_by_the_id_of_a_run(toy_run, monkeypatch):
    monkeypatch.setenv("NER_HOME", str(toy_run.path.parent.parent))
    assert [entity.text for entity in Predictor.load(toy_run.id).predict("bob works")] == ["bob"]


def test_half_a_surrogate_pair_is_read_over_and_kept(trained):
    text = "ann lives in oslo \ud800 ."
    entities = trained.predict(text)
    assert [entity.text for entity in entities] == ["ann", "oslo"]
    assert all(text[entity.start : entity.end] == entity.text for entity in entities)
