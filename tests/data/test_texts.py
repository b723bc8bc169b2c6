import contextlib
import json
import os
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_core.data.texts import (
    Texts,
    other_columns,
    read_rows,
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
def problem(texts):
    def problem(*arguments):
        with pytest.raises(DataError) as caught:
            texts(*arguments)
        return str(caught.value)

    return problem


# Lines


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["my.txt", "my", "my.md"])
def test_each_line_is_a_text_and_blank_ones_keep_their_place(texts, name, encoding, end):
    content = end.join(["Ann, in Oslo", "", " \t", "日本 🎉", ""]).encode(encoding)
    assert texts(name, content) == ["Ann, in Oslo", "", " \t", "日本 🎉"]


def test_an_empty_file_has_no_texts(texts):
    assert [texts(name, b"") for name in ("a.txt", "a.csv", "a.jsonl")] == [[], [], []]


@given(st.lists(st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]))))
def test_lines_are_read_as_they_were_written(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("lines") / "a.txt"
    path.write_text("x\n" + "".join(f"{line}\n" for line in lines), encoding="utf-8", newline="")
    assert list(read_texts(path)) == ["x", *lines]


def test_a_line_may_be_long(texts):
    assert texts("a.txt", "a " * 2**19) == ["a " * 2**19]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_of_lines_may_be_one_text(texts, end):
    content = end.join(["Ann", "", " in Oslo", ""])
    assert texts("a.txt", content, None, True) == [content]
    assert texts("a.txt", content.encode("utf-16"), None, True) == [content]
    assert texts("a.txt", b"\xef\xbb\xbfAnn", None, True) == ["Ann"]
    assert texts("a.txt", "", None, True) == []


@pytest.mark.slow
def test_a_file_is_streamed(tmp_path):
    path = tmp_path / "large.txt"
    path.write_text("Ann lives in Oslo, and Bob works in Paris.\n" * 200_000)
    tracemalloc.start()
    count = sum(1 for _ in read_texts(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 200_000
    assert peak < 2**20


def test_prose_is_never_a_table(texts):
    lines = ["text, sentence", "a, b", "c, d"]
    assert texts("a.txt", "\n".join(lines)) == lines


# Tables


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.CSV"])
@pytest.mark.parametrize("header", ["text", "Text", "sentence", "Content", " body "])
def test_the_column_of_the_texts_is_found_by_its_name(texts, name, delimiter, header):
    rows = [("id", header), ("1", "Ann"), ("2", '"a ""b""\nc, d; e\tf"'), ("3", "")]
    content = "\r\n".join(delimiter.join(row) for row in rows)
    assert texts(name, content) == ["Ann", 'a "b"\nc, d; e\tf', ""]


def test_another_column_is_chosen(texts):
    content = "text,notes\na,b\nc,d\n"
    assert texts("a.csv", content, "notes") == ["b", "d"]
    assert texts("a.csv", content, "Notes") == ["b", "d"]
    assert texts("a.csv", content, "2") == ["b", "d"]


def test_a_column_is_chosen_as_its_name_is_written(texts):
    content = "Title,body,Body\na,b,c\n"
    chosen = [texts("a.csv", content, name) for name in ("Body", "body", "BODY", "title")]
    assert chosen == [["c"], ["b"], ["b"], ["a"]]


def test_a_number_is_a_column_of_a_table_without_a_header(texts):
    content = "2,Ann in Oslo\n3,Bob\n"
    assert texts("a.csv", content, "1") == ["2", "3"]
    assert texts("a.csv", content, "2") == ["Ann in Oslo", "Bob"]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("text\nAnn, Bob; and I\n\nOslo\n", ["Ann, Bob; and I", "Oslo"]),
        ('text\n"Ann, ""Bob"""\n"two\nlines"\n', ['Ann, "Bob"', "two\nlines"]),
        ("Ann in Oslo\nBob, in Paris\n", ["Ann in Oslo", "Bob, in Paris"]),
        ('"Ann, in Oslo"\n"Bob"\n', ["Ann, in Oslo", "Bob"]),
        ("remarks\nAnn\n", ["remarks", "Ann"]),
        ("sep=,\ntext\nAnn\n", ["Ann"]),
        ("\n\ntext\nAnn\n", ["Ann"]),
    ],
)
def test_a_single_column_needs_neither_name_nor_quotes(texts, content, found):
    assert texts("a.csv", content) == found


def test_a_single_column_may_be_named(texts):
    assert texts("a.csv", "remarks\nAnn\n", "remarks") == ["Ann"]


def test_rows_with_nothing_in_them_are_no_texts(texts):
    assert texts("a.csv", "id,text\n1,\n,\n\n2,Ann\n,,,\n") == ["", "Ann"]


@given(st.lists(st.text(st.characters(exclude_characters="\r\0", exclude_categories=["Cs"]))))
def test_quoted_fields_are_read_as_they_were_written(tmp_path_factory, fields):
    path = tmp_path_factory.mktemp("table") / "a.csv"
    quoted = "".join('1,"{}"\n'.format(field.replace('"', '""')) for field in fields)
    path.write_text(f"id,text\n{quoted}", encoding="utf-8", newline="")
    assert list(read_texts(path)) == fields


# JSON


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.txt", "a"])
def test_objects_have_their_text_under_a_key(texts, name):
    rows = [
        {"id": 1, "text": "Ann"},
        {"Sentence": "B\nob"},
        {"text": ""},
        {"text": None},
        {"content": "x", "title": "t"},
    ]
    content = "\n\n".join(map(json.dumps, rows))
    assert texts(name, content) == ["Ann", "B\nob", "", "", "x"]


def test_a_key_may_be_named(texts):
    content = '{"text": "a", "summary": "b"}\n{"summary": "c"}\n'
    assert texts("a.jsonl", content, "summary") == ["b", "c"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.json"])
def test_strings_are_texts(texts, name):
    assert texts(name, '"Ann\\nin Oslo"\n\n"Bob"\n') == ["Ann\nin Oslo", "Bob"]


def test_quoted_lines_of_prose_are_no_strings(texts):
    assert texts("a.txt", '"Ann."\n"Bob."\n') == ['"Ann."', '"Bob."']


def test_a_document_is_read_too(texts):
    assert texts("a.json", '[{"text": "Ann"},\n "Bob"]') == ["Ann", "Bob"]
    assert texts("a.json", '["Ann",\n "Bob"]') == ["Ann", "Bob"]
    assert texts("a.json", '{"data": [{"text": "Ann"}]}') == ["Ann"]


def test_what_predict_wrote_is_read_again(texts):
    content = '{"text": "Ann", "entities": [{"start": 0, "end": 3, "label": "PER"}]}\n'
    assert texts("a.jsonl", content) == ["Ann"]


# What else a row has


@pytest.mark.parametrize(
    ("name", "content", "column", "names", "others"),
    [
        (
            "a.csv",
            "id,text,note\n1,Ann,x\n2,Bob\n",
            None,
            ["id", "note"],
            [{"id": "1", "note": "x"}, {"id": "2", "note": ""}],
        ),
        (
            "a.tsv",
            "id\ttext\t\tid\n1\tAnn\t2\t3\n",
            None,
            ["id", "column 3", "id (column 4)"],
            [{"id": "1", "column 3": "2", "id (column 4)": "3"}],
        ),
        (
            "a.csv",
            "id,text,note\n1,Ann,x\n",
            "note",
            ["id", "text"],
            [{"id": "1", "text": "Ann"}],
        ),
        ("a.csv", "1,Ann lives in Oslo\n", "2", ["column 1"], [{"column 1": "1"}]),
        ("a.csv", "text\nAnn\n", None, [], [{}]),
        (
            "a.jsonl",
            '{"text": "Ann", "id": 7, "more": {"a": [1]}}\n{"id": 8, "text": null, "of": "x"}\n',
            None,
            ["id", "more", "of"],
            [{"id": 7, "more": {"a": [1]}}, {"id": 8, "of": "x"}],
        ),
        ("a.jsonl", '"Ann"\n', None, [], [{}]),
        ("a.txt", "Ann\nBob\n", None, [], [{}, {}]),
    ],
)
def test_a_text_comes_with_what_else_its_row_has(tmp_path, name, content, column, names, others):
    (tmp_path / name).write_text(content)
    assert other_columns(tmp_path / name, column) == names
    rows = list(read_rows(tmp_path / name, column))
    assert [row.others for row in rows] == others
    texts = Texts(rows)
    assert list(texts) == list(read_texts(tmp_path / name, column))
    assert [texts.next_others() for _ in rows] == others


def test_columns_are_those_before_a_row_that_cannot_be_read(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "Ann", "id": 1}\n{"no": 1}\n')
    assert other_columns(tmp_path / "a.jsonl") == ["id"]


# What is refused


@pytest.mark.parametrize(
    ("name", "content", "column", "sentence"),
    [
        (
            "a.txt",
            "Ann\n",
            "text",
            "a.txt has lines of text, so it has no column 'text'. Leave the column out, or choose "
            "a table (.csv, .tsv) or JSON Lines.",
        ),
        (
            "a.txt",
            b"Ann\nZ\xfcrich\n",
            None,
            "a.txt, line 2: the byte 0xfc is not UTF-8 text. Save the file as UTF-8.",
        ),
        (
            "a.csv",
            b"PK\x03\x04\x00\x00",
            None,
            "a.csv is a zip archive, as Excel and Word write it, not plain text. Save it as "
            ".txt, .csv or .jsonl.",
        ),
        (
            "a.txt",
            b"%PDF-1.7\n\xff",
            None,
            "a.txt is a PDF, not plain text. Save it as .txt, .csv or .jsonl.",
        ),
        (
            "a.csv",
            "id,remarks\n1,a\n",
            None,
            "a.csv has no column such as text or sentence, only 'id', 'remarks'. Name the column "
            "of the texts, by its number from 1 if it has no name: --text-column on the command "
            "line, column in Python, “Column of the texts” on the page.",
        ),
        (
            "a.csv",
            "id,text\n1,a\n",
            "x",
            "a.csv: there is no column 'x' among the 2 columns ('id', 'text'). Choose one of "
            "them, by its number from 1 if it has no name.",
        ),
        (
            "a.csv",
            "id,text\n1,a\n2,b, c\n",
            None,
            "a.csv, line 3: this row has 3 columns, but the first line has 2. Put quotation "
            "marks around what holds the delimiter.",
        ),
        (
            "a.csv",
            "id,text\n1\n",
            None,
            "a.csv, line 2: this row has 1 column, but the first line has 2. Give every row the "
            "same columns.",
        ),
        (
            "a.csv",
            'id,text\n1,"a\n2,b\n',
            None,
            "a.csv, line 2: a field is longer than 1,000,000 characters. Perhaps a quotation mark "
            "isn't closed, or not doubled inside: correct it.",
        ),
        (
            "a.csv",
            "id,text\n1," + "a" * 1_000_001,
            None,
            "a.csv, line 2: a field is longer than 1,000,000 characters. Perhaps a quotation mark "
            "isn't closed, or not doubled inside: correct it.",
        ),
        (
            "a.jsonl",
            '{"text": "a"}\n{"text": \n',
            None,
            "a.jsonl, line 2: the JSON ends too early (expecting value, column 9). Correct the "
            "line.",
        ),
        (
            "a.jsonl",
            '{"text": "a"}\n[1]\n',
            None,
            'a.jsonl, line 2: a list isn\'t a string or an object such as {"text": "..."}. '
            "Correct the row.",
        ),
        (
            "a.jsonl",
            '{"id": 1, "x": "y"}\n{}\n',
            None,
            "a.jsonl, line 1: there is no key such as text with a text, only 'id', 'x'. Correct "
            "the row, or name the key of the texts: --text-column on the command line, column in "
            "Python, “Column of the texts” on the page.",
        ),
        (
            "a.jsonl",
            '{"text": "a"}\n{}\n',
            "text",
            "a.jsonl, line 2: there is no key 'text' with a text, no key at all. Correct the row, "
            "or name the key of the texts: --text-column on the command line, column in Python, "
            "“Column of the texts” on the page.",
        ),
        (
            "a.jsonl",
            '{"a": 1}\n',
            "a",
            "a.jsonl, line 1: the value of 'a' is 1 instead of a text. Correct the row, or name "
            "another key: --text-column on the command line, column in Python, “Column of the "
            "texts” on the page.",
        ),
        (
            "a.jsonl",
            '"Ann"\n"Bob\n',
            None,
            "a.jsonl, line 2: '\"Bob' is not a JSON string. Correct the line.",
        ),
        (
            "a.jsonl",
            "Ann lives\n",
            None,
            "a.jsonl, line 1: the file begins with 'Ann lives', so it isn't a JSON object or "
            "list. Choose another file.",
        ),
    ],
)
def test_what_is_no_text_is_refused(problem, name, content, column, sentence):
    assert problem(name, content, column) == sentence


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [("a.csv", "text\nAnn\n", "a table"), ("a.txt", '{"text": "a"}\n', "JSON")],
)
def test_rows_are_not_made_one_text(problem, name, content, found):
    assert problem(name, content, None, True) == (
        f"{name} is {found} and can't be read as one text. Read it row by row."
    )


def test_the_texts_before_a_bad_row_are_given(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "Ann"}\n{"text": "Bob"}\n7\n')
    reading = read_texts(path)
    assert [next(reading), next(reading)] == ["Ann", "Bob"]
    with pytest.raises(DataError):
        next(reading)


def test_what_is_no_file_is_refused(tmp_path):
    def sentence(path):
        with pytest.raises(DataError) as caught:
            list(read_texts(path))
        return str(caught.value)

    os.mkfifo(tmp_path / "pipe")
    assert sentence(tmp_path / "pipe") == f"{tmp_path}/pipe is a pipe. Write it to a file first."
    assert sentence("/nowhere") == "Can't read the file /nowhere: No such file or directory."
    assert sentence(tmp_path) == f"Can't read the file {tmp_path}: Is a directory."
    assert sentence("a\0b").startswith("Can't read the file a\0b: ")


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.jsonl"])
@given(content=st.binary(max_size=200) | st.text(max_size=100).map(lambda s: s.encode("utf-16")))
def test_any_bytes_are_texts_or_a_sentence(tmp_path_factory, name, content):
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(content)
    with contextlib.suppress(DataError):
        assert all(isinstance(text, str) for text in read_texts(path))
    with contextlib.suppress(DataError):
        assert text_columns(path).default in {None, *text_columns(path).names}


# Columns to choose from
