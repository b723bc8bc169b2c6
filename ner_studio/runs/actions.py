"""What can be done with one selected run: open, use its settings, rename, download, delete."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from ner_core.config import TrainConfig
from ner_core.errors import NerError, RunError
from ner_core.runs import names
from ner_core.runs.export import export_run, exports_dir
from ner_studio.base import markup, rights
from ner_studio.base.events import QUICK, QUIET
from ner_studio.runs.downloads import folder_of

_WAIT = '<p class="ner-quiet" role="status">Packing the files …</p>'


class RunActions:
    """The buttons, and the fields and questions that follow a click on one of them.

    ``selection`` holds the ids of the selected runs.
    """

    def __init__(self, selection: gr.State) -> None:
        with gr.Row(visible=False, elem_id="runs-actions") as self.buttons:
            self.open = _button("Open", "runs-open")
            self.use = _button("Use these settings", "runs-use")
            self.rename = _button("Rename", "runs-rename")
            self.download = _button("Download", "runs-download")
            self.delete = _button("Delete", "runs-delete", variant="stop")
        with gr.Row(visible=False, elem_classes="ner-step") as self.rename_step:
            self.new_name = gr.Textbox(
                label="New name", max_lines=1, max_length=names.MOST_CHARACTERS,
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
        self._selection = selection
        self._served: set[Path] = set()

    @property
    def outputs(self) -> list[Any]:
        """The components that ``show`` updates."""
        return [self.buttons, *self._steps, self.problem]

    @property
    def _steps(self) -> list[Any]:
        return [self.rename_step, self.delete_step, self.files]

    def wire(self) -> None:
        """Connect the components with each other."""
        selection = self._selection
        self.rename.click(
            self.ask_for_name, selection, [*self._steps, self.new_name, self.problem], **QUICK
        )
        self.delete.click(
            self.ask_whether, selection, [*self._steps, self.question, self.problem], **QUICK
        )
        for no in (self.rename_no, self.delete_no):
            no.click(self._step, None, self._steps, **QUICK)
        waiting = self.download.click(
            lambda: {**self._step(), self.problem: _WAIT},
            None,
            [*self._steps, self.problem],
            **QUICK,
        )
        # Through the queue, since packing large files takes a while.
        waiting.then(self.export, selection, [self.files, self.problem], **QUIET)

    def open_with(self, show: Callable[[str], dict[Any, Any]], outputs: Sequence[Any]) -> Any:
        """Have “Open” call ``show`` with the id of the run; returns the event."""
        return self.open.click(
            lambda selected: show(only(selected)), self._selection, outputs, **QUICK
        )

    def use_with(
        self, fill: Callable[[TrainConfig], dict[Any, Any]], outputs: Sequence[Any]
    ) -> Any:
        """Have “Use these settings” call ``fill`` with them; returns the event."""

        def use(selected: list[str]) -> dict[Any, Any]:
            try:
                return {self.problem: "", **fill(rights.find(only(selected)).config())}
            except NerError as error:
                return {self.problem: markup.error(str(error))}

        return self.use.click(use, self._selection, [self.problem, *outputs], **QUICK)

    def show(self, visible: bool) -> dict[Any, Any]:
        """Show the buttons or hide them, and end whatever was asked after a click."""
        return {self.buttons: gr.update(visible=visible), **self._step(), self.problem: ""}

    def ask_for_name(self, selection: list[str]) -> dict[Any, Any]:
        """Ask for the new name of the selected run."""
        try:
            name = rights.find(only(selection)).title
        except NerError as error:
            return {self.problem: markup.error(str(error))}
        return {**self._step(self.rename_step), self.new_name: name, self.problem: ""}

    def ask_whether(self, selection: list[str]) -> dict[Any, Any]:
        """Ask before the selected run is deleted."""
        text = f"Delete {only(selection)}? Its model and report are deleted, too."
        question = f"<p>{markup.escape(text)}</p>"
        return {**self._step(self.delete_step), self.question: question, self.problem: ""}

    def export(self, selection: list[str]) -> dict[Any, Any]:
        """Offer the files of the selected run for download."""
        try:
            run = rights.find(only(selection))
            files = export_run(run, folder_of(run))
        except NerError as error:
            return {self.files: gr.update(visible=False), self.problem: markup.error(str(error))}
        self._serve(exports_dir())
        shown = gr.update(value=[str(file) for file in files], visible=True)
        return {self.files: shown, self.problem: ""}

    def _serve(self, folder: Path) -> None:
        """Let Gradio serve the exports where they are; otherwise it would copy each model."""
        if folder not in self._served:
            self._served.add(folder)
            gr.set_static_paths([folder])

    def _step(self, shown: Any = None) -> dict[Any, Any]:
        """Return the updates that show this step after a click, or none, and hide the others."""
        return {step: gr.update(visible=step is shown) for step in self._steps}


def only(selection: Sequence[str]) -> str:
    """Return the id of the selected run. Raises RunError unless exactly one is selected."""
    if len(selection) != 1:
        raise RunError(f"This needs one selected run, not {len(selection)}. Click a row to select.")
    return selection[0]


def _button(text: str, elem_id: str, variant: Any = "secondary") -> gr.Button:
    return gr.Button(text, size="sm", min_width=60, variant=variant, elem_id=elem_id)
