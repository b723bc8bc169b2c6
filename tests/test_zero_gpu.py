"""Runs on ZeroGPU: the process with the GPU is forked, the GPU itself is the processor here."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests import toy

FOLDER = Path(__file__).parent / "zero_gpu"
REPOSITORY = FOLDER.parent.parent


def serve(home, encoder, *more):
    """Run the page of ``zero_gpu/page.py``: what it saw."""
    data = toy.write_toy(home / "toy", train=32, validation=8, test=8)
    environment = {
        **os.environ,
        "NER_HOME": str(home),
        "SPACES_ZERO_GPU": "true",
        "PYTHONPATH": os.pathsep.join((str(FOLDER), str(REPOSITORY))),
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [sys.executable, str(FOLDER / "page.py"), str(data), str(encoder), *more],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.stdout, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), done
