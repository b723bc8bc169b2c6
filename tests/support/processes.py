"""Workers as real processes that start in milliseconds: forked from one that has loaded torch."""

import multiprocessing
import os
import resource
import signal
import sys
from multiprocessing.reduction import DupFd
from pathlib import Path

import huggingface_hub

import tests.support.loaded  # noqa: F401 - before a worker is forked
from ner_core.cli.main import main
from ner_core.jobs.worker import LOCK_FD_VARIABLE, execute

CHANGES = {"os.mkdir", "os.remove", "os.rename", "os.rmdir"}
"""What the interpreter calls the ways in which a worker changes files, beside writing them."""

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.support.processes"])


class Worker:
    """A worker as a process, with what the tests use of ``subprocess.Popen``."""

    def __init__(self, run, largest_file=None, killed_at=None, lock=None):
        held = _Held(lock) if lock is not None else None
        arguments = (str(run.path), largest_file, killed_at, held)
        self._process = _context.Process(target=_work, args=arguments)
        self._process.start()
        self.pid = self._process.pid

    @property
    def returncode(self):
        return self._process.exitcode

    def poll(self):
        return self.returncode

    def wait(self, timeout=None):
        self._process.join(timeout)
        assert self.returncode is not None, f"the worker did not end within {timeout} s"
        return self.returncode

    def kill(self):
        self._process.kill()


class _Measuring(Worker):
    def __init__(self, *arguments):
        self._process = _context.Process(target=_measure, args=arguments)
        self._process.start()
        self.pid = self._process.pid


class Command(Worker):
    """A command of the package, such as ``predict``, whose stderr goes to a file.

    ``constants`` are those of huggingface_hub that it has in place of the environment's.
    """

    def __init__(self, arguments, errors, environment, constants):
        given = (arguments, str(errors), environment, constants)
        self._process = _context.Process(target=_run_command, args=given)
        self._process.start()
        self.pid = self._process.pid


class _Held:
    """The open file with a run's lock, on its way to the process that is to hold it."""

    def __init__(self, file):
        self._file = file

    def __reduce__(self):
        return _received, (DupFd(self._file),)


def _received(file):
    return file.detach()


def start_worker(run, largest_file=None, killed_at=None):
    """Execute a run in a process of its own.

    It may write files up to so many bytes, and it is killed just before it opens or changes a file
    for the ``killed_at``-th time.
    """
    return Worker(run, largest_file, killed_at)


def spawn(run, lock):
    """Do what ``launch.local._spawn`` does."""
    return Worker(run, lock=lock)


def start_measuring(folder):
    """Do what ``cost.estimate._start`` does."""
    return _Measuring(str(folder), os.environ["NER_HOME"])


def _measure(folder, home):
    os.setsid()
    os.environ["NER_HOME"] = home
    from ner_core.cost.measurement import main

    raise SystemExit(main(Path(folder), os.getppid()))


def _work(run_dir, largest_file, killed_at, lock):
    os.environ["NER_HOME"] = str(Path(run_dir).parent.parent)
    if lock is not None:
        os.environ[LOCK_FD_VARIABLE] = str(lock)
    log = os.open(Path(run_dir) / "output.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    if largest_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    if killed_at is not None:
        _kill_at(killed_at, run_dir)
    raise SystemExit(execute(Path(run_dir)))


def _run_command(arguments, errors, environment, constants):
    os.environ.update(environment)
    for name, value in constants.items():
        setattr(huggingface_hub.constants, name, value)
    os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT), 2)
    raise SystemExit(main(arguments))


def _kill_at(left, run_dir):
    def count(event, arguments):
        nonlocal left
        if event in CHANGES or (event == "open" and str(arguments[0]).startswith(run_dir)):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
