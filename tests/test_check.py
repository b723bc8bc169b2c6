import json

import pytest

from ner_core import CheckReport, DataError, Finding, check_data
from ner_core.check import FEW_EXAMPLES
from tests.conftest import write_conll


def people(count, prefix="Ann"):
    return [[(f"{prefix}{number}", "B-PER"), ("ran", "O")] for number in range(count)]


@pytest.fixture
def check(tmp_path):
    """Give a function that checks a folder with a file for each split."""

    def check(**splits):
        path = tmp_path / "corpus"
        path.mkdir()
        for name, sentences in splits.items():
            write_conll(path / f"{name}.conll", sentences)
        return check_data(str(path))

    return check


def test_sound_data_has_counts_and_no_findings(check, tmp_path):
    dev = [[("Bob", "B-PER"), ("Lee", "I-PER"), ("sat", "O")]]
    report = check(train=people(20), dev=dev)
    assert report.as_json() == {
        "source": str(tmp_path / "corpus"),
        "scheme": "IOB2",
        "splits": {
            "train": {"sentences": 20, "tokens": 40, "entities": 20, "per_type": {"PER": 20}},
            "validation": {"sentences": 1, "tokens": 3, "entities": 1, "per_type": {"PER": 1}},
        },
        "findings": [],
    }
    assert isinstance(report, CheckReport)


def test_every_scheme_that_was_read_is_named(check):
    assert check(train=people(20), dev=[[("Bob", "S-PER")]]).scheme == "BIOES, IOB2"


@pytest.mark.parametrize(
    ("train", "dev", "count", "what"),
    [
        ([[("x", "O"), ("Ann", "I-PER")]], [], 1, "1 tag broke the file's own scheme (train: 1)"),
        (
            [[("x", "O"), ("Ann", "I-PER")]],
            [[("Bob", "I-PER"), ("x", "O"), ("Cy", "I-PER"), ("z", "B-PER"), ("w", "B-PER")]],
            3,
            "3 tags broke the file's own scheme (train: 1, validation: 2)",
        ),
    ],
)
def test_invalid_tags_are_a_warning(check, train, dev, count, what):
    report = check(train=people(20) + train, dev=people(3, "Bob") + dev)
    assert report.findings == [
        Finding(
            "warning",
            "invalid_tags",
            f"{what} and were repaired: an entity that did not start properly now starts where it "
            "is first tagged. Correct them in the file if that is not what was meant.",
            count,
        )
    ]


def test_repeated_sentences_are_a_note_with_their_places(check):
    report = check(train=people(20) + people(2), dev=people(1, "Bob"))
    assert report.findings == [
        Finding(
            "note",
            "duplicates",
            "2 sentences of train occurred before in it.",
            2,
            [
                {"split": "train", "sentence": 21, "text": "Ann0 ran"},
                {"split": "train", "sentence": 22, "text": "Ann1 ran"},
            ],
        )
    ]


@pytest.mark.parametrize(
    ("split", "count", "what"),
    [
        ("dev", 1, "In validation, 1 sentence is in train as well"),
        ("dev", 2, "In validation, 2 sentences are in train as well"),
        ("test", 3, "In test, 3 sentences are in train as well"),
    ],
)
def test_sentences_that_are_trained_and_scored_on_are_a_warning(check, split, count, what):
    splits = {"dev": people(5, "Bob"), "test": people(5, "Cy")}
    splits[split] = splits[split] + people(count)
    name = "validation" if split == "dev" else "test"
    assert check(train=people(20), **splits).findings == [
        Finding(
            "warning",
            "leak",
            f"{what}: scores on such do not tell how well new text is read. Take them out of one "
            "of the two.",
            count,
            [
                {"split": name, "sentence": 6 + number, "text": f"Ann{number} ran"}
                for number in range(count)
            ],
        )
    ]


def test_the_words_alone_make_a_leak_whatever_their_tags(check):
    dev = [[("Ann0", "O"), ("ran", "O")], [("Bob", "B-PER")]]
    assert [finding.code for finding in check(train=people(20), dev=dev).findings] == ["leak"]


