import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Dataset, Features, List, Value

from ner_core.data.readers.parquet import looks_like_parquet, read_parquet
from ner_core.data.readers.sentence import Fault, ReadOptions
from ner_core.errors import DataError
from tests.support.records import pairs

NAMES = ["O", "B-PER"]
PLAIN = ReadOptions()
ANN = ["Ann B-PER | ran O"]
WORDS = [["Ann", "ran"]]
TAGS = [["B-PER", "O"]]
SPANS = [[{"start": 0, "end": 3, "label": "PER"}]]


@pytest.fixture
def read(tmp_path):
    """Return a function that writes columns as Parquet and reads the file."""

    def read(columns, *, metadata=None, **options):
        path = tmp_path / "my.parquet"
        table = pa.table(columns)
        pq.write_table(table.replace_schema_metadata(metadata) if metadata else table, path)
        return list(read_parquet(path, ReadOptions(**options)))

    return read


@pytest.mark.parametrize(
    "columns",
    [
        {"tokens": WORDS, "ner_tags": TAGS},
        {"Words": WORDS, "POS": [["X", "Y"]], "NER": TAGS},
        {"tokens": WORDS, "pos_tags": [[1, 2]], "tags": TAGS},
        {"tags": TAGS, "my words": WORDS},
        {"tokens": pa.array(WORDS, pa.large_list(pa.large_string())), "labels": TAGS},
        {"tokens": pa.array(WORDS, pa.list_(pa.string(), 2)), "labels": TAGS},
        {"tokens": pa.array(WORDS, pa.list_(pa.string_view())), "tags": TAGS},
        {
            "tokens": WORDS,
            "tags": pa.ListArray.from_arrays(
                pa.array([0, 2]), pa.array(TAGS[0]).dictionary_encode()
            ),
        },
        {"text": ["Ann ran"], "spans": SPANS},
        {"text": ["Ann ran"], "label": ["news"], "entities": SPANS},
        {"sentence": ["Ann ran"], "my spans": SPANS},
        {
            "text": ["Ann ran"],
            "entities": [[{"start_offset": 0, "end_offset": 3, "type": "PER", "id": 7}]],
        },
        {"text": ["Ann ran"], "spans": [{"start": [0], "end": [3], "label": ["PER"]}]},
    ],
)
def test_columns_are_found_by_type_and_name(read, columns):
    assert pairs(read(columns)) == ANN


def test_the_names_of_datasets_are_found_in_the_file(tmp_path):
    features = Features(
        {"tokens": List(Value("string")), "ner_tags": List(ClassLabel(names=NAMES))}
    )
    rows = {"tokens": WORDS, "ner_tags": [[1, 0]]}
    path = tmp_path / "hub.parquet"
    Dataset.from_dict(rows, features=features).to_parquet(path)
    assert pairs(read_parquet(path, PLAIN)) == ANN
    # What a person says counts more than what the file says.
    assert pairs(read_parquet(path, ReadOptions(label_names=("X", "Y")))) == ["Ann Y | ran X"]


CLASSES = '{"names": ["O", "B-PER"], "_type": "ClassLabel"}'


@pytest.mark.parametrize(
    "feature",
    [
        f'{{"feature": {CLASSES}, "length": -1, "_type": "Sequence"}}',
        f'{{"feature": {CLASSES}, "_type": "List"}}',
        f"[{CLASSES}]",
    ],
)
def test_features_may_be_written_in_an_older_way(read, feature):
    metadata = {"huggingface": f'{{"info": {{"features": {{"ner_tags": {feature}}}}}}}'}
    assert pairs(read({"tokens": WORDS, "ner_tags": [[1, 0]]}, metadata=metadata)) == ANN


