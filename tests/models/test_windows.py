import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from ner_core.models.sources import minilm_folder
from ner_core.models.windows import (
    IGNORED,
    Window,
    first_sub_tokens,
    label_ids,
    label_window,
    show_alignment,
    split_into_windows,
)


@pytest.fixture(scope="module", params=["tiny", "minilm"])
def tokenizer(request):
    """Return each of two tokenizers: letters and few words, and the one of minilm."""
    if request.param == "tiny":
        return AutoTokenizer.from_pretrained(request.getfixturevalue("tiny_encoder"))
    return AutoTokenizer.from_pretrained(minilm_folder())


@pytest.fixture(scope="module")
def tiny(tiny_encoder):
    return AutoTokenizer.from_pretrained(tiny_encoder)


def whole(tokenizer, words):
    """Encode words without a limit: (word, sub-token id) of each sub-token."""
    encoded = tokenizer(
        [list(words)], is_split_into_words=True, add_special_tokens=False, verbose=False
    )
    return list(zip(encoded.word_ids(0), encoded["input_ids"][0], strict=True))


def at_home(made):
    """List (word, sub-token id, whether first) of the sub-tokens at home, window by window."""
    return [
        (word, piece, first)
        for window in made
        for word, piece, first in zip(window.word_ids, window.input_ids, window.first, strict=True)
        if word is not None
    ]


WORDS = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.text(alphabet="aAnb1.,-'é東\u200b\u00ad ", max_size=20),
        st.sampled_from(["ann", "unbelievable", "\u200b", "", "[SEP]", "[CLS]", "a b", "x" * 150]),
    ),
    max_size=25,
)


@pytest.mark.slow
@settings(max_examples=150)
@given(
    words=WORDS,
    max_length=st.one_of(st.integers(4, 24), st.just(128)),
    overlap=st.integers(0, 80),
)
def test_windows_lose_nothing_and_count_nothing_twice(tokenizer, words, max_length, overlap):
    made = split_into_windows(tokenizer, [words], max_length, overlap)
    expected = whole(tokenizer, words)
    found = at_home(made)
    assert [(word, piece) for word, piece, _ in found] == expected
    firsts = [word for word, _, first in found if first]
    assert firsts == sorted({word for word, _ in expected})
    for window in made:
        assert len(window.input_ids) == len(window.word_ids) == len(window.first)
        assert len(window.input_ids) <= max_length
        assert window.input_ids[0] == tokenizer.cls_token_id
        assert window.input_ids[-1] == tokenizer.sep_token_id


@settings(max_examples=30)
@given(texts=st.lists(WORDS, min_size=1, max_size=5), overlap=st.integers(0, 8))
def test_a_text_has_the_same_windows_alone_and_among_others(tokenizer, texts, overlap):
    together = split_into_windows(tokenizer, texts, 16, overlap)
    assert [window.text for window in together] == sorted(window.text for window in together)
    for number, words in enumerate(texts):
        alone = split_into_windows(tokenizer, [words], 16, overlap)
        assert [(w.input_ids, w.word_ids, w.first) for w in together if w.text == number] == [
            (w.input_ids, w.word_ids, w.first) for w in alone
        ]


@pytest.mark.parametrize("count", [1, 5, 6, 7, 13, 40])
@pytest.mark.parametrize("overlap", [0, 1, 2, 3])
def test_home_is_the_window_with_most_context_on_the_poorer_side(tiny, count, overlap):
    max_length = 8
    content = max_length - tiny.num_special_tokens_to_add()
    words = ["a", "b", "c", "d", "e"] * 8
    made = split_into_windows(tiny, [words[:count]], max_length, overlap)
    reach = [
        (begin, min(begin + content, count))
        for begin in (number * (content - overlap) for number in range(len(made)))
    ]
    for number, (window, (begin, end)) in enumerate(zip(made, reach, strict=True)):
        assert len(window.input_ids) == end - begin + 2
        for place in (word for word in window.word_ids if word is not None):
            poorer = [
                min(place - left, right - 1 - place) if left <= place < right else -1
                for left, right in reach
            ]
            assert poorer[number] == max(poorer)


def test_neighbours_share_the_overlap(tiny):
    made = split_into_windows(tiny, [["a", "b", "c", "d", "e", "f", "g", "h"]], 8, 2)
    pieces = [tiny.convert_ids_to_tokens(window.input_ids) for window in made]
    assert pieces == [
        ["[CLS]", "a", "b", "c", "d", "e", "f", "[SEP]"],
        ["[CLS]", "e", "f", "g", "h", "[SEP]"],
    ]
    assert [window.word_ids for window in made] == [
        [None, 0, 1, 2, 3, 4, None, None],
        [None, None, 5, 6, 7, None],
    ]


