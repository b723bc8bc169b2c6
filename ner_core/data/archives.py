"""Unpack what people download packed: a file in gzip, a folder in a ZIP archive.

What comes from a stranger is bounded: the bytes that are written are counted while they are, names
never lead out of the folder, and nothing but files is made. An archive inside of another is
refused.
"""

import gzip
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from ner_core.data.readers.rows import listed
from ner_core.data.readers.text import shorten
from ner_core.errors import DataError

MOST_BYTES = 2 * 2**30
MOST_RATIO = 200
"""How many times as large as packed the files may be; text has 3 to 30 times."""
SMALL_BYTES = 50 * 2**20
"""Files up to this size may have any ratio."""
MOST_FILES = 20_000

GZIP, ZIP = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06")
_ENTRY = b"PK\x01\x02"
_PART = 2**20
_ARCHIVES = (GZIP, *ZIP, b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"\x28\xb5\x2f\xfd")
_TAR, _TAR_AT = b"ustar", 257
_HIDDEN = re.compile(r"__MACOSX|\..*|Thumbs\.db|desktop\.ini", re.IGNORECASE)
_DAMAGED = (zlib.error, EOFError, zipfile.BadZipFile, gzip.BadGzipFile)
_OFFICE = "[Content_Types].xml"
_OFFICE_NAMES = {".docx", ".xlsx"}
_OPEN_DOCUMENT = "mimetype"
_LONGEST_NAME = 120


class Unpacked(NamedTuple):
    """The file or folder that was in an archive, and what to say about that."""

    path: Path
    remark: str


def is_gzip(path: Path) -> bool:
    """Return whether a file is packed with gzip."""
    return _begins(path).startswith(GZIP)


def is_zip(path: Path) -> bool:
    """Return whether a file is a ZIP archive, and no document of an office program."""
    return _begins(path).startswith(ZIP) and not _is_document(path)


def unpack_gzip(path: Path, folder: Path) -> Unpacked:
    """Write the file that is packed with gzip to ``folder``. Raises DataError if it is none, is
    damaged or too large, or holds another archive.
    """
    name = re.sub(r"\.t?gz$", "", path.name, flags=re.IGNORECASE) or "data"
    target = folder / name
    try:
        with gzip.open(path) as packed, target.open("wb") as file:
            _copy(path, packed, file, name, 0)
    except _DAMAGED:
        raise _damaged(path) from None
    except OSError as error:
        raise _not_written(path, error) from None
    return Unpacked(target, f"it is packed with gzip, and the file in it was read, {shorten(name)}")


def unpack_zip(path: Path, folder: Path) -> Unpacked:
    """Write the files of a ZIP archive to a folder in ``folder`` that has the archive's name.

    Hidden files are left out. Raises DataError if it is damaged, too large or has a password, or if
    it holds links, names that lead out of it, or archives.
    """
    target = folder / path.name
    written = 0
    names: list[str] = []
    try:
        if _entries(path) > MOST_FILES:
            raise _too_many(path)
        with zipfile.ZipFile(path) as archive:
            for member, place in _members(path, archive.infolist()):
                inside = target.joinpath(*place.parts)
                inside.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as packed, inside.open("xb") as file:
                    written += _copy(path, packed, file, str(place), written)
                names.append(str(place))
    except _DAMAGED:
        raise _damaged(path) from None
    except (RuntimeError, NotImplementedError):
        raise DataError(
            f"{path.name} has a password, or packing that NER Studio can't read. Unpack it and "
            "choose the folder."
        ) from None
    except (FileExistsError, NotADirectoryError):
        raise DataError(
            f"{path.name} has a file and a folder of the same name in it. Unpack it and choose the "
            "folder."
        ) from None
    except OSError as error:
        raise _not_written(path, error) from None
    except (ValueError, UnicodeError):  # a NUL in a name
        raise _damaged(path) from None
    if not names:
        raise DataError(f"{path.name} is an archive without files. Choose another one.")
    return Unpacked(target, f"it is a ZIP archive, and what is in it was read: {listed(names, 4)}")


