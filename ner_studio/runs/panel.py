"""All runs: a table to sort, filter and select from, and what can be done with one or several.

A click on a row selects it. One selected run can be opened, its settings used again, renamed,
downloaded or deleted; of two or more, curves, settings and scores are shown beside each other.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

import ner_core
from ner_core.errors import NerError, RunError
from ner_core.config import TrainConfig
from ner_core.runs import store
from ner_studio.runs import compare_panel, files as run_files, table as runs_table
from ner_studio.base import markup, rights
from ner_studio.runs.compare import MOST_RUNS
from ner_studio.runs.compare_panel import ComparePanel
from ner_studio.runs.rows import RunRow, RunRows
from ner_studio.runs.table import table_value

POLL = 20.0
"""Seconds between two looks of a page at its own; what changes sooner, the watched run tells."""
_HINT = (
    "Click a run to select it, and a second one to compare them. "
    "The ⋮ beside a column’s name sorts and filters."
)
_WAIT = '<p class="ner-quiet" role="status">Packing the files …</p>'
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}

CSS = (
    runs_table.CSS
    + compare_panel.CSS
    + """
#all-runs { margin-top: .6rem; padding-top: 1.1rem;
  border-top: 1px solid var(--border-color-primary); gap: .7rem; }
#all-runs h3 { margin: 0; font-size: 1.02rem; font-weight: 620; }
#runs-picked { overflow-wrap: anywhere; }
#runs-marks { display: none; }
#runs-actions { gap: .5rem; flex-wrap: wrap; }
#runs-actions button, .ner-step button { flex: 0 0 auto; min-width: 0; width: auto; }
.ner-step { align-items: end; gap: .5rem; }
#runs-question { flex: 1 1 100%; max-width: none; }
#runs-files button[aria-label^="Remove"], #runs-files .label-clear-button { display: none; }
.ner-step > .form { flex: 1 1 260px; max-width: 460px; }
"""
)


class RunsPanel:
    """The components of the section, and what happens when they are used.

    ``selection`` holds the ids of the selected runs, in the order they were selected.
    """

    def __init__(self) -> None:
        with gr.Column(visible=False, elem_id="all-runs") as self.section:
            gr.Markdown("### All runs")
            gr.Markdown(_HINT, elem_classes="ner-quiet")
            self.table = runs_table.place()
            self.marks = gr.HTML("", apply_default_css=False, elem_id="runs-marks")
            self.picked = gr.HTML("", apply_default_css=False, elem_id="runs-picked")
            with gr.Row(visible=False, elem_id="runs-actions") as self.actions:
                self.open = _button("Open", "runs-open")
                self.use = _button("Use these settings", "runs-use")
                self.rename = _button("Rename", "runs-rename")
                self.download = _button("Download", "runs-download")
                self.delete = _button("Delete", "runs-delete", variant="stop")
            with gr.Row(visible=False, elem_classes="ner-step") as self.rename_step:
                self.new_name = gr.Textbox(
                    label="New name",
                    info="Letters, digits, - and _.",
                    max_lines=1,
                    elem_id="runs-new-name",
                )
                self.rename_yes = _button("Rename", "runs-rename-yes", variant="primary")
                self.rename_no = _button("Cancel", "runs-rename-no")
            with gr.Row(visible=False, elem_classes="ner-step") as self.delete_step:
                self.question = gr.HTML("", apply_default_css=False, elem_id="runs-question")
                self.delete_yes = _button("Yes, delete it", "runs-delete-yes", variant="stop")
                self.delete_no = _button("No", "runs-delete-no")
            self.files = gr.File(
                label="Files of the run",
                file_count="multiple",
                interactive=False,
                visible=False,
                elem_id="runs-files",
            )
            self.problem = gr.HTML("", apply_default_css=False, elem_id="runs-problem")
            self.comparison = ComparePanel()
        self.selection = gr.State([])
        self.seen = gr.State(None)
        self.timer = gr.Timer(POLL)
        self._rows = RunRows()
        self._served: set[Path] = set()

    @property
    def refreshed(self) -> list[Any]:
        """The components that ``refresh`` updates, in the order of its results."""
        return [self.section, self.table, self.marks, self.seen, *self._chosen]

    @property
    def _chosen(self) -> list[Any]:
        """The components that show what is selected, in the order of ``_show``'s results."""
        return [
            *(self.selection, self.picked, self.actions, *self._steps, self.problem),
            *self.comparison.shown,
        ]

    @property
    def _steps(self) -> list[Any]:
        """The components that ask for more after a button; see ``_step``."""
        return [self.rename_step, self.delete_step, self.files]

    def wire(self) -> None:
        """Connect the components of the section with each other."""
        quick: dict[str, Any] = {**_QUIET, "queue": False}
        self.comparison.wire(self.selection)
        self.refresh_on(self.timer.tick)
        changed = [self.table, self.marks, self.seen, *self._chosen]
        self.table.select(
            self.pick,
            [self.seen, self.selection, self.comparison.over],
            changed,
            trigger_mode="multiple",  # the next click may come before the answer to this one
            concurrency_limit=1,  # and it then counts after this one, with what this one selected
            **_QUIET,
        )
        self.rename.click(
            self.ask_for_name,
            self.selection,
            [*self._steps, self.new_name, self.problem],
            **quick,
        )
        self.delete.click(
            self.ask_whether,
            self.selection,
            [*self._steps, self.question, self.problem],
            **quick,
        )
        for no in (self.rename_no, self.delete_no):
            no.click(lambda: _step(), None, self._steps, **quick)
        renaming: dict[str, Any] = {
            "fn": self.rename_run,
            "inputs": [self.seen, self.selection, self.comparison.over, self.new_name],
            "outputs": changed,
            **quick,
        }
        self.rename_yes.click(**renaming)
        self.new_name.submit(**renaming)
        # Not among the quick ones: large files are deleted and packed.
        self.delete_yes.click(
            self.delete_run, [self.seen, self.selection, self.comparison.over], changed, **_QUIET
        )
        self.download.click(
            lambda: [*_step(), _WAIT], None, [*self._steps, self.problem], **quick
        ).then(self.export, self.selection, [self.files, self.problem], **_QUIET)

    def refresh_on(self, event: Any) -> None:
        """Show the runs as they are now when this event happens."""
        event(
            self.refresh,
            [self.seen, self.selection, self.comparison.over],
            self.refreshed,
            queue=False,
            **_QUIET,
        )

    def open_with(self, show: Callable[[str], Any], outputs: Sequence[Any], top: str) -> Any:
        """Have “Open” call ``show`` with the run's id, and go to the element ``top`` of the page.

        Gives the event, for what has to follow.
        """
        return self.open.click(
            lambda selection: show(_only(selection)), self.selection, outputs, queue=False, **_QUIET
        ).then(None, js=_go_to(top), **_QUIET)

    def use_with(
        self, fill: Callable[[TrainConfig], list[Any]], outputs: Sequence[Any], top: str
    ) -> Any:
        """Have “Use these settings” call ``fill`` with them, and go to the element ``top``.

        Gives the event, for what has to follow.
        """

        def use(selection: list[str]) -> list[Any]:
            try:
                return ["", *fill(rights.find(_only(selection)).config())]
            except NerError as error:
                return [markup.error(str(error)), *[gr.skip()] * len(outputs)]

        return self.use.click(
            use, self.selection, [self.problem, *outputs], queue=False, **_QUIET
        ).then(None, js=_go_to(top), **_QUIET)

    def refresh(self, seen: int | None, selection: list[str], over: str) -> list[Any]:
        """Show the runs as they are now; nothing is sent when nothing changed."""
        current = self._rows.current()
        if current.version == seen:
            return [gr.skip()] * len(self.refreshed)
        rows = current.rows
        kept = _still_there(rows, selection)
        # What the visitor is about to do with the selection stays, unless a run of it is gone.
        shown = [gr.skip()] * len(self._chosen)
        if kept != selection:
            shown = self._show(kept, over)
        elif len(kept) > 1:
            shown[-len(self.comparison.shown) :] = self.comparison.show(kept, over)
        marks = runs_table.marks(rows, kept)
        section = gr.update(visible=bool(rows))
        return [section, table_value(rows), marks, current.version, *shown]

    def pick(
        self, seen: int | None, selection: list[str], over: str, event: gr.SelectData
    ) -> list[Any]:
        """Select the run of the row that was clicked, or no longer."""
        run_id = str(event.row_value[1])
        chosen = [other for other in selection if other != run_id]
        return self._changed(seen, chosen if run_id in selection else [*selection, run_id], over)

    def ask_for_name(self, selection: list[str]) -> list[Any]:
        """Offer to rename the selected run."""
        return [*_step("rename"), gr.update(value=_only(selection)), ""]

    def ask_whether(self, selection: list[str]) -> list[Any]:
        """Ask before a run is deleted."""
        text = f"Delete {_only(selection)}? Its model and report go with it."
        return [*_step("delete"), f"<p>{markup.escape(text)}</p>", ""]

    def rename_run(self, seen: int | None, selection: list[str], over: str, name: str) -> list[Any]:
        """Give the selected run another name."""
        try:
            before = rights.find(_only(selection))
            folder = run_files.folder_of(before)
            run = store.rename(before, name.strip())
        except NerError as error:
            return self._refused(error)
        ner_core.drop_exports(before.id, folder)
        return self._changed(seen, [run.id], over, renew=True)

    def delete_run(self, seen: int | None, selection: list[str], over: str) -> list[Any]:
        """Delete the selected run, and what was exported of it."""
        try:
            run = rights.find(_only(selection))
            folder = run_files.folder_of(run)
            store.delete(run)
        except NerError as error:
            return self._refused(error)
        ner_core.drop_exports(run.id, folder)
        return self._changed(seen, [], over, renew=True)

    def export(self, selection: list[str]) -> list[Any]:
        """Offer the files of the selected run for download."""
        try:
            run = rights.find(_only(selection))
            files = ner_core.export_run(run, run_files.folder_of(run))
        except NerError as error:
            return [gr.update(visible=False), markup.error(str(error))]
        self._serve(ner_core.exports_dir())
        return [gr.update(value=[str(file) for file in files], visible=True), ""]

    def _serve(self, folder: Path) -> None:
        """Let Gradio serve the exports from where they lie: it would copy each model otherwise."""
        if folder not in self._served:
            self._served.add(folder)
            gr.set_static_paths([folder])

    def _refused(self, error: NerError) -> list[Any]:
        """Say why something was not done; all else stays as it is."""
        shown = [gr.skip()] * len(self._chosen)
        shown[self._chosen.index(self.problem)] = markup.error(str(error))
        return [gr.skip(), gr.skip(), gr.skip(), *shown]

    def _changed(
        self, seen: int | None, selection: list[str], over: str, renew: bool = False
    ) -> list[Any]:
        """Show another selection, in the table and below it."""
        current = self._rows.current(renew)
        kept = _still_there(current.rows, selection)
        marks = runs_table.marks(current.rows, kept)
        # A row is marked by its place: the table has to be the one that the places are in.
        table = gr.skip() if current.version == seen else table_value(current.rows)
        return [table, marks, current.version, *self._show(kept, over)]

    def _show(self, selection: list[str], over: str) -> list[Any]:
        one = gr.update(visible=len(selection) == 1)
        shown = [selection, _picked(selection), one, *_step(), ""]
        return [*shown, *self.comparison.show(selection, over)]


