import csv
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_core.data.readers.csv_table import looks_like_csv, read_csv
from ner_core.data.readers.sentence import Fault, ReadOptions, Sentence
from ner_core.errors import DataError
from tests.support.columns import golden, read_golden
from tests.support.records import pairs

PLAIN = ReadOptions()


@pytest.fixture
def read(tmp_path):
    """Return a function that reads raw text or bytes as CSV."""

    def read(raw, **options):
        path = tmp_path / "my.csv"
        path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
        return list(read_csv(path, ReadOptions(**options)))

    return read


@pytest.mark.parametrize("name", golden("csv"))
def test_the_golden_files(name):
    found, expected = read_golden(name, read_csv)
    assert found == expected


KAGGLE = "Sentence #,Word,POS,Tag\nSentence: 1,Ann,NNP,B-per\n,ran,VBD,O\nSentence: 2,Bob,NNP,O\n"


@pytest.mark.parametrize(
    "raw",
    [
        KAGGLE,
        KAGGLE.rstrip("\n"),
        KAGGLE.upper()
        .replace("ANN", "Ann")
        .replace("RAN", "ran")
        .replace("BOB", "Bob")
        .replace("B-PER", "B-per"),
        KAGGLE.replace("\n", "\r\n"),
        KAGGLE.replace(",", ";"),
        KAGGLE.replace(",", "\t"),
        KAGGLE.replace(",", '","').replace("\n", '"\n"')[:-1].join(['"', ""]),
        KAGGLE.replace("\n,ran", "\nSentence: 1,ran"),
        "\ufeff" + KAGGLE,
        "\n\n" + KAGGLE + "\n,,,\n",
        KAGGLE.encode("utf-16"),
        "sep=,\n" + KAGGLE,
        "sentence_idx,word,tag\n0,Ann,B-per\n0,ran,O\n1,Bob,O\n",
        "token,ner\nAnn,B-per\nran,O\n,\nBob,O\n",
        "token,ner\nAnn,B-per\nran,O\n\nBob,O\n",
        "token,ner\nAnn,B-per\nran,O\n\u200b,\nBob,O\n",
        "token,ner,doc_id\nAnn,B-per,x\nran,O,x\nBob,O,y\n",
        'text,label\n"Ann",B-per\n"ran",O\n"",""\n"Bob",O\n',
    ],
)
def test_a_word_a_row_however_it_is_written(read, raw):
    assert pairs(read(raw)) == ["Ann B-per | ran O", "Bob O"]


@pytest.mark.parametrize(
    "raw",
    [
        'text,entities\nAnn ran,"[[0, 3, ""PER""]]"\n',
        'text,spans\nAnn ran,"[{""start"": 0, ""end"": 3, ""label"": ""PER""}]"\n',
        "text;label\nAnn ran;[{'start_offset': 0, 'end_offset': 3, 'label': 'PER'}]\n",
        "text\tlabels\nAnn ran\t[(0, 3, 'PER')]\n",
        "Sentence,Label\nAnn ran,\"{'entities': [(0, 3, 'PER')]}\"\n",
        'tokens,tags\n"[""Ann"", ""ran""]","[""B-PER"", ""O""]"\n',
        "words;ner_tags\n['Ann', 'ran'];['B-PER', 'O']\n",
        "Sentence #,Sentence,Tag\n1,Ann ran,\"['B-PER', 'O']\"\n",
    ],
)
def test_a_sentence_a_row_however_it_is_written(read, raw):
    assert pairs(read(raw)) == ["Ann B-PER | ran O"]
    assert looks_like_csv(raw.encode())


def test_numbers_get_their_names(read):
    names = ("O", "B-PER")
    assert pairs(read('tokens,ner_tags\n"[""Ann""]",[1]\n', label_names=names)) == ["Ann B-PER"]
    assert pairs(read("word,tag\nAnn,1\n", label_names=names)) == ["Ann B-PER"]


@pytest.mark.parametrize(
    ("raw", "options"),
    [
        ("Wort,Klasse\nAnn,B-PER\n", {"token_column": "wort", "tag_column": "Klasse"}),
        ("Wort;Klasse\nAnn;B-PER\n", {"token_column": "1", "tag_column": "2"}),
        ("B-PER,Ann\n", {"token_column": "2", "tag_column": "1"}),
        ("word,old,tag\nAnn,B-PER,O\n", {"tag_column": "old"}),
    ],
)
def test_the_options_come_first(read, raw, options):
    assert pairs(read(raw, **options)) == ["Ann B-PER"]


