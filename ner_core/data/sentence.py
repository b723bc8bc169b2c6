"""What every reader yields, and how a text file becomes numbered lines."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ner_core.errors import DataError


@dataclass(frozen=True)
class Sentence:
    """One sentence as it stands in a file: words, their tags as written, the line of each word."""

    tokens: list[str]
    tags: list[str]
    lines: list[int]


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Read a UTF-8 text file line by line, numbered from 1, without the line ends.

    Raises DataError if the file cannot be opened, is binary or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                if b"\0" in raw:
                    raise DataError(
                        f"{path.name}, line {number}: expected a text file, found binary data; "
                        "choose the file with the annotated sentences."
                    )
                try:
                    line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    raise DataError(
                        f"{path.name}, line {number}: expected UTF-8 text, found the byte "
                        f"0x{raw[error.start]:02x}; save the file as UTF-8."
                    ) from None
                line = line.rstrip("\r\n")
                if "\r" in line:
                    raise DataError(
                        f"{path.name}, line {number}: expected lines that end in a line feed, "
                        "found a carriage return inside one; save the file with Unix or Windows "
                        "line ends."
                    )
                yield number, line
    except OSError as error:
        raise DataError(
            f"Expected a file that can be read at {path}, found: {error.strerror}."
        ) from None