def test_an_overlap_is_at_most_half_a_window(tiny):
    words = ["a"] * 30
    assert split_into_windows(tiny, [words], 8, 50) == split_into_windows(tiny, [words], 8, 3)


def test_a_word_over_several_windows_begins_once(tiny):
    made = split_into_windows(tiny, [["a", "bcdefghijkl", "m"]], 7, 2)
    assert len(made) > 2
    firsts = [word for word, _, first in at_home(made) if first]
    assert firsts == [0, 1, 2]


@pytest.mark.parametrize("dropped", ["\u200b", "\u00ad", "", " ", "\u0000"])
def test_a_word_that_the_tokenizer_drops_is_in_no_window(tokenizer, dropped):
    made = split_into_windows(tokenizer, [["ann", dropped, "bob"]], 16, 4)
    assert {word for word, _, _ in at_home(made)} == {0, 2}


@pytest.mark.parametrize("words", [[], ["\u200b"], [""]])
def test_a_text_without_sub_tokens_gives_one_window(tokenizer, words):
    (window,) = split_into_windows(tokenizer, [words], 16, 4)
    specials = [tokenizer.cls_token_id, tokenizer.sep_token_id]
    assert window == Window(0, specials, [None, None], [False, False])


def test_first_sub_tokens_are_places_and_words(tiny):
    (window,) = split_into_windows(tiny, [["ann", "xyz", "\u200b", "q"]], 16, 4)
    places, words = first_sub_tokens(window)
    assert places.tolist() == [1, 2, 5]
    assert words.tolist() == [0, 1, 3]
    (empty,) = split_into_windows(tiny, [[]], 16, 4)
    assert [part.tolist() for part in first_sub_tokens(empty)] == [[], []]


@pytest.mark.parametrize(
    ("mode", "labels"),
    [
        ("first", [None, "B-PER", None, None, "I-PER", None, "O", None, None]),
        ("all", [None, "B-PER", "I-PER", "I-PER", "I-PER", "I-PER", "O", "O", None]),
        ("copy", [None, "B-PER", "B-PER", "B-PER", "I-PER", "I-PER", "O", "O", None]),
    ],
)
def test_three_ways_to_label_sub_tokens(tiny, mode, labels):
    (window,) = split_into_windows(tiny, [["xyz", "pq", "rs"]], 16, 4)
    assert label_window(window, ["B-PER", "I-PER", "O"], mode) == labels


def test_the_first_sub_token_is_labelled_unless_said_otherwise(tiny):
    (window,) = split_into_windows(tiny, [["xy"]], 16, 4)
    assert label_window(window, ["B-PER"]) == label_window(window, ["B-PER"], "first")


@pytest.mark.parametrize("mode", ["first", "all", "copy"])
def test_a_word_over_several_windows_is_labelled_as_in_one(tiny, mode):
    words, tags = ["a", "bcdefghijkl", "m"], ["O", "B-PER", "I-PER"]
    (long,) = split_into_windows(tiny, [words], 64, 0)
    in_one = label_window(long, tags, mode)[1:-1]
    cut = []
    for window in split_into_windows(tiny, [words], 7, 2):
        labels = label_window(window, tags, mode)
        cut += [
            label for label, word in zip(labels, window.word_ids, strict=True) if word is not None
        ]
    assert cut == in_one


def test_what_has_no_label_is_ignored_by_the_loss():
    assert label_ids([None, "B-PER", "O"], {"O": 0, "B-PER": 1}) == [IGNORED, 1, 0]
    assert IGNORED == -100


def test_one_sentence_laid_out_as_a_table(tiny):
    rows = show_alignment(tiny, ["Ann", "\u200b", "xy", "."], ["B-PER", "O", "I-PER", "O"], 5, 1)
    table = [
        (row["window"], row["sub_token"], row["word_id"], row["word"], row["label"]) for row in rows
    ]
    assert table == [
        (0, "[CLS]", None, None, None),
        (0, "ann", 0, "Ann", "B-PER"),
        (0, "x", 2, "xy", "I-PER"),
        (0, "##y", None, None, None),
        (0, "[SEP]", None, None, None),
        (1, "[CLS]", None, None, None),
        (1, "##y", 2, "xy", None),
        (1, ".", 3, ".", "O"),
        (1, "[SEP]", None, None, None),
    ]


def test_no_texts_give_no_windows(tiny_encoder):
    tokenizer = AutoTokenizer.from_pretrained(tiny_encoder)
    assert split_into_windows(tokenizer, [], 16, 4) == []
