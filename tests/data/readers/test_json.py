import codecs
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_core.data.readers.json_lines import looks_like_json, read_json
from ner_core.data.readers.json_values import json_values
from ner_core.data.readers.sentence import Fault, ReadOptions, Sentence
from ner_core.errors import DataError
from tests.support.places import GOLDEN
from tests.support.records import pairs, render

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


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("json_huggingface.jsonl", CONLL_NAMES),
        ("json_prodigy.jsonl", ()),
        ("json_doccano.jsonl", ()),
        ("json_spacy.json", ()),
    ],
)
def test_what_other_programs_write_is_read(name, names):
    path = GOLDEN / name
    assert looks_like_json(path.read_bytes())
    found = render(read_json(path, ReadOptions(label_names=names)))
    assert found == path.with_suffix(".records.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "raw",
    [
        f"{ANN}\n{BOB}\n",
        f"\n{ANN}\r\n \t\r\n{BOB}",
        f"  {ANN}  \n  {BOB}",
        f"[{ANN}, {BOB}]",
        f"[\n{ANN},\n{BOB}\n]\n",
        f"[{ANN},\n{BOB}]",
        f"[\n{json.dumps(json.loads(ANN), indent=2)}, {BOB}]",
        f'{{"data": [{ANN}, {BOB}]}}',
        f'{{"version": 1,\n"examples": [\n{ANN},\n{BOB}\n]\n}}',
    ],
)
@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"],
)
def test_rows_however_they_are_written(read, raw, encoding):
    assert pairs(read(raw.encode(encoding))) == BOTH
    assert looks_like_json(raw.encode(encoding))


@pytest.mark.parametrize(
    ("raw", "lines"),
    [
        (f"{ANN}\n{BOB}\n", [1, 2]),
        (f"\n{ANN}\n\n{BOB}\n", [2, 4]),
        (f"\n\n[\n{ANN},\n{BOB}]\n", [1, 2]),
        (f"\n{ANN}\n", [2]),
        (json.dumps(json.loads(ANN), indent=2), [1]),
    ],
)
def test_rows_have_the_number_of_their_line_or_place(read, raw, lines):
    assert [sentence.lines[0] for sentence in read(raw)] == lines


@pytest.mark.parametrize("raw", ["", " \n\n", "\ufeff", "[]", '{"data": []}', "[\n]\n"])
def test_a_file_may_hold_no_rows(read, raw):
    assert read(raw) == []


@pytest.mark.parametrize("token_key", ["tokens", "words", "token", "text"])
@pytest.mark.parametrize("tag_key", ["ner_tags", "tags", "labels", "ner", "ner_labels", "label"])
def test_words_and_tags_have_many_names(read, token_key, tag_key):
    row = {"id": 1, token_key: ["Ann", "left"], tag_key: ["U-PER", "O"]}
    assert one(read, row) == "Ann U-PER | left O"
    assert one(read, {**row, tag_key: [1, 0]}, label_names=("O", "PER")) == "Ann PER | left O"


@pytest.mark.parametrize(
    "row",
    [
        {"text": "Ann left", "spans": [{"start": 0, "end": 3, "label": "PER"}]},
        {"text": "Ann left", "entities": [{"start": 0, "end": 3, "type": "PER", "label": "PER"}]},
        {"text": "Ann left", "entities": [{"start": 0, "end": 3, "type": "PER"}]},
        {"text": "Ann left", "entities": [{"start_offset": 0, "end_offset": 3, "label": "PER"}]},
        {"text": "Ann left", "entities": [[0, 3, "PER"]]},
        {"text": "Ann left", "labels": [[0, 3, "PER"]]},
        {"text": "Ann left", "label": [[0, 3, "PER", "by Bob"]]},
        {"data": "Ann left", "label": [[0, 3, "PER"]]},
        ["Ann left", {"entities": [[0, 3, "PER"]]}],
        {"text": "Ann left", "tokens": [{"text": "Ann"}], "spans": [[0, 3, "PER"]]},
        {"text": "Ann left", "tokens": ["An", "n"], "spans": [[0, 3, "PER"]], "tags": ["O", "O"]},
        {"text": "Ann left", "tokens": ["Ann", "left"], "label": [[0, 3, "PER"]]},
        {"text": "?", "tokens": ["Ann", "left"], "tags": ["B-PER", "O"], "entities": []},
        {"text": None, "tokens": ["Ann", "left"], "tags": ["B-PER", "O"], "spans": []},
        {"text": "?", "tokens": ["Ann", "left"], "tags": ["B-PER", "O"], "spans": None},
        {"tokens": ["Ann", "left"], "ner_tags": None, "tags": ["B-PER", "O"]},
    ],
)
def test_a_row_of_any_kind_is_recognised(read, row):
    assert one(read, row) == "Ann B-PER | left O"
    assert one(read, [row, row][:1]) == "Ann B-PER | left O"


@pytest.mark.parametrize("key", ["spans", "entities", "labels", "label"])
def test_no_spans_mean_no_entities(read, key):
    assert one(read, {"text": "Ann left", key: []}) == "Ann O | left O"


