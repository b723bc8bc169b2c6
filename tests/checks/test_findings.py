"""What each finding says: whole sentences, places in the source, and the true count."""

import json

import pytest

from ner_core.checks.finding import Finding
from ner_core.checks.findings import FEW_EXAMPLES
from ner_core.checks.report import check_data
from ner_core.data.faults import FaultLog
from ner_core.data.readers.sentence import Fault, FaultCode


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
LONGER = (
    "the longer one is kept, or the first of two equally long ones. Remove those you don't want."
)
START = "an entity without a proper start now starts at its first tag. Correct {} if that is wrong."
TASKS = json.dumps(
    [
        {
            "data": {"text": text},
            "annotations": [
                {
                    "result": [
                        {
                            "type": "labels",
                            "from_name": "label",
                            "to_name": "text",
                            "value": {"start": 0, "end": 5, "labels": ["PER"]},
                        }
                    ]
                    if text.strip()
                    else []
                }
            ],
        }
        for text in [*(f"Ann{number} ran" for number in range(10, 30)), "  "]
    ]
)

CASES = {
    "unreadable": (
        {"train.conll": people(20) + "Oslo\n\nran O\nCy B_PER\n", **DEV},
        Finding(
            "error",
            "unreadable",
            "2 rows can't be read. Fix them to start training.",
            2,
            [
                row(
                    "train",
                    "train.conll",
                    61,
                    "there is only a word here ('Oslo'), without a tag. Write a tag after it, "
                    "separated by a blank or a tab. Oslo",
                ),
                row(
                    "train",
                    "train.conll",
                    64,
                    "'B_PER' is not a tag such as O, B-PER or I-PER. Write it as B-PER. Cy B_PER",
                ),
            ],
        ),
    ),
    "one unreadable": (
        {"train.conll": people(20), "dev.conll": people(1, "Bob") + "Oslo PER\n"},
        Finding(
            "error",
            "unreadable",
            "1 row can't be read. Fix it to start training.",
            1,
            [
                row(
                    "validation",
                    "dev.conll",
                    4,
                    "'PER' is not a tag such as O, B-PER or I-PER. Is the tag in the last column "
                    "of the line? Oslo PER",
                )
            ],
        ),
    ),
    "one invalid": (
        {"train.conll": people(20) + "x O\nCy I-PER\n", **DEV},
        Finding(
            "warning",
            "invalid",
            f"1 tag didn't follow the file's own tag scheme and was repaired: {START.format('it')}",
            1,
            [row("train", "train.conll", 61, "Cy I-PER")],
        ),
    ),
    "invalid": (
        {
            "train.conll": people(20) + "x O\nCy I-PER\n\ny O\nz I-PER\n",
            "dev.conll": people(3, "Bob") + "w O\nDi I-PER\nv O\nEd I-PER\n",
        },
        Finding(
            "warning",
            "invalid",
            "4 tags didn't follow the file's own tag scheme and were repaired: "
            f"{START.format('them')}",
            4,
            [
                row("train", "train.conll", 61, "Cy I-PER"),
                row("train", "train.conll", 64, "z I-PER"),
                row("validation", "dev.conll", 10, "Di I-PER Ed I-PER"),
            ],
        ),
    ),
    "one overlap": (
        {
            "train.jsonl": SPANS_TRAIN + spans("Ann Lee ran", (0, 7, "PER"), (4, 7, "PER")),
            **DEV,
        },
        Finding(
            "warning",
            "overlap",
            f"1 entity overlapped another one and was left out: {LONGER}",
            1,
            [
                row(
                    "train",
                    "train.jsonl",
                    21,
                    "the spans 'Lee' (PER) and 'Ann Lee' (PER) overlap. The second one was kept. "
                    "Remove one of them. Lee",
                )
            ],
        ),
    ),
    "overlap": (
        {
            "train.jsonl": SPANS_TRAIN
            + spans("Ann Lee ran", (0, 7, "PER"), (4, 7, "PER"), (0, 3, "PER")),
            **DEV,
        },
        Finding(
            "warning",
            "overlap",
            f"2 entities overlapped another one and were left out: {LONGER}",
            2,
            [
                row(
                    "train",
                    "train.jsonl",
                    21,
                    f"the spans '{name}' (PER) and 'Ann Lee' (PER) overlap. The second one was "
                    f"kept. Remove one of them. {name}",
                )
                for name in ("Ann", "Lee")
            ],
        ),
    ),
    "misaligned": (
        {"train.jsonl": SPANS_TRAIN + spans("Anna ran", (0, 3, "PER")), **DEV},
        Finding(
            "note",
            "misaligned",
            "1 entity border fell inside a word, so the word was split there and nothing is lost. "
            "Correct the offsets if that is wrong.",
            1,
            [
                row(
                    "train",
                    "train.jsonl",
                    21,
                    "the span 'Ann' (PER) ends inside 'Anna', so the word was split there. "
                    "Correct the span if it is wrong. Anna",
                )
            ],
        ),
    ),
    # Both ends of one entity are two places to look at.
    "both ends misaligned": (
        {"train.jsonl": SPANS_TRAIN + spans("McAnna ran", (2, 5, "PER")), **DEV},
        Finding(
            "note",
            "misaligned",
            "2 entity borders fell inside a word, so the word was split there and nothing is "
            "lost. Correct the offsets if that is wrong.",
            2,
            [
                row(
                    "train",
                    "train.jsonl",
                    21,
                    f"the span 'Ann' (PER) {verb} inside 'McAnna', so the word was split there. "
                    "Correct the span if it is wrong. McAnna",
                )
                for verb in ("begins", "ends")
            ],
        ),
    ),
    "empty": (
        {"train.jsonl": SPANS_TRAIN + spans("") + spans(" \t"), **DEV},
        Finding(
            "note",
            "empty",
            "2 rows had no words and were skipped.",
            2,
            [row("train", "train.jsonl", 21, ""), row("train", "train.jsonl", 22, "")],
        ),
    ),
    "one empty": (
        {"train.json": TASKS, **DEV},
        Finding(
            "note",
            "empty",
            "1 row had no words and was skipped.",
            1,
            [row("train", "train.json", 21, "", unit="task")],
        ),
    ),
    "conflict": (
        {"train.conll": people(20) + "Ann0 O\nran O\n\nAnn1 B-PER\nran I-PER\n", **DEV},
        Finding(
            "warning",
            "conflict",
            "2 sentences of train appeared there before with other tags. Correct the wrong ones.",
            2,
            [
                row("train", "train.conll", 61, "Ann0 ran"),
                row("train", "train.conll", 64, "Ann1 ran"),
            ],
        ),
    ),
    "duplicates": (
        {"train.conll": people(20) + people(2), **DEV},
        Finding(
            "note",
            "duplicates",
            "2 sentences of train appeared there before.",
            2,
            [
                row("train", "train.conll", 61, "Ann0 ran"),
                row("train", "train.conll", 64, "Ann1 ran"),
            ],
        ),
    ),
    "one duplicate": (
        {"train.conll": people(20), "dev.conll": people(2, "Bob") + people(1, "Bob")},
        Finding(
            "note",
            "duplicates",
            "1 sentence of validation appeared there before.",
            1,
            [row("validation", "dev.conll", 7, "Bob0 ran")],
        ),
    ),
    "leak": (
        {"train.conll": people(20), **DEV, "test.conll": people(1, "Cy") + people(2)},
        Finding(
            "warning",
            "leak",
            "2 test sentences are also in train, so scores will look too good. Remove them from "
            "one of the two.",
            2,
            [
                row("test", "test.conll", 4, "Ann0 ran"),
                row("test", "test.conll", 7, "Ann1 ran"),
            ],
        ),
    ),
    "one leak": (
        # The words alone make a leak, whatever their tags.
        {"train.conll": people(20), "dev.conll": people(1, "Bob") + "Ann5 O\nran O\n"},
        Finding(
            "warning",
            "leak",
            "1 validation sentence is also in train, so scores will look too good. Remove it from "
            "one of the two.",
            1,
            [row("validation", "dev.conll", 4, "Ann5 ran")],
        ),
    ),
    "no_entities": (
        {"train.conll": "x O\n\ny O\n", **DEV},
        Finding(
            "error",
            "no_entities",
            "The training part has no entities. Annotate some, or check the tag column.",
            1,
        ),
    ),
    "nothing_to_score": (
        {"train.conll": people(20), "dev.conll": "x O\n"},
        Finding(
            "warning",
            "nothing_to_score",
            "validation has no entities, so there is nothing to score during training and the "
            "last model is kept. Annotate some of its sentences, or remove it to hold out a part "
            "of train instead.",
            1,
        ),
    ),
    "unseen_type": (
        {
            "train.conll": people(20),
            "dev.conll": people(1, "Bob") + "Rome B-LOC\n",
            "test.conll": people(1, "Cy") + "Oslo B-LOC\n",
        },
        Finding(
            "warning",
            "unseen_type",
            "LOC is in validation and test but not in train, so the model can't learn it and each "
            "one counts as missed. Add examples to train, or remove it.",
            1,
        ),
    ),
    "few_examples": (
        {"train.conll": people(FEW_EXAMPLES - 1), **DEV},
        Finding(
            "warning",
            "few_examples",
            "PER has 19 examples in train, and with fewer than 20 a model hardly learns it. "
            "Annotate more, or leave it out.",
            19,
        ),
    ),
    "one example": (
        {"train.conll": people(1), **DEV},
        Finding(
            "warning",
            "few_examples",
            "PER has 1 example in train, and with fewer than 20 a model hardly learns it. "
            "Annotate more, or leave it out.",
            1,
        ),
    ),
    "absent_type": (
        {"train.conll": people(20), "dev.conll": "x O\n", "test.conll": "y O\n"},
        Finding(
            "note",
            "absent_type",
            "PER doesn't occur in validation and test, so it has no score there.",
            2,
        ),
    ),
    "one absent_type": (
        {"train.conll": people(20), **DEV, "test.conll": "y O\n"},
        Finding(
            "note",
            "absent_type",
            "PER doesn't occur in test, so it has no score there.",
            1,
        ),
    ),
    "ambiguous": (
        {
            "train.conll": people(20)
            + "".join(f"Oslo B-LOC\nis O\nx{number} O\n\n" for number in range(20)),
            "dev.conll": people(1, "Bob") + "in O\nOslo B-PER\n\nRome B-LOC\n",
        },
        Finding(
            "note",
            "ambiguous",
            "1 name is annotated with more than one type. Check whether they really have several "
            "meanings; the line shown is the first with the rarest type.",
            1,
            [row("validation", "dev.conll", 4, "Oslo: LOC 20, PER 1")],
        ),
    ),
    "odd": (
        {"train.conll": people(20) + "left 0\n\n", **DEV},
        Finding(
            "warning",
            "odd",
            "train.conll: the tag '0' (Digit zero) was read as O. Write O instead.",
            1,
        ),
    ),
    "guess": (
        {"train.conll": people(20), "dev.conll": "Bob B-PER B-NP\nslept O O\n"},
        Finding(
            "note",
            "guess",
            "dev.conll: the tags were read from column 2; 3 has tags as well. Choose another one "
            "with --tag-column if that is wrong.",
            1,
        ),
    ),
    "case": (
        {
            "train.conll": people(20) + people(20, "Lee").replace("PER", "Per"),
            "dev.conll": "Bob B-PER\nsaw O\nKim B-Per\n",
        },
        Finding(
            "warning",
            "case",
            "PER and Per differ only in capital letters, and count as separate types. Write them "
            "alike if they mean the same.",
            2,
        ),
    ),
    "decided": (
        {"train.conll": people(40)},
        Finding(
            "note",
            "decided",
            "The data have no validation part, so 4 of 40 training sentences were set aside for "
            "it, chosen by seed 42.",
            1,
        ),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_finding_says(check, case):
    files, finding = CASES[case]
    found = check(files)
    assert [other for other in found if other.code == finding.code] == [finding]
    # Nothing else is found, but for what comes with data that have no entity.
    beside = {"absent_type": {"nothing_to_score"}, "nothing_to_score": {"absent_type"}}
    if case != "no_entities":
        assert [other for other in found if other.code not in beside.get(case, ())] == [finding]


def test_a_remark_on_many_places_is_counted_at_each():
    log = FaultLog()
    for line in range(1, 31):
        log.add(Fault("odd", line, "left out"))
    log.add(Fault("odd", 31, "another"))  # beyond those that are kept
    assert log.remarks == {"left out": 30}
    assert len(log.first["odd"]) == 20


def test_every_kind_of_fault_is_in_the_table():
    assert set(FaultCode.__args__) <= {finding.code for _, finding in CASES.values()}


def test_equal_sentences_stay_together_where_validation_is_put_aside(check):
    codes = {finding.code for finding in check({"my.conll": people(100) * 2})}
    assert "duplicates" in codes
    assert "leak" not in codes


def test_validation_from_train_leaks_what_documents_repeat(check):
    document = "-DOCSTART- O\n\n" + people(2)
    found = check({"my.conll": document * 20})
    (leak,) = (finding for finding in found if finding.code == "leak")
    assert leak.message == (
        "4 sentences put aside for validation are also in train, because the data repeat them. "
        "Scores will look too good until you remove the repeats."
    )


def test_a_sentence_of_one_word_leaks_nothing(check):
    one = "Oslo B-PER\n"
    assert check({"train.conll": people(20) + one, "dev.conll": one}) == []


def test_the_most_frequent_ambiguous_name_comes_first(check):
    sentences = people(20) + "".join(
        f"{name} B-{label}\nx{number} O\n\n"
        for name, label, count in [
            ("A", "LOC", 19),
            ("A", "PER", 1),
            ("B", "LOC", 30),
            ("B", "PER", 2),
        ]
        for number in range(count)
    )
    files = {"train.conll": sentences, "dev.conll": people(1, "Bob") + "Rome B-LOC\n"}
    (finding,) = [finding for finding in check(files) if finding.code == "ambiguous"]
    assert [place["text"] for place in finding.rows] == ["B: LOC 30, PER 2", "A: LOC 19, PER 1"]
    assert [place["line"] for place in finding.rows] == [61 + 50 * 3, 61 + 19 * 3]


def test_nested_annotation_is_named(check):
    inner = "".join(
        spans(f"Ann{number} Lee ran", (0, 9, "PER"), (0, 5, "FIRST")) for number in range(10, 30)
    )
    nested = [finding for finding in check({"train.jsonl": inner, **DEV}) if finding.count == 20]
    (finding,) = [finding for finding in nested if finding.code == "overlap"]
    assert (finding.level, finding.message) == (
        "warning",
        "Entities are nested: 20 of 41 overlapped another one and were left out (the longer of "
        "two is kept, or the first if both are equally long). A model here learns one type for "
        "each word. To learn the inner entities too, train a second model on a copy of the data "
        "without the outer ones.",
    )
