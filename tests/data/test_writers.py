import json
import tempfile
from pathlib import Path

import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value
from hypothesis import example, given
from hypothesis import strategies as st

from ner_core.data import corpus as corpus_module
from ner_core.data import writers
from ner_core.data.readers.conll import read_conll
from ner_core.data.readers.json_lines import read_json
from ner_core.data.readers.parquet import read_parquet
from ner_core.data.readers.sentence import ReadOptions, Sentence
from ner_core.data.writers import EXTENSIONS, FORMATS, write_corpus, write_split
from ner_core.errors import DataError
from ner_core.tags import Span, decode, encode, label_names
from ner_core.words import split_words

ANN = (["Ann", "ran"], ["B-PER", "O"])
OSLO = (["in", "New", "York"], ["O", "B-LOC", "I-LOC"])
READERS = {"conll": read_conll, "jsonl": read_json, "spans": read_json, "parquet": read_parquet}


def a_split(*sentences, types=("LOC", "PER")):
    names = label_names(types)
    features = Features(
        {"tokens": List(Value("string")), "ner_tags": List(ClassLabel(names=names))}
    )
    columns = {
        "tokens": [words for words, _ in sentences],
        "ner_tags": [[names.index(tag) for tag in tags] for _, tags in sentences],
    }
    return Dataset.from_dict(columns, features=features)


def read(form, path):
    """Read a file that must have nothing wrong; give words and tags of its sentences."""
    records = list(READERS[form](path, ReadOptions()))
    assert all(isinstance(record, Sentence) for record in records), records
    return [(record.tokens, record.tags) for record in records]


def refusal(write, *args):
    with pytest.raises(DataError) as caught:
        write(*args)
    return str(caught.value)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("conll", "Ann\tB-PER\nran\tO\n\nin\tO\nNew\tB-LOC\nYork\tI-LOC\n\n"),
        (
            "jsonl",
            '{"tokens": ["Ann", "ran"], "tags": ["B-PER", "O"]}\n'
            '{"tokens": ["in", "New", "York"], "tags": ["O", "B-LOC", "I-LOC"]}\n',
        ),
        (
            "spans",
            '{"text": "Ann ran", "spans": [{"start": 0, "end": 3, "label": "PER"}]}\n'
            '{"text": "in New York", "spans": [{"start": 3, "end": 11, "label": "LOC"}]}\n',
        ),
    ],
)
def test_a_split_is_written_like_this(tmp_path, form, text):
    write_split(a_split(ANN, OSLO), form, tmp_path / "my")
    assert (tmp_path / "my").read_bytes() == text.encode()
    assert [path.name for path in tmp_path.iterdir()] == ["my"]


def test_text_stays_readable(tmp_path):
    write_split(a_split((["東京", "🎉"], ["B-LOC", "O"])), "jsonl", tmp_path / "my.jsonl")
    line = (tmp_path / "my.jsonl").read_text(encoding="utf-8")
    assert line == '{"tokens": ["東京", "🎉"], "tags": ["B-LOC", "O"]}\n'


def test_offsets_count_characters(tmp_path):
    write_split(a_split((["🎉", "Sa\u0303o"], ["O", "B-LOC"])), "spans", tmp_path / "my.jsonl")
    row = json.loads((tmp_path / "my.jsonl").read_text(encoding="utf-8"))
    assert row["spans"] == [{"start": 2, "end": 6, "label": "LOC"}]
    assert row["text"][2:6] == "Sa\u0303o"


def test_parquet_keeps_the_names_of_tags_that_no_word_has(tmp_path):
    split = a_split(ANN, types=("LOC", "PER", "ZOO"))
    write_split(split, "parquet", tmp_path / "my.parquet")
    back = Dataset.from_parquet(str(tmp_path / "my.parquet"), cache_dir=str(tmp_path / "cache"))
    assert back.features == split.features
    assert back[:] == split[:]


@pytest.mark.parametrize("form", FORMATS)
def test_a_split_without_sentences_is_an_empty_file(tmp_path, form):
    write_split(a_split(), form, tmp_path / "my")
    if form != "parquet":
        assert (tmp_path / "my").read_bytes() == b""


