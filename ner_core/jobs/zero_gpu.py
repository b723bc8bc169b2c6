"""A worker on ZeroGPU: not a process of its own, but a function in one that the GPU is lent to.

The page holds the run's lock and waits for its turn, so that waiting takes nothing of the visitor's
allowance; then a thread of it asks for the GPU, in the context of the visitor's request, and stays
until the run has ended. The process that has the GPU trains, and writes the run's events. When it
is killed, because its time is over, the thread is still there to say so; when the page is killed,
it ends itself, so that nobody trains a run that is not held.
"""

import contextlib
import contextvars
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from io import TextIOWrapper
from pathlib import Path

from ner_core.hub.token import using_token, visitors_token
from ner_core.jobs import worker
from ner_core.jobs.process import begin
from ner_core.runs import checkpoints, store
from ner_core.runs.events import TERMINAL, Event, EventWriter
from ner_core.runs.store import LIFE, Run
from ner_core.system import locks, resources, zero_gpu

_NEARLY_OVER = 0.9
"""The part of the time after which an end without a word is taken for the end of the time."""

_watched: set[int] = set()


class LentGpu:
    """A run at work on ZeroGPU, with what callers use of ``subprocess.Popen``."""

    def __init__(self, run: Run, lock: int, seconds: int) -> None:
        self._code: int | None = None
        context = contextvars.copy_context()
        for variable in context:
            # Of gradio: the event that the visitor waits for. The run must outlive it.
            if variable.name == "event_id":
                context.run(variable.set, None)
        self._thread = threading.Thread(
            target=context.run,
            args=(self._execute, run, lock, seconds),
            name=f"gpu-{run.id}",
            daemon=True,
        )
        self._thread.start()

    def poll(self) -> int | None:
        """Give the exit code, None while the run is at work."""
        return self._code

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait until the run has ended; gives the exit code."""
        self._thread.join(timeout)
        return self._code

    def _execute(self, run: Run, lock: int, seconds: int) -> None:
        code = 1
        try:
            code = _execute(run, seconds)
        finally:
            os.close(lock)
            self._code = code


def start(run: Run, seconds: int) -> LentGpu:
    """Let ZeroGPU execute a run, which may have been at work before, and return at once.

    ``seconds`` is how long the GPU is asked for. The run is held from this moment on. Raises
    RunError if another worker has it, or if it is finished.
    """
    # All that a worker loads. The process with the GPU is forked and finds it there, instead of
    # spending seconds of the visitor's allowance on it.
    import ner_core.training.run  # noqa: F401

    lock = locks.acquire(run.lock_path)
    try:
        begin(run)
        return LentGpu(run, lock, seconds)
    except BaseException:
        os.close(lock)
        raise


def _execute(run: Run, seconds: int) -> int:
    """Wait for the run's turn, then for its end, and see to it that it has a terminal event."""
    slot = locks.Slot(store.home() / "slot.lock")
    began = time.monotonic()
    try:
        with _events(run) as events:
            if not worker.wait_for_turn(run, slot, events, run.stop_path.exists):
                return 0
        began = time.monotonic()
        return zero_gpu.call(work, seconds, run.path, os.getpid(), visitors_token())
    except Exception as error:  # the package's own kinds, which only it and gradio know
        return _conclude(run, *_explain(error, run, seconds, time.monotonic() - began))
    finally:
        slot.release()


def _conclude(run: Run, message: str, code: int) -> int:
    """Write the terminal event of a run whose process wrote none."""
    life = [event for event in run.events() if event.kind in LIFE]
    if life and life[-1].kind in TERMINAL:
        return int(life[-1].data.get("exit_code", 0))
    with _events(run) as events:
        return worker.fail(run, events, message, code)


def _explain(error: Exception, run: Run, seconds: int, passed: float) -> tuple[str, int]:
    """Say in a sentence why the GPU was not lent, or was taken back; also the exit code."""
    title = str(getattr(error, "title", ""))
    said = str(getattr(error, "message", "")).strip().rstrip(".")
    if title == "ZeroGPU worker error":
        if said != "GPU task aborted":
            return (
                f"Expected ZeroGPU to run the training, found a fault ({said}); the log of the "
                "Space has details, and the run can be resumed.",
                1,
            )
        last = checkpoints.newest(run.checkpoints_dir)
        again = f"resume it: it goes on from step {last.step:,}" if last else "start a shorter one"
        if passed >= _NEARLY_OVER * seconds:
            return (
                f"The {seconds} seconds of GPU that this run had asked for were over before it was "
                f"finished; {again}.",
                2,
            )
        return f"ZeroGPU took its GPU back after {passed:.0f} seconds; {again}.", 2
    if not title.startswith("ZeroGPU"):  # its text may hold an address with the visitor's token
        said = type(error).__name__
    remedy = {
        "ZeroGPU quota exceeded": "sign in for a larger allowance, or resume the run later",
        "ZeroGPU illegal duration": "start a run with fewer epochs or a smaller max_train",
        "ZeroGPU pending credits exceeded": "resume the run when they are done",
    }.get(title, "reload the page and resume the run in a while")
    return f"Expected ZeroGPU to lend a GPU for {seconds} seconds, found: {said}; {remedy}.", 2


@contextlib.contextmanager
def _events(run: Run, on_event: Callable[[Event], object] | None = None) -> Iterator[EventWriter]:
    writer = EventWriter(run.events_path, on_event)
    try:
        yield writer
    finally:
        writer.close()


def work(run_dir: Path, page: int, token: str | None) -> int:
    """Execute a run that the page, the process with this id, holds; gives the exit code.

    To be called in the process that has the GPU; it may be called there again for another run, of
    another visitor. It is a thread that knows nothing of the page's: the Hub is asked with
    ``token``, the visitor's, None without one.
    """
    run = Run(run_dir.name, run_dir)
    _let_go_of_locks()
    if page not in _watched:
        _watched.add(page)
        threading.Thread(
            target=resources.end_with, args=(page,), name="end-with", daemon=True
        ).start()
    log, events = _output_in(run.log_path), _events(run, worker.print_event)
    with log, events as writer, using_token(token):
        return worker.train(run, writer, run.stop_path.exists)


def _let_go_of_locks() -> None:
    """Close the lock files that were open in the page when this process was forked from it.

    A file stays locked as long as anyone has it open, and this process outlives the run.
    """
    home = store.home().resolve()
    with contextlib.suppress(OSError):  # no Linux
        for link in Path("/proc/self/fd").iterdir():
            with contextlib.suppress(OSError):
                path = link.readlink()
                if path.name in {"lock", "slot.lock"} and path.is_relative_to(home):
                    os.close(int(link.name))


@contextlib.contextmanager
def _output_in(path: Path) -> Iterator[None]:
    """Append what this process prints to a file, as long as the block lasts."""
    streams = [stream for stream in (sys.stdout, sys.stderr) if isinstance(stream, TextIOWrapper)]
    for stream in streams:
        stream.reconfigure(line_buffering=True)
        stream.flush()  # what the page had in it when this process was forked
    before = [os.dup(number) for number in (1, 2)]
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        for number in (1, 2):
            os.dup2(log, number)
        yield
    finally:
        for stream in streams:
            stream.flush()
        for number, kept in zip((1, 2), before, strict=True):
            os.dup2(kept, number)
            os.close(kept)
        os.close(log)
