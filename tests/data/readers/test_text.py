import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_core.data.readers.text import head_lines, is_blank, numbered_lines, shorten
from ner_core.errors import DataError


@pytest.fixture
def lines(tmp_path):
    """Return a function that reads bytes as numbered lines."""

    def lines(raw):
        path = tmp_path / "my.txt"
        path.write_bytes(raw)
        return list(numbered_lines(path))

    return lines


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "\n"])
def test_lines_are_numbered_whatever_the_encoding(lines, encoding, end, last):
    mark = "\ufeff" if encoding.endswith("e") else ""
    raw = f"{mark}Zoë{end}{end}東京 🎉{last and end}".encode(encoding)
    assert lines(raw) == [(1, "Zoë"), (2, ""), (3, "東京 🎉")]


@pytest.mark.parametrize("inside", ["\u2028", "\u2029", "\x85", "\x0b", "\x1c", "\ufeff", "\u200d"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_only_a_line_feed_ends_a_line(lines, encoding, inside):
    assert lines(f"a{inside}b\nc".encode(encoding)) == [(1, f"a{inside}b"), (2, "c")]


def test_an_empty_file_has_no_lines(lines):
    assert lines(b"") == []
    assert lines("\ufeff".encode("utf-16-le")) == []


BINARY = "this is binary data, not text. Choose a text file."


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (
            b"Ann B-PER\nZ\xfc\xfd\xferich B-LOC\n",
            "my.txt, line 2: the byte 0xfc is not UTF-8 text. Save the file as UTF-8.",
        ),
        (
            "Zoë".encode()[:-1],
            "my.txt, line 1: the byte 0xc3 is not UTF-8 text. Save the file as UTF-8.",
        ),
        (b"Ann B-PER\n\nPK\x03\x00\xff", f"my.txt, line 3: {BINARY}"),
        ("Ann".encode("utf-16-le"), f"my.txt, line 1: {BINARY}"),
        ("a\nAnn".encode("utf-32"), f"my.txt, line 1: {BINARY}"),
        *(
            (
                "a\nb".encode("utf-16") + broken,
                "my.txt, line 2: the file's first two bytes say UTF-16, but there is half a "
                "character. Save the file as UTF-8.",
            )
            for broken in (b"c", b"\x3d\xd8", b"\x3d\xd8c\0")
        ),
        (
            b"Ann B-PER\rBob O\r",
            "my.txt, line 1: the line has a carriage return without a line feed. Save the file "
            "with Unix or Windows line ends.",
        ),
    ],
)
def test_what_is_no_text_is_a_sentence_with_its_line(lines, raw, message):
    with pytest.raises(DataError) as caught:
        lines(raw)
    assert str(caught.value) == message


def test_a_file_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(DataError) as caught:
        list(numbered_lines(tmp_path / "no.txt"))
    assert str(caught.value) == (f"{tmp_path}/no.txt can't be read: No such file or directory.")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(DataError) as caught:
        list(numbered_lines(tmp_path))
    assert str(caught.value) == (f"{tmp_path} can't be read: Is a directory.")


@given(raw=st.binary(max_size=50), mark=st.sampled_from([b"", b"\xff\xfe", b"\xfe\xff"]))
def test_any_bytes_are_lines_or_a_sentence(tmp_path_factory, raw, mark):
    path = tmp_path_factory.mktemp("any") / "x"
    path.write_bytes(mark + raw)
    try:
        found = list(numbered_lines(path))
    except DataError:
        pass
    else:
        assert [number for number, _ in found] == list(range(1, len(found) + 1))
        assert not any(set(line.encode().decode()) & set("\r\n\0") for _, line in found)
    assert head_lines(mark + raw)


@pytest.mark.parametrize(
    ("line", "blank"),
    [
        *(
            (line, True)
            for line in ("", " \t", "\u00a0", "\u200b", "\ufeff \u2060", "\u200c\u200d")
        ),
        *((line, False) for line in ("a", "\u200ba", ".", "\u0301")),
    ],
)
def test_a_line_of_what_has_no_width_is_blank(line, blank):
    assert is_blank(line) is blank


def test_a_value_is_cut_to_forty_characters():
    assert shorten("x" * 40) == "x" * 40
    assert shorten("x" * 41) == "x" * 40 + "…"
    assert shorten("a\ud83d") == "a?"


def test_the_head_of_a_file_may_end_inside_a_character():
    assert head_lines("a\r\nZoë".encode()[:-1]) == ["a", "Zo\ufffd"]
    assert head_lines("\ufeffa\nb".encode("utf-16-be")[:-1]) == ["a", "\ufffd"]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"Caf\xe9 O\nit\x92s O\n", ["Caf\u00e9 O", "it\u2019s O"]),
        (b"\xc9mile O\nZ\xdcRICH O\n", ["\u00c9mile O", "Z\u00dcRICH O"]),
    ],
)
def test_text_that_is_surely_western_is_read(lines, raw, text):
    assert [line for _, line in lines(raw)] == text


@pytest.mark.parametrize("name", ["cp1251", "koi8-r"])
def test_text_in_another_alphabet_is_refused(lines, name):
    with pytest.raises(DataError, match="is not UTF-8 text"):
        lines("\u0410\u043d\u043d\u0430 O\n".encode(name))