@pytest.mark.parametrize(
    "metadata",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b'{"info": null}',
        b'{"info": {"features": {"ner_tags": []}}}',
        b'{"info": {"features": {"ner_tags": {"_type": "ClassLabel", "names": [1]}}}}',
        b"[" * 100_000,
    ],
)
def test_without_features_the_options_name_the_tags(read, metadata):
    columns = {"tokens": WORDS, "ner_tags": [[1, 0]]}
    metadata = {"huggingface": metadata}
    assert pairs(read(columns, metadata=metadata, label_names=tuple(NAMES))) == ANN
    with pytest.raises(DataError) as caught:
        read(columns, metadata=metadata)
    assert str(caught.value) == (
        "my.parquet: the tags in 'ner_tags' are numbers without names. Name them, from 0 on, "
        "with --label-names O,B-PER,... ."
    )


def test_the_options_come_first(read):
    columns = {"a": WORDS, "b": TAGS, "tokens": [["x"]], "tags": [["O"]]}
    assert pairs(read(columns, **{"token_column": "a", "tag_column": "b"})) == ANN


def test_rows_are_numbered_from_one_across_batches_and_documents(tmp_path):
    path = tmp_path / "x.parquet"
    table = pa.table(
        {
            "tokens": [[f"w{n}"] for n in range(2500)],
            "tags": [["O"]] * 2500,
            "doc_id": ["a"] * 1200 + ["b"] * 1300,
        }
    )
    pq.write_table(table, path, row_group_size=700)
    found = list(read_parquet(path, ReadOptions()))
    assert [sentence.lines for sentence in found] == [[n] for n in range(1, 2501)]
    assert [sentence.document for sentence in found] == [1] * 1200 + [2] * 1300


@pytest.mark.parametrize(
    ("columns", "text", "message"),
    [
        (
            {"tokens": [["Ann", "ran"]], "ner_tags": [["O"]]},
            "Ann ran",
            "the row has 2 words but 1 tag. Correct the row.",
        ),
        (
            {"tokens": [None], "ner_tags": [["O"]]},
            "",
            "there is no value in the column 'tokens'. Fill it, or remove the row.",
        ),
        (
            {"tokens": [["Ann"]], "ner_tags": [None]},
            "Ann",
            "there is no value in the column 'ner_tags'. Fill it, or remove the row.",
        ),
        (
            {"tokens": [["Ann", None]], "ner_tags": [["O", "O"]]},
            "Ann",
            "a word is null, not text. Correct it.",
        ),
        (
            {"tokens": [["New York"]], "ner_tags": [["O"]]},
            "New York",
            "there is a blank in the word 'New York'. Make two words of it.",
        ),
        (
            {"tokens": [["", "x"]], "ner_tags": [["O", "O"]]},
            " x",
            "there is a tag without a word. Write the word, or remove its tag.",
        ),
        (
            {"tokens": [["Ann"]], "ner_tags": [[None]]},
            "Ann",
            "a word has null as its tag. Write O outside of entities.",
        ),
        (
            {"text": ["Ann"], "spans": [[None]]},
            "Ann",
            "there is null instead of a span with start, end and label. Correct the annotation.",
        ),
        (
            {"text": ["Ann"], "spans": [{"start": [0, 1], "end": [3], "label": ["PER"]}]},
            "Ann",
            "the lists of span starts, ends and labels have different lengths. Correct the row.",
        ),
    ],
)
def test_a_faulty_row_costs_no_other(read, columns, text, message):
    words = "tokens" in columns
    good = {"tokens": ["x"], "ner_tags": ["O"]} if words else {"text": "x"}
    if not words:
        whole = isinstance(columns["spans"][0], list)
        span = {"start": 0, "end": 1, "label": "PER"}
        good["spans"] = [span] if whole else {key: [value] for key, value in span.items()}
    fault, sentence = read({name: [*columns[name], good[name]] for name in columns})
    assert fault == Fault("unreadable", 1, message, text)
    assert (sentence.tokens, sentence.lines) == (["x"], [2])