@pytest.mark.parametrize(
    ("raw", "options", "message"),
    [
        (
            "Wort;Klasse\nAnn;B-PER\n",
            {},
            "my.csv has no columns such as word and tag, or text and entities. Its columns: "
            "'Wort', 'Klasse'. Say which to read with --token-column and --tag-column.",
        ),
        (
            ",".join(f"{place}{'x' * 60}" for place in range(30)) + "\n",
            {},
            "my.csv has no columns such as word and tag, or text and entities. Its columns: "
            + ", ".join(f"'{place}{'x' * 39}…'" for place in range(8))
            + " and 22 more. Say which to read with --token-column and --tag-column.",
        ),
        (
            ",".join(f"c{place}" for place in range(9)) + "\n",
            {"tag_column": "ner"},
            "my.csv: there is no column 'ner' among the 9 columns ('c0', 'c1', 'c2', 'c3', 'c4', "
            "'c5', 'c6', 'c7' and 1 more). Choose one of them, by its number from 1 if it has no "
            "name.",
        ),
        (
            "\n",
            {},
            "my.csv has no columns such as word and tag, or text and entities. Its columns: "
            "none. Say which to read with --token-column and --tag-column.",
        ),
        (
            "word,tag\nAnn,B-PER\n",
            {"tag_column": "ner"},
            "my.csv: there is no column 'ner' among the 2 columns ('word', 'tag'). Choose one of "
            "them, by its number from 1 if it has no name.",
        ),
        (
            "word,tag\nAnn,B-PER\n",
            {"tag_column": "word"},
            "my.csv: you chose column 1 for both words and tags. Choose another one for one of "
            "them.",
        ),
        (
            'tokens,ner_tags\n"[""Ann""]",[1]\n',
            {},
            "my.csv: the tags are numbers without names. Name them, from 0 on, with "
            "--label-names O,B-PER,... .",
        ),
        (
            "text,label\nI love it,good\n",
            {},
            "my.csv, line 2: there is a blank in the word 'I love it'. Make two words of it.",
        ),
        (
            KAGGLE.replace("Bob", "\xfc\xfd\xfe\xff").encode("latin-1"),
            {},
            "my.csv, line 4: the byte 0xfc is not UTF-8 text. Save the file as UTF-8.",
        ),
    ],
)
def test_what_makes_a_file_useless_is_a_sentence(read, raw, options, message):
    with pytest.raises(DataError) as caught:
        read(raw, **options)
    assert str(caught.value) == message


def test_a_stray_quotation_mark_swallows_no_row(read):
    assert pairs(read('word,tag\n",O\nAnn,B-PER\n",O\n"""",O\n"x"y,O\n')) == [
        '" O | Ann B-PER | " O | " O | "x"y O'
    ]


def test_a_faulty_row_costs_its_sentence_and_no_other(read):
    before, fault, after = read("n,word,tag,sent\n0,a,O,1\n0,b b,O,2\n1,c,O,\n0,d,O,3\n")
    assert (before.lines, after.lines) == ([2], [5])
    assert fault == Fault(
        "unreadable",
        3,
        "there is a blank in the word 'b b'. Make two words of it.",
        "0,b b,O,2",
    )


def test_a_field_without_end_costs_one_row(read):
    fault, sentence = read(f'text,spans\n"{"x" * 1_100_000}",[]\nAnn,[]\n')
    assert (fault.line, sentence.lines) == (2, [3])


@pytest.mark.slow
def test_a_long_text_is_no_fault(read):
    (sentence,) = read(f'text,spans\n"{"x " * 400_000}",[]\n')
    assert len(sentence.tokens) == 400_000


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ('text,spans\n" ",[]\nAnn,[]\n', 2),
        ('text,spans\nAnn,[]\n"",[]\n', 3),
        ('tokens,tags\n[],[]\n"[""Ann""]","[""O""]"\n', 2),
    ],
)
def test_a_row_without_words_is_empty(read, raw, line):
    records = read(raw)
    assert Fault("empty", line, "", "") in records
    assert len(records) == 2


def test_rows_without_words_alone_are_no_error(read):
    assert read('text,spans\n" ",[]\n') == [Fault("empty", 2, "", "")]


@pytest.mark.parametrize("cell", ["[" * 5000, "{" * 200, "[" + "9" * 5000 + "]", "[b'']"])
def test_a_list_that_is_none_is_a_fault(read, cell):
    fault, _ = read(f'text,spans\nAnn,"{cell}"\nBob,[]\n')
    assert fault.code == "unreadable"
    assert "\n" not in fault.message


def test_an_odd_escape_in_a_list_is_kept_without_a_warning(read):
    assert pairs(read("words,tags\n['\\d'],['O']\n")) == ["\\d O"]


