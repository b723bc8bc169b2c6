"""The first pass over a split, on records that a reader could yield."""

import pytest

from ner_core.data.faults import MOST_KEPT, FaultLog
from ner_core.data.readers.sentence import Fault, Sentence
from ner_core.data.scan import scan as scan_into
from ner_core.data.split_source import SplitSource
from ner_core.errors import DataError


def source(*records, unit="line"):
    """Make a source of these records; a text such as "Ann B-PER ran O" is a sentence."""
    made = []
    line = 1
    for record in records:
        if isinstance(record, str):
            parts = record.split()
            tokens, tags = parts[::2], parts[1::2]
            record = Sentence(tokens, tags, list(range(line, line + len(tokens))))
            line += len(tokens) + 1
        made.append(record)
    return SplitSource("my.conll", "CoNLL columns", unit, lambda: iter(made), str)


class Kept(list):
    """Keeps the sentences that a scan puts aside."""

    def add(self, sentence):
        self.append(sentence)


def scan(source, strict):
    return scan_into(source, strict, Kept())


def refusal(*records, strict=True, unit="line"):
    with pytest.raises(DataError) as caught:
        scan(source(*records, unit=unit), strict)
    return str(caught.value)


UNREADABLE = Fault("unreadable", 7, "there is that. Do so.", "that")


@pytest.mark.parametrize(
    ("records", "scheme", "types"),
    [
        (["Ann B-PER ran O"], "IOB2", {"PER"}),
        (["Ann I-PER ran O"], "IO", {"PER"}),
        (["Ann PER ran O", "Oslo creative-work"], "IO", {"PER", "creative-work"}),
        (["Ann S-PER", "a B-LOC b E-LOC"], "BIOES", {"PER", "LOC"}),
        (["ran O"], "IOB2", set()),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_schemes_and_types(records, scheme, types, strict):
    found = scan(source(*records), strict)
    assert (found.scheme, found.types) == (scheme, types)
    assert found.faults.counts == {}


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (UNREADABLE, "my.conll, line 7: there is that. Do so."),
        (
            "a O b B_PER",
            "my.conll, line 5: 'B_PER' is not a tag such as O, B-PER or I-PER. Write it as B-PER.",
        ),
        (
            "Bob PER",
            "my.conll, line 4: 'PER' is not a tag such as O, B-PER or I-PER. Is the tag in the "
            "last column of the line?",
        ),
    ],
)
def test_a_row_that_cannot_be_read_ends_a_strict_scan_only(fault, message):
    records = ["Ann B-PER ran O", fault, "Cy B-LOC"]
    assert refusal(*records) == message
    put_aside = Kept()
    found = scan_into(source(*records), False, put_aside)
    assert [sentence.tokens for sentence in put_aside] == [["Ann", "ran"], ["Cy"]]
    assert found.faults.counts == {"unreadable": 1}
    (kept,) = found.faults.first["unreadable"]
    assert message == f"my.conll, line {kept.line}: {kept.message}"
    assert found.types == {"PER", "LOC"}


def test_every_bare_type_among_tags_is_listed():
    put_aside = Kept()
    records = ("Ann B-PER ran O", "Bob PER", "x O Cy PER", "Di LOC")
    found = scan_into(source(*records), False, put_aside)
    assert [sentence.tokens for sentence in put_aside] == [["Ann", "ran"]]
    assert [fault.line for fault in found.faults.first["unreadable"]] == [4, 7, 9]
    assert (found.scheme, found.types) == ("IOB2", {"PER"})


@pytest.mark.parametrize("strict", [True, False])
def test_a_column_without_anything_outside_is_no_column_of_tags(strict):
    assert refusal("Ann NNP ran VBD", "x DT", strict=strict) == (
        "my.conll, line 1: 'NNP' is not a tag such as O, B-PER or I-PER. Is the tag in the last "
        "column of the line?"
    )


@pytest.mark.parametrize("strict", [True, False])
def test_schemes_that_exclude_each_other_are_a_sentence(strict):
    assert refusal("Ann S-PER", "Oslo U-LOC", strict=strict) == (
        "my.conll: the tags mix two schemes, S- (BIOES) and U- (BILOU). Write all files in the "
        "same scheme."
    )


def test_the_unit_of_a_source_is_named():
    assert refusal(UNREADABLE, unit="row") == ("my.conll, row 7: there is that. Do so.")


def test_what_does_not_keep_a_row_from_being_read_is_counted_in_both():
    faults = [Fault(code, 3, "", "x") for code in ("overlap", "misaligned", "empty", "empty")]
    for strict in (True, False):
        found = scan(source("Ann B-PER", *faults), strict)
        assert found.faults.counts == {"overlap": 1, "misaligned": 1, "empty": 2}


NOTHING = (
    "my.conll has no annotated sentences. Write a word and its tag on each line, and a blank line "
    "between sentences."
)


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([], NOTHING),
        ([Fault("empty", 1, "")], NOTHING),
        ([UNREADABLE], "my.conll, line 7: there is that. Do so."),
        (
            ["Ann B_PER", UNREADABLE],
            "my.conll, line 1: 'B_PER' is not a tag such as O, B-PER or I-PER. Write it as B-PER.",
        ),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_nothing_to_learn_from_is_a_sentence(records, message, strict):
    assert refusal(*records, strict=strict) == message


def test_a_log_counts_all_and_keeps_the_first():
    log = FaultLog()
    for line in range(1, 101):
        log.add(Fault("overlap", line, "m"))
    log.add(Fault("invalid", 1, "m"), 5)
    assert log.counts == {"overlap": 100, "invalid": 5}
    assert [fault.line for fault in log.first["overlap"]] == list(range(1, MOST_KEPT + 1))
    assert len(log.first["invalid"]) == 1
