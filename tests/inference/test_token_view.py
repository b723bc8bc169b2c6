"""What is shown of sub-tokens is what transformers' own pipeline says of them."""

import warnings

import pytest
from transformers import pipeline

from ner_core.inference.predictor import Predictor
from ner_core.inference.token_view import SubToken
from ner_core.models.loading import load_trained
from ner_core.tags import split_tag
from ner_core.words import split_words
from tests.support.families import FAMILIES, LIMIT, save_family

# Words with one blank before each, so that every tokenizer cuts them as in the running text. The
# pipeline is given the tokenizer of load_trained: the first word has its prefix space there too.
SENTENCES = [
    "Ann lives in Oslo",
    "Bob works near the Paris city hall with people of AT&T and São Paulo",
    "naïve café Ann İstanbul Zürich ΑΘΉΝΑ 東 caf\u00e9",
    "unbelievable 12345 🎉 \U0001f9d1\u200d\U0001f680 xyzzy",
]
# Here words touch, or more than a blank is between them. WordPiece cuts at punctuation and at Han
# by itself (not at kana) and reads over blanks. The others read one blank before each of our words
# where the pipeline reads what is there, and so may cut and tag the words otherwise.
TOUCHING = [
    "(Ann's flight to the U.S.) left “Oslo”…",
    "東京 e-mail: ann@example.org, 3.5%!",
    "naïve  café\u2003Ann\r\nBob\u00a0 Oslo",
]
WORD_PIECE = {"bert", "bert-cased", "distilbert", "electra", "starter"}


@pytest.fixture(scope="module", params=["starter", *FAMILIES])
def model(request, tmp_path_factory):
    """Return a family's name, a predictor with its model, and model and tokenizer themselves."""
    name = request.param
    folder = name if name == "starter" else str(save_family(name, tmp_path_factory.mktemp(name)))
    return name, Predictor.load(folder, precision="fp32"), load_trained(folder)


def without_blank(text, start, end):
    """Leave out the blank before a word, which some tokenizers count as part of its sub-token."""
    shown = text[start:end]
    return start + len(shown) - len(shown.lstrip()), end


def test_sub_tokens_are_as_the_plain_pipeline_prints_them(model):
    name, predictor, (network, tokenizer) = model
    plain = pipeline("ner", model=network, tokenizer=tokenizer, ignore_labels=[])
    for text in [*SENTENCES, *(TOUCHING if name in WORD_PIECE else [])]:
        expected = plain(text)
        found = predictor.sub_tokens(text)
        assert all(type(one) is SubToken for one in found)
        assert [(one.index, one.tag, one.sub_token) for one in found] == [
            (one["index"], one["entity"], one["word"].strip()) for one in expected
        ]
        for one, other in zip(found, expected, strict=True):
            if one.sub_token in ("Ġ", "▁"):  # nothing of the text; the pipeline shows a neighbour
                assert one.start == one.end == found[one.index].start
            else:
                assert one[4:] == without_blank(text, other["start"], other["end"])
        assert [one.score for one in found] == pytest.approx(
            [float(one["score"]) for one in expected], abs=1e-4
        )


def test_entities_are_of_the_types_that_the_pipeline_finds_by_first_sub_tokens(model):
    _, predictor, (network, tokenizer) = model
    plain = pipeline("ner", model=network, tokenizer=tokenizer, aggregation_strategy="first")
    text = "Ann lives in Oslo and Bob works near the Paris city"
    with warnings.catch_warnings():  # it does not know where byte-level words begin, and guesses
        warnings.filterwarnings("ignore", "Tokenizer does not support real words")
        groups = plain(text)
    expected = [None] * len(text)
    for group in groups:
        start, end = without_blank(text, group["start"], group["end"])
        expected[start:end] = [group["entity_group"]] * (end - start)
    found = [None] * len(text)
    for entity in predictor.predict(text):
        found[entity.start : entity.end] = [entity.label] * (entity.end - entity.start)
    # The pipeline takes a blank that is a sub-token by itself for a word, and the word for another.
    unlike = {one.start for one in predictor.sub_tokens(text) if one.sub_token in ("Ġ", "▁")}
    compared = [
        place
        for word in split_words(text)
        if word.start not in unlike
        for place in range(word.start, word.end)
    ]
    assert [found[place] for place in compared] == [expected[place] for place in compared]
    assert any(found)


@pytest.mark.slow
def test_a_text_of_many_windows_shows_each_sub_token_once(model):
    _, predictor, _ = model
    text = "Ann lives in Oslo . Bob works near the Paris city . " * LIMIT
    found = predictor.sub_tokens(text)
    assert predictor.tagger.window_counts([text.split()])[0] > 1
    assert [one.index for one in found] == list(range(1, len(found) + 1))
    assert [one.start for one in found] == sorted(one.start for one in found)
    covered = {place for one in found for place in range(one.start, one.end)}
    assert covered == {place for place, letter in enumerate(text) if letter != " "}
    # A word's first sub-token is what the entities come from.
    tagged = predictor.tagger.tag([text.split()]).tags[0]
    starts = [0, *(place + 1 for place, letter in enumerate(text[:-1]) if letter == " ")]
    first = {one.start: one.tag for one in reversed(found)}
    assert [first[start] for start in starts] == tagged
    assert len({split_tag(one.tag) for one in found}) > 1


@pytest.mark.parametrize("text", ["", " \n", "\u200b", "\u200e \ufeff"])
def test_a_text_without_words_has_no_sub_tokens(model, text):
    assert model[1].sub_tokens(text) == []


def test_half_a_surrogate_pair_keeps_its_place(model):
    found = model[1].sub_tokens("Ann \ud83d Oslo")
    assert found[0].start == 0
    assert found[-1].end == len("Ann \ud83d Oslo")


def test_sub_tokens_of_decomposed_accents_are_placed_in_the_text_as_it_is(model):
    _, predictor, _ = model
    text = "Ann cafe\u0301 Zu\u0308rich"
    found = predictor.sub_tokens(text)
    same = predictor.sub_tokens("Ann caf\u00e9 Z\u00fcrich")
    assert [(one.sub_token, one.tag) for one in found] == [(one.sub_token, one.tag) for one in same]
    longer = {"caf\u00e9": "cafe\u0301", "\u00e9": "e\u0301", "\u00fc": "u\u0308"}
    for one, other in zip(found, same, strict=True):
        composed = "Ann caf\u00e9 Z\u00fcrich"[other.start : other.end]
        for short, long in longer.items():
            composed = composed.replace(short, long) if long not in composed else composed
        assert text[one.start : one.end] == composed
