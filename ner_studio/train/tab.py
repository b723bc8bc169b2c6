"""The Train tab: a form on the left, the watched run on the right, and all runs below."""

from collections.abc import Mapping
from typing import Any

import gradio as gr

from ner_core.config import TrainConfig
from ner_core.errors import NerError
from ner_core.runs import store
from ner_studio.base import assets, markup, rights, sign_in
from ner_studio.base.events import QUICK, QUIET
from ner_studio.runs.panel import RunsPanel
from ner_studio.state.predictors import reading_data
from ner_studio.train.settings_form import SettingsForm
from ner_studio.train.source_form import SourceForm
from ner_studio.watch.panel import WatchPanel

_LOST = (
    "This Space has no storage volume, so a restart deletes all runs. Download or publish what you "
    "want to keep."
)


class TrainTab:
    """The parts of the tab, and what connects them."""

    def __init__(self) -> None:
        if store.is_ephemeral():
            gr.Markdown(_LOST, elem_classes="ner-quiet", elem_id="ephemeral")
        # At the top: visitors who have to sign in read it before they fill in the form.
        self.rights = gr.HTML("", apply_default_css=False, elem_id="train-rights")
        with gr.Row(equal_height=False):
            with gr.Column(scale=4, min_width=300):
                self.source = SourceForm()
                self.settings = SettingsForm()
                self.problem = gr.HTML("", apply_default_css=False, elem_id="problem")
                self.start = gr.Button(
                    "Start training",
                    variant="primary",
                    interactive=rights.may_train(),  # for a visitor who is not signed in
                    elem_id="start",
                )
            with gr.Column(scale=7, min_width=320):
                self.watch = WatchPanel()
        self.runs = RunsPanel()

    def explain_on(self, event: Any) -> None:
        """Show on this event whether the visitor may train, unless everybody may."""
        if rights.training() != "anyone":
            event(self.explain, None, [self.rights, self.start], **QUICK)

    def explain(self) -> dict[Any, Any]:
        """Enable the start button for visitors who may train, and tell others why not."""
        visitor = rights.current_visitor()
        return {
            self.rights: sign_in.note(visitor),
            self.start: gr.update(interactive=rights.may_train(visitor)),
        }

    def wire(self) -> None:
        """Connect the parts of the tab with each other."""
        self.source.wire(self.problem, self.start)
        self.settings.wire(self.source)
        self.watch.wire()
        self.runs.wire()
        started = self.start.click(
            self.start_run,
            self.source.inputs | self.settings.inputs,
            [self.problem, *self.watch.chosen],
            concurrency_limit=8,  # it may wait for the Hub
            **QUIET,
        )
        self.watch.poll_after(started)
        started.then(None, js=assets.read("train/scroll_to_started.js"), **QUIET)
        self.runs.refresh_on(started.then)
        self.runs.refresh_on(self.watch.stage.change)
        # A cost that could not be measured while a run was at work can be when it has ended.
        self.settings.refresh_on(self.watch.stage.change)
        opened = self.runs.open_with(self.watch.choose, self.watch.chosen).then(
            None, js=assets.read("train/scroll_to_run.js"), **QUIET
        )
        self.watch.poll_after(opened)
        filled = [*self.source.filled, *self.settings.filled]
        used = self.runs.use_with(self.fill, filled).then(
            None, js=assets.read("train/scroll_to_form.js"), **QUIET
        )
        self.source.describe_on(used.then, self.source.describe_data)
        self.settings.refresh_on(used.then)

    def start_run(self, form: Mapping[Any, Any]) -> dict[Any, Any]:
        """Start a run with the content of the form, or show what is wrong with it."""
        try:
            visitor = rights.check_training()
            config = TrainConfig.from_values(self.source.values(form) | self.settings.values(form))
            with reading_data(self.source.from_hub(form)):
                from ner_core.jobs.submit import submit  # late: it imports datasets

                run, _ = submit(config, folders=False, owner=visitor.name)
        except NerError as error:
            return {self.problem: markup.error(str(error))}
        return {self.problem: "", **self.watch.choose(run.id)}

    def fill(self, config: TrainConfig) -> dict[Any, Any]:
        """Return the updates that put the settings of a run into the form."""
        return {**self.source.fill(config), **self.settings.fill(config)}
