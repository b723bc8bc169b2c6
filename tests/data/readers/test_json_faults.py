"""JSON that cannot be read: rows that are faults, and files that are refused."""

import codecs
import json

import pytest

from ner_core.data.readers.json_lines import read_json
from ner_core.data.readers.sentence import Fault, ReadOptions
from ner_core.errors import DataError
from tests.support.records import pairs

CONLL_NAMES = (
    "O",
    *(f"{prefix}-{kind}" for kind in ("PER", "ORG", "LOC", "MISC") for prefix in "BI"),
)


ANN = '{"tokens": ["Ann", "left"], "tags": ["B-PER", "O"]}'


BOB = '{"text": "Bob", "spans": [{"start": 0, "end": 3, "label": "PER"}]}'


BOTH = ["Ann B-PER | left O", "Bob B-PER"]


@pytest.fixture
def read(tmp_path):
    """Return a function that reads raw text or bytes as a JSON file."""

    def read(raw, **options):
        path = tmp_path / "my.jsonl"
        path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
        return list(read_json(path, ReadOptions(**options)))

    return read


@pytest.fixture
def refusal(read):
    def refusal(raw, **options):
        with pytest.raises(DataError) as caught:
            read(raw, **options)
        return str(caught.value)

    return refusal


def one(read, row, **options):
    """Read a single row; give it in short."""
    (short,) = pairs(read(json.dumps(row), **options))
    return short


SPAN = "instead of a span with start, end and label. Correct the annotation."


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            {"tokens": ["a", "b"], "tags": ["O"]},
            "the row has 2 words in tokens but 1 tag in tags. Correct the row.",
        ),
        (
            {"tokens": [], "ner": ["O"] * 1000},
            "the row has 0 words in tokens but 1,000 tags in ner. Correct the row.",
        ),
        (
            {"tokens": ["a", ""], "tags": ["O", "O"]},
            "there is a tag without a word. Write the word, or remove its tag.",
        ),
        (
            {"tokens": ["New York"], "tags": ["O"]},
            "there is a blank in the word 'New York'. Make two words of it.",
        ),
        ({"tokens": [None], "tags": ["O"]}, "a word is null, not text. Correct it."),
        (
            {"tokens": ["a", ["b"]], "tags": ["O", "O"]},
            "a word is a list, not text. Correct it.",
        ),
        (
            {"tokens": ["\ud83d"], "tags": ["O"]},
            "there is half of a surrogate pair in the word '?'. Correct it.",
        ),
        (
            {"tokens": ["a"], "tags": ["\udc00"]},
            "there is half of a surrogate pair in the tag '?'. Correct it.",
        ),
        *(
            (
                {"tokens": ["a", "b"], "tags": ["O", tag]},
                f"a word has {found} as its tag. Write O outside of entities.",
            )
            for tag, found in [
                (None, "null"),
                (float("nan"), "nan"),
                (True, "true"),
                ("", "nothing"),
                ({}, "an object"),
            ]
        ),
        (
            {"text": "Ann", "spans": ["PER"]},
            "there is 'PER' instead of a span with start, end and label. Export the data again "
            "with the positions of the entities.",
        ),
        ({"text": "Ann", "spans": [[0, 3]]}, f"there is a list {SPAN}"),
        (
            {"text": "Ann", "spans": [{"start": 0, "end": 3}]},
            f"there is an object with the keys 'start', 'end' {SPAN}",
        ),
        (
            {"text": "Ann", "spans": [[0, 4, "PER"]]},
            "a span at 0 to 4 is outside the text, which has 3 characters. Correct the annotation.",
        ),
        (
            {"tokens": ["a"], "other": ["O"]},
            "there is a list of words under tokens, but no list of tags: the keys are 'tokens', "
            "'other'. Name the key of the tags with --tag-column.",
        ),
        (
            {"text": "Ann", "label": "PER", "spans": None},
            "there is a text under text, but no list of spans: the keys are 'text', 'label'. Give "
            "an empty list where there is no entity, or name the key of the spans with "
            "--tag-column.",
        ),
        (
            {"mine": "Ann", "n": 1},
            "there is no list of words and no text: the keys are 'mine', 'n'. Name the key of the "
            "words or the text with --token-column, and that of the tags or spans with "
            "--tag-column.",
        ),
        *(
            (
                row,
                f'this row is {found} instead of an object such as {{"tokens": [...], "tags": '
                "[...]}. Correct the row.",
            )
            for row, found in [
                (1, "1"),
                (None, "null"),
                ("x" * 50, f"'{'x' * 40}…'"),
                ([], "a list"),
            ]
        ),
    ],
)
def test_a_row_that_cannot_be_read_is_a_fault(read, row, message):
    first, fault, last = read(f"{ANN}\n{json.dumps(row)}\n{BOB}")
    assert pairs([first, last]) == BOTH
    assert (fault.code, fault.line, fault.message) == ("unreadable", 2, message)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"token_column": "x"},
            "the key 'x' has null instead of a list of words or a text. Choose another key with "
            "--token-column (the row has 'tokens', 'tags', 'id', 'nested').",
        ),
        (
            {"token_column": "nested"},
            "the key 'nested' has a list instead of a list of words or a text. Choose another key "
            "with --token-column (the row has 'tokens', 'tags', 'id', 'nested').",
        ),
        (
            {"tag_column": "id"},
            "the key 'id' has 4 instead of a list of tags or spans. Choose another key with "
            "--tag-column (the row has 'tokens', 'tags', 'id', 'nested').",
        ),
    ],
)
def test_a_column_that_a_person_named_has_to_be_there(read, options, message):
    row = {"tokens": ["Ann"], "tags": ["O"], "id": 4, "nested": [["Ann"]]}
    assert one(read, row, **options) == message


