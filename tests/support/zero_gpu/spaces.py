"""A stand-in for the package `spaces` as it behaves on ZeroGPU; only the GPU itself is missing.

A decorated function runs in a daemon process forked from the page, in a thread that is not its
first; the process is kept for the next call. It is killed when its time is over. Without a visitor
in gradio's context nobody pays, and the call is refused. The page's torch says it has a GPU.
"""

import contextvars
import multiprocessing
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.queues import SimpleQueue

import torch

REQUEST = contextvars.ContextVar("request")  # of gradio
EVENT = contextvars.ContextVar("event_id")  # of gradio, too

_context = multiprocessing.get_context("fork")
_really_available = torch.cuda.is_available
torch.cuda.is_available = lambda: True

calls = []
"""A row for each call: the visitor, the visitor's event, the seconds, the id of the process."""
left = {"ann": 300}
"""The seconds that each visitor has."""
is_over = threading.Event()
"""Stands for the clock: the time of the call under way is over when it is set."""


class Error(Exception):
    """What gradio shows: a title and a message."""

    def __init__(self, message, title):
        super().__init__(message)
        self.message, self.title = message, title

    def __str__(self):
        return repr(self.message)


class _Process:
    def __init__(self, task):
        self.asked, self.answers = SimpleQueue(ctx=_context), SimpleQueue(ctx=_context)
        self._task = task
        self.process = _context.Process(target=self._serve, daemon=True)
        self.process.start()
        threading.Thread(target=self._say_when_it_ends, daemon=True).start()

    def _say_when_it_ends(self):
        self.process.join()
        self.answers.put(None)

    def _serve(self):
        torch.cuda.is_available = _really_available
        while True:
            arguments = self.asked.get()
            with ThreadPoolExecutor() as executor:
                executor.submit(self._run, arguments).result()

    def _run(self, arguments):
        try:
            self.answers.put(("done", self._task(*arguments)))
        except Exception as error:
            self.answers.put(("failed", type(error).__name__))


def GPU(duration):  # noqa: N802 - so it is called
    def decorate(task):
        kept = []

        def call(*arguments):
            visitor, seconds = REQUEST.get(None), duration(*arguments)
            row = [visitor, EVENT.get(None), seconds, None]
            calls.append(row)
            if visitor is None:
                raise Error("Space app has reached its GPU limit.", "ZeroGPU quota exceeded")
            if seconds > left[visitor]:
                raise Error(
                    f"You have exceeded your free ZeroGPU quota ({seconds}s requested vs. "
                    f"{left[visitor]}s left). Try again in 3:00:00. ",
                    "ZeroGPU quota exceeded",
                )
            process = kept.pop() if kept and kept[-1].process.is_alive() else _Process(task)
            row[3] = process.process.pid
            process.asked.put(arguments)
            ended = threading.Event()
            threading.Thread(target=_enforce, args=(process, ended), daemon=True).start()
            answer = process.answers.get()
            ended.set()
            if answer is None:
                raise Error("GPU task aborted", "ZeroGPU worker error")
            kept.append(process)
            kind, value = answer
            if kind == "failed":
                raise Error(value, "ZeroGPU worker error")
            return value

        return call

    return decorate


def _enforce(process, ended):
    while not ended.wait(0.02):
        if is_over.is_set():
            os.kill(process.process.pid, 9)
            return