def test_a_sentence_of_one_word_leaks_nothing(check):
    one = [[("Oslo", "B-PER")]]
    assert check(train=people(20) + one, dev=one).findings == []


def test_at_most_twenty_places_are_shown(check):
    finding = check(train=people(40), dev=people(40)).findings[0]
    assert (finding.code, finding.count, len(finding.rows)) == ("leak", 40, 20)


def test_a_long_sentence_is_shown_in_part(check):
    long = [[("x" * 150, "B-PER"), ("y" * 150, "O")]]
    (finding,) = check(train=people(20) + long, dev=long).findings
    assert finding.rows[0]["text"] == f"{'x' * 150} {'y' * 49}"


@pytest.mark.parametrize(
    ("count", "shown"), [(1, "1 example"), (2, "2 examples"), (FEW_EXAMPLES - 1, "19 examples")]
)
def test_a_rare_type_is_a_warning(check, count, shown):
    rare = [[(f"Oslo{number}", "B-LOC"), ("is", "O")] for number in range(count)]
    dev = [[("Rome", "B-LOC"), ("Bob", "B-PER")]]
    assert check(train=people(20) + rare, dev=dev).findings == [
        Finding(
            "warning",
            "few_examples",
            f"LOC has {shown} in train; under 20 it is hardly learned. Annotate more of it, or "
            "leave it out.",
            count,
        )
    ]


def test_a_type_that_is_only_scored_is_a_warning(check):
    dev = [[("Rome", "B-LOC"), ("Bob", "B-PER")]]
    (finding,) = check(train=people(20), dev=dev).findings
    assert finding.message == (
        "LOC has 0 examples in train; under 20 it is hardly learned. Annotate more of it, or "
        "leave it out."
    )


@pytest.mark.parametrize(
    ("splits", "where", "count"),
    [
        ({"dev": [[("x", "O")]]}, "validation", 1),
        ({"dev": [[("x", "O")]], "test": [[("y", "O")]]}, "validation and test", 2),
        ({"dev": [[("Bob", "B-PER")]], "test": [[("y", "O")]]}, "test", 1),
    ],
)
def test_a_type_that_is_not_scored_is_a_note(check, splits, where, count):
    assert check(train=people(20), **splits).findings == [
        Finding(
            "note",
            "absent_type",
            f"PER does not occur in {where}, so it is not scored there.",
            count,
        )
    ]


def test_a_training_part_without_entities_is_an_error(check):
    assert check(train=[[("x", "O")], [("y", "O")]], dev=people(1)).findings == [
        Finding(
            "error",
            "no_entities",
            "The training part has no entity; annotate some, or check the tag column.",
            1,
        )
    ]


def test_what_was_decided_is_a_note(tmp_path):
    path = write_conll(tmp_path / "my.conll", people(40))
    assert check_data(str(path), seed=5).findings == [
        Finding(
            "note",
            "decided",
            "There is no validation part: 4 of 40 training sentences, chosen by seed 5, were put "
            "aside for it.",
            1,
        )
    ]


def test_the_gravest_comes_first(tmp_path):
    rows = [[("x", "O"), ("y", "O")]] * 20
    levels = [f.level for f in check_data(str(write_conll(tmp_path / "a.conll", rows))).findings]
    assert levels == ["error", "warning", "note", "note", "note"]


def test_a_report_is_plain_json(check):
    report = check(train=people(20) * 2, dev=people(2))
    assert json.loads(json.dumps(report.as_json(), allow_nan=False)) == report.as_json()


def test_data_that_cannot_be_read_is_an_error():
    with pytest.raises(DataError) as caught:
        check_data("nowhere")
    assert str(caught.value) == (
        "Expected data: sample, a file or a folder; found nothing at 'nowhere'."
    )


def test_the_sample_has_nothing_wrong():
    assert check_data("sample").findings == []
