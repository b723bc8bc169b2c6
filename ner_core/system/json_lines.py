"""Append-only files of JSON, one value a line, which may be read while they are written.

A line is complete once its newline is there. Readers take complete lines only, so a line that is
being written, or was torn by a crash, is simply not there yet; the next writer cuts a torn tail off
before it appends.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

_BLOCK = 4096


def write_line(fd: int, value: Any, default: Callable[[Any], Any] | None = None) -> None:
    """Append one value to an open file. ``default`` is that of ``json.dumps``."""
    line = json.dumps(value, ensure_ascii=False, allow_nan=False, default=default) + "\n"
    # Half a surrogate pair has no UTF-8; written as \udxxx it is JSON all the same.
    remaining = memoryview(line.encode(errors="backslashreplace"))
    while remaining:
        remaining = remaining[os.write(fd, remaining) :]


def read_lines(path: Path, offset: int = 0, size: int | None = None) -> tuple[list[bytes], int]:
    """Return the complete lines from byte ``offset`` on, and the offset for the next call.

    With ``size``, at most so many bytes are read. A file that does not exist has no lines.
    """
    try:
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read() if size is None else file.read(size)
    except FileNotFoundError:
        return [], offset
    end = data.rfind(b"\n") + 1
    # Not splitlines(): a carriage return within a line is a damaged line, not two.
    return data[:end].split(b"\n")[:-1], offset + end


def cut_torn_tail(fd: int) -> None:
    """Cut off what stands after the last newline of an open file, and go to its end."""
    size = os.lseek(fd, 0, os.SEEK_END)
    keep = size
    while keep:
        start = max(0, keep - _BLOCK)
        newline = os.pread(fd, keep - start, start).rfind(b"\n")
        if newline >= 0:
            keep = start + newline + 1
            break
        keep = start
    if keep != size:
        os.ftruncate(fd, keep)
    os.lseek(fd, keep, os.SEEK_SET)
