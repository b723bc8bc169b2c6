"""Text files in the encoding that a person named, as UTF-8."""

import codecs
from pathlib import Path

from ner_core.data.readers.arrow import looks_like_arrow
from ner_core.data.readers.parquet import looks_like_parquet
from ner_core.errors import DataError

_PART = 2**20


def as_utf8(path: Path, encoding: str, folder: Path) -> Path | None:
    """Return a copy of a text file in ``folder``, in UTF-8; None if the file is no text.

    Raises DataError if it is not in this encoding, or cannot be read.
    """
    target = folder / path.name
    try:
        with path.open("rb") as file:
            head = file.read(_PART)
            if looks_like_parquet(head) or looks_like_arrow(head):
                return None
            decoder = codecs.getincrementaldecoder(encoding)()
            lines = 1
            part = head
            folder.mkdir(parents=True, exist_ok=True)
            with target.open("w", encoding="utf-8", newline="") as copy:
                while True:
                    text = decoder.decode(part, final=not part)
                    copy.write(text)
                    lines += text.count("\n")
                    if not part:
                        return target
                    part = file.read(_PART)
    except UnicodeError as error:
        before = ""
        if isinstance(error, UnicodeDecodeError):
            before = error.object[: error.start].decode(encoding, "replace")
        raise DataError(
            f"{path.name}, line {lines + before.count(chr(10))}: this isn't {encoding} text. "
            "Choose another encoding, or save the file as UTF-8."
        ) from None
    except OSError as error:
        raise DataError(f"{path} can't be read: {error.strerror}.") from None