@pytest.mark.parametrize("form", FORMATS)
def test_more_than_a_batch_is_written_in_order(tmp_path, monkeypatch, form):
    monkeypatch.setattr(corpus_module, "BATCH", 3)
    sentences = [([f"Ann{number}"], ["B-PER"]) for number in range(8)]
    write_split(a_split(*sentences), form, tmp_path / "my")
    assert read(form, tmp_path / "my") == sentences


def test_arrow_holds_nothing_that_utf8_cannot():
    with pytest.raises(UnicodeEncodeError):
        a_split((["\ud800"], ["O"]))


# Several splits, and where they go.


@pytest.mark.parametrize("form", FORMATS)
def test_a_corpus_is_a_folder_with_a_file_a_split(tmp_path, form):
    splits = DatasetDict(train=a_split(ANN, OSLO), validation=a_split(ANN), test=a_split(OSLO))
    paths = write_corpus(splits, form, tmp_path / "new" / "my")
    ending = EXTENSIONS[form]
    assert paths == [
        tmp_path / "new" / "my" / f"{split}{ending}" for split in ("train", "validation", "test")
    ]
    assert [read(form, path) for path in paths] == [[ANN, OSLO], [ANN], [OSLO]]
    assert sorted((tmp_path / "new" / "my").iterdir()) == sorted(paths)
    assert list((tmp_path / "new").iterdir()) == [tmp_path / "new" / "my"]


def test_one_split_is_a_file_if_the_name_has_an_ending(tmp_path):
    splits = DatasetDict(test=a_split(ANN))
    assert write_corpus(splits, "conll", tmp_path / "my.txt") == [tmp_path / "my.txt"]
    assert write_corpus(splits, "conll", tmp_path / "my") == [tmp_path / "my" / "test.conll"]
    assert read("conll", tmp_path / "my.txt") == read("conll", tmp_path / "my" / "test.conll")


def test_a_folder_may_have_a_dot_in_its_name(tmp_path):
    splits = DatasetDict(train=a_split(ANN), test=a_split(ANN))
    assert write_corpus(splits, "conll", tmp_path / "my.v2")[0] == tmp_path / "my.v2/train.conll"


def test_several_splits_are_no_file(tmp_path):
    splits = DatasetDict(train=a_split(ANN), test=a_split(ANN))
    assert refusal(write_corpus, splits, "jsonl", tmp_path / "my.jsonl") == (
        "2 splits don't fit in one file, 'my.jsonl'. Leave out .jsonl to name a folder."
    )


def test_an_empty_folder_may_be_there(tmp_path):
    (tmp_path / "my").mkdir()
    splits = DatasetDict(train=a_split(ANN), test=a_split(OSLO))
    write_corpus(splits, "conll", tmp_path / "my")
    assert read("conll", tmp_path / "my" / "test.conll") == [OSLO]


# Nothing is overwritten, nothing half written.


def test_a_file_is_never_overwritten(tmp_path):
    path = tmp_path / "my"
    path.write_text("mine")
    message = f"There is already a file at '{path}'. Choose another name, or remove it first."
    assert refusal(write_split, a_split(ANN), "conll", path) == message
    assert refusal(write_corpus, DatasetDict(train=a_split(ANN)), "conll", path) == message
    assert path.read_text() == "mine"


def test_a_folder_that_is_not_empty_is_never_overwritten(tmp_path):
    (tmp_path / "my").mkdir()
    (tmp_path / "my" / "notes").touch()
    assert refusal(write_corpus, DatasetDict(train=a_split(ANN)), "conll", tmp_path / "my") == (
        f"There is already a folder that is not empty at '{tmp_path / 'my'}'. Choose another "
        "name, or remove it first."
    )
    assert [path.name for path in (tmp_path / "my").iterdir()] == ["notes"]


def test_a_folder_is_no_place_for_a_file(tmp_path):
    assert refusal(write_split, a_split(ANN), "conll", tmp_path) == (
        f"There is already a folder at '{tmp_path}'. Choose another name, or remove it first."
    )


