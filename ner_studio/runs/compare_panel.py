"""The part of the page that shows the selected runs beside each other."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from ner_core.errors import RunError
from ner_core.runs.view import RunView
from ner_studio.runs import compare
from ner_studio.state import run_summary
from ner_studio.runs.compare import EPOCHS, MOST_RUNS, STEPS

CSS = (
    compare.CSS
    + """
#compare-over { margin-top: .4rem; }
#compare-over label { padding: .25rem .7rem; font-size: .85rem; box-shadow: none; }
"""
)


class ComparePanel:
    """The components, in sight while two or more runs are selected."""

    def __init__(self) -> None:
        with gr.Column(visible=False, elem_id="runs-compare") as self.section:
            self.key = gr.HTML("", apply_default_css=False, elem_id="compare-key")
            self.over = gr.Radio(
                [("Over steps", STEPS), ("Over epochs", EPOCHS)],
                value=STEPS,
                show_label=False,
                container=False,
                elem_id="compare-over",
            )
            with gr.Row():
                self.scores = compare.placeholder("Validation F1", "compare-scores", y_lim=[0, 1])
                self.losses = compare.placeholder("Training loss", "compare-losses")
            self.tables = gr.HTML("", apply_default_css=False, elem_id="compare-tables")

    @property
    def shown(self) -> list[Any]:
        """The components that ``show`` updates, in the order of its results."""
        return [self.section, self.scores, self.losses, self.key, self.tables]

    def wire(self, selection: gr.State) -> None:
        """Connect the components; ``selection`` holds the ids of the selected runs."""
        self.over.input(
            self.draw,
            [selection, self.over],
            [self.scores, self.losses],
            queue=False,
            show_progress="hidden",
            api_visibility="private",
        )

    def show(self, selection: Sequence[str], over: str) -> list[Any]:
        """Show these runs beside each other, or nothing where there are not two."""
        if len(selection) < 2:
            return [gr.update(visible=False), *[gr.skip()] * (len(self.shown) - 1)]
        views = _views(selection[:MOST_RUNS])
        curves = [compare.scores(views, over), compare.losses(views, over)]
        return [gr.update(visible=True), *curves, compare.key(views), compare.tables(views)]

    def draw(self, selection: Sequence[str], over: str) -> list[Any]:
        """Draw the curves over steps or epochs."""
        return self.show(selection, over)[1:3]


def _views(selection: Sequence[str]) -> list[RunView]:
    found = []
    for run_id in selection:
        try:
            found.append(run_summary.view_of(run_id))
        except RunError:  # deleted a moment ago; the next poll takes it from the selection
            continue
    return found
