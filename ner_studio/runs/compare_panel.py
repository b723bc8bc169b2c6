"""The part of the page that compares the selected runs."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from ner_core.errors import RunError
from ner_core.runs.view import RunView
from ner_studio.base import charts
from ner_studio.base.events import QUICK
from ner_studio.runs import compare
from ner_studio.runs.compare import EPOCHS, MOST_RUNS, STEPS
from ner_studio.state.snapshots import SHARED


class ComparePanel:
    """The components, which are visible while two or more runs are selected."""

    def __init__(self) -> None:
        with gr.Column(visible=False, elem_id="runs-compare") as self.section:
            self.key = gr.HTML("", apply_default_css=False, elem_id="compare-key")
            self.over = gr.Radio(
                [("Over steps", STEPS), ("Over epochs", EPOCHS)],
                value=STEPS,
                label="Compared over",
                show_label=False,
                container=False,
                elem_id="compare-over",
            )
            with gr.Row(elem_classes="ner-charts"):
                self.scores = charts.add(compare.SCORES, "compare-scores")
                self.losses = charts.add(compare.LOSSES, "compare-losses")
            self.tables = gr.HTML("", apply_default_css=False, elem_id="compare-tables")

    @property
    def outputs(self) -> list[Any]:
        """The components that ``show`` updates."""
        return [self.section, self.scores, self.losses, self.key, self.tables]

    def wire(self, selection: gr.State) -> None:
        """Connect the components; ``selection`` holds the ids of the selected runs."""
        self.over.input(
            lambda selection, over: self._curves(_views(selection), over),
            [selection, self.over],
            [self.scores, self.losses],
            **QUICK,
        )

    def show(self, selection: Sequence[str], over: str) -> dict[Any, Any]:
        """Show the comparison of these runs, or hide it if there are fewer than two."""
        if len(selection) < 2:
            return {self.section: gr.update(visible=False)}
        views = _views(selection)
        return {
            self.section: gr.update(visible=True),
            **self._curves(views, over),
            self.key: compare.key(views),
            self.tables: compare.tables(views),
        }

    def _curves(self, views: Sequence[RunView], over: str) -> dict[Any, Any]:
        return {self.scores: compare.scores(views, over), self.losses: compare.losses(views, over)}


def _views(selection: Sequence[str]) -> list[RunView]:
    found = []
    for run_id in selection[:MOST_RUNS]:
        try:
            found.append(SHARED.find(run_id).view)
        except RunError:  # deleted a moment ago; the next refresh takes it out of the selection
            continue
    return found
