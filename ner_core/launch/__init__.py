"""Where a worker runs: in a process of its own on this machine, or on a GPU that ZeroGPU lends."""

from ner_core.launch.local import start
from ner_core.launch.submission import Worker, resume, submit

__all__ = ["Worker", "resume", "start", "submit"]