def _still_there(rows: Sequence[RunRow], selection: Sequence[str]) -> list[str]:
    known = {row.id for row in rows}
    return [run_id for run_id in selection if run_id in known]


def _only(selection: Sequence[str]) -> str:
    """Give the id of the one selected run. Raises RunError if it is not one."""
    if len(selection) != 1:
        raise RunError(f"Expected one selected run, found {len(selection)}; click a row to select.")
    return selection[0]


def _picked(selection: Sequence[str]) -> str:
    if not selection:
        return ""
    if len(selection) == 1:
        return f'<p role="status">Selected: <b>{markup.escape(selection[0])}</b></p>'
    text = f"{len(selection)} runs are selected. Click a row again to take it out."
    if len(selection) > MOST_RUNS:
        text = f"{text} The first {MOST_RUNS} are compared."
    return f'<p class="ner-quiet" role="status">{text}</p>'


def _button(text: str, elem_id: str, variant: Any = "secondary") -> gr.Button:
    return gr.Button(text, size="sm", min_width=60, variant=variant, elem_id=elem_id)


def _step(name: str = "") -> list[Any]:
    """Show what asks for more after this button, and nothing of the others."""
    return [gr.update(visible=name == step) for step in ("rename", "delete", "download")]


def _go_to(element: str) -> str:
    """Write the script that scrolls to an element of the page."""
    return (
        f"() => document.getElementById({element!r})"
        "?.scrollIntoView({behavior: 'smooth', block: 'center'})"
    )
