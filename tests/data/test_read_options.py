"""What a person says about data comes before what is found in them, and that is said."""

import codecs

import pytest

from ner_core import api
from ner_core.cli.main import main
from ner_core.config import TrainConfig
from ner_core.data.corpus import load_as_it_is
from ner_core.data.readers.sentence import ReadOptions
from ner_core.errors import ConfigError, DataError

NO_WORD_ROWS = "each row is a whole sentence here, so --sentence-column was ignored. Leave it out"


@pytest.fixture
def read(tmp_path):
    """Return a function that writes a file and reads it: words of the sentences, and remarks."""

    def read(text, name="my.txt", **options):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        corpus = load_as_it_is(str(path), ReadOptions.of(**options))
        faults = corpus.faults["train"].first
        said = [
            fault.message for code in ("odd", "guess", "overlap") for fault in faults.get(code, [])
        ]
        return corpus.dataset["train"]["tokens"][:], said

    return read


# The column that numbers sentences

TABLE = "word,tag,a,b\nAnn,B-PER,1,7\nran,O,1,7\nBo,B-PER,2,7\nsat,O,2,8\n"


def test_the_sentence_column_is_that_which_was_chosen(read):
    assert read(TABLE, "my.csv", sentence_column="b") == (
        [["Ann", "ran", "Bo"], ["sat"]],
        ["a new sentence starts where column 'b' has a new value"],
    )
    assert read(TABLE, "my.csv", sentence_column="3")[0] == [["Ann", "ran"], ["Bo", "sat"]]


def test_columns_with_tabs_or_blanks_have_a_sentence_column_too(read):
    for separator in ("\t", " "):
        text = TABLE.replace(",", separator)
        assert read(text, "my.tsv", sentence_column="a")[0] == [["Ann", "ran"], ["Bo", "sat"]]


def test_without_blank_lines_a_column_that_counts_up_ends_the_sentences(read):
    text = "word\ttag\tsid\nAnn\tB-PER\t1\nran\tO\t1\nBo\tB-PER\t2\nsat\tO\t2\n"
    assert read(text) == (
        [["Ann", "ran"], ["Bo", "sat"]],
        ["a new sentence starts where column 'sid' has a new value"],
    )
    # The parts of speech of one sentence come in runs, too.
    assert len(read("Ann N B-PER\nLee N I-PER\nran V O\nsat V O\n")[0]) == 1


def test_a_sentence_column_that_is_not_there_is_a_sentence(read):
    with pytest.raises(DataError) as caught:
        read(TABLE, "my.csv", sentence_column="c")
    assert str(caught.value) == (
        "my.csv: there is no column 'c' among the 4 columns ('word', 'tag', 'a', 'b'). Choose one "
        "of them, by its number from 1 if it has no name."
    )


@pytest.mark.parametrize(
    "text", ['{"tokens": ["Ann"], "tags": ["B-PER"]}\n', "tokens,tags\n\"['Ann']\",\"['B-PER']\"\n"]
)
def test_a_sentence_column_for_whole_sentences_is_said_to_be_unused(read, text):
    column = "1" if text.startswith("tokens") else "x"
    assert NO_WORD_ROWS in read(text, sentence_column=column)[1]


# Encodings


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "utf-16-le", "mac-cyrillic"])
def test_a_file_is_read_in_the_encoding_that_was_named(read, encoding):
    raw = "Анна B-PER\nспит O\n".encode(encoding)
    assert read(raw, encoding=encoding) == ([["Анна", "спит"]], [f"text was read as {encoding}"])


def test_json_and_tables_have_encodings_too(read):
    rows = '{"tokens": ["東京"], "tags": ["B-LOC"]}\n'.encode("shift_jis")
    assert read(rows, encoding="Shift_JIS")[0] == [["東京"]]
    table = "word;tag\nŁódź;B-LOC\n".encode("cp1250")
    assert read(table, "my.csv", encoding=" cp1250 ")[0] == [["Łódź"]]


def test_all_texts_of_a_folder_are_in_the_encoding(tmp_path):
    for name, text in (("1.txt", "Анна спит."), ("1.ann", "T1\tPER 0 4\tАнна\n")):
        (tmp_path / name).write_bytes(text.encode("cp1251"))
    corpus = load_as_it_is(str(tmp_path), ReadOptions(encoding="cp1251"))
    assert corpus.dataset["train"]["tokens"][:] == [["Анна", "спит", "."]]


@pytest.mark.parametrize("encoding", ["ascii", "utf-8", "shift_jis"])
def test_bytes_that_are_not_in_the_encoding_are_a_sentence(read, encoding):
    with pytest.raises(DataError) as caught:
        read(b"Ann B-PER\nran O\n\nBj\xff\xfe B-PER\n", encoding=encoding)
    assert str(caught.value) == (
        f"my.txt, line 4: this isn't {encoding} text. Choose another encoding, or save the file "
        "as UTF-8."
    )


