"""The places that findings show, and how many of them."""

import json

import pytest

from ner_core.checks.finding import MOST_ROWS
from ner_core.checks.report import check_data
from ner_core.counting import many
from ner_core.data.readers.sentence import ReadOptions


def people(count, prefix="Ann"):
    """Return the lines of sentences that have a person each: three lines a sentence."""
    return "".join(f"{prefix}{number} B-PER\nran O\n\n" for number in range(count))


def row(split, source, line, text, unit="line"):
    return {"split": split, "source": source, "unit": unit, "line": line, "text": text}


def spans(text, *found):
    """Return a line of spans JSONL; each of ``found`` is start, end, label."""
    return json.dumps({"text": text, "spans": [list(span) for span in found]}) + "\n"


@pytest.fixture
def check(tmp_path):
    """Return a function that checks a folder of these files."""

    def check(files, options=None):
        folder = tmp_path / "corpus"
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_text(content, encoding="utf-8", newline="")
        return check_data(str(folder), options=options).findings

    return check


DEV = {"dev.conll": people(1, "Bob")}


SPANS_TRAIN = "".join(spans(f"Ann{number} ran", (0, 5, "PER")) for number in range(10, 30))


@pytest.mark.parametrize(
    ("code", "files"),
    [
        ("leak", {"train.conll": people(1234), "dev.conll": people(1234)}),
        ("duplicates", {"train.conll": people(20) + "x O\n\n" * 1235, **DEV}),
        ("unreadable", {"train.conll": people(20) + "x\n\n" * 1234, **DEV}),
        ("invalid", {"train.conll": people(2000) + "x O\ny I-PER\n\n" * 1234, **DEV}),
        ("empty", {"train.jsonl": SPANS_TRAIN + spans("") * 1234, **DEV}),
        (
            "ambiguous",
            {
                "train.conll": "".join(f"A{n} B-PER\n\nA{n} B-LOC\n\n" for n in range(1234)),
                **DEV,
            },
        ),
    ],
)
def test_twenty_places_are_shown_and_all_are_counted(check, code, files):
    finding = next(finding for finding in check(files) if finding.code == code)
    assert (finding.count, len(finding.rows)) == (1234, MOST_ROWS)
    assert "1,234 " in finding.message


def test_places_of_several_splits_are_twenty_together(check):
    bad = "x\n\n" * 15
    (finding,) = check({"train.conll": people(20) + bad, "dev.conll": people(1, "Bob") + bad})
    assert finding.count == 30
    assert [place["split"] for place in finding.rows] == ["train"] * 15 + ["validation"] * 5


def test_a_long_sentence_is_shown_in_part(check):
    long = f"{'x' * 150} B-PER\n{'y' * 150} O\n"
    (finding,) = check({"train.conll": people(20) + long, "dev.conll": long})
    assert finding.rows[0]["text"] == f"{'x' * 150} {'y' * 49}"


def test_a_single_sentence_is_shown_with_its_error(tmp_path):
    path = tmp_path / "my.conll"
    path.write_text("Ann B-PER\nran O\n")
    report = check_data(str(path))
    assert report.splits["train"].entities == 1
    (error,) = report.errors
    assert (error.code, error.message) == (
        "one_sentence",
        "my.conll has only 1 training sentence. Add at least one more, so that one can be "
        "kept for validation.",
    )


def test_rows_of_parquet_are_numbered(check, tmp_path):
    from datasets import Dataset

    words = [[f"Ann{number}", "ran"] for number in range(20)]
    rows = {"tokens": [*words, words[3]], "ner_tags": [["B-PER", "O"]] * 21}
    Dataset.from_dict(rows).to_parquet(tmp_path / "train.parquet")
    (tmp_path / "dev.conll").write_text(people(1, "Bob"))
    (finding,) = check_data(str(tmp_path)).findings
    assert finding.rows == [row("train", "train.parquet", 21, "Ann3 ran", unit="row")]


def test_options_reach_the_reader(check):
    lines = "".join(f"Ann{number} 1\nran 0\n\n" for number in range(20))
    files = {"train.conll": lines, "dev.conll": "Bob 1\nsat 0\n"}
    assert check(files, ReadOptions(label_names=("O", "B-PER"))) == []


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [(0, "row", "0 rows"), (1, "entity", "1 entity"), (12_345, "entity", "12,345 entities")],
)
def test_how_many_there_are(count, noun, text):
    assert many(count, noun) == text