def _begins(path: Path) -> bytes:
    try:
        if not path.is_file():  # a pipe can be read only once
            return b""
        with path.open("rb") as file:
            return file.read(4)
    except OSError:
        return b""


def _is_document(path: Path) -> bool:
    """Return whether an archive is a file of Word, Excel, LibreOffice and the like."""
    if path.suffix.lower() in _OFFICE_NAMES:  # also if it is damaged
        return True
    try:
        if _entries(path) > MOST_FILES:
            return False
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (*_DAMAGED, OSError, ValueError, NotImplementedError):
        return False
    return _OFFICE in names or names[:1] == [_OPEN_DOCUMENT]


def _entries(path: Path) -> int:
    """Return how many entries an archive has at most, before a list of them is made in memory."""
    count = 0
    rest = b""
    with path.open("rb") as file:
        while part := file.read(_PART):
            count += (rest + part).count(_ENTRY)
            rest = part[-len(_ENTRY) + 1 :]
    return count


def _members(
    path: Path, infos: list[zipfile.ZipInfo]
) -> Iterator[tuple[zipfile.ZipInfo, PurePosixPath]]:
    """Yield the files of an archive and where they go, relative to its folder."""
    seen: set[PurePosixPath] = set()
    if len(infos) > MOST_FILES:
        raise _too_many(path)
    for info in infos:
        name = info.filename.replace("\\", "/")
        place = PurePosixPath(name)
        if place.is_absolute() or ".." in place.parts or re.match(r"[A-Za-z]:", name):
            raise DataError(
                f"{path.name} has the name {shorten(name)!r} in it, which leads out of its folder. "
                "Do not use this archive."
            )
        if stat.S_ISLNK(info.external_attr >> 16):
            raise DataError(
                f"{path.name} has a link in it, {shorten(name)!r}. Pack the file itself instead."
            )
        if info.is_dir() or not place.parts or any(map(_HIDDEN.fullmatch, place.parts)):
            continue
        if place in seen:
            raise DataError(
                f"{path.name} has two files named {shorten(name)!r}. Unpack it and choose the "
                "folder."
            )
        if max(map(len, place.parts)) > _LONGEST_NAME:
            raise DataError(
                f"{path.name} has a file with a very long name, {shorten(name)!r}. Give it a "
                "shorter one."
            )
        seen.add(place)
        yield info, place


def _copy(
    path: Path, packed: IO[bytes] | gzip.GzipFile, file: IO[bytes], name: str, before: int
) -> int:
    """Write what is packed and return its size; refuse an archive, or too much of it.

    ``before`` is the size of what was written of the same archive.
    """
    size = 0
    most = _most_bytes(path)
    while part := packed.read(_PART):
        if not size:
            _refuse_archive(path, part, name)
        size += len(part)
        if before + size > most:
            raise DataError(
                f"{path.name} has more than {most / 2**20:,.0f} MB in it when unpacked, too much "
                "for NER Studio. Unpack it yourself and choose the file or the folder."
            )
        file.write(part)
    return size


def _most_bytes(path: Path) -> int:
    return min(MOST_BYTES, max(SMALL_BYTES, MOST_RATIO * path.stat().st_size))


def _refuse_archive(path: Path, head: bytes, name: str) -> None:
    if head[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
        raise DataError(
            f"{path.name} is a TAR archive. Unpack it (`tar xf`) and choose the file or the folder "
            "in it."
        )
    if head.startswith(_ARCHIVES):
        raise DataError(
            f"{path.name} has another archive in it, {shorten(name)!r}. Unpack that first."
        )


def _too_many(path: Path) -> DataError:
    return DataError(
        f"{path.name} has more than {MOST_FILES:,} files in it. Unpack it and choose the folder."
    )


def _damaged(path: Path) -> DataError:
    return DataError(f"{path.name} is damaged, or ends too early. Download or pack it again.")


def _not_written(path: Path, error: OSError) -> DataError:
    return DataError(f"{path.name} can't be unpacked: {error.strerror or error}. Make room for it.")
