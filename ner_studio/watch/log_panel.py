"""The last lines of a run's log, read only while the log is open."""

import json
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import gradio as gr

from ner_core.errors import NerError
from ner_studio.base import polling, rights
from ner_studio.base.events import UNCHECKED
from ner_studio.base.markup import escape

LAST_LINES, LAST_EVENTS = 40, 10
_MOST_BYTES = 32_768  # read from the end of a file of any length
_NOTHING = "Nothing has been logged yet."
_TEMPLATE = '<div class="ner-log" tabindex="0" role="log"><pre>${value}</pre></div>'


class LogPanel:
    """The log of a run, in an accordion that is closed at first."""

    def __init__(self) -> None:
        with gr.Accordion("Log", open=False, elem_id="log") as self.accordion:
            self.text = gr.HTML("", html_template=_TEMPLATE, apply_default_css=False)
        self.timer = gr.Timer(polling.LOG, active=False)

    def wire(self, run: gr.Dropdown) -> None:
        """Connect the components; ``run`` holds the id of the run."""
        both = [self.text, self.timer]
        self.accordion.expand(
            lambda run_id: (show(run_id), gr.Timer(active=True)), run, both, **UNCHECKED
        )
        self.accordion.collapse(lambda: gr.Timer(active=False), None, self.timer, **UNCHECKED)
        self.timer.tick(show, run, self.text, **UNCHECKED)


def show(run_id: str | None) -> str:
    """Return the end of a run's log, or of its events if it has no log."""
    try:
        run = rights.find(run_id)
    except NerError:
        return ""
    lines = _printed(*_version(run.log_path)) or _events(*_version(run.events_path))
    return escape(lines or _NOTHING)


def _version(path: Path) -> tuple[Path, int, int]:
    """Return a file with its size and time, which change when lines are added."""
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
    """Return the last events in words; a run in the foreground logs to its terminal only."""
    lines = [_event_line(line) for line in _last_lines(path, size)]
    return "\n".join([line for line in lines if line][-LAST_EVENTS:])


def _last_lines(path: Path, size: int) -> list[str]:
    """Return the last lines of a file, of which at most ``_MOST_BYTES`` are read."""
    if not size:
        return []
    start = max(0, size - _MOST_BYTES)
    with path.open("rb") as file:
        file.seek(start)
        data = file.read(_MOST_BYTES)
    lines = data.decode("utf-8", errors="replace").split("\n")
    return lines[1:] if start and len(lines) > 1 else lines  # the first may be half a line


def _event_line(line: str) -> str:
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
