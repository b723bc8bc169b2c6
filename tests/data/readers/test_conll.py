import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_core.data.readers.conll import read_conll
from ner_core.data.readers.sentence import Fault, ReadOptions
from ner_core.errors import DataError
from tests.support.columns import golden, read_golden

PLAIN = ReadOptions()


@pytest.fixture
def records(tmp_path):
    """Return a function that reads raw text or bytes as a CoNLL file."""

    def records(raw, **options):
        path = tmp_path / "my.conll"
        path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
        return list(read_conll(path, ReadOptions(**options)))

    return records


@pytest.fixture
def read(records):
    """Return a function that reads a CoNLL file without faults: words and tags."""

    def read(raw, **options):
        found = [s for s in records(raw, **options) if not is_guess(s)]
        return [list(zip(s.tokens, s.tags, strict=True)) for s in found]

    return read


def is_guess(record):
    return isinstance(record, Fault) and record.code in ("guess", "odd")


ANN = [("Ann", "B-PER"), ("ran", "O")]


@pytest.mark.parametrize(
    "raw",
    [
        "Ann B-PER\nran O\n",
        "Ann B-PER\nran O",
        "Ann\tB-PER\nran\tO\n",
        "Ann    B-PER\nran  O\n",
        " Ann B-PER \nran O  \n",
        "Ann\tB-PER\t\nran\tO\t\n",
        "Ann \t B-PER\nran \t O\n",
        "Ann\tB-PER\nran O\n",
        "Ann NNP I-NP B-PER\nran VBD I-VP O\n",
        "Ann\tNNP\tB-PER\nran\t\tO\n",
        "Ann B-PER\r\nran O\r\n",
        "\ufeffAnn B-PER\nran O\n",
        "\n\n\nAnn B-PER\nran O\n\n\n",
        "-DOCSTART- -X- -X- O\n\nAnn B-PER\nran O\n",
        "-DOCSTART- O\n\nAnn B-PER\nran O\n",
        "-DOCSTART-\n\nAnn B-PER\nran O\n",
        "-DOCSTART-\tO\n\nAnn\tB-PER\nran\tO\n",
        "# a comment\nAnn B-PER\nran O\n",
        "#\nAnn B-PER\nran O\n",
        "# text = Ann ran O\nAnn B-PER\nran O\n",
        "#\tsent_id\t3\nAnn\tB-PER\nran\tO\n",
        "# one two\nAnn B-PER\nran O\n",
    ],
)
def test_one_sentence_however_it_is_written(read, raw):
    assert read(raw) == [ANN]


@pytest.mark.parametrize(
    "blank",
    ["", " ", "\t", " \t ", "\r", "\u00a0", "\u2003", "\f", "\u200b", "\ufeff", "\u2060 \u200d"],
)
def test_a_line_of_blanks_ends_a_sentence(read, blank):
    assert read(f"Ann B-PER\nran O\n{blank}\nAnn B-PER\nran O\n") == [ANN, ANN]


@pytest.mark.parametrize("empty", ["", "\n", "\n\n\n", "\ufeff", "-DOCSTART- O\n", "# nothing\n"])
def test_a_file_without_words_has_no_sentences(read, empty):
    assert read(empty) == []


@pytest.mark.parametrize(
    "word",
    [
        "#",
        "#cop28",
        "##",
        "New\u00a0York",
        "a\u2028b",
        "a\u2029b",
        "a\x85b",
        "a\x1cb",
        "a\u3000b",
        "\u200b",
        "🎉",
        '"',
        "[a](b)",
        "-",
        "\ufeff",
        "O",
        "B-PER",
        "Sa\u0303o",
        "x" * 100_000,
    ],
)
@pytest.mark.parametrize("separator", [" ", "\t"])
def test_every_word_is_kept_as_it_is(read, word, separator):
    raw = f"Ann{separator}B-PER\n{word}{separator}O\n"
    assert read(raw) == [[("Ann", "B-PER"), (word, "O")]]


def test_a_number_sign_may_start_a_sentence(read):
    assert read("# B-MISC\n1 I-MISC\n") == [[("#", "B-MISC"), ("1", "I-MISC")]]
    assert read("a NN O\n# NN O\n") == [[("a", "O"), ("#", "O")]]