def test_what_appears_while_writing_is_not_overwritten(tmp_path, monkeypatch):
    path = tmp_path / "my.conll"
    sentences = writers._sentences

    def slowly(*args):
        path.write_text("theirs")
        return sentences(*args)

    monkeypatch.setattr(writers, "_sentences", slowly)
    assert refusal(write_split, a_split(ANN), "conll", path).startswith(
        "There is already a file at"
    )
    assert path.read_text() == "theirs"


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("file/my", "Not a directory"),
        ("x" * 300, "File name too long"),
        ("a\0b", "embedded null byte"),
    ],
)
def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path, form, name, reason):
    (tmp_path / "file").touch()
    shown = repr(str(tmp_path / name)[:200])
    assert refusal(write_split, a_split(ANN), form, tmp_path / name) == (
        f"Can't write to {shown}: {reason}. Choose another place."
    )
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("form", FORMATS)
def test_a_full_disk_is_a_sentence_and_leaves_nothing(tmp_path, monkeypatch, form):
    original = Path.open

    def full(path, *args, **kwargs):
        return original(Path("/dev/full"), *args, **kwargs)

    monkeypatch.setattr(Path, "open", full)
    assert refusal(write_split, a_split(ANN), form, tmp_path / "my") == (
        f"Can't write to '{tmp_path / 'my'}': No space left on device. Choose another place."
    )
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_is_a_sentence(tmp_path):
    message = "There is no format 'xml'. Choose one of conll, jsonl, spans, parquet."
    assert refusal(write_split, a_split(ANN), "xml", tmp_path / "my") == message
    assert refusal(write_corpus, DatasetDict(train=a_split(ANN)), "xml", tmp_path / "my") == message


# What a format cannot hold.

BLANKS = "a word there has no blanks and is not empty"
MARKS = "there it is a mark such as -DOCSTART-, or has a NUL"


@pytest.mark.parametrize(
    ("form", "word", "reason", "shown", "better"),
    [
        ("conll", "a\tb", BLANKS, r"'a\tb'", "spans"),
        ("conll", "a\nb", BLANKS, r"'a\nb'", "spans"),
        ("conll", "a\rb", BLANKS, r"'a\rb'", "spans"),
        ("conll", " a", BLANKS, "' a'", "spans"),
        ("conll", "a ", BLANKS, "'a '", "spans"),
        ("conll", "\t" + "x" * 60, BLANKS, r"'\t" + "x" * 39 + "…'", "spans"),
        ("conll", "a\0b", MARKS, r"'a\x00b'", "jsonl"),
        ("conll", "\u00a0", BLANKS, r"'\xa0'", "spans"),
        ("conll", "New York", BLANKS, "'New York'", "spans"),
        ("conll", "a\x0bb", BLANKS, r"'a\x0bb'", "spans"),
        ("conll", "-DOCSTART-", MARKS, "'-DOCSTART-'", "jsonl"),
        ("conll", "-DOCSTART-1", MARKS, "'-DOCSTART-1'", "jsonl"),
        ("conll", "#global.columns=1", MARKS, "'#global.columns=1'", "jsonl"),
        ("jsonl", "New York", BLANKS, "'New York'", "spans"),
        ("jsonl", "\u00a0", BLANKS, r"'\xa0'", "spans"),
        ("parquet", "New York", BLANKS, "'New York'", "spans"),
        ("parquet", "", BLANKS, "''", "spans"),
    ],
)
def test_words_that_would_not_be_read_back_are_a_sentence(
    tmp_path, form, word, reason, shown, better
):
    splits = DatasetDict(train=a_split(ANN), test=a_split(ANN, (["an", word], ["O", "O"])))
    assert refusal(write_corpus, splits, form, tmp_path / "my") == (
        f"test{EXTENSIONS[form]}, sentence 2: {shown} can't be written as {form}: {reason}. Write "
        f"{better} instead."
    )
    assert list(tmp_path.iterdir()) == []


def test_spans_refuse_an_entity_of_nothing(tmp_path):
    split = a_split((["in", "\u00a0"], ["O", "B-LOC"]))
    assert refusal(write_split, split, "spans", tmp_path / "my.jsonl") == (
        r"my.jsonl, sentence 1: the entity '\xa0' can't be written as spans, because it is only "
        "white space. Write jsonl instead."
    )


@pytest.mark.parametrize(
    ("form", "label"),
    [("conll", "a work"), ("conll", "a\0b"), ("spans", "a work"), ("spans", "O"), ("spans", "B-x")],
)
def test_a_type_that_a_format_cannot_hold_is_a_sentence(tmp_path, form, label):
    split = a_split((["Ann"], [f"B-{label}"]), types=[label])
    assert refusal(write_split, split, form, tmp_path / "my") == (
        f"my: the entity type {label!r} can't be written as {form}, which takes only types such "
        "as PER, without blanks. Write jsonl instead."
    )
    write_split(split, "jsonl", tmp_path / "my.jsonl")
    assert read("jsonl", tmp_path / "my.jsonl") == [(["Ann"], [f"B-{label}"])]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(("label", "shown"), [("P\ud800", "'P?'"), ("PER ", "'PER '")])
