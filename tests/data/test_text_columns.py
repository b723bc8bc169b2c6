"""The columns of a file of texts that a person can choose from."""

import pytest

from ner_core.data.texts import (
    TextColumns,
    read_texts,
    text_columns,
)
from ner_core.errors import DataError


@pytest.fixture
def texts(tmp_path):
    """Return a function that writes a file and reads its texts."""

    def texts(name, content, column=None, whole=False):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return list(read_texts(path, column, whole))

    return texts


@pytest.fixture
def columns(tmp_path):
    def columns(name, content):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8", newline="")
        return text_columns(path)

    return columns


def test_the_columns_of_a_table_and_the_keys_of_objects(columns):
    assert columns("a.csv", "id,Text,x\n1,a,b\n") == TextColumns(["id", "Text", "x"], "Text")
    assert columns("a.csv", "id;remarks\n1;a\n") == TextColumns(["id", "remarks"], None)
    row = '{"id": 7, "title": "a", "body": "b"}\n'
    assert columns("a.jsonl", row) == TextColumns(["title", "body"], "body")
    row = '{"text": null, "id": "7"}\n{"text": "b"}\n'
    assert columns("a.jsonl", row) == TextColumns(["text", "id"], "text")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "text\na, b\n"),
        ("a.csv", "remarks\nAnn\n"),
        ("a.csv", ",text\n0,Ann\n"),
        ("a.csv", ""),
        ("a.jsonl", '{"id": 7, "text": "b"}\n'),
        ("a.jsonl", '{"id": 7, "text": null}\n'),
        ("a.jsonl", '"Ann"\n'),
        ("a.jsonl", ""),
    ],
)
def test_there_is_no_choice_where_none_is_needed(columns, texts, name, content):
    assert columns(name, content) == TextColumns([], None)
    texts(name, content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", '{"id": 1, "utterance": "Ann in Oslo"}\n'),
        ("a.csv", ",utterance\n0,Ann in Oslo\n"),
    ],
)
def test_a_single_name_that_nobody_knows_is_offered(columns, texts, name, content):
    assert columns(name, content) == TextColumns(["utterance"], "utterance")
    assert texts(name, content, "utterance") == ["Ann in Oslo"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"id": 7}\n{"text": "a"}\n', "there is no key such as text with a text, only 'id'"),
        ("[1]\n[2]\n", "a list isn't a string or an object such as "),
        ("{}\n{}\n", "there is no key such as text with a text, no key at all"),
    ],
)
def test_a_first_row_without_a_text_is_refused_at_once(columns, content, message):
    with pytest.raises(DataError, match=f"line 1: {message}"):
        columns("a.jsonl", content)


@pytest.mark.parametrize(
    "rows",
    [
        ["1,Ann lives in Oslo", "2,Bob lives in Rome"],
        ["pos,Ann left", "neg,Bob stayed", "pos,Ann came"],
        ["x,Ann left.", "y,Bob stayed."],
        ["a,a", "b,b"],
        ['1,"Ann, too,', 'left"', "2,Bob"],
    ],
)
def test_columns_without_names_are_offered_by_number(columns, texts, rows):
    content = "\n".join(rows)
    names, default, examples, lines = columns("a.csv", content)
    assert (names, default, lines) == (["1", "2"], None, False)
    by_column = [texts("a.csv", content, name) for name in names]
    assert [found[0] for found in by_column] == list(examples)
    assert len(by_column[0]) == len({row for row in rows if "," in row})


@pytest.mark.parametrize("header", ["id,remarks", "Sentence No.,What they said", "x1,y2", ",text"])
def test_short_names_are_a_header(columns, header):
    assert columns("a.csv", f"{header}\n1,Ann lives in Oslo\n").examples == ()


def test_a_file_of_lines_may_be_chosen_to_be_one_text(columns):
    assert columns("a.txt", "text, b\na, b\n") == TextColumns([], None, lines=True)
