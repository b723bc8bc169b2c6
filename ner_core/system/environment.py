"""The environment variables of a process that trains."""

import os
import re
from pathlib import Path

from ner_core.system.space import on_space

# OpenMP threads that wait for each other spin, each on a core that another process may need: on two
# cores a worker beside another busy process was more than ten times slower. Spinning less costs
# about 5 % if nothing else runs (benchmarks/LOG.md).
SPIN_BRIEFLY = {"GOMP_SPINCOUNT": "1000"}

# Training allocates and frees the same large buffers in every step. By default glibc returns them
# to the kernel each time; keeping them saves page faults and made steps about 1.2 times as fast
# (benchmarks/train_speed.py). Other C libraries ignore these variables.
KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(2**30),
    "MALLOC_TRIM_THRESHOLD_": str(2**32),
    "MALLOC_TOP_PAD_": str(2**28),
}

_SECRET = re.compile(r"(?:.*_)?(?:OAUTH|TOKENS?|SECRETS?|PASSWORD|KEYS?|CREDENTIALS?)(?:_.*)?")


def worker_environment() -> dict[str, str]:
    """Return the environment variables of a process that trains.

    On a Space those whose names look like secrets are left out: they are the owner's, and the
    process reads files of visitors.
    """
    root = str(Path(__file__).parents[2])
    environment = {**KEEP_MEMORY, **SPIN_BRIEFLY, **os.environ}
    if on_space():
        environment = {
            name: value
            for name, value in environment.items()
            if not _SECRET.fullmatch(name.upper())
        }
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (root, environment.get("PYTHONPATH"))))
    return environment
