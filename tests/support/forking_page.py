"""The page as a process that is served at once: forked from one that has loaded it and torch.

What the environment said when that one was started holds for what reads it while it is loaded. The
client of the Hub is told anew; tests of a sign-in start ``python app.py``.

So are its workers, which do not give way either. A worker that gives way gets a tenth of the cores
that other work takes, and a test of the page would wait ten times as long for it.
"""

import os
import sys
from multiprocessing import forkserver, resource_tracker

from huggingface_hub import constants

from ner_core.jobs import process
from tests.support import processes
from tests.support.places import REPOSITORY


def load_page():
    """Let the process that workers are forked from load the page, too, when it is started."""
    processes._context.set_forkserver_preload(["tests.support.processes", "ner_studio.page"])


def start_page(environment, arguments, log):
    """Serve the page in a process of its own, whose output goes to this file."""
    return _Page({"NER_DEBUG": "1", **environment}, arguments, str(log))


class _Page(processes.Worker):
    def __init__(self, *arguments):
        self._process = processes._context.Process(target=_serve, args=arguments)
        self._process.start()
        self.pid = self._process.pid


def _serve(environment, arguments, log):
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.chdir(REPOSITORY)
    os.environ.clear()
    os.environ.update(environment)
    _turn_to_hub(environment)
    # Workers come from the process that this one comes from, not from a new one that loads torch.
    forkserver._forkserver.ensure_running = resource_tracker.ensure_running
    process._spawn = processes.spawn
    from ner_studio.command import main

    sys.exit(main(["serve", *arguments]))


def _turn_to_hub(environment):
    """Let the client of the Hub follow an environment, as if it were loaded in it."""
    constants.HF_HUB_OFFLINE = environment["HF_HUB_OFFLINE"] == "1"
    constants.HF_HUB_DISABLE_XET = environment.get("HF_HUB_DISABLE_XET") == "1"
    if url := environment.get("HF_ENDPOINT"):
        constants.ENDPOINT = url
        constants.HUGGINGFACE_CO_URL_TEMPLATE = url + "/{repo_id}/resolve/{revision}/{filename}"
    if home := environment.get("HF_HOME"):
        constants.HF_HOME, constants.HF_HUB_CACHE = home, f"{home}/hub"
        constants.HF_TOKEN_PATH = f"{home}/token"
