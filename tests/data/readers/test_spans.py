from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_core.data.readers.sentence import Fault, Sentence
from ner_core.data.readers.spans import CharSpan, sentence_of, shown
from ner_core.tags import decode
from tests.support.records import pairs

CORRECT = ". Correct the annotation."


def read(text, *spans):
    return list(sentence_of(text, [CharSpan(*span) for span in spans], 7, 3))


def test_a_sentence_knows_its_line_and_document():
    assert read("Ann left.", (0, 3, "PER")) == [
        Sentence(["Ann", "left", "."], ["B-PER", "O", "O"], [7, 7, 7], 3)
    ]


@pytest.mark.parametrize(
    ("text", "spans", "expected"),
    [
        ("Ann left", [], "Ann O | left O"),
        ("in New York.", [(3, 11, "LOC")], "in O | New B-LOC | York I-LOC | . O"),
        ("in New York.", [(3, 12, "LOC")], "in O | New B-LOC | York I-LOC | . I-LOC"),
        ("Ann Bob", [(4, 7, "PER"), (0, 3, "PER")], "Ann B-PER | Bob B-PER"),
        ("Ann Bob", [(0, 4, "PER"), (3, 7, "PER")], "Ann B-PER | Bob B-PER"),
        ("  Ann\u00a0\n", [(1, 7, "PER")], "Ann B-PER"),
        ("Ann left", [(0, 3, "PER"), (0, 3, "PER"), (0, 4, " PER ")], "Ann B-PER | left O"),
        ("Ann left", [(0.0, 3.0, "PER")], "Ann B-PER | left O"),
        ("It ran", [(0, 2, "creative  work")], "It B-creative-work | ran O"),
        ("東京に", [(0, 2, "LOC")], "東 B-LOC | 京 I-LOC | に O"),
        ("😀 Ann", [(2, 5, "PER")], "😀 O | Ann B-PER"),
        ("Ann's", [(0, 3, "PER")], "Ann B-PER | 's O"),
    ],
)
def test_spans_become_tags(text, spans, expected):
    assert pairs(read(text, *spans)) == [expected]


@pytest.mark.parametrize("text", ["", " ", "\n\t\u2003"])
def test_a_text_without_words_gives_nothing(text):
    assert read(text) == []


@pytest.mark.parametrize(
    ("text", "spans", "found", "words"),
    [
        (
            "a NewYorker",
            [(2, 9, "LOC")],
            ["'NewYork' (LOC) ends inside 'NewYorker'"],
            "a O | NewYork B-LOC | er O",
        ),
        (
            "anti-Nato",
            [(5, 9, "ORG")],
            ["'Nato' (ORG) begins inside 'anti-Nato'"],
            "anti- O | Nato B-ORG",
        ),
        (
            "pre-Nato-era",
            [(4, 8, "ORG")],
            [
                "'Nato' (ORG) begins inside 'pre-Nato-era'",
                "'Nato' (ORG) ends inside 'pre-Nato-era'",
            ],
            "pre- O | Nato B-ORG | -era O",
        ),
        (
            "EUNato",
            [(0, 2, "ORG"), (2, 6, "ORG")],
            ["'EU' (ORG) ends inside 'EUNato'"],
            "EU B-ORG | Nato B-ORG",
        ),
        (
            "x" * 50,
            [(0, 1, "A")],
            [f"'x' (A) ends inside '{'x' * 40}…'"],
            f"x B-A | {'x' * 49} O",
        ),
    ],
)
def test_a_word_is_split_where_a_span_begins_or_ends_in_it(text, spans, found, words):
    *faults, sentence = read(text, *spans)
    assert [(fault.code, fault.line) for fault in faults] == [("misaligned", 7)] * len(found)
    assert pairs(faults) == [
        f"the span {one}, so the word was split there. Correct the span if it is wrong."
        for one in found
    ]
    assert pairs([sentence]) == [words]