@pytest.mark.parametrize(
    ("head", "is_csv"),
    [
        (KAGGLE, True),
        (KAGGLE.replace(",", ";"), True),
        (KAGGLE.replace(",", "\t"), True),
        ("\ufeff\nsep=;\nWord;Tag\n", True),
        ("text,entities\n", True),
        ("word,tag", True),
        ("text\tentities\nAnn ran\t[[0, 3, 'PER']]\n", True),
        ("Wort,Klasse\nAnn,B-PER\n", True),
        ("Ann;B-PER\nran;O\nB", True),
        ("word\ttag\nAnn\tB-PER\n", False),
        ("word tag\nAnn B-PER\n", False),
        ("1,000 O\n2,000 O\n", False),
        ("[Ann](PER), Bob\nBob, [Ann](PER)\n", False),
        ("Ann, Bob\nand Eve\n", False),
        ('{"tokens": ["a"], "tags": ["O"]}\n', False),
        (", O\n. O\n", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_format_is_recognised(head, encoding, is_csv):
    assert looks_like_csv(head.encode(encoding)) is is_csv


WORD = st.text("aé東\"',;#\u200b", min_size=1, max_size=4)
SENTENCES = st.lists(
    st.lists(st.tuples(WORD, st.sampled_from(["O", "B-PER"])), min_size=1, max_size=4),
    min_size=1,
    max_size=4,
)


@given(SENTENCES, st.sampled_from(",;\t"), st.booleans())
def test_what_is_written_is_read_back(tmp_path_factory, sentences, delimiter, whole):
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter=delimiter)
        table.writerow(["tokens", "tags"] if whole else ["sentence_id", "word", "tag"])
        for number, sentence in enumerate(sentences):
            if whole:
                table.writerow([json.dumps(cells) for cells in zip(*sentence, strict=True)])
            else:
                table.writerows([number, *cells] for cells in sentence)
    found = [list(zip(s.tokens, s.tags, strict=True)) for s in read_csv(path, PLAIN)]
    assert found == sentences


@given(
    st.sampled_from(["", "text,spans\n", "word,tag\n", "tokens;tags\n", "Sentence #,Word,Tag\n"]),
    st.binary(max_size=60) | st.text("ab\"',;[]{}1:\n\t \r\u200bO", max_size=60),
)
def test_any_file_gives_records_or_a_sentence(tmp_path_factory, header, raw):
    path = tmp_path_factory.mktemp("any") / "x.csv"
    path.write_bytes(header.encode() + (raw.encode() if isinstance(raw, str) else raw))
    looks_like_csv(path.read_bytes())
    with suppress(DataError):
        for record in read_csv(path, PLAIN):
            assert isinstance(record, Fault) or all(record.tokens + record.tags)


# Sentences without a column that is known by its name


@pytest.mark.parametrize("name", ["sid", "paragraph", "x"])
def test_the_column_that_numbers_sentences_is_found_by_its_content(tmp_path, name):
    path = tmp_path / "my.csv"
    path.write_text(f"{name},word,pos,tag\n0,Ann,N,B-PER\n0,ran,V,O\n1,Bo,N,B-PER\n1,ran,V,O\n")
    said, *found = read_csv(path, ReadOptions())
    assert said.message == f"a new sentence starts where column '{name}' has a new value"
    assert [sentence.tokens for sentence in found] == [["Ann", "ran"], ["Bo", "ran"]]


def test_a_comma_that_is_a_word_without_quotation_marks_is_a_fault(tmp_path):
    path = tmp_path / "my.csv"
    path.write_text("sentence_id,word,tag\n0,Ann,B-PER\n0,,,O\n1,ran,O\n")
    fault, sentence = read_csv(path, ReadOptions())
    assert (fault.code, fault.line, sentence.tokens) == ("unreadable", 3, ["ran"])


def test_a_text_by_character_is_put_together(tmp_path):
    path = tmp_path / "my.csv"
    path.write_text("id,text,label\n1,A,B-PER\n1, ,I-PER\n1,B,I-PER\n2,c,O\n2,d,O\n")
    found = [record for record in read_csv(path, ReadOptions()) if isinstance(record, Sentence)]
    assert [sentence.tokens for sentence in found] == [["A", "B"], ["cd"]]


@pytest.mark.parametrize(
    "raw",
    [
        "tokens,ner_tags\n['Ann' 'ran'],['B-PER' 'O']\n",
        'tokens,ner_tags\n"[\'Ann\' ""ran""]","[\'B-PER\'\n \'O\']"\n',
        "tokens,ner_tags\n['Ann' 'ran'],[1 0]\n",
        "tokens,ner_tags\n\"array(['Ann', 'ran'], dtype=object)\",\"array([1, 0])\"\n",
        "text_snippet;entity_annotations\n"
        "Ann ran;[{'entity_group': 'PER', 'start': 0, 'end': 3}]\n",
        "text,spans\nAnn ran,\"[{'start': 0, 'end': 3, 'label': 'PER'}\n {'start': 0, 'end': 3, "
        "'label': 'PER'}]\"\n",
    ],
)
def test_lists_that_numpy_and_others_print_are_read(read, raw):
    assert pairs(read(raw, label_names=("O", "B-PER"))) == ["Ann B-PER | ran O"]


def test_a_list_that_numpy_shortened_is_a_fault(read):
    fault, _ = read("tokens,ner_tags\n['Ann' ... 'ran'],['B-PER' ... 'O']\n['Bo'],['O']\n")
    assert fault.message == (
        "NumPy shortened this list to ... when it was written. Write the file again with lists "
        "instead of arrays (array.tolist())."
    )


def test_numbers_without_names_say_so(tmp_path):
    path = tmp_path / "my.csv"
    path.write_text("token,label\nAnn,1\nran,0\n")
    with pytest.raises(DataError) as caught:
        list(read_csv(path, PLAIN))
    assert str(caught.value) == (
        "my.csv, line 2: the tag '1' is a number without a name. Name the tags, from 0 on, with "
        "--label-names O,B-PER,... ."
    )