@pytest.mark.parametrize("name", ["utf-9", "base64", "x" * 100, "../../x", "a\0b"])
def test_an_encoding_that_does_not_exist_is_a_sentence(name, tmp_path):
    with pytest.raises(ConfigError) as caught:
        api.load_data(tmp_path, encoding=name)
    shown = repr(name) if len(repr(name)) <= 80 else repr(name)[:80] + "…"
    assert str(caught.value) == (
        f"encoding can't be {shown}. Use a text encoding such as cp1251, shift_jis or gb18030."
    )


def test_what_is_no_text_has_no_encoding(tmp_path):
    from datasets import Dataset

    path = tmp_path / "my.parquet"
    Dataset.from_dict({"tokens": [["Ann"]], "tags": [["B-PER"]]}).to_parquet(str(path))
    corpus = load_as_it_is(str(path), ReadOptions(encoding="cp1251"))
    (fault,) = corpus.faults["train"].first["odd"]
    assert fault.message == "this isn't text, so --encoding was ignored. Leave it out"


def test_a_byte_order_mark_is_no_part_of_the_text(read):
    raw = codecs.BOM_UTF16_LE + "Ann B-PER\n".encode("utf-16-le")
    assert read(raw, encoding="utf-16-le")[0] == [["Ann"]]


# Offsets


def spans(start, end, text="Zoë: Ann left."):
    return f'{{"text": "{text}", "spans": [[{start}, {end}, "PER"]]}}\n'


@pytest.mark.parametrize(
    ("name", "place", "about"),
    [
        ("as-given", (5, 8), "characters from 0"),
        ("inclusive-ends", (5, 7), "with the last character included"),
        ("from-one", (6, 9), "from 1"),
        ("from-one-inclusive", (6, 8), "from 1, with the last character included"),
        ("bytes", (6, 9), "bytes of UTF-8"),
        ("utf-16", (5, 8), "UTF-16 code units, as JavaScript does"),
    ],
)
def test_offsets_are_read_as_a_person_says(tmp_path, name, place, about):
    path = tmp_path / "my.jsonl"
    path.write_text(spans(*place))
    corpus = load_as_it_is(str(path), ReadOptions(span_offsets=name))
    row = corpus.dataset["train"][0]
    assert row["tokens"][row["ner_tags"].index(1)] == "Ann"
    (fault,) = corpus.faults["train"].first["guess"]
    assert fault.message == f"span offsets were read as counting {about}"


def test_a_person_may_say_that_offsets_are_right(read):
    text = "".join(spans(5, 7) for _ in range(9))
    assert read(text)[0][0][2] == "Ann"
    found, said = read(text, span_offsets="as-given")
    assert found[0][2:4] == ["An", "n"]
    assert said == ["span offsets were read as counting characters from 0"]


def test_brat_is_read_in_the_offsets_that_were_chosen(tmp_path):
    (tmp_path / "1.txt").write_text("Zoë saw Ann.")
    (tmp_path / "1.ann").write_text("T1\tPER 9 12\tAnn\n")
    with pytest.raises(DataError, match="or say how they count with --span-offsets"):
        load_as_it_is(str(tmp_path))
    corpus = load_as_it_is(str(tmp_path), ReadOptions(span_offsets="bytes"))
    assert corpus.dataset["train"]["ner_tags"][0] == [0, 0, 1, 0]


def test_offsets_of_a_format_without_any_are_said_to_be_unused(read):
    said = read("Ann B-PER\n", span_offsets="bytes")[1]
    assert said == ["CoNLL columns has no offsets, so --span-offsets was ignored"]


# Where the options are given


def test_the_command_line_has_all_options(tmp_path, capsys):
    (tmp_path / "my.csv").write_bytes("word,tag,n\nАнна,B-PER,1\nБо,B-PER,2\n".encode("cp1251"))
    flags = ["--encoding", "cp1251", "--sentence-column", "n", "--span-offsets", "as-given"]
    source, out = str(tmp_path / "my.csv"), str(tmp_path / "out")
    assert main(["convert", source, "--to", "conll", "--output", out, *flags]) == 0
    (written,) = (tmp_path / "out").iterdir()
    assert written.read_text(encoding="utf-8") == "Анна\tB-PER\n\nБо\tB-PER\n\n"
    assert main(["check", source, "--encoding", "utf-9"]) == 2
    assert capsys.readouterr().err.endswith(
        "encoding can't be 'utf-9'. Use a text encoding such as cp1251, shift_jis or gb18030.\n"
    )


def test_a_run_reads_its_data_with_the_options_of_its_settings():
    config = TrainConfig.from_values(
        {"sentence_column": "n", "encoding": "cp1251", "span_offsets": "bytes"}
    )
    options = ReadOptions(sentence_column="n", encoding="cp1251", span_offsets="bytes")
    assert ReadOptions.of_config(config) == options
    assert ReadOptions.of_config(TrainConfig()) == ReadOptions()
