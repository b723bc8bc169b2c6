"""What a run would cost, before it starts: measured once on this machine, then remembered.

The measuring is done by a process of its own, ``python -m ner_core.cost.measurement``,
one at a time in a run store. It gives way to runs: none begins while one is at work, and one that
is under way ends when a run starts.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from ner_core import errors
from ner_core.config import TrainConfig
from ner_core.cost import cache, zero_gpu_estimate
from ner_core.cost.formula import Cost, Measurement, cost_of
from ner_core.data.sources import canonical_source
from ner_core.errors import ConfigError, RunError, TrainingError
from ner_core.hub.repository_ids import has_hub_prefix
from ner_core.hub.token import handed_over
from ner_core.models.sources import find_model
from ner_core.runs import store
from ner_core.runs.diagnosis import explain
from ner_core.system import resources, zero_gpu
from ner_core.system.environment import worker_environment

MOST_SECONDS = 180.0
"""How long a measurement may take. Data that need longer to be read are data for a long run."""

_AT_WORK = "The time can be measured when no run is at work."
_REPLACED = "The measurement gave way to another one, for other settings."
_PREFIX = "measuring-"
_POLL_SECONDS = 0.1
_LOOK_EVERY = 1.0
"""Seconds between two looks at all runs."""


class GaveWayError(RunError):
    """A measurement ended because something else needs the machine: it can be tried again."""


def estimate_cost(
    config: TrainConfig, measure: bool = True, folders: bool = True, asker: str = ""
) -> Cost | None:
    """Tell what a run of these settings would take, in time and in memory, on this machine.

    What was measured before is read in milliseconds. Otherwise, if ``measure``, it is measured now,
    which takes some 20 seconds; without ``measure`` the answer is None. Settings that do not change
    the speed of a step (epochs, rates, evaluations) need no measurement of their own. Without
    ``folders`` the model's name is never taken for a path. On ZeroGPU it is computed, not measured.
    ``asker`` tells visitors of a page apart: what was learned of the Hub for one is told to no
    other, who may not see it there.

    Raises a NerError: for data, a model or settings that a run could not start with, GaveWayError
    if a run is at work, if ``stop_measuring`` was called, or if a later call for other settings
    took this one's place.
    """
    source = canonical_source(config.data)
    model = find_model(config.model, folders)
    config = config.model_copy(update={"data": source, "model": model.name})
    if not has_hub_prefix(source) and model.kind != "hub":
        asker = ""
    if zero_gpu.is_ready():
        return zero_gpu_estimate.cost_on_lent_gpu(config, model, look=measure, asker=asker)
    name = cache.key(config, model, asker)
    measured = cache.read(name)
    if measured is None and measure:
        measured = _measured(name, config)
    return cost_of(config, measured, resources.memory_free()) if measured else None


def stop_measuring() -> None:
    """End the measurement that this process has under way, so that other work has the machine."""
    _turns.end()


class _Turn:
    """One or more calls for the same measurement, until it is there or has to give way."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.over = threading.Event()
        self.reason = _AT_WORK

    def check(self) -> None:
        """Raise GaveWayError if the measurement is not wanted any more, or disturbs a run."""
        if self.over.is_set() or any(run.is_held() for run in store.list_runs()):
            raise GaveWayError(self.reason)

    def wait(self, until: Callable[[], bool]) -> None:
        """Wait for something, as long as that makes sense; RunError if it does no more."""
        began = looked = time.monotonic()
        while not until():
            self.over.wait(_POLL_SECONDS)
            now = time.monotonic()
            if now - began > MOST_SECONDS:
                raise RunError(
                    f"The time could not be measured within {MOST_SECONDS:.0f} seconds; "
                    "once the run is at work it shows the time left."
                )
            if self.over.is_set() or now - looked > _LOOK_EVERY:
                self.check()
                looked = now


class _Turns:
    """Whose turn it is to measure: in one process the last call's."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._now = _Turn("")

    def take(self, name: str) -> _Turn:
        """Join the measurement under way if it is the same, otherwise end it and begin another."""
        with self._guard:
            if name != self._now.name or self._now.over.is_set():
                self._now.reason = _REPLACED
                self._now.over.set()
                self._now = _Turn(name)
            return self._now

    def end(self) -> None:
        """End the measurement under way, if there is one."""
        with self._guard:
            self._now.over.set()


_turns = _Turns()


def _measured(name: str, config: TrainConfig) -> Measurement:
    """Measure and remember, or wait for who is measuring the same."""
    turn = _turns.take(name)
    turn.check()
    try:
        cache.folder().mkdir(parents=True, exist_ok=True)
        lock = os.open(cache.folder() / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise ConfigError(
            f"Expected a folder that can be written at {cache.folder()}, found: "
            f"{error.strerror}; set NER_HOME to another one."
        ) from None
    try:
        turn.wait(lambda: _lock(lock))
        if found := cache.read(name):  # measured by who had the lock before
            return found
        for leftover in cache.folder().glob(f"{_PREFIX}*"):  # of who was killed
            shutil.rmtree(leftover, ignore_errors=True)
        found = _measure(config, turn)
        cache.keep(name, found)
        return found
    finally:
        os.close(lock)


def _lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _measure(config: TrainConfig, turn: _Turn) -> Measurement:
    """Let a process measure; all that it writes is in a folder that goes with it."""
    with tempfile.TemporaryDirectory(
        prefix=_PREFIX, dir=cache.folder(), ignore_cleanup_errors=True
    ) as name:
        folder = Path(name)
        settings, output, log = (folder / name for name in ("config.json", "output", "log"))
        settings.write_text(config.model_dump_json(), encoding="utf-8")
        with output.open("wb") as stdout, log.open("wb") as stderr:
            process = _start(settings, stdout, stderr)
        try:
            turn.wait(lambda: process.poll() is not None)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        return _result(process.returncode, _last_line(output), _last_line(log))


def _start(settings: Path, output: IO[bytes], log: IO[bytes]) -> "subprocess.Popen[bytes]":
    """Start the process, as a run's worker is started; its temporary files go beside its settings.

    Beside them, because a process that is killed leaves them.
    """
    environment = {
        "CUDA_VISIBLE_DEVICES": "0",
        **worker_environment(),
        "TMPDIR": str(settings.parent),
    }
    with handed_over() as (token, pipe):
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "ner_core.cost.measurement", str(settings), str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=log,
            start_new_session=True,
            pass_fds=pipe,
            env=environment | token,
        )


def _result(code: int, answer: str, complaint: str) -> Measurement:
    """Read what the process printed; raise the error that it met."""
    if code == -signal.SIGKILL:  # not by us: the kernel ends who takes too much
        raise TrainingError(explain(MemoryError())[0])
    try:
        values = json.loads(answer)
        if code == 0:
            return Measurement.from_json(values)
        kind, message = getattr(errors, values["error"]), str(values["message"])
    except (ValueError, LookupError, TypeError, AttributeError):
        raise RunError(
            "The time could not be measured, by a fault of NER Studio "
            f"({complaint[:200] or f'exit code {code}'}); a run can be started all the same."
        ) from None
    raise kind(message)


def _last_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
