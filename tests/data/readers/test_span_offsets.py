"""How a file counts offsets is found out from its spans, and said."""

import pytest

from ner_core.data.readers.sentence import Fault
from ner_core.data.readers.span_offsets import Annotated, tagged
from ner_core.data.readers.spans import CharSpan
from tests.support.records import pairs

TEXTS = ["Zoë: Ann Lee saw Oslo.", "Zoë: Bo saw Bergen."]
PLACES = [[(5, 12, "PER"), (17, 21, "LOC")], [(5, 7, "PER"), (12, 18, "LOC")]]
READ = [
    "Zoë O | : O | Ann B-PER | Lee I-PER | saw O | Oslo B-LOC | . O",
    "Zoë O | : O | Bo B-PER | saw O | Bergen B-LOC | . O",
]


def rows(move, texts=TEXTS, places=PLACES):
    return [
        Annotated(text, [CharSpan(*move(*place[:2]), place[2]) for place in found], line)
        for line, (text, found) in enumerate(zip(texts, places, strict=True), start=1)
    ]


def read(given):
    """Return the sentences in short, and the faults."""
    records = list(tagged(given))
    said = [record for record in records if isinstance(record, Fault)]
    return pairs(record for record in records if record not in said), said


@pytest.mark.parametrize(
    ("move", "name"),
    [
        (lambda start, end: (start, end - 1), "with the last character included"),
        (lambda start, end: (start + 1, end + 1), "bytes of UTF-8"),
    ],
)
def test_offsets_that_are_wrong_throughout_are_read_as_they_are_meant(move, name):
    found, (fault,) = read(rows(move))
    assert found == READ
    assert (fault.code, fault.line) == ("odd", 1)
    assert fault.message == (
        f"span offsets seem to count {name} and were read that way: then 4 begin and end with "
        "words, but almost none as written. If that is wrong, choose --span-offsets as-given"
    )


@pytest.mark.parametrize(
    ("by_end", "name"), [(1, "from 1"), (0, "from 1, with the last character included")]
)
def test_offsets_from_one(by_end, name):
    texts = [text.replace("ë", "e") for text in TEXTS]
    found, (fault,) = read(rows(lambda start, end: (start + 1, end + by_end), texts))
    assert found == [line.replace("ë", "e") for line in READ]
    assert f"count {name} and were read that way: " in fault.message


@pytest.mark.parametrize(
    ("text", "place"), [("🎉🎉 Ann left", (5, 8)), ("Oh\nno.\nAnn left", (9, 12))]
)
def test_a_single_span_tells_utf16_and_line_ends(text, place):
    found, (fault,) = read([Annotated(text, [CharSpan(*place, "PER")], 1)])
    assert found[0].endswith("Ann B-PER | left O")
    assert fault.code == "odd"


def test_offsets_that_are_mostly_wrong_are_said_with_the_reading_to_choose():
    # Every fourth is right as it is written: not clear enough to be read otherwise.
    given = rows(lambda start, end: (start, end)) + 3 * rows(lambda start, end: (start, end - 1))
    _, (first, *others) = read(given)
    assert (first.code, first.line) == ("odd", 1)
    assert first.message == (
        "12 of the first 16 spans don't begin and end with words. If offsets count with the last "
        "character included, 14 do: then choose --span-offsets inclusive-ends. Otherwise correct "
        "them"
    )
    assert {fault.code for fault in others} == {"misaligned"}


def test_offsets_that_fit_in_no_reading_are_said():
    text = "Annabella Robertson"
    places = [(1, 4), (2, 6), (3, 8), (11, 14), (12, 16), (13, 17)]
    given = [Annotated(text, [CharSpan(*place, "PER")], line) for line, place in enumerate(places)]
    _, (first, *_) = read(given)
    assert first.message == (
        "6 of the first 6 spans don't begin and end with words, however the offsets are counted. "
        "Check a few of them, and correct them"
    )


@pytest.mark.parametrize(
    ("offsets", "place"),
    [
        ("as-given", (1, 2)),
        ("inclusive-ends", (1, 1)),
        ("from-one", (2, 3)),
        ("from-one-inclusive", (2, 2)),
    ],
)
def test_spans_that_count_words_are_read_as_a_person_says(offsets, place):
    row = Annotated("", [CharSpan(*place, "PER")], 1, words=["saw", "Ann", "left"])
    found = pairs(record for record in tagged([row], offsets) if not isinstance(record, Fault))
    assert found == ["saw O | Ann B-PER | left O"]


def test_right_offsets_stay():
    assert read(rows(lambda start, end: (start, end))) == (READ, [])


def test_a_single_span_inside_a_word_stays():
    _, faults = read([Annotated("Annas Haus", [CharSpan(0, 4, "PER")], 1)])
    assert [fault.code for fault in faults] == ["misaligned"]


def test_mixed_offsets_stay():
    mixed = rows(lambda start, end: (start, end)) + rows(lambda start, end: (start, end - 1))
    assert all(fault.code == "misaligned" for fault in read(mixed)[1])


def test_the_text_of_spans_decides_where_each_character_is_a_word():
    spans = [CharSpan(0, 1, "LOC", "東京"), CharSpan(3, 4, "LOC", "大阪")]
    found, (fault,) = read([Annotated("東京と大阪", spans, 1)])
    assert found == ["東 B-LOC | 京 I-LOC | と O | 大 B-LOC | 阪 I-LOC"]
    assert "last character included" in fault.message


@pytest.mark.parametrize(
    ("text", "place"),
    [("Bo &amp; Al", "&amp;"), ("Bo left.\\nAl ran", ".\\n"), ("Bo\\nAl", "o\\n")],
)
def test_codes_of_html_and_written_line_ends_are_odd(text, place):
    _, faults = read([Annotated(text, [CharSpan(0, 2, "PER")], 3)] * 2)
    assert [(fault.code, fault.line, fault.text) for fault in faults if fault.code == "odd"] == [
        ("odd", 3, place)
    ]


@pytest.mark.parametrize("text", ["C:\\new, AT&T", "R&D; a\\b", "\\n"])
def test_usual_text_is_not_odd(text):
    assert read([Annotated(text, [], 1)])[1] == []
