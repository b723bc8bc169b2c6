import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_core.data.readers.conll import read_conll
from ner_core.data.readers.formats import format_of
from ner_core.data.readers.json_lines import read_json
from ner_core.data.readers.sentence import ReadOptions, Sentence
from ner_core.data.texts import read_texts
from ner_core.entities import Entity
from ner_core.errors import ConfigError
from ner_core.render.files import (
    CSV_COLUMNS,
    FILE_FORMATS,
    MOST_REPEATED,
    EntityWriter,
    open_for,
    renaming,
    write_entities,
)
from ner_core.words import split_words

TEXTS = [
    ("Ann K lives in Oslo.", [(0, 5, "PER"), (15, 19, "LOC")]),
    ("", []),
    ("Nothing here.", []),
    ('Bob, "the 🎉"\nin\tParis', [(0, 3, "PER"), (16, 21, "LOC")]),
]


def entities_of(text, spans):
    return [Entity(s, e, label, 0.5 + s / 100, text[s:e]) for s, e, label in spans]


RESULTS = [(text, entities_of(text, spans)) for text, spans in TEXTS]


def written(results, form, **more):
    file = io.StringIO(newline="")
    write_entities(results, file, form, **more)
    return file.getvalue()


@st.composite
def found(draw):
    """Make a text with entities that are whole words, as a Predictor finds them."""
    text = draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
    words = split_words(text)
    spans, number = [], 0
    while number < len(words):
        length = draw(st.integers(0, 3))
        last = min(number + max(length, 1), len(words)) - 1
        if length:
            label = draw(st.sampled_from(["PER", "LOC", "-X"]))
            spans.append((words[number].start, words[last].end, label))
        number = last + 1
    return text, entities_of(text, spans)


def test_another_form_is_refused():
    with pytest.raises(ConfigError) as caught:
        EntityWriter(io.StringIO(), "xml")
    assert str(caught.value) == (
        "There is no file format 'xml'. Choose from jsonl, csv, conll, html."
    )


@pytest.mark.parametrize("form", FILE_FORMATS)
def test_each_text_is_written_as_it_comes(form):
    file = io.StringIO()
    writer = EntityWriter(file, form)
    sizes = [len(file.getvalue())]
    for text, entities in RESULTS[:1] * 3:
        writer.write(text, entities)
        sizes.append(len(file.getvalue()))
    assert sizes == sorted(set(sizes))
    assert (writer.texts, writer.counts) == (3, {"PER": 3, "LOC": 3})


# JSON Lines


def test_json_lines_are_one_object_a_text():
    rows = [json.loads(line) for line in written(RESULTS, "jsonl").splitlines()]
    assert [row["text"] for row in rows] == [text for text, _ in TEXTS]
    assert rows[0]["entities"][1] == {
        "start": 15,
        "end": 19,
        "label": "LOC",
        "score": 0.65,
        "text": "Oslo",
    }
    assert "🎉" in written(RESULTS, "jsonl")


@given(st.lists(found(), min_size=1, max_size=5))
def test_json_lines_are_training_data(tmp_path_factory, results):
    path = tmp_path_factory.mktemp("spans") / "found.jsonl"
    results = [("Ann lives in Oslo.", entities_of("Ann lives in Oslo.", [(0, 3, "PER")])), *results]
    path.write_text(written(results, "jsonl"), encoding="utf-8", newline="")
    assert format_of(path).name == "JSON"
    sentences = [row for row in read_json(path, ReadOptions()) if isinstance(row, Sentence)]
    expected = [(text, entities) for text, entities in results if split_words(text)]
    assert len(sentences) == len(expected)
    for sentence, (text, entities) in zip(sentences, expected, strict=True):
        assert sentence.tokens == [text[word.start : word.end] for word in split_words(text)]
        begun = [tag[2:] for tag in sentence.tags if tag.startswith("B-")]
        assert begun == [entity.label for entity in entities]
    assert list(read_texts(path)) == [text for text, _ in results]


