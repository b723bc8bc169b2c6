"""Serve the page as ``python app.py`` does, with workers that are forked and do not give way.

They start without the seconds in which torch is loaded. A worker that gives way gets a tenth of the
cores that other work takes, too, and a test of the page would wait ten times as long for it.
"""

import multiprocessing
import sys
from multiprocessing import forkserver

from ner_core.jobs import process
from ner_studio.command import main


def spawn(run, lock):
    from tests.support import processes  # loads torch, which the page does once it is served

    return processes.spawn(run, lock)


if __name__ == "__main__":
    multiprocessing.set_forkserver_preload(["tests.support.processes"])
    forkserver.ensure_running()
    process._spawn = spawn
    sys.exit(main(["serve", *sys.argv[1:]]))
