"""A run in this process: what a script or a notebook waits for."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ner_core.config import TrainConfig
from ner_core.errors import NerError, TrainingError
from ner_core.jobs import worker
from ner_core.jobs.process import begin
from ner_core.jobs.submit import check_resumable, checked
from ner_core.runs import diagnosis, store
from ner_core.runs.events import Event, EventWriter
from ner_core.runs.log import log_line
from ner_core.system import locks

OnEvent = Callable[[Event], object]


def train(config: TrainConfig, on_event: OnEvent | None = None) -> store.Run:
    """Create a run, execute it here and return it; see ``execute``.

    Raise DataError, ModelError or ConfigError, before there is a run, for what keeps it from
    starting.
    """
    config, _, _ = checked(config)
    run = store.create(config)
    execute(run, on_event)
    return run


def resume(run: store.Run, on_event: OnEvent | None = None) -> None:
    """Resume a run from its last checkpoint, here; see ``execute``.

    Raise RunError if it is at work or finished.
    """
    check_resumable(run)
    execute(run, on_event)


def execute(run: store.Run, on_event: OnEvent | None = None) -> None:
    """Execute a run in this process, up to a terminal event.

    It holds the run's lock, waits for the machine's training slot and writes the run's files as a
    worker does. ``on_event`` is called with each event, in this thread; an exception that it raises
    makes the run fail. In the main thread Ctrl-C asks the run to stop, as the page does; a second
    one raises KeyboardInterrupt. Raise NerError if the run fails for a reason that the user can
    fix, otherwise the exception that made it fail.
    """
    lock = locks.acquire(run.lock_path)
    try:
        begin(run)
        worker.use_one_gpu()
        with _events(run, on_event) as events, _stopped_by_ctrl_c(run):
            _execute_held(run, events)
    finally:
        os.close(lock)


def _execute_held(run: store.Run, events: EventWriter) -> None:
    should_stop = run.stop_path.exists
    slot = locks.Slot(store.home() / "slot.lock")
    try:
        if worker.wait_for_turn(run, slot, events, should_stop):
            worker.train_or_raise(run, events, should_stop)
    except NerError:
        raise
    except Exception as error:
        message, code = diagnosis.explain(error)
        if code == 2:
            raise TrainingError(message) from error
        raise
    finally:
        slot.release()


@contextmanager
def _events(run: store.Run, on_event: OnEvent | None) -> Iterator[EventWriter]:
    """Yield the writer of the run's events; they also go to its output.log and to ``on_event``."""
    # Line by line, for whoever reads the log meanwhile.
    with run.log_path.open("a", buffering=1, encoding="utf-8", errors="backslashreplace") as log:

        def tell(event: Event) -> None:
            log.write(f"{log_line(event)}\n")
            if on_event is not None:
                on_event(event)

        events = EventWriter(run.events_path, tell)
        try:
            yield events
        finally:
            events.close()


@contextmanager
def _stopped_by_ctrl_c(run: store.Run) -> Iterator[None]:
    """Ask the run to stop at Ctrl-C while the block lasts; only a main thread gets signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(_number: int, _frame: object) -> None:
        if run.stop_path.exists():
            raise KeyboardInterrupt
        run.stop_path.touch()

    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
