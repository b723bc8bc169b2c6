"""A run on ZeroGPU, where a function of the page is called in a process that has a GPU.

The page holds the run's lock and waits for the training slot, so that waiting uses none of the
visitor's seconds. Then a thread of the page requests the GPU, in the context of the visitor's
request, and waits for the end of the run. The process with the GPU trains and writes the events. If
it is killed because its seconds are used up, the thread writes why; if the page is killed, the
process ends too.
"""

import contextlib
import contextvars
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from io import TextIOWrapper
from pathlib import Path

from ner_core.hub.token import using_token, visitors_token
from ner_core.jobs import worker
from ner_core.runs import checkpoints, store
from ner_core.runs.events import TERMINAL, EventWriter
from ner_core.runs.run import Run
from ner_core.runs.status import LIFE
from ner_core.system import locks, resources, zero_gpu

_USED_UP = 0.9
"""A process that was killed after this share of its seconds is taken to have used them up."""

_pages_watched: set[int] = set()


class ZeroGpuWorker:
    """A run on ZeroGPU, with the methods of ``subprocess.Popen`` that callers use."""

    def __init__(self, run: Run, lock: int, seconds: int) -> None:
        self._code: int | None = None
        context = contextvars.copy_context()
        for variable in context:
            # Gradio's: the click that the visitor waits for. The run must outlive it.
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
        """Return the exit code, None until the run has ended."""
        return self._code

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait until the run has ended; return the exit code."""
        self._thread.join(timeout)
        return self._code

    def _execute(self, run: Run, lock: int, seconds: int) -> None:
        code = 1
        try:
            code = _execute(run, seconds)
        finally:
            os.close(lock)
            self._code = code


def start_on_zero_gpu(run: Run, seconds: int) -> ZeroGpuWorker:
    """Start a new or a resumed run on ZeroGPU, for so many seconds, and return at once.

    The run is held from now on. Raises RunError if another process holds it, or if it is finished.
    """
    # Imported before the fork, so that loading torch uses none of the visitor's seconds.
    import ner_core.training.run  # noqa: F401

    lock = locks.acquire(run.lock_path)
    try:
        worker.queue_again(run)
        return ZeroGpuWorker(run, lock, seconds)
    except BaseException:
        os.close(lock)
        raise


def _execute(run: Run, seconds: int) -> int:
    """Wait for the run's turn and its end, and make sure that it has a terminal event."""
    slot = locks.Slot(store.home() / "slot.lock")
    began = time.monotonic()
    try:
        with closing(EventWriter(run.events_path)) as events:
            if not worker.wait_for_turn(run, slot, events, run.stop_path.exists):
                return 0
        began = time.monotonic()
        return zero_gpu.call(train_with_gpu, seconds, run.path, os.getpid(), visitors_token())
    except Exception as error:  # of spaces and gradio, whose classes are not known here
        return _conclude(run, *explain(error, run, seconds, time.monotonic() - began))
    finally:
        slot.release()


def _conclude(run: Run, message: str, code: int) -> int:
    """Write the terminal event if the process with the GPU did not."""
    life = [event for event in run.events() if event.kind in LIFE]
    if life and life[-1].kind in TERMINAL:
        return int(life[-1].data.get("exit_code", 0))
    with closing(EventWriter(run.events_path)) as events:
        return worker.fail(run, events, message, code)


def explain(error: Exception, run: Run, seconds: int, passed: float) -> tuple[str, int]:
    """Return why there was no GPU, or no longer, with what to do; also the exit code."""
    title = str(getattr(error, "title", ""))
    reason = str(getattr(error, "message", "")).strip().rstrip(".")
    if title == "ZeroGPU worker error":
        if reason != "GPU task aborted":
            return (
                f"Training failed on ZeroGPU ({reason}). See the log of the Space for details, "
                "then resume the run.",
                1,
            )
        last = checkpoints.newest(run.checkpoints_dir)
        advice = f"Resume it to go on from step {last.step:,}." if last else "Start a shorter run."
        if passed >= _USED_UP * seconds:
            used = f"The {seconds} seconds of GPU this run asked for weren't enough."
            return f"{used} {advice}", 2
        return f"ZeroGPU took the GPU back after {passed:.0f} seconds. {advice}", 2
    if not title.startswith("ZeroGPU"):  # the text may contain an address with the visitor's token
        reason = type(error).__name__
    advice = {
        "ZeroGPU quota exceeded": "Sign in for a larger allowance, or resume the run later.",
        "ZeroGPU illegal duration": "Start a run with fewer epochs or a smaller max_train.",
        "ZeroGPU pending credits exceeded": "Resume the run when your other runs have ended.",
    }.get(title, "Reload the page, then resume the run in a while.")
    return f"ZeroGPU did not give a GPU for {seconds} seconds: {reason}. {advice}", 2


def train_with_gpu(run_dir: Path, page: int, token: str | None) -> int:
    """Train a run that the page, the process ``page``, holds; return the exit code.

    Called in the process that has the GPU, which may be used again for another visitor's run, in a
    thread without the page's context: the Hub is asked with ``token``, the visitor's if not None.
    """
    run = Run(run_dir.name, run_dir)
    _close_inherited_locks()
    if page not in _pages_watched:
        _pages_watched.add(page)
        threading.Thread(
            target=resources.exit_with, args=(page,), name="exit-with", daemon=True
        ).start()
    with (
        _output_in(run.log_path),
        closing(EventWriter(run.events_path, worker.print_event)) as events,
        using_token(token),
    ):
        return worker.train(run, events, run.stop_path.exists)


def _close_inherited_locks() -> None:
    """Close the lock files that the page had open when this process was forked from it.

    A file stays locked while any process has it open, and this process outlives the run.
    """
    home = store.home().resolve()
    with contextlib.suppress(OSError):  # not Linux
        for link in Path("/proc/self/fd").iterdir():
            with contextlib.suppress(OSError):
                path = link.readlink()
                if path.name in {"lock", "slot.lock"} and path.is_relative_to(home):
                    os.close(int(link.name))


@contextlib.contextmanager
def _output_in(path: Path) -> Iterator[None]:
    """Append what this process prints to a file until the block ends."""
    streams = [stream for stream in (sys.stdout, sys.stderr) if isinstance(stream, TextIOWrapper)]
    for stream in streams:
        stream.reconfigure(line_buffering=True)
        stream.flush()  # what the page had not written yet when this process was forked
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