def test_a_type_that_no_format_can_hold_is_a_sentence(tmp_path, form, label, shown):
    split = a_split((["Ann"], [f"B-{label}"]), types=[label])
    assert refusal(write_split, split, form, tmp_path / "my") == (
        f"my: the entity type {shown} has blanks around it, or half of a surrogate pair in it. "
        "Rename it."
    )


# What is written is read back.

HOSTILE = [
    "-DOCSTART-",
    "#",
    "#a",
    "##",
    "-",
    "O",
    "B-PER",
    "[",
    "](",
    "[a](LOC)",
    '"',
    "'",
    '"a',
    "{}",
    "[]",
]
HOSTILE += [
    "\u200b",
    "\u200f",
    "\u202e",
    "\ufeff",
    "\ufeffa",
    "🎉",
    "👩‍👩‍👧",
    "e\u0301",
    "\x7f",
    "\\n",
]
HOSTILE += [
    "a\u00a0b",
    "a\u2028b",
    "a\x85b",
    "a\x0bb",
    "a\x1cb",
    "null",
    "1e999",
    "//",
    "...",
    "-X-",
]
WORDS = (
    st.sampled_from(HOSTILE)
    | st.text("aB9.,-#'東é", min_size=1, max_size=4)
    | st.text(st.characters(codec="utf-8", exclude_characters="\n"), min_size=1, max_size=4).filter(
        str.strip
    )
)


@st.composite
def sentences(draw, words=WORDS):
    """Draw words and IOB2 tags of one sentence."""
    tokens = draw(st.lists(words, min_size=1, max_size=8))
    borders = sorted(draw(st.sets(st.integers(0, len(tokens)))))
    labels = draw(st.lists(st.sampled_from(["", "LOC", "PER", "a-b"]), min_size=9, max_size=9))
    pieces = zip(borders, borders[1:], labels, strict=False)
    spans = [Span(start, end, label) for start, end, label in pieces if label]
    return tokens, encode(spans, len(tokens))


def holds(form, word):
    if form == "conll" and (word.startswith("-DOCSTART-") or "\0" in word):
        return False
    return not set(word) & set(" \t\r\f\v")


@pytest.mark.slow
@pytest.mark.parametrize("form", ["conll", "jsonl", "parquet"])
@given(st.lists(sentences(), min_size=1, max_size=4))
@example([(["\ufeff", "#"], ["O", "B-LOC"])])
@example([(["#"], ["O"]), (["#", "-", "#"], ["B-a-b", "O", "I-a-b"])])
def test_words_and_tags_come_back(form, corpus):
    split = a_split(*corpus, types=["LOC", "PER", "a-b"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"my{EXTENSIONS[form]}"
        if all(holds(form, word) for words, _ in corpus for word in words):
            write_split(split, form, path)
            assert read(form, path) == corpus
        else:
            assert refusal(write_split, split, form, path).endswith(" instead.")


def entities(words, tags):
    """Return each entity's type and its text without blanks."""
    return [
        (span.label, "".join("".join(words[span.start : span.end]).split()))
        for span in decode(tags)
    ]


def is_seen(word):
    """Return whether a word is nothing but what belongs to words: no zero-width blank, for one."""
    return "".join(word[part.start : part.end] for part in split_words(word)) == word


@pytest.mark.slow
@given(st.lists(sentences(WORDS.filter(is_seen)), min_size=1, max_size=4))
def test_entities_come_back_from_spans(corpus):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "my.jsonl"
        write_split(a_split(*corpus, types=["LOC", "PER", "a-b"]), "spans", path)
        back = [
            record
            for record in read_json(path, ReadOptions())
            if isinstance(record, Sentence) or record.code not in ("misaligned", "odd")
        ]
    assert all(isinstance(record, Sentence) for record in back), back
    assert [entities(record.tokens, record.tags) for record in back] == [
        entities(*sentence) for sentence in corpus
    ]
