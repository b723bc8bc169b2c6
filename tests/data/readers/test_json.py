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


def test_of_a_key_that_stands_twice_the_last_counts(read):
    assert pairs(read('{"text": "Bob", "text": "Ann", "spans": []}')) == ["Ann O"]


@pytest.mark.slow
def test_json_lines_are_streamed(tmp_path):
    path = tmp_path / "large.jsonl"
    row = json.dumps({"tokens": ["Ann" * 300, "left"], "tags": ["B-PER", "O"]})
    path.write_text(f"{row}\n" * 3_000)
    tracemalloc.start()
    assert sum(1 for _ in read_json(path, ReadOptions())) == 3_000
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
