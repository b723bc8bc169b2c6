"""The page of a Space on ZeroGPU, as far as runs are concerned: prints what it saw as JSON.

``python page.py DATA ENCODER TOKEN`` lets visitors start runs one after the other, the last but one
with private data and a private encoder that the token may see; while the last is at work the page
is killed.
"""

import contextvars
import json
import os
import sys

from ner_core.system.zero_gpu import use_zero_gpu

use_zero_gpu()

import spaces  # noqa: E402 - the stand-in beside this file
import torch  # noqa: E402

from ner_core.errors import RunError  # noqa: E402
from ner_core.hub.token import using_token  # noqa: E402
from ner_core.jobs.stop import stop  # noqa: E402
from ner_core.jobs.submit import resume, submit  # noqa: E402
from ner_core.models.device import best_device  # noqa: E402
from ner_core.runs import checkpoints, store  # noqa: E402
from ner_core.system import locks  # noqa: E402
from tests.support import toy  # noqa: E402

DATA, ENCODER, TOKEN = sys.argv[1:4]
seen = {}


def as_visitor(name, function, *arguments):
    """Call a handler as gradio does: with the visitor's request in the context."""

    def handle():
        spaces.REQUEST.set(name)
        spaces.EVENT.set("event of the start button")
        return function(*arguments)

    return contextvars.Context().run(handle)


def begin(visitor, run_id, **settings):
    return as_visitor(visitor, submit, toy.toy_config(DATA, ENCODER, **settings), run_id)


def submit_with(token, config, run_id):
    """Submit as the page does for a visitor who signed in."""
    with using_token(token):
        return submit(config, run_id)


def end(run, call):
    call.wait(60)
    return {"status": run.status(), "code": call.poll(), "held": run.is_held()}


def training(run):
    """Wait for the first checkpoint."""
    toy.wait_for(lambda: checkpoints.newest(run.checkpoints_dir), "a checkpoint", 120)


def one_after_the_other():
    # Locks that are open in the page when it forks: they must not live on in the other process.
    bystander = store.create(toy.toy_config(DATA, ENCODER), "bystander")
    lock = locks.acquire(bystander.lock_path)
    first, call = begin("ann", "first", epochs=2)
    seen["held at once"] = first.is_held()
    try:
        resume(first)
    except RunError as error:
        seen["twice"] = str(error)
    seen["first"] = end(first, call)
    os.close(lock)
    seen["bystander held"] = bystander.is_held()
    seen["page's device"] = [best_device().type, torch.cuda.is_available()]

    spaces.left["ann"] = 20
    refused, call = begin("ann", "refused")
    seen["refused"] = end(refused, call)
    spaces.left["ann"] = 300
    nobody, call = begin(None, "nobody")
    seen["nobody"] = end(nobody, call)

    long, call = begin("ann", "long", epochs=40, evaluations=40)
    training(long)
    waiting, second_call = begin("ann", "waiting", epochs=1)
    toy.wait_for(lambda: waiting.status() == "queued", "the second run to wait")
    seen["calls while one waits"] = len(spaces.calls)
    spaces.is_over.set()
    seen["long"] = end(long, call)
    spaces.is_over.clear()
    seen["waiting"] = end(waiting, second_call)
    seen["long again"] = end(long, as_visitor("ann", resume, long))

    stopped, call = begin("ann", "stopped", epochs=1000, evaluations=1000)
    training(stopped)
    stop(stopped)
    seen["stopped"] = end(stopped, call)

    private = toy.toy_config("hub:ann/data", "hub:ann/encoder")
    hidden, call = as_visitor("ann", submit_with, TOKEN, private, "private")
    seen["private"] = end(hidden, call)
    seen["slot held"] = locks.is_held(store.home() / "slot.lock")
    seen["calls"] = [*spaces.calls]


def die_at_work():
    run, _ = begin("ann", "orphan", epochs=1000, evaluations=1000)
    training(run)
    seen["process"] = spaces.calls[-1][3]
    print(json.dumps(seen), flush=True)
    os.kill(os.getpid(), 9)


one_after_the_other()
die_at_work()
