"""A run in this process, for a script or a notebook that waits for its end."""

import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

from ner_core.config import TrainConfig
from ner_core.errors import NerError, TrainingError
from ner_core.jobs import worker
from ner_core.jobs.stop import stopped_by_ctrl_c
from ner_core.jobs.submit import check_resumable, checked, say_warnings
from ner_core.runs import diagnosis, store
from ner_core.runs.events import Event, EventWriter
from ner_core.runs.log import log_line
from ner_core.runs.run import Run
from ner_core.system import locks

OnEvent = Callable[[Event], object]


def train(
    config: TrainConfig,
    on_event: OnEvent | None = None,
    warn: Callable[[str], object] | None = None,
) -> Run:
    """Create a run, execute it in this process and return it; see ``execute``.

    ``warn`` is as in ``submit``. Raises DataError, ModelError or ConfigError, before a run exists,
    if it could not start.
    """
    config, corpus, model = checked(config)
    say_warnings(config, corpus, model, warn)
    run = store.create(config)
    execute(run, on_event)
    return run


def resume(run: Run, on_event: OnEvent | None = None) -> None:
    """Resume a run from its last checkpoint in this process; see ``execute``.

    Raises RunError if it is running or finished.
    """
    check_resumable(run)
    execute(run, on_event)


def execute(run: Run, on_event: OnEvent | None = None) -> None:
    """Execute a run in this process, up to a terminal event.

    Holds the run's lock, waits for the training slot and writes the run's files as a worker does.
    ``on_event`` is called with each event, in this thread; if it raises, the run fails. In the main
    thread Ctrl-C requests a stop, as the page does; a second one raises KeyboardInterrupt. Raises
    NerError if the run fails for a reason that the user can mend, otherwise the exception that made
    it fail.
    """
    lock = locks.acquire(run.lock_path)
    try:
        worker.queue_again(run)
        worker.use_one_gpu()
        with _events(run, on_event) as events, stopped_by_ctrl_c(run):
            _execute_held(run, events)
    finally:
        os.close(lock)


def _execute_held(run: Run, events: EventWriter) -> None:
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
def _events(run: Run, on_event: OnEvent | None) -> Iterator[EventWriter]:
    """Yield the writer of the run's events; they also go to its output.log and to ``on_event``."""
    # Buffered by line, so that the log can be read meanwhile.
    with run.log_path.open("a", buffering=1, encoding="utf-8", errors="backslashreplace") as log:

        def log_and_call(event: Event) -> None:
            log.write(f"{log_line(event)}\n")
            if on_event is not None:
                on_event(event)

        with closing(EventWriter(run.events_path, log_and_call)) as events:
            try:
                yield events
            except Exception:
                with suppress(OSError):  # the disk may be full
                    traceback.print_exc(file=log)
                raise
