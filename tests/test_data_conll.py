import pytest

from ner_core import DataError
from ner_core.data.conll import read_conll
from ner_core.data.sentence import numbered_lines


@pytest.fixture
def read(tmp_path):
    """Give a function that reads raw text or bytes as a CoNLL file: words and tags."""

    def read(raw):
        path = tmp_path / "my.conll"
        path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
        return [
            list(zip(sentence.tokens, sentence.tags, strict=True)) for sentence in read_conll(path)
        ]

    return read


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


@pytest.mark.parametrize("blank", ["", " ", "\t", " \t ", "\r", "\u00a0", "\u2003", "\f"])
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
        "a\x0bb",
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


def test_between_tabs_a_word_may_hold_a_blank(read):
    assert read("New York\tB-LOC\n") == [[("New York", "B-LOC")]]


def test_tags_are_read_as_they_are_written(read):
    assert read("a PER\nb B_PER\nc S-x\nd 0\n") == [
        [("a", "PER"), ("b", "B_PER"), ("c", "S-x"), ("d", "0")]
    ]


def test_each_word_knows_its_line(tmp_path):
    path = tmp_path / "my.conll"
    path.write_text("-DOCSTART- O\n\nAnn B-PER\n# note\nran O\n\n\nBob B-PER\n")
    assert [sentence.lines for sentence in read_conll(path)] == [[3, 5], [8]]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (
            "Ann B-PER\nran\n",
            "my.conll, line 2: expected a word and its tag, separated by a blank or a tab, found "
            "one column ('ran'); put the tag in the last column.",
        ),
        (
            "x" * 60,
            "my.conll, line 1: expected a word and its tag, separated by a blank or a tab, found "
            f"one column ('{'x' * 40}…'); put the tag in the last column.",
        ),
        (
            "Ann\t\n",
            "my.conll, line 1: expected a word and its tag, separated by a blank or a tab, found "
            "one column ('Ann'); put the tag in the last column.",
        ),
        (
            "Ann NNP B-PER\n\nran O\n",
            "my.conll, line 3: expected 3 columns as in the lines before, found 2; give every "
            "line the same columns, the tag last.",
        ),
        (
            "Ann B-PER\nran VBD O\n",
            "my.conll, line 2: expected 2 columns as in the lines before, found 3; give every "
            "line the same columns, the tag last.",
        ),
        (
            "Ann\tB-PER\n\tO\n",
            "my.conll, line 2: expected a word in the first column, found nothing.",
        ),
        (
            b"Ann B-PER\nZ\xfcrich B-LOC\n",
            "my.conll, line 2: expected UTF-8 text, found the byte 0xfc; save the file as UTF-8.",
        ),
        (
            b"Ann B-PER\n\nPK\x03\x00\x04",
            "my.conll, line 3: expected a text file, found binary data; choose the file with the "
            "annotated sentences.",
        ),
        (
            "Ann B-PER\n".encode("utf-16"),
            "my.conll, line 1: expected a text file, found binary data; choose the file with the "
            "annotated sentences.",
        ),
    ],
)
def test_what_cannot_be_read_is_a_sentence_with_its_line(read, raw, message):
    with pytest.raises(DataError) as caught:
        read(raw)
    assert str(caught.value) == message


def test_a_file_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(DataError) as caught:
        list(numbered_lines(tmp_path / "no.txt"))
    assert str(caught.value) == (
        f"Expected a file that can be read at {tmp_path}/no.txt, found: No such file or directory."
    )


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(DataError) as caught:
        list(numbered_lines(tmp_path))
    assert str(caught.value) == (
        f"Expected a file that can be read at {tmp_path}, found: Is a directory."
    )


def test_the_corpora_at_hand_can_be_read(shared_data):
    wikigold = list(read_conll(shared_data / "wikigold" / "wikigold.conll.txt"))
    assert len(wikigold) > 1500
    for name in ("train", "dev", "test"):
        sentences = list(read_conll(shared_data / "wnut17" / f"{name}.conll"))
        assert len(sentences) > 1000
        assert all(len(s.tokens) == len(s.tags) == len(s.lines) for s in sentences)


def test_a_document_mark_ends_the_sentence_before_it(tmp_path):
    path = tmp_path / "d.conll"
    path.write_text("a B-X\n-DOCSTART- O\nb O\n")
    assert [sentence.tokens for sentence in read_conll(path)] == [["a"], ["b"]]


def test_lines_that_end_in_a_carriage_return_alone_are_a_sentence(tmp_path):
    path = tmp_path / "mac.conll"
    path.write_bytes(b"Ann B-PER\rBob O\r")
    with pytest.raises(DataError) as caught:
        list(read_conll(path))
    assert str(caught.value) == (
        "mac.conll, line 1: expected lines that end in a line feed, found a carriage return inside "
        "one; save the file with Unix or Windows line ends."
    )
