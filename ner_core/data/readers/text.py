"""Text files as numbered lines; the first bytes of a file as text."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from ner_core.errors import DataError

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# White space, and what has no width: joiners, marks of direction, a byte order mark amid the text.
_NOTHING = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]*")
_LONGEST_SHOWN = 40
_WESTERN = "cp1252"
_HEAD_BYTES = 64 * 1024
_HIGH = re.compile(rb"[\x80-\xff]+")
# Small letters with an accent after a letter, any before a small one, large ones in a large word;
# quotation marks, dashes, signs such as the euro and the degree.
_SURELY_WESTERN = re.compile(
    rb"(?<=[A-Za-z])[\xdf-\xf6\xf8-\xff\x9a\x9c\x9e]{1,2}(?![\x80-\xff])"
    rb"|(?<![A-Za-z\x80-\xff])[\xc0-\xd6\xd8-\xf6\xf8-\xff\x8a\x8e]{1,2}(?=[a-z])"
    rb"|(?<=[A-Z])[\xc0-\xd6\xd8-\xde](?![\x80-\xffa-z])"
    rb"|(?<![\x80-\xff])[\x80\x85\x91-\x97\xa0\xa3\xa7\xab\xb0\xb7\xbb](?![\x80-\xff])"
)
_MOST_SURE = 0.9


def numbered_lines(
    path: Path, with_ends: bool = False, western: bool = True
) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text file with their numbers from 1, without line ends unless asked for.

    The text is UTF-8, or UTF-16 where a byte order mark says so (as Windows programs save
    "Unicode"), or Windows-1252 where ``western`` allows it (see ``is_western``): who asks has to
    say so to people. Only line feeds end a line: other marks that Unicode counts as line ends may
    be part of a word. Raises DataError if the file cannot be opened, is binary, is in another
    encoding, or has its lines ended by carriage returns alone.
    """
    try:
        with path.open("rb") as file:
            utf16 = file.read(2) in _UTF16_MARKS
        for number, text in _utf16_lines(path) if utf16 else _utf8_lines(path, western):
            line = text.rstrip("\r\n")
            if "\r" in line:
                raise DataError(
                    f"{path.name}, line {number}: the line has a carriage return without a line "
                    "feed. Save the file with Unix or Windows line ends."
                )
            yield number, text if with_ends else line
    except OSError as error:
        raise DataError(f"{path} can't be read: {error.strerror}.") from None


def _utf8_lines(path: Path, may_be_western: bool) -> Iterator[tuple[int, str]]:
    western = False
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            if b"\0" in raw:
                raise _binary(path, number)
            try:
                yield number, raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                western = western or (may_be_western and is_western(path))
                if western:
                    yield number, raw.decode(_WESTERN, "replace")
                    continue
                raise DataError(
                    f"{path.name}, line {number}: the byte 0x{raw[error.start]:02x} is not UTF-8 "
                    "text. Save the file as UTF-8."
                ) from None


def is_utf(path: Path) -> bool:
    """Return whether a file is UTF-8, or begins as UTF-16 does."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        if file.read(2) in _UTF16_MARKS:
            return True
        file.seek(0)
        try:
            while chunk := file.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def is_western(path: Path) -> bool:
    """Return whether a file is surely in Windows-1252 (or Latin-1, which it contains).

    None of its characters outside of ASCII is UTF-8, and nearly all are accented letters beside
    plain ones, or quotation marks and dashes. Other alphabets have long rows of such bytes.
    """
    odd = sure = 0
    with path.open("rb") as file:
        for raw in file:
            if raw.isascii():
                continue
            try:
                raw.decode("utf-8")
            except UnicodeDecodeError:
                odd += len(_HIGH.findall(raw))
                sure += len(_SURELY_WESTERN.findall(raw))
            else:
                return False
    return sure > _MOST_SURE * odd


def _utf16_lines(path: Path) -> Iterator[tuple[int, str]]:
    number = 0
    try:
        # Half a surrogate pair is let through here, so that it can be told in which line it stands.
        with path.open(encoding="utf-16", errors="surrogatepass", newline="\n") as file:
            for number, line in enumerate(file, start=1):
                if "\0" in line:
                    raise _binary(path, number)
                line.encode("utf-8")
                yield number, line
    except UnicodeError as error:
        # Bytes that do not decode are the last, odd ones: they belong to the line that follows.
        broken = number + isinstance(error, UnicodeDecodeError)
        raise DataError(
            f"{path.name}, line {broken}: the file's first two bytes say UTF-16, but there is "
            "half a character. Save the file as UTF-8."
        ) from None


def _binary(path: Path, number: int) -> DataError:
    return DataError(
        f"{path.name}, line {number}: this is binary data, not text. Choose a text file."
    )


def head_of(path: Path) -> bytes:
    """Return the first bytes of a file, 64 KiB. Raises DataError if it cannot be opened."""
    try:
        with path.open("rb") as file:
            return file.read(_HEAD_BYTES)
    except OSError as error:
        raise DataError(f"{path} can't be read: {error.strerror}.") from None


def is_blank(line: str) -> bool:
    r"""Return whether a line shows nothing: white space and characters of no width.

    >>> is_blank(" \u200b\t"), is_blank("\u200b O")
    (True, False)
    """
    return not line[:1].isalnum() and bool(_NOTHING.fullmatch(line))


def shorten(text: str) -> str:
    """Return a value from a file cut to 40 characters, all of which can be stored."""
    shown = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
    return shown.encode("utf-8", "replace").decode("utf-8")


def head_lines(head: bytes) -> list[str]:
    """Return the first bytes of a file as lines of text; the last line may be cut short."""
    encoding = "utf-16" if head[:2] in _UTF16_MARKS else "utf-8-sig"
    return [line.rstrip("\r") for line in head.decode(encoding, errors="replace").split("\n")]
