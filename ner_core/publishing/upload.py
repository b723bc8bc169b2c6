"""Counting the bytes of an upload while the client of huggingface_hub sends them."""

import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from huggingface_hub import CommitOperationAdd, utils
from huggingface_hub.utils import _xet_progress_reporting

from ner_core.publishing.outcome import Progress

REPORT_SECONDS = 0.1
"""How far apart in time two reports are, at the least."""

_counting: ContextVar["Tally | None"] = ContextVar("_counting", default=None)


class Tally:
    """Adds up what has been sent of each file; reports it now and then, from any thread."""

    def __init__(self, total: int, report: Callable[[Progress], None] | None) -> None:
        self.total = total
        self._report = report
        self._sent: dict[str, int] = {}
        self._reported = -REPORT_SECONDS
        self._lock = threading.Lock()

    def sent(self, name: str, count: int) -> None:
        """Take note that so many bytes of a file were sent."""
        with self._lock:
            self._sent[name] = count
            now = time.monotonic()
            if now - self._reported < REPORT_SECONDS:
                return
            self._reported = now
            self._say(f"sending {name}")

    def phase(self, what: str) -> None:
        """Say what is done now."""
        with self._lock:
            self._say(what)

    def finish(self, what: str) -> None:
        """Say that all is there: also what was stored already, or went with the commit."""
        with self._lock:
            self._sent = {"": self.total}
            self._say(what)

    def _say(self, what: str) -> None:
        if self._report:
            self._report(Progress(min(sum(self._sent.values()), self.total), self.total, what))


class CountedFile(CommitOperationAdd):
    """A file to commit whose bytes are counted on their way into large storage."""

    tally: Tally

    @classmethod
    def of(cls, name: str, content: Path | bytes, tally: Tally) -> "CountedFile":
        """Describe a file of the repository by its path here, or its content."""
        if isinstance(content, Path):
            content.stat()  # the client would say in words of its own that it is not there
        operation = cls(name, content)
        operation.tally = tally
        return operation

    @property
    def replaces(self) -> bool:
        """Tell, once it was compared with the Hub, whether another file is there in its place."""
        return self._remote_oid not in (None, self._local_oid)

    @contextmanager
    def as_file(self, with_tqdm: bool = False) -> Iterator[BinaryIO]:
        """Open it; with what would show a bar, the client is about to send it."""
        if with_tqdm and isinstance(self.path_or_fileobj, str):
            sent = self.tally.sent
            with _Counted(
                self.path_or_fileobj, lambda count: sent(self.path_in_repo, count)
            ) as file:
                yield file
        else:
            with super().as_file() as file:
                yield file


class _Counted(io.BufferedReader):
    """A file that tells after each read how far it is read."""

    def __init__(self, path: str, tell: Callable[[int], None]) -> None:
        super().__init__(io.FileIO(path))
        self._told = tell

    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(size)
        self._told(self.tell())
        return content


@contextmanager
def counted(tally: Tally) -> Iterator[None]:
    """Count what this thread sends through Xet, which opens files itself and reports to bars."""
    _replace_bars()
    before = _counting.set(tally)
    try:
        yield
    finally:
        _counting.reset(before)


class _NoBars:
    """Takes what Xet tells the place of whose bars it has."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def update_progress(self, all_files: Any, _each: Any = None) -> None:
        self._tally.sent("large files", int(all_files.total_bytes_completed))

    def close(self) -> None:
        pass


@cache
def _replace_bars() -> None:
    """Let the client report to the tally of the thread, if it has one, and else as ever."""
    bars = _xet_progress_reporting.XetUploadProgressReporter
    disabled = utils.are_progress_bars_disabled  # type: ignore[attr-defined] # exported lazily

    def reporter(*args: Any, **options: Any) -> Any:
        tally = _counting.get()
        return _NoBars(tally) if tally else bars(*args, **options)

    def disabled_here(name: str | None = None) -> bool:
        return _counting.get() is None and disabled(name)

    _xet_progress_reporting.XetUploadProgressReporter = reporter  # type: ignore
    utils.are_progress_bars_disabled = disabled_here  # type: ignore[attr-defined]