@pytest.mark.parametrize(
    ("row", "options"),
    [
        ({"my": ["Ann"], "tokens": ["x"], "tags": ["B-PER"]}, {"token_column": "my"}),
        ({"tokens": ["Ann"], "my": ["B-PER"], "tags": ["O"]}, {"tag_column": "my"}),
        ({"a": ["Ann"], "b": ["B-PER"]}, {"token_column": "a", "tag_column": "b"}),
        ({"a": "Ann", "b": [[0, 3, "PER"]]}, {"token_column": "a", "tag_column": "b"}),
        ({"a": "Ann", "spans": [[0, 3, "PER"]]}, {"token_column": "a"}),
        ({"text": "Ann", "my": [[0, 3, "PER"]], "spans": []}, {"tag_column": "my"}),
        (
            {"text": "?", "spans": [], "tokens": ["Ann"], "tags": ["B-PER"]},
            {"token_column": "tokens"},
        ),
    ],
)
def test_a_person_can_name_the_columns(read, row, options):
    assert one(read, row, **options) == "Ann B-PER"


def test_documents_are_numbered_as_they_appear(read):
    rows = [
        {"document_id": 7},
        {"doc_id": "x"},
        {"document": 7},
        {},
        {"doc_id": ["x"]},
        {"doc_id": None, "document": "y"},
        {"text": "Ann", "spans": [], "doc_id": "x"},
    ]
    raw = "\n".join(json.dumps({"tokens": ["Ann"], "tags": ["O"]} | row) for row in rows)
    assert [sentence.document for sentence in read(raw)] == [1, 2, 1, 0, 0, 3, 2]


@pytest.mark.parametrize(
    "row",
    [
        {"text": "Ann", "spans": [{"start": 0, "end": 3, "label": "PER"}], "answer": "reject"},
        {"text": "Ann", "answer": "ignore"},
    ],
)
def test_rejected_rows_are_passed_over(read, row):
    assert read(json.dumps(row)) == []


@pytest.mark.parametrize("row", [{"tokens": [], "tags": []}, {"text": " \n", "spans": []}])
def test_a_row_without_words_is_empty(read, row):
    assert read(json.dumps(row)) == [Fault("empty", 1, "", "")]


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


def test_of_a_key_that_stands_twice_the_last_counts(read):
    assert pairs(read('{"text": "Bob", "text": "Ann", "spans": []}')) == ["Ann O"]


@pytest.mark.slow
def test_json_lines_are_streamed(tmp_path):
    path = tmp_path / "large.jsonl"
    path.write_text(f"{ANN}\n" * 30_000)
    tracemalloc.start()
    assert sum(1 for _ in read_json(path, ReadOptions())) == 30_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000 < path.stat().st_size


def test_a_file_can_be_read_again_and_left_early(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text(f"{ANN}\n{BOB}\n")
    assert next(json_values(path)).number == 1
    assert pairs(read_json(path, ReadOptions())) == pairs(read_json(path, ReadOptions())) == BOTH


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b'{"text": "Ann', True),
        (b'{ "a\\"b" : 1', True),
        (b"{'text': 'Ann'}", True),
        (b'\n [\n  {\n "id": 1', True),
        (b'[["Ann left", {"entities"', True),
        (b'["Ann left", {"entities": []}]\n', True),
        (b"[]", True),
        (b"{}\n", True),
        (b"", False),
        (b"[Ann](PER) left", False),
        (b"[ O\n] O\n", False),
        (b'{ " O\n', False),
        (b"{} O\n", False),
        (b"[] O\n", False),
        (b'[ " " B-PER\n', False),
        (b'"a","b"\n', False),
        (b"{\\rtf1\\ansi", False),
        (b"PAR1\0\0{", False),
        (b"\xff\xfe", False),
        (b"\0\0\0\0", False),
    ],
)
def test_json_is_recognised(head, expected):
    assert looks_like_json(head) is expected


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
KEYS = st.sampled_from(
    ["tokens", "words", "text", "data", "tags", "ner_tags", "labels", "label", "spans", "entities"]
    + ["start", "end", "start_offset", "end_offset", "type", "answer", "doc_id", "examples"]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def readable_or_refused(path, names):
    """Read a file; whatever is in it, there are records or a DataError."""
    options = ReadOptions(label_names=names)
    try:
        records = list(read_json(path, options))
    except DataError:
        return
    for record in records:
        assert isinstance(record, Sentence | Fault)
        if isinstance(record, Sentence):
            assert record.tokens
            assert len(record.tokens) == len(record.tags) == len(record.lines)
            assert all(word.strip() and word.encode() for word in record.tokens)
            assert all(isinstance(tag, str) and tag.encode() for tag in record.tags)


@given(st.lists(VALUES, max_size=4), st.booleans(), st.sampled_from([(), ("O", "B-X")]))
def test_any_json_gives_records(tmp_path_factory, rows, lines, names):
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text("\n".join(map(json.dumps, rows)) if lines else json.dumps(rows))
    readable_or_refused(path, names)


@given(st.binary(max_size=60), st.sampled_from([b"", b"[", b"{", b'{"text": "a"}\n', b"\xff\xfe"]))
def test_any_bytes_give_records_or_a_refusal(tmp_path_factory, raw, before):
    path = tmp_path_factory.getbasetemp() / "bytes.json"
    path.write_bytes(before + raw)
    readable_or_refused(path, ())
    looks_like_json(before + raw)