def test_half_a_surrogate_pair_can_be_written(tmp_path):
    text = "Ann \ud83d"
    for form in FILE_FORMATS:
        with open_for(tmp_path / form, form) as file:
            write_entities([(text, entities_of(text, [(0, 3, "PER")]))], file, form)
    assert json.loads((tmp_path / "jsonl").read_text())["text"] == text
    assert "\ufffd\tO" in (tmp_path / "conll").read_text(encoding="utf-8")


# CSV


def test_csv_is_a_row_an_entity():
    rows = list(csv.reader(io.StringIO(written(RESULTS, "csv"), newline="")))
    assert rows == [
        list(CSV_COLUMNS),
        ["1", "Ann K", "PER", "0.5", "0", "5"],
        ["1", "Oslo", "LOC", "0.65", "15", "19"],
        ["4", "Bob", "PER", "0.5", "0", "3"],
        ["4", "Paris", "LOC", "0.66", "16", "21"],
    ]


HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "'quoted", "＝1", "'=1"]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_spreadsheet_sees_no_formula(text):
    entity = Entity(0, len(text), text, 0.5, text)
    _, row = csv.reader(io.StringIO(written([(text, [entity])], "csv"), newline=""))
    assert row[1] == row[2] == f"'{text}"


@given(st.sampled_from(["", *HOSTILE]), st.text(st.characters(exclude_categories=["Cs"])))
def test_every_cell_can_be_had_back(beginning, rest):
    text = beginning + rest
    entity = Entity(0, len(text), "PER", 0.5, text)
    _, row = csv.reader(io.StringIO(written([(text, [entity])], "csv"), newline=""))
    assert row[1].removeprefix("'") == text
    assert row[1][:1] not in set("=+-@\t\r\n")


def test_a_csv_file_tells_its_encoding(tmp_path):
    with open_for(tmp_path / "a.csv", "csv") as file:
        write_entities(RESULTS, file, "csv")
    raw = (tmp_path / "a.csv").read_bytes()
    assert raw.startswith(b'\xef\xbb\xbf"text_number","entity",')
    assert b"\r" not in raw


def test_a_file_is_never_written_over(tmp_path):
    (tmp_path / "a.csv").touch()
    with pytest.raises(FileExistsError):
        open_for(tmp_path / "a.csv", "csv")


# What else a row has

OTHERS = {"id": "=7", "n": 3, "sure": True, "none": None, "list": ["é"], "type": "x", "text": "y"}
FOUND = ("Ann in Oslo", entities_of("Ann in Oslo", [(0, 3, "PER"), (7, 11, "LOC")]))


def write_with(form, others, columns=()):
    file = io.StringIO()
    with EntityWriter(file, form, columns=columns) as writer:
        writer.write(*FOUND, others)
    return file.getvalue(), writer.renamed


def test_json_lines_keep_what_else_a_row_has():
    line, renamed = write_with("jsonl", OTHERS)
    row = json.loads(line)
    assert list(row) == ["text", "entities", *list(OTHERS)[:-1], "input_text"]
    assert row["text"] == "Ann in Oslo"
    assert {name: row[renamed.get(name, name)] for name in OTHERS} == OTHERS
    assert renamed == {"text": "input_text"}


def test_csv_keeps_what_else_a_row_has_in_every_row():
    table, renamed = write_with("csv", OTHERS, [*OTHERS, "missing"])
    header, *rows = csv.reader(io.StringIO(table, newline=""))
    kept = ["id", "n", "sure", "none", "list", "input_type", "text", "missing"]
    assert header == [*CSV_COLUMNS, *kept]
    assert [row[6:] for row in rows] == [["'=7", "3", "true", "", '["é"]', "x", "y", ""]] * 2
    assert renamed == {"type": "input_type"}


