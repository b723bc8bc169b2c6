"""Where a worker runs. Today: a process of its own on this machine."""

from ner_core.launch.local import start
from ner_core.launch.submission import resume, submit

__all__ = ["resume", "start", "submit"]