@pytest.mark.parametrize("inside", [" ", "\x0b", "\x0c"])
def test_a_word_with_a_blank_costs_its_sentence(records, inside):
    word = f"New{inside}York"
    before, fault, after = records(f"a\tO\n\nin\tO\n{word}\tB-LOC\n\nb\tO\n")
    assert fault == Fault(
        "unreadable",
        4,
        f"there is a blank in the word {word!r}. Write one word per line.",
        f"{word}\tB-LOC",
    )
    assert (before.tokens, after.tokens) == (["a"], ["b"])


def test_tags_are_read_as_they_are_written(read):
    assert read("a PER\nb B_PER\nc S-x\nd 0\n") == [
        [("a", "PER"), ("b", "B_PER"), ("c", "S-x"), ("d", "0")]
    ]


def test_each_word_knows_its_line(tmp_path):
    path = tmp_path / "my.conll"
    path.write_text("-DOCSTART- O\n\nAnn B-PER\n# note\nran O\n\n\nBob B-PER\n")
    assert [sentence.lines for sentence in read_conll(path, PLAIN)] == [[3, 5], [8]]


ONE_COLUMN = (
    "there is only a word here ({}), without a tag. Write a tag after it, separated by a blank or "
    "a tab."
)
MOST = (
    "this line has {} columns, but most lines have {}. Give every line the same columns, "
    "separated by tabs or by blanks."
)


@pytest.mark.parametrize(
    ("good", "raw", "line", "text", "message"),
    [
        ("x O\n", "Ann B-PER\nran\n", 2, "ran", ONE_COLUMN.format("'ran'")),
        ("x O\n", "x" * 60, 1, "x" * 40 + "…", ONE_COLUMN.format(f"'{'x' * 40}…'")),
        ("x\tO\n", "Ann\t\n", 1, "Ann", ONE_COLUMN.format("'Ann'")),
        ("x NN O\n", "Ann NNP B-PER\nran O\n", 2, "ran O", MOST.format(2, 3)),
        ("x O\n", "Ann B-PER\nran VBD O\n", 2, "ran VBD O", MOST.format(3, 2)),
        ("x\tO\n", "Ann\tB-PER\nNew\tYork\tO\n", 2, "New\tYork\tO", MOST.format(3, 2)),
        (
            "x\tO\n",
            "Ann\tB-PER\n\tO\n",
            2,
            "O",
            "there is no word in the first column. Write the word there.",
        ),
        (
            "1\tx\tO\n",
            "1\tAnn\tB-PER\n2\t\tO\n",
            2,
            "2\t\tO",
            "there is no word in column 2. Write the word there.",
        ),
        (
            "x\tNN\tO\n",
            "Ann\tNNP\tB-PER\nran\tVBD\t\n",
            2,
            "ran\tVBD",
            "there is no tag in column 3. Write O outside of entities.",
        ),
    ],
)
def test_a_faulty_line_costs_its_sentence_and_no_other(records, good, raw, line, text, message):
    before, fault, after = records(f"{good}\n{raw}\n\n{good}")
    assert fault == Fault("unreadable", line + 2, message, text)
    assert before.tokens == after.tokens == ["x"]
    with pytest.raises(DataError) as caught:
        records(raw)
    assert re.match(f"my.conll, line {line}: (there is|this line has) ", str(caught.value))


def test_the_first_fault_of_a_sentence_counts(records):
    (fault,) = records("a O\n\nb\nc O\nd d O\n")[1:]
    assert fault == Fault("unreadable", 3, ONE_COLUMN.format("'b'"), "b")


def test_most_lines_decide_how_many_columns_there_are(records):
    fault, sentence = records("Ann x y B-PER\n\nran VBD O\nto IN O\n")
    assert fault == Fault("unreadable", 1, MOST.format(4, 3), "Ann x y B-PER")
    assert sentence.lines == [3, 4]


def test_if_nothing_can_be_read_the_first_fault_is_a_sentence(records):
    with pytest.raises(DataError) as caught:
        records("Ann\nran\n\nsat\n")
    assert str(caught.value) == f"my.conll, line 1: {ONE_COLUMN.format(repr('Ann'))}"


@pytest.mark.parametrize("name", golden("conll"))
def test_the_golden_files(name):
    found, expected = read_golden(name, read_conll)
    assert found == expected


# Which column is which


