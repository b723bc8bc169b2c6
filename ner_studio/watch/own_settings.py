"""The settings of the watched run, beside it: what it learns from, and how."""

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from ner_core.config import TrainConfig
from ner_core.errors import NerError
from ner_core.runs.command import command_line
from ner_core.runs.view import RunView
from ner_studio.base import markup, rights
from ner_studio.base.events import UNCHECKED
from ner_studio.runs.settings import label_of, main_settings_of
from ner_studio.state.snapshots import SHARED


class OwnSettings:
    """The components, and what happens when they are used."""

    def __init__(self) -> None:
        self.settings = gr.HTML("", apply_default_css=False, elem_id="run-settings")
        self.use = gr.Button("Use these settings", size="sm", elem_id="use-settings")

    def wire(self, run: gr.Dropdown, stage: gr.Textbox) -> None:
        """Show the settings of another run when ``run`` or its stage changes."""
        gr.on([run.change, stage.change], self.show, run, self.settings, **UNCHECKED)

    def use_with(
        self,
        run: gr.Dropdown,
        fill: Callable[[TrainConfig], dict[Any, Any]],
        outputs: Sequence[Any],
    ) -> Any:
        """Have the button call ``fill`` with the settings; returns the event."""

        def use(run_id: str | None) -> dict[Any, Any]:
            try:
                return {self.settings: gr.skip(), **fill(rights.find(run_id).config())}
            except NerError as error:
                return {self.settings: markup.error(str(error))}

        return self.use.click(use, run, [self.settings, *outputs], **UNCHECKED)

    def show(self, run_id: str | None) -> str:
        """Return the settings of a run, nothing if there is none."""
        cached = SHARED.chosen(run_id)
        return cached.render("settings", settings_list) if cached else ""


def settings_list(view: RunView) -> str:
    """Return the main settings of a run, and the command that starts the same run."""
    items = "".join(
        f"<dt>{markup.escape(label_of(name))}</dt><dd>{markup.escape(value)}</dd>"
        for name, value in main_settings_of(view).items()
    )
    try:
        command = f"<pre class=ner-command>{markup.escape(command_line(view.run.config()))}</pre>"
    except NerError as error:
        command = markup.error(str(error))
    return (
        f'<h2 class="ner-step-title">Settings</h2><dl class="ner-pairs">{items}</dl>'
        f'<details class="ner-more"><summary>As a command</summary>{command}</details>'
    )
