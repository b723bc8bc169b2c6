"""All runs: a list to search, sort and compare, and what can be done with each of them.

The list is drawn in the browser, see ``table.py``; each action is an event of it.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gradio as gr

from ner_core.config import TrainConfig
from ner_core.errors import NerError
from ner_core.jobs.stop import stop
from ner_core.runs import store, trash
from ner_core.runs.export import drop_exports
from ner_studio.base import assets, polling, rights
from ner_studio.base.events import QUICK, QUIET
from ner_studio.runs import table as runs_table
from ner_studio.runs.compare_panel import ComparePanel
from ner_studio.runs.downloads import folder_of, offer
from ner_studio.runs.rows import RunRow, RunRows
from ner_studio.runs.table import Answer, name_of, run_of, runs_of, table_value
from ner_studio.state.snapshots import SHARED

# The next click may come before the answer to this one.
_EACH: dict[str, Any] = {"trigger_mode": "multiple"}


class RunsPanel:
    """The components of the section, and what happens when they are used.

    ``selection`` holds the ids of the runs to compare, in the order in which they were ticked.
    """

    def __init__(self) -> None:
        self.selection = gr.State([])
        with gr.Column(visible=False, elem_id="all-runs") as self.section:
            self.table = runs_table.add()
            self.files = gr.File(
                label="Files of the run",
                file_count="multiple",
                interactive=False,
                visible=False,
                elem_id="runs-files",
            )
            self.comparison = ComparePanel()
        self.seen = gr.State(None)
        self.acted: list[Any] = []  # the events after which a run is another than before
        self.timer = gr.Timer(polling.RUNS_TABLE)
        self._rows = RunRows()

    @property
    def refreshed(self) -> list[Any]:
        """The components that ``refresh`` updates."""
        return [self.section, *self._changed, self.selection, *self.comparison.outputs]

    @property
    def _changed(self) -> list[Any]:
        """The components that change with a run."""
        return [self.table, self.seen]

    def wire(self) -> None:
        """Connect the components of the section with each other."""
        self.comparison.wire(self.selection)
        self.refresh_on(self.timer.tick)
        self.table.compare_runs(
            self.compare,
            self.comparison.over,
            [self.table, self.seen, self.selection, *self.comparison.outputs],
            concurrency_limit=1,  # in the order of the clicks, since the last answer counts
            **_EACH,
            **QUIET,
        )
        self.acted = [
            event(act, None, self._changed, **_EACH, **QUICK)
            for event, act in (
                (self.table.rename_run, self.rename_run),
                (self.table.stop_run, self.stop_run),
                (self.table.undo_delete, self.undo_delete),
            )
        ]
        # Through the queue, since deleting and packing large files take a while.
        self.acted.append(
            self.table.delete_run(self.delete_run, None, self._changed, **_EACH, **QUIET)
        )
        packed = self.table.download_run(
            self.export, None, [self.files, *self._changed], **_EACH, **QUIET
        )
        packed.then(None, js=assets.read("runs/focus_files.js"), **QUIET)

    def refresh_on(self, event: Any) -> None:
        """Update the list on this event."""
        shown = [self.seen, self.selection, self.comparison.over]
        event(self.refresh, shown, self.refreshed, **QUICK)

    def open_with(self, show: Callable[[str], dict[Any, Any]], outputs: Sequence[Any]) -> Any:
        """Have “Open” call ``show`` with the id of the run; returns the event."""
        return self.table.open_run(_with_run(show), None, outputs, **_EACH, **QUICK)

    def try_with(self, show: Callable[[str], dict[Any, Any]], outputs: Sequence[Any]) -> Any:
        """Have “Try it” call ``show`` with the id of the run; returns the event."""
        return self.table.try_run(_with_run(show), None, outputs, **_EACH, **QUICK)

    def use_with(
        self, fill: Callable[[TrainConfig], dict[Any, Any]], outputs: Sequence[Any]
    ) -> Any:
        """Have “Use settings again” call ``fill`` with them; returns the event."""

        def use(event: gr.EventData) -> dict[Any, Any]:
            try:
                run = rights.find(run_of(event))
                return {**fill(run.config()), **self._answer(Answer("use_run", run.id, run.title))}
            except NerError as error:
                return self._answer(Answer("use_run", problem=str(error)))

        return self.table.use_run(use, None, [*self._changed, *outputs], **_EACH, **QUICK)

    def refresh(self, seen: int | None, selection: list[str], over: str) -> Any:
        """Update the list if any run has changed."""
        current = self._rows.current()
        if current.version == seen:
            return gr.skip()
        kept = _still_there(current.rows, selection)
        updates: dict[Any, Any] = {
            self.table: table_value(current.rows),
            self.seen: current.version,
        }
        if current.rows:
            # Not hidden again: the list also says which run was deleted, and brings it back.
            updates[self.section] = gr.update(visible=True)
        if kept != selection:
            updates[self.selection] = kept
        if selection:
            updates |= self.comparison.show(kept, over)
        return updates

    def compare(self, over: str, event: gr.EventData) -> dict[Any, Any]:
        """Compare the runs that are ticked, or hide the comparison if there are fewer than two."""
        try:
            selection = _still_there(self._rows.current().rows, runs_of(event))
        except NerError as error:
            return self._answer(Answer("compare_runs", problem=str(error)))
        return {self.selection: selection, **self.comparison.show(selection, over)}

    def rename_run(self, event: gr.EventData) -> dict[Any, Any]:
        """Rename a run."""
        try:
            run = rights.find(run_of(event))
            name = store.rename(run, name_of(event))
        except NerError as error:
            return self._answer(Answer("rename_run", _id(event), problem=str(error)))
        return self._answer(Answer("rename_run", run.id, name))

    def stop_run(self, event: gr.EventData) -> dict[Any, Any]:
        """Ask a run that is at work or queued to stop."""
        try:
            run = rights.find(run_of(event))
            stop(run)
        except NerError as error:
            return self._answer(Answer("stop_run", _id(event), problem=str(error)))
        return self._answer(Answer("stop_run", run.id, run.title))

    def delete_run(self, event: gr.EventData) -> dict[Any, Any]:
        """Delete a run, which can be undone for a while, and its exported files."""
        try:
            run = rights.find(run_of(event))
            folder, name = folder_of(run), run.title
            trash.put_aside(run)
        except NerError as error:
            return self._answer(Answer("delete_run", _id(event), problem=str(error)))
        drop_exports(run.id, folder)
        later = threading.Timer(trash.KEPT_SECONDS + 1, trash.sweep)
        later.daemon = True
        later.start()
        return self._answer(Answer("delete_run", run.id, name))

    def undo_delete(self, event: gr.EventData) -> dict[Any, Any]:
        """Bring a deleted run back."""
        try:
            run = trash.restore(rights.find_deleted(run_of(event)))
        except NerError as error:
            return self._answer(Answer("undo_delete", _id(event), problem=str(error)))
        return self._answer(Answer("undo_delete", run.id, run.title))

    def export(self, event: gr.EventData) -> dict[Any, Any]:
        """Offer the files of a run for download."""
        try:
            run = rights.find(run_of(event))
            shown = offer(run)
        except NerError as error:
            hidden = gr.update(visible=False)
            said = Answer("download_run", _id(event), problem=str(error))
            return {self.files: hidden, **self._answer(said)}
        return {self.files: shown, **self._answer(Answer("download_run", run.id, run.title))}

    def _answer(self, answer: Answer) -> dict[Any, Any]:
        """Show the list as it is now, and what was done."""
        SHARED.current(renew=True)
        current = self._rows.current(renew=True)
        return {self.table: table_value(current.rows, answer), self.seen: current.version}


def _with_run(show: Callable[[str], Mapping[Any, Any]]) -> Callable[[gr.EventData], Any]:
    def act(event: gr.EventData) -> Any:
        try:
            return show(run_of(event))
        except NerError:
            return gr.skip()  # it did not come from the page

    return act


def _id(event: gr.EventData) -> str:
    """Return the id that an event has, for an answer; empty if it has none."""
    try:
        return run_of(event)
    except NerError:
        return ""


def _still_there(rows: Sequence[RunRow], selection: Sequence[str]) -> list[str]:
    known = {row.id for row in rows}
    return [run_id for run_id in selection if run_id in known]