@pytest.mark.parametrize(
    "raw",
    [
        "# global.columns = FORM UPOS NER MISC\nAnn NNP B-PER O\nran VBD O O\n",
        "#global.columns=NER XPOS FORM\nB-PER NNP Ann\nO VBD ran\n",
        "word pos tag\nAnn NNP B-PER\nran VBD O\n",
        "TOKEN\tNER_Tag\tlemma\n\nAnn\tB-PER\tAnn\nran\tO\trun\n",
        "1 Ann B-PER\n2 ran O\n",
        "0\tAnn\tNNP\tB-PER\n1\tran\tVBD\tO\n",
        "Ann B-PER _\nran O _\n",
        "Ann B-PER _\nran O SpaceAfter=No\n",
        "1-2\tAnnran\t_\n1\tAnn\tB-PER\n2\tran\tO\n2.1\twas\t_\n",
    ],
)
def test_the_columns_of_words_and_tags_are_found(read, raw):
    assert read(raw) == [ANN]


def test_bare_types_in_another_column_are_found_by_their_o(read):
    assert read("Ann PER x\nran O x\noff O x\n") == [[("Ann", "PER"), ("ran", "O"), ("off", "O")]]


@pytest.mark.parametrize(
    ("raw", "tag"),
    [
        ("Ann B-NP B-PER\nran B-VP O\n", "B-PER"),  # both are tags: the last
        ("Ann B-NP B-PER x\nran B-VP O x\n", "B-PER"),  # phrases are no entities
        ("Ann NNP x\nran VBD x\n", "x"),  # none is
        ("Ann O x\nran VBD x\noff IN x\n", "x"),  # a word O makes no column of tags
    ],
)
def test_where_it_is_not_obvious_the_last_column_has_the_tags(read, raw, tag):
    assert read(raw)[0][0] == ("Ann", tag)


@pytest.mark.parametrize(
    ("raw", "options"),
    [
        ("Ann B-PER O\nran O O\n", {"tag_column": "2"}),
        ("x Ann B-PER O\ny ran O O\n", {"token_column": "2", "tag_column": "3"}),
        ("a B c\nAnn B-PER O\nran O O\n", {"token_column": "a", "tag_column": "b"}),
        ("# global.columns = a b\nB-PER Ann\nO ran\n", {"token_column": "b", "tag_column": "a"}),
        ("# global.columns = FORM NER OLD\nAnn O B-PER\nran O O\n", {"tag_column": "Old"}),
        ("Ann 1\nran 0\n", {"label_names": ("O", "B-PER")}),
    ],
)
def test_the_options_come_first(read, raw, options):
    assert read(raw, **options) == [ANN]


@pytest.mark.parametrize(
    ("raw", "options", "message"),
    [
        (
            "Ann B-PER\n",
            {"tag_column": "ner"},
            "my.conll: there is no column 'ner' among the 2 columns without names. Choose one of "
            "them, by its number from 1 if it has no name.",
        ),
        (
            "word tag\nAnn B-PER\n",
            {"token_column": "3"},
            "my.conll: there is no column '3' among the 2 columns ('word', 'tag'). Choose one of "
            "them, by its number from 1 if it has no name.",
        ),
        (
            "Ann B-PER\n",
            {"token_column": "2"},
            "my.conll: you chose column 2 for both words and tags. Choose another one for one of "
            "them.",
        ),
        (
            "Ann 2\n",
            {"label_names": ("O", "B-PER")},
            "my.conll, line 1: the tag 2 isn't a number from 0 to 1. Correct it.",
        ),
    ],
)
def test_options_that_cannot_be_are_a_sentence(records, raw, options, message):
    with pytest.raises(DataError) as caught:
        records(raw, **options)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("raw", "documents"),
    [
        ("a O\n\nb O\n", [0, 0]),
        ("-DOCSTART- O\n\na O\n\nb O\n-DOCSTART-\nc O\n", [1, 1, 2]),
        ("# newdoc\na O\n\n# newdoc id = x\nb O\n\nc O\n", [1, 2, 2]),
        ("#newdoc O\n\n# newdocument\nb O\n", [0, 0]),
        ("x x O\n# newdoc O\n\nb b O\n", [0, 0]),
    ],
)
def test_marks_number_the_documents(records, raw, documents):
    assert [sentence.document for sentence in records(raw)] == documents