def test_csv_does_not_repeat_what_is_long():
    table, _ = write_with("csv", {"id": "1", "body": "x" * MOST_REPEATED}, ["id", "body"])
    _, *rows = csv.reader(io.StringIO(table, newline=""))
    assert [row[6:] for row in rows] == [["1", "x" * MOST_REPEATED], ["", ""]]


def test_no_value_of_the_file_is_written_over():
    others = {"entities": 1, "input_entities": 2}
    line, renamed = write_with("jsonl", others)
    row = json.loads(line)
    assert (row["input_input_entities"], row["input_entities"]) == (1, 2)
    assert len(row["entities"]) == 2
    assert renaming(renamed, "a.jsonl") == (
        "The column entities of a.jsonl is called input_input_entities in the results, where "
        "entities is taken."
    )
    assert renaming({"a": "b", "c": "d", "e": "f"}, "x", "the CSV file") == (
        "The columns a, c and e of x are called b, d and f in the CSV file, where a, c and e are "
        "taken."
    )
    assert renaming({}, "x") == ""


@pytest.mark.parametrize("form", ["conll", "html"])
def test_other_formats_have_no_place_for_it(form):
    assert write_with(form, OTHERS) == write_with(form, {})


# CoNLL


def test_conll_has_a_word_a_line():
    assert written(RESULTS[:3], "conll") == (
        "Ann\tB-PER\nK\tI-PER\nlives\tO\nin\tO\nOslo\tB-LOC\n.\tO\n\n"
        "\n"
        "Nothing\tO\nhere\tO\n.\tO\n\n"
    )


@given(st.lists(found(), max_size=5))
def test_conll_is_read_back(tmp_path_factory, results):
    path = tmp_path_factory.mktemp("conll") / "found.conll"
    results = [("Ann lives in Oslo.", entities_of("Ann lives in Oslo.", [(0, 3, "PER")])), *results]
    path.write_text(written(results, "conll"), encoding="utf-8", newline="")
    sentences = list(read_conll(path, ReadOptions()))
    expected = [(text, entities) for text, entities in results if split_words(text)]
    assert len(sentences) == len(expected)
    for sentence, (text, entities) in zip(sentences, expected, strict=True):
        words = [text[word.start : word.end].replace("\0", "\ufffd") for word in split_words(text)]
        assert sentence.tokens == words
        begun = [tag[2:] for tag in sentence.tags if tag.startswith("B-")]
        assert begun == [entity.label for entity in entities]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("-DOCSTART- Ann", ["\u2010DOCSTART-", "Ann"]),
        ("a\0b Ann", ["a", "b", "Ann"]),
        ("\ufeffx Ann", ["x", "Ann"]),
        ("# Ann", ["#", "Ann"]),
    ],
)
def test_words_that_conll_cannot_hold_are_mended(tmp_path, text, words):
    path = tmp_path / "a.conll"
    path.write_text(written([(text, [])], "conll"), encoding="utf-8", newline="")
    assert [sentence.tokens for sentence in read_conll(path, ReadOptions())] == [words]


def test_blanks_in_a_type_become_hyphens():
    text = "Hamlet"
    found = [Entity(0, 6, "creative\twork", 0.5, text)]
    assert written([(text, found)], "conll") == "Hamlet\tB-creative-work\n\n"


# HTML


def test_html_is_one_document():
    document = written(RESULTS, "html", types=["LOC", "PER"], title="my <file>.txt")
    assert document.startswith("<!DOCTYPE html>\n")
    assert "<title>my &lt;file&gt;.txt</title>" in document
    assert document.count("<li data-number=") == 4
    assert "<p>4 entities in 4 texts</p>" in document
    assert document.endswith("</html>\n")


def test_what_is_broken_off_has_no_end():
    def broken():
        yield RESULTS[0]
        raise ZeroDivisionError

    file = io.StringIO()
    with pytest.raises(ZeroDivisionError):
        write_entities(broken(), file, "html")
    assert "Oslo" in file.getvalue()
    assert "</html>" not in file.getvalue()
