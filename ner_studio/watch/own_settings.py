"""The settings of the watched run, beside it: what it learns from, and how."""

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from ner_core.config import RECIPES, TrainConfig
from ner_core.errors import NerError
from ner_core.hub.repository_ids import without_hub_prefix
from ner_core.runs.command import command_line, value_text
from ner_studio.base import markup, rights, setting_fields
from ner_studio.base.events import UNCHECKED
from ner_studio.runs.rows import short_name
from ner_studio.state.snapshots import SHARED

_MAIN = ("epochs", "batch_size", "learning_rate")


class OwnSettings:
    """The components, and what happens when they are used."""

    def __init__(self) -> None:
        self.settings = gr.HTML("", apply_default_css=False, elem_id="run-settings")
        self.use = gr.Button("Use these settings", size="sm", elem_id="use-settings")
        self._run: Any = None

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

    def show(self, run_id: str | None) -> Any:
        """Return the settings of a run, nothing if there is none."""
        cached = SHARED.chosen(run_id)
        if cached is None:
            return ""
        try:
            return settings_list(cached.view.run.config())
        except NerError as error:
            return markup.error(str(error))


def settings_list(config: TrainConfig) -> str:
    """Return data, encoder, recipe, the main settings, and those that differ from the recipe's."""
    usual = TrainConfig.from_values({"recipe": config.recipe} if config.recipe in RECIPES else {})
    rows = [
        ("Data", short_name(without_hub_prefix(config.data))),
        ("Encoder", short_name(config.model)),
        ("Recipe", config.recipe),
    ]
    rows += [
        (label, value_text(getattr(config, name)))
        for name, label in setting_fields.LABELS.items()
        if name in _MAIN or getattr(config, name) != getattr(usual, name)
    ]
    items = "".join(
        f"<dt>{markup.escape(name)}</dt><dd>{markup.escape(value)}</dd>" for name, value in rows
    )
    command = markup.escape(command_line(config))
    return (
        f'<h2 class="ner-step-title">Settings</h2><dl class="ner-pairs">{items}</dl>'
        f'<details class="ner-more"><summary>As a command</summary><pre class="ner-command">'
        f"{command}</pre></details>"
    )
