"""All runs: a table to sort, filter and select from, actions for one run, a comparison of several.

A click on a row selects it or takes it out of the selection.
"""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from ner_core.errors import NerError
from ner_core.runs import store
from ner_core.runs.export import drop_exports
from ner_studio.base import markup, polling, rights
from ner_studio.base.events import QUICK, QUIET
from ner_studio.runs import table as runs_table
from ner_studio.runs.actions import RunActions, only
from ner_studio.runs.compare import MOST_RUNS
from ner_studio.runs.compare_panel import ComparePanel
from ner_studio.runs.downloads import folder_of
from ner_studio.runs.rows import RunRow, RunRows
from ner_studio.runs.table import table_value

_HINT = (
    "Click a run to select it, and a second one to compare them. "
    "Use the ⋮ beside a column’s name to sort and filter."
)


class RunsPanel:
    """The components of the section, and what happens when they are used.

    ``selection`` holds the ids of the selected runs, in the order in which they were selected.
    """

    def __init__(self) -> None:
        self.selection = gr.State([])
        with gr.Column(visible=False, elem_id="all-runs") as self.section:
            gr.Markdown("### All runs")
            gr.Markdown(_HINT, elem_classes="ner-quiet")
            self.table = runs_table.add()
            self.marks = gr.HTML("", apply_default_css=False, elem_id="runs-marks")
            self.selected = gr.HTML("", apply_default_css=False, elem_id="runs-picked")
            self.actions = RunActions(self.selection)
            self.comparison = ComparePanel()
        self.seen = gr.State(None)
        self.timer = gr.Timer(polling.RUNS_TABLE)
        self._rows = RunRows()

    @property
    def refreshed(self) -> list[Any]:
        """The components that ``refresh`` updates."""
        return [self.section, *self._changed_parts]

    @property
    def _changed_parts(self) -> list[Any]:
        """The components that change with the selection."""
        return [
            *(self.table, self.marks, self.seen, self.selection, self.selected),
            *self.actions.outputs,
            *self.comparison.outputs,
        ]

    def wire(self) -> None:
        """Connect the components of the section with each other."""
        self.actions.wire()
        self.comparison.wire(self.selection)
        self.refresh_on(self.timer.tick)
        shown = [self.seen, self.selection, self.comparison.over]
        self.table.select(
            self.select,
            shown,
            self._changed_parts,
            trigger_mode="multiple",  # the next click may come before the answer to this one
            concurrency_limit=1,  # and is then handled after it, with the new selection
            **QUIET,
        )
        for event in (self.actions.rename_yes.click, self.actions.new_name.submit):
            event(self.rename_run, [*shown, self.actions.new_name], self._changed_parts, **QUICK)
        # Through the queue, since deleting large files takes a while.
        self.actions.delete_yes.click(self.delete_run, shown, self._changed_parts, **QUIET)

    def refresh_on(self, event: Any) -> None:
        """Update the table on this event."""
        event(
            self.refresh,
            [self.seen, self.selection, self.comparison.over],
            self.refreshed,
            **QUICK,
        )

    def refresh(self, seen: int | None, selection: list[str], over: str) -> Any:
        """Update the table if any run has changed."""
        current = self._rows.current()
        if current.version == seen:
            return gr.skip()
        rows = current.rows
        kept = _still_there(rows, selection)
        updates = {
            self.section: gr.update(visible=bool(rows)),
            self.table: table_value(rows),
            self.marks: runs_table.selection_style(rows, kept),
            self.seen: current.version,
        }
        # What the visitor is about to do with the selection stays, unless one of its runs is gone.
        if kept != selection:
            updates |= self._show(kept, over)
        elif len(kept) > 1:
            updates |= self.comparison.show(kept, over)
        return updates

    def select(
        self, seen: int | None, selection: list[str], over: str, event: gr.SelectData
    ) -> dict[Any, Any]:
        """Add the run of the clicked row to the selection, or take it out."""
        run_id = str(event.row_value[2])
        others = [other for other in selection if other != run_id]
        return self._changed(seen, others if run_id in selection else [*selection, run_id], over)

    def rename_run(
        self, seen: int | None, selection: list[str], over: str, name: str
    ) -> dict[Any, Any]:
        """Rename the selected run."""
        try:
            store.rename(rights.find(only(selection)), name)
        except NerError as error:
            return {self.actions.problem: markup.error(str(error))}
        return self._changed(seen, selection, over, renew=True)

    def delete_run(self, seen: int | None, selection: list[str], over: str) -> dict[Any, Any]:
        """Delete the selected run and its exported files."""
        try:
            run = rights.find(only(selection))
            folder = folder_of(run)
            store.delete(run)
        except NerError as error:
            return {self.actions.problem: markup.error(str(error))}
        drop_exports(run.id, folder)
        return self._changed(seen, [], over, renew=True)

    def _changed(
        self, seen: int | None, selection: list[str], over: str, renew: bool = False
    ) -> dict[Any, Any]:
        """Show another selection, in the table and below it."""
        current = self._rows.current(renew)
        kept = _still_there(current.rows, selection)
        updates = {
            self.marks: runs_table.selection_style(current.rows, kept),
            self.seen: current.version,
            **self._show(kept, over),
        }
        # A row is marked by its position, so the page needs the table with these positions.
        if current.version != seen:
            updates[self.table] = table_value(current.rows)
        return updates

    def _show(self, selection: list[str], over: str) -> dict[Any, Any]:
        return {
            self.selection: selection,
            self.selected: _selected(selection),
            **self.actions.show(len(selection) == 1),
            **self.comparison.show(selection, over),
        }


def _still_there(rows: Sequence[RunRow], selection: Sequence[str]) -> list[str]:
    known = {row.id for row in rows}
    return [run_id for run_id in selection if run_id in known]


def _selected(selection: Sequence[str]) -> str:
    if not selection:
        return ""
    if len(selection) == 1:
        return f'<p role="status">Selected: <b>{markup.escape(selection[0])}</b></p>'
    text = f"{len(selection)} runs are selected. Click a row again to deselect it."
    if len(selection) > MOST_RUNS:
        text = f"{text} The first {MOST_RUNS} are compared."
    return f'<p class="ner-quiet" role="status">{text}</p>'
