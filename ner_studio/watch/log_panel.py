"""The last lines of a run's log, read while somebody looks at them."""

import json
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import gradio as gr

from ner_core.errors import NerError
from ner_studio.base import rights
from ner_studio.base.markup import escape

LAST_LINES, LAST_EVENTS = 40, 10
_MOST_BYTES = 32_768  # of the end of a file: that is read, however long it is
_EVERY = 2.0
_NOTHING = "Nothing was logged yet."
_TEMPLATE = '<div class="ner-log" tabindex="0" role="log"><pre>${value}</pre></div>'

# In reversed order, so that it opens at its end and stays where somebody scrolled to.
CSS = """
.ner-log { max-height: 320px; overflow: auto; display: flex; flex-direction: column-reverse;
  padding: .6rem .8rem; background: var(--background-fill-secondary);
  border-radius: var(--radius-md); }
.ner-log pre { margin: 0; font: .78rem/1.5 ui-monospace, monospace; white-space: pre-wrap;
  overflow-wrap: anywhere; color: var(--body-text-color); }
"""


class LogPanel:
    """The closed panel below a run: it reads only while it is open."""

    def __init__(self) -> None:
        with gr.Accordion("Log", open=False, elem_id="log") as self.accordion:
            self.text = gr.HTML("", html_template=_TEMPLATE, apply_default_css=False)
        self.timer = gr.Timer(_EVERY, active=False)

    def wire(self, run: gr.Dropdown) -> None:
        """Connect the components; ``run`` holds the id of the run."""
        quiet: dict[str, Any] = {
            "show_progress": "hidden",
            "api_visibility": "private",
            "queue": False,
            "preprocess": False,
        }
        both = [self.text, self.timer]
        self.accordion.expand(
            lambda run_id: (show(run_id), gr.Timer(active=True)), run, both, **quiet
        )
        self.accordion.collapse(lambda: gr.Timer(active=False), None, self.timer, **quiet)
        self.timer.tick(show, run, self.text, **quiet)


def show(run_id: str | None) -> str:
    """Give the end of a run's log, or of its events where there is none."""
    try:
        run = rights.find(run_id)
    except NerError:
        return ""
    lines = _printed(*_version(run.log_path)) or _events(*_version(run.events_path))
    return escape(lines or _NOTHING)


def _version(path: Path) -> tuple[Path, int, int]:
    """Give a file with its size and time: the same while nothing was added."""
    try:
        found = path.stat()
    except OSError:
        return path, 0, 0
    return path, found.st_size, found.st_mtime_ns


@lru_cache(maxsize=16)
def _printed(path: Path, size: int, _mtime: int) -> str:
    return "\n".join(_last_lines(path, size)[-LAST_LINES:]).strip("\n")


@lru_cache(maxsize=16)
def _events(path: Path, size: int, _mtime: int) -> str:
    """Put the last events in words; a run in the foreground prints to its terminal only."""
    told = [_told(line) for line in _last_lines(path, size)]
    return "\n".join([line for line in told if line][-LAST_EVENTS:])


def _last_lines(path: Path, size: int) -> list[str]:
    """Read the last lines of a file, never more than a bounded piece of it."""
    if not size:
        return []
    start = max(0, size - _MOST_BYTES)
    with path.open("rb") as file:
        file.seek(start)
        data = file.read(_MOST_BYTES)
    lines = data.decode("utf-8", errors="replace").split("\n")
    return lines[1:] if start and len(lines) > 1 else lines  # the first may be half a line


def _told(line: str) -> str:
    try:
        row = json.loads(line)
        when, data = datetime.fromtimestamp(row["time"]).astimezone(), row["data"]
        figures = [
            f"{name} {data[name]:.4f}" for name in ("loss", "f1") if _is_number(data.get(name))
        ]
        facts = "".join(f", {figure}" for figure in figures)
        return f"{when:%H:%M:%S}  step {row['step']}: {row['kind']}{facts}"
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError):
        return ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)