@pytest.mark.parametrize(
    ("spans", "dropped", "words"),
    [
        (
            [(4, 7, "PER"), (0, 7, "ORG")],
            ["'Bob' (PER) and 'Ann Bob' (ORG)"],
            "Ann B-ORG | Bob I-ORG | Cy O",
        ),
        (
            [(4, 10, "B"), (0, 7, "A")],
            ["'Bob Cy' (B) and 'Ann Bob' (A)"],
            "Ann B-A | Bob I-A | Cy O",
        ),
        ([(0, 3, "B"), (0, 3, "A")], ["'Ann' (A) and 'Ann' (B)"], "Ann B-B | Bob O | Cy O"),
        (
            [(0, 10, "ALL"), (4, 7, "PER"), (0, 3, "PER")],
            ["'Ann' (PER) and 'Ann Bob Cy' (ALL)", "'Bob' (PER) and 'Ann Bob Cy' (ALL)"],
            "Ann B-ALL | Bob I-ALL | Cy I-ALL",
        ),
        (
            [(0, 7, "A"), (6, 10, "B"), (8, 10, "C")],
            ["'b Cy' (B) and 'Ann Bob' (A)"],
            "Ann B-A | Bob I-A | Cy B-C",
        ),
    ],
)
def test_of_spans_that_overlap_the_longest_then_the_first_stays(spans, dropped, words):
    *faults, sentence = read("Ann Bob Cy", *spans)
    assert [(fault.code, fault.line) for fault in faults] == [("overlap", 7)] * len(dropped)
    assert pairs(faults) == [
        f"the spans {both} overlap. The second one was kept. Remove one of them."
        for both in dropped
    ]
    assert pairs([sentence]) == [words]


def test_a_span_of_what_is_not_seen_holds_no_word():
    (fault,) = list(sentence_of("Ann \u200b\u200e left", [CharSpan(4, 6, "PER")], 7))
    assert (fault.code, fault.line) == ("unreadable", 7)
    assert fault.message.startswith("the span at 4 to 6 has only blanks. ")


OUTSIDE = "is outside the text, which has 9 characters"
NUMBERS = "a span starts or ends at {} instead of at a whole number"
TYPE = "a span's label can't be {}; use an entity type such as PER"


@pytest.mark.parametrize(
    ("span", "message"),
    [
        ((3, 0, "PER"), f"a span at 3 to 0 {OUTSIDE}"),
        ((-1, 3, "PER"), f"a span at -1 to 3 {OUTSIDE}"),
        ((0, 10, "PER"), f"a span at 0 to 10 {OUTSIDE}"),
        (
            (10**4000, 10**4001, "PER"),
            f"a span at 1{'0' * 39}… to 1{'0' * 39}… {OUTSIDE}",
        ),
        ((3, 4, "PER"), "the span at 3 to 4 has only blanks"),
        ((None, 3, "PER"), NUMBERS.format("null")),
        ((0, "3", "PER"), NUMBERS.format("'3'")),
        ((0.5, 3, "PER"), NUMBERS.format("0.5")),
        ((float("nan"), 3, "PER"), NUMBERS.format("nan")),
        ((0, float("inf"), "PER"), NUMBERS.format("inf")),
        ((False, 3, "PER"), NUMBERS.format("false")),
        ((0, [3], "PER"), NUMBERS.format("a list")),
        ((0, 3, ""), TYPE.format("''")),
        ((0, 3, " "), TYPE.format("' '")),
        ((0, 3, None), TYPE.format("null")),
        ((0, 3, True), TYPE.format("true")),
        ((0, 3, {"name": "PER"}), TYPE.format("an object")),
        (
            (0, 3, "P\ud83d"),
            "there is half of a surrogate pair in the label 'P?' of a span",
        ),
    ],
)
def test_a_span_that_cannot_be_one_makes_the_row_unreadable(span, message):
    good = (4, 8, "X")
    assert read("Ann left.", good, span, good) == [
        Fault("unreadable", 7, message + CORRECT, "Ann left.")
    ]


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (1, "Export the data with the names of the labels instead of their numbers."),
        ("O", "Leave out the spans of what is no entity."),
        ("B-PER", "Write 'PER' instead."),
    ],
)
def test_a_label_that_is_no_type_gets_its_own_remedy(label, message):
    (fault,) = read("Ann left.", (0, 3, label))
    assert fault.message == f"{TYPE.format(repr(label))}. {message}"