def test_a_fault_says_what_stands_there(read):
    rows = [{"tokens": ["Ann", 1, "x" * 50], "tags": []}, {"text": "Ann"}, 5, {"a": 1}]
    texts = [fault.text for fault in read("\n".join(map(json.dumps, rows)))]
    assert texts == ["Ann " + "x" * 36 + "…", "Ann", "", ""]


@pytest.mark.parametrize("number", [9, -1, 10**30])
def test_a_number_without_a_name_is_a_fault(read, number):
    assert one(read, {"tokens": ["a"], "ner_tags": [number]}, label_names=CONLL_NAMES) == (
        f"the tag {number} isn't a number from 0 to 8. Correct it."
    )


def test_numbers_need_names(refusal):
    raw = '{"text": "x"}\n{"tokens": ["a"], "ner_tags": [0]}\n'
    assert refusal(raw) == (
        "my.jsonl, line 2: the tags in ner_tags are numbers without names. Name them with "
        "--label-names O,B-PER,... ."
    )


def test_a_stray_number_in_a_file_with_names_is_a_fault(read):
    assert pairs(read(f'{ANN}\n{{"tokens": ["a"], "ner_tags": [0]}}\n{BOB}')) == [
        BOTH[0],
        "the tags in ner_tags are numbers here, but names in the rows before. Correct the row.",
        BOTH[1],
    ]


DEEP = 100_000


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("", None),
        ('{"tokens": ["Ann"', "ends too early (expecting ',' delimiter, column 18)"),
        (
            '{"tokens": ["Ann',
            "is not valid at '\"Ann' (unterminated string starting at, column 13)",
        ),
        (
            "{'tokens': []",
            "is not valid at \"'tokens': []\" "
            "(expecting property name enclosed in double quotes, column 2)",
        ),
        ("{} {}", "is not valid at '{}' (extra data, column 4)"),
        ("Ann B-PER", "is not valid at 'Ann B-PER' (expecting value, column 1)"),
        ('{"a": "\t"}', "is not valid at '\"}' (invalid control character at, column 8)"),
        ("[" * DEEP + "]" * DEEP, "has lists or objects nested too deeply"),
        ('{"a":' * DEEP, "has lists or objects nested too deeply"),
        ("9" * 5000, "has a number of thousands of digits"),
    ],
)
def test_a_line_that_is_no_json_is_a_fault(read, line, problem):
    for raw in (f"{ANN}\n{line}\n{BOB}", f"{ANN}\n{BOB}\n{line}"):
        faults = [record for record in read(raw) if isinstance(record, Fault)]
        assert len(read(raw)) - len(faults) == 2
        if problem is not None:
            assert pairs(faults) == [f"the JSON {problem}. Correct the line."]
            assert faults[0].text == (line if len(line) < 40 else line[:40] + "…")


def test_a_byte_that_is_not_utf8_is_a_fault(read):
    raw = f"{ANN}\nZ\u00fcrich\n{BOB}\n".encode("latin-1")
    assert pairs(read(raw)) == [
        BOTH[0],
        "the byte 0xfc is not UTF-8 text. Correct the line.",
        BOTH[1],
    ]


@pytest.mark.parametrize("first", ["{'a': 1}", '{"tokens": ["Ann"', '{"a": 1,', '{"tokens": ["A'])
def test_a_broken_first_line_does_not_hide_the_others(read, first):
    fault, *others = read(f"\n{first}\n{ANN}\n\n{BOB}\n")
    assert (fault.code, fault.line) == ("unreadable", 2)
    assert [
        (record.lines[0], short) for record, short in zip(others, pairs(others), strict=True)
    ] == [
        (3, BOTH[0]),
        (5, BOTH[1]),
    ]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (
            f"[\n{ANN}\n{BOB}\n]",
            'my.jsonl, line 3: the JSON is not valid at \'{"text": "Bob", "spans": [{"start": 0, '
            "\"…' (expecting ',' delimiter, column 1). Correct the file.",
        ),
        (
            f"\n[{ANN},\n{BOB},\n",
            "my.jsonl, line 4: the JSON ends too early (expecting value, column 1). Correct the "
            "file.",
        ),
        (
            '{"data": [',
            "my.jsonl, line 1: the JSON ends too early (expecting value, column 11). Correct the "
            "file.",
        ),
        (
            "[\n" + '{"a": [' * DEEP,
            "my.jsonl, line 1: the JSON has lists or objects nested too deeply. Correct the file.",
        ),
        (
            b'{\n"text": "Z\xfcrich"\n}',
            "my.jsonl, line 2: the byte 0xfc is not UTF-8 text. Correct the file.",
        ),
        (
            "Ann left\n",
            "my.jsonl, line 1: the file begins with 'Ann left', so it isn't a JSON object or "
            "list. Choose another file.",
        ),
        (
            b"\x89PNG\r\n\x1a\n\0\0",
            "my.jsonl, line 1: the file begins with '?PNG', so it isn't a JSON object or list. "
            "Choose another file.",
        ),
        (
            codecs.BOM_UTF16_LE + b"{\0\n",
            "my.jsonl: the file starts as UTF-16, but isn't UTF-16 text throughout. Save it as "
            "UTF-8.",
        ),
    ],
)
def test_a_document_that_is_no_json_is_refused(refusal, raw, message):
    assert refusal(raw) == message


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataError) as caught:
        list(read_json(tmp_path / "no.jsonl", ReadOptions()))
    assert str(caught.value) == (f"{tmp_path}/no.jsonl can't be read: No such file or directory.")