@given(st.binary(max_size=60) | st.text("aO#-\t \n1._B\ufeff\u200b\r", max_size=60))
def test_any_file_gives_records_or_a_sentence(tmp_path_factory, raw):
    path = tmp_path_factory.mktemp("any") / "x.conll"
    path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    with suppress(DataError):
        for record in read_conll(path, PLAIN):
            assert isinstance(record, Fault) or all(record.tokens + record.tags)


@pytest.mark.slow
def test_the_corpora_at_hand_can_be_read(shared_data):
    wikigold = list(read_conll(shared_data / "wikigold" / "wikigold.conll.txt", PLAIN))
    assert len(wikigold) > 1500
    for name in ("train", "dev", "test"):
        sentences = list(read_conll(shared_data / "wnut17" / f"{name}.conll", PLAIN))
        assert len(sentences) > 1000
        assert all(len(s.tokens) == len(s.tags) == len(s.lines) for s in sentences)


def test_a_document_mark_ends_the_sentence_before_it(tmp_path):
    path = tmp_path / "d.conll"
    path.write_text("a B-X\n-DOCSTART- O\nb O\n")
    assert [sentence.tokens for sentence in read_conll(path, PLAIN)] == [["a"], ["b"]]


# What files of public corpora have beside words and tags


@pytest.mark.parametrize(
    "raw",
    [
        "Ann\tB-PER\tNNP\tB-NP\nran\tO\tVBD\tB-VP\n",
        "1\tAnn\tB-PER\tO\n2\tran\tO\tO\n",
        "Ann B-PER B-LOC\nran O O\n",
        "B-PER\tAnn\nO\tran\n",
        "TOKEN\tNE-COARSE-LIT\tNE-FINE-LIT\nAnn\tB-PER\tB-PER.ind\nran\tO\tO\n",
        "token\tetikett\nAnn\tB-PER\nran\tO\n",
        "1\tAnn\tAnn\tPROPN\tNNP\t_\t2\tx\t_\tNER=B-PER\n2\tran\trun\tVERB\tVBD\t_\t0\tx\t_\t_\n",
        "###MEDLINE:1\n\nAnn\tB-PER\nran\tO\n",
        "#DOCSTART\n\nAnn B-PER\nran O\n",
        "#227508\nAnn B-PER\nran O\n",
        "en:Ann\tB-PER\nen:ran\tO\n",
        "<HEADLINE>\t\n\t\nAnn\tB-PER\nran\tO\n",
    ],
)
def test_the_words_and_tags_of_public_corpora_are_found(read, raw):
    assert read(raw) == [ANN]


def test_the_column_that_was_chosen_is_said(records):
    said = (
        "the tags were read from column 2; 3 has tags as well. Choose another one with "
        "--tag-column if that is wrong"
    )
    # Nested entities, and phrases, which are none.
    for raw, code in (
        ("Ann B-PER B-LOC\nran O O\n", "odd"),
        ("Ann B-PER B-NP\nran O O\n", "guess"),
    ):
        found = [record for record in records(raw) if is_guess(record)]
        assert [(fault.code, fault.message) for fault in found] == [(code, said)]
    assert not any(map(is_guess, records("Ann NNP B-PER\nran VBD O\n")))


def test_a_sentence_of_hipe_ends_without_a_blank_line(read):
    raw = "TOKEN\tNE-COARSE-LIT\tMISC\nAnn\tB-PER\t_\nran\tO\tEndOfSentence\nAnn\tB-PER\t_\n"
    assert read(raw) == [ANN, ANN[:1]]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("-----", "there is only '-----'. If a sentence ends here, leave the line blank."),
        ("EOS", "there is only 'EOS'. If a sentence ends here, leave the line blank."),
        (
            "Bo B-PER\t",
            "this line mixes a tab with blanks: 'Bo B-PER' before the tab counts as one column. "
            "Separate all columns by tabs, or all by blanks.",
        ),
    ],
)
def test_a_line_that_is_nearly_right_gets_its_own_sentence(records, line, message):
    fault = next(found for found in records(f"Ann B-PER\nran O\n\n{line}\n") if is_bad(found))
    assert (fault.line, fault.message) == (4, message)


def is_bad(record):
    return isinstance(record, Fault) and record.code == "unreadable"
