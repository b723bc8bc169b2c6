"""The estimate of what a run takes, before it starts: from the cache, or measured now.

``ner_core.cost.measurement`` measures in a process of its own, one at a time in a run store. It is
never started while a run is training, and killed when a run starts.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ner_core import errors
from ner_core.config import TrainConfig
from ner_core.cost import cache, zero_gpu_seconds
from ner_core.cost.formula import Cost, Measurement, cost_of
from ner_core.data.sources import canonical_source
from ner_core.errors import ConfigError, RunError, TrainingError
from ner_core.hub.repository_ids import has_hub_prefix
from ner_core.hub.token import handed_over
from ner_core.models.sources import find_model
from ner_core.runs import store
from ner_core.runs.diagnosis import explain
from ner_core.system import locks, resources, zero_gpu
from ner_core.system.environment import worker_environment

MAX_SECONDS = 180.0
"""How long a measurement may take."""

_BUSY = "Estimate available when the current run or data check ends."
_REPLACED = "Measurement cancelled: you asked for another one with other settings."

_wanted = ""
"""The name of the measurement that this process wants; others are cancelled."""


class EstimateCancelledError(RunError):
    """The measurement was cancelled because something else needs the CPU. It can be repeated."""


def estimate_cost(
    config: TrainConfig, measure: bool = True, folders: bool = True, visitor: str = ""
) -> Cost | None:
    """Return what a run of these settings would take, in time and in memory, on this machine.

    If it is not in the cache, it is measured, which takes some 20 seconds, or None is returned
    without ``measure``. Settings that do not change the speed of a step (epochs, learning rates,
    number of evaluations) need no new measurement. Without ``folders`` the model's name is never
    read as a path. On ZeroGPU the cost is computed, not measured. ``visitor`` is who asks, on a
    page with visitors: what is known of private data on the Hub is shown to no other visitor.

    Raises a NerError if a run could not start with these data, model or settings, and
    EstimateCancelledError if a run is training, if ``stop_measuring`` is called, or if a later
    call asks for other settings.
    """
    source = canonical_source(config.data)
    model = find_model(config.model, folders)
    config = config.model_copy(update={"data": source, "model": model.name})
    if not has_hub_prefix(source) and model.kind != "hub":
        visitor = ""
    name = cache.key(config, model, visitor)
    measured = cache.read(name)
    if measured is None and measure:
        if zero_gpu.is_ready():
            measured = zero_gpu_seconds.computed(config, zero_gpu_seconds.sizes_of(config, model))
            cache.write(name, measured)
        else:
            measured = _measure(name, config)
    return cost_of(config, measured, resources.memory_free()) if measured else None


def stop_measuring() -> None:
    """Cancel this process's measurement, if there is one, so that other work has the CPU."""
    global _wanted
    _wanted = ""


def _measure(name: str, config: TrainConfig) -> Measurement:
    """Measure and write to the cache, or wait for whoever measures the same."""
    global _wanted
    _wanted = name
    folder = cache.folder() / "measuring"
    try:
        cache.folder().mkdir(parents=True, exist_ok=True)
        lock = locks.Slot(cache.folder() / "lock")
    except OSError as error:
        raise ConfigError(
            f"Can't write to the folder {cache.folder()}: {error.strerror}. Set NER_HOME to "
            "another folder."
        ) from None
    try:
        _wait_until(lambda: lock.try_acquire(name), name)
        if found := cache.read(name):  # measured by the thread or process that had the lock before
            return found
        shutil.rmtree(folder, ignore_errors=True)  # of a process that was killed
        folder.mkdir()
        (folder / "config.json").write_text(config.model_dump_json(), encoding="utf-8")
        process = _start(folder)
        try:
            _wait_until(lambda: process.poll() is not None, name)
            found = _result(process.returncode, folder)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            shutil.rmtree(folder, ignore_errors=True)
        cache.write(name, found)
        return found
    finally:
        lock.release()


def _wait_until(done: Callable[[], bool], name: str) -> None:
    """Wait; raise RunError if it takes too long, or EstimateCancelledError."""
    deadline, next_look = time.monotonic() + MAX_SECONDS, 0.0
    while True:
        if (now := time.monotonic()) >= next_look:
            next_look = now + 1  # not more often: there may be many runs
            if any(run.is_held() for run in store.list_runs()):
                raise EstimateCancelledError(_BUSY)
        if _wanted != name:
            raise EstimateCancelledError(_REPLACED if _wanted else _BUSY)
        if done():
            return
        if now > deadline:
            raise RunError(
                f"Measuring took longer than {MAX_SECONDS:.0f} seconds. Start the run to see the "
                "time left."
            )
        time.sleep(0.1)


def _start(folder: Path) -> "subprocess.Popen[bytes]":
    """Start the measuring process like a run's worker; all its files are in ``folder``."""
    environment = {"CUDA_VISIBLE_DEVICES": "0", **worker_environment(), "TMPDIR": str(folder)}
    with (folder / "log").open("wb") as log, handed_over() as (token, pipe):
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "ner_core.cost.measurement", str(folder), str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=pipe,
            env=environment | token,
        )


def _result(code: int, folder: Path) -> Measurement:
    """Return what the process measured; raise its error."""
    if code == -signal.SIGKILL:  # by the kernel, which kills the process that takes most memory
        raise TrainingError(explain(MemoryError())[0])
    try:
        answer = (folder / "answer.json").read_bytes()
        if code == 0:
            return Measurement.model_validate_json(answer)
        error = json.loads(answer)
        kind, message = getattr(errors, error["error"]), error["message"]
    except (OSError, ValueError, LookupError):
        log = (folder / "log").read_text(encoding="utf-8", errors="replace").strip().split("\n")
        raise RunError(
            "Something went wrong in NER Studio while measuring "
            f"({log[-1][:200] or f'exit code {code}'}). You can start a run anyway."
        ) from None
    raise kind(message)
