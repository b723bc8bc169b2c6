"""The options of the page's events, which show no progress and are no public endpoints."""

from typing import Any

QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
"""For a handler that takes a while: it waits for its turn in Gradio's queue."""

QUICK: dict[str, Any] = {**QUIET, "queue": False}
"""For a handler that answers at once, without the queue."""

UNCHECKED: dict[str, Any] = {**QUICK, "preprocess": False}
"""For a quick handler that checks its inputs itself.

Gradio would refuse a run that is newer than the choices of the page that sends it.
"""