def test_half_a_character_makes_the_row_unreadable():
    assert read("a \ud83d") == [
        Fault(
            "unreadable",
            7,
            "there is half of a surrogate pair in 'a ?'. Correct the text.",
            "a ?",
        )
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        (0, "0"),
        (1.5, "1.5"),
        (False, "false"),
        (None, "null"),
        ([], "a list"),
        ({}, "an object"),
        ("a\nb", "'a\\nb'"),
        (10**50, "1" + "0" * 39 + "…"),
    ],
)
def test_any_value_can_be_shown(value, text):
    assert shown(value) == text


# Controls and joiners are not seen: they stand in no word.
SEEN = st.characters(
    exclude_categories=["Cs", "Cc"], exclude_characters="\u00ad\u200c\u200d\ufe0e\ufe0f"
)
TEXTS = st.text(SEEN | st.sampled_from("ab .,'-(東\t"))
LABELS = st.sampled_from(["PER", "LOC", "creative-work", "x"])


@st.composite
def annotated(draw):
    """Draw a text, and disjoint spans of it that hold more than blanks."""
    text = draw(TEXTS)
    borders = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    spans = [
        CharSpan(start, end, draw(LABELS))
        for start, end in pairwise(borders)
        if text[start:end].strip() and draw(st.booleans())
    ]
    return text, draw(st.permutations(spans))


@given(annotated())
def test_the_tags_say_exactly_what_the_spans_said(drawn):
    text, spans = drawn
    records = list(sentence_of(text, spans, 1))
    if not text.strip():
        assert records == []
        return
    *faults, sentence = records
    assert {fault.code for fault in faults} <= {"misaligned"}
    offsets, position = [], 0
    for word in sentence.tokens:
        begin = position
        while text[begin].isspace():
            begin += 1
        position = begin + len(word)
        assert text[begin:position] == word
        offsets.append((begin, position))
    assert not text[position:].strip()
    assert "".join(sentence.tokens) == "".join(text.split())
    assert not any(word.isspace() or len(word.split()) != 1 for word in sentence.tokens)
    found = [
        (offsets[span.start][0], offsets[span.end - 1][1], span.label)
        for span in decode(sentence.tags)
    ]
    assert found == [
        (
            span.start
            + len(text[span.start : span.end])
            - len(text[span.start : span.end].lstrip()),
            span.start + len(text[span.start : span.end].rstrip()),
            span.label,
        )
        for span in sorted(spans)
    ]


OFFSETS = st.integers(-1, 12) | st.floats() | st.none() | st.text(max_size=2)


@given(st.text(max_size=12), st.lists(st.tuples(OFFSETS, OFFSETS, LABELS | st.none() | st.text())))
def test_whatever_the_spans_there_is_a_sentence_or_a_fault(text, spans):
    records = list(sentence_of(text, [CharSpan(*span) for span in spans], 1))
    assert all(isinstance(record, Fault) for record in records[:-1])
    if records and isinstance(records[-1], Fault):
        assert [record.code for record in records] == ["unreadable"]
    assert all(record.message.endswith(".") for record in records if isinstance(record, Fault))


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(1, 20), LABELS)))
def test_each_span_that_overlaps_is_either_kept_or_named(drawn):
    text = "abcdefghij klmnopqrs"
    spans = {
        CharSpan(*span) for span in drawn if span[0] < span[1] and text[span[0] : span[1]] != " "
    }
    *faults, sentence = sentence_of(text, spans, 1)
    trimmed = {
        CharSpan(start + (start == 10), end - (end == 11), label) for start, end, label, _ in spans
    }
    dropped = sum(fault.code == "overlap" for fault in faults)
    assert len(decode(sentence.tags)) + dropped == len(trimmed)