@pytest.mark.parametrize("number", [2, -100])
def test_a_number_without_a_name_is_a_fault(read, number):
    columns = {"tokens": [["Ann"], ["Bob"]], "tags": [[number], [1]]}
    fault, sentence = read(columns, label_names=tuple(NAMES))
    assert fault.message == f"the tag {number} isn't a number from 0 to 1. Correct it."
    assert sentence.tags == ["B-PER"]


@pytest.mark.parametrize(
    "columns",
    [
        {"tokens": [[], *WORDS], "tags": [[], *TAGS]},
        {"text": [" ", "Ann ran"], "spans": [[], *SPANS]},
    ],
)
def test_a_row_without_words_is_empty(read, columns):
    empty, sentence = read(columns)
    assert empty == Fault("empty", 1, "", "")
    assert pairs([sentence]) == ANN


def test_of_many_columns_some_are_named(read):
    with pytest.raises(DataError) as caught:
        read({f"{place}{'x' * 60}": [1] for place in range(30)})
    found = ", ".join(f"{place}{'x' * 39}… (int64)" for place in range(4))
    assert str(caught.value) == (
        "my.parquet: can't tell which columns have a list of words and a list of tags, or a text "
        f"and a list of spans. The file has {found} and 26 more. Say which to read with "
        "--token-column and --tag-column."
    )


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"text": ["a"], "label": [1]}, "text (string), label (int64)"),
        ({"tokens": WORDS}, "tokens (list<element: string>)"),
        ({"tokens": WORDS, "a": [[1]], "b": [[2]]}, None),
        ({}, "no columns"),
    ],
)
def test_other_columns_are_a_sentence(read, columns, found):
    with pytest.raises(DataError) as caught:
        read(columns)
    shown = (
        found
        or "tokens (list<element: string>), a (list<element: int64>), b (list<element: int64>)"
    )
    assert str(caught.value) == (
        "my.parquet: can't tell which columns have a list of words and a list of tags, or a text "
        f"and a list of spans. The file has {shown}. Say which to read with --token-column and "
        "--tag-column."
    )


def test_if_nothing_can_be_read_the_first_fault_is_a_sentence(read):
    with pytest.raises(DataError) as caught:
        read({"tokens": [["a b"]], "tags": [["O"]]})
    assert str(caught.value) == (
        "my.parquet, row 1: there is a blank in the word 'a b'. Make two words of it."
    )


DAMAGED = "x.parquet: the Parquet file is damaged. Download or write it again."


@pytest.mark.parametrize("raw", [b"", b"PAR1", b"PAR1 and no more PAR1", b"Ann B-PER\n"])
def test_a_damaged_file_is_a_sentence(tmp_path, raw):
    path = tmp_path / "x.parquet"
    path.write_bytes(raw)
    with pytest.raises(DataError) as caught:
        list(read_parquet(path, ReadOptions()))
    assert str(caught.value) == DAMAGED


def test_any_damage_gives_records_or_a_sentence(tmp_path):
    path = tmp_path / "x.parquet"
    table = pa.table({"tokens": WORDS * 50, "tags": TAGS * 50, "doc_id": ["a"] * 50})
    pq.write_table(table, path, compression="none")
    whole, chance = path.read_bytes(), random.Random(7)
    for _ in range(300):
        raw = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        path.write_bytes(raw[: chance.choice([len(raw), chance.randrange(len(raw))])])
        try:
            list(read_parquet(path, ReadOptions()))
        except DataError as error:
            assert str(error).startswith("x.parquet")  # noqa: PT017


def test_a_file_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(DataError) as caught:
        list(read_parquet(tmp_path / "no", ReadOptions()))
    assert str(caught.value) == (f"{tmp_path}/no can't be read: No such file or directory.")


def test_the_format_is_recognised():
    assert looks_like_parquet(b"PAR1\x15\x04")
    assert not looks_like_parquet(b"PAR")
