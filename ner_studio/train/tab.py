"""The Train tab: a form on the left, the run that is watched on the right, all runs below."""

from collections.abc import Mapping
from typing import Any

import gradio as gr

import ner_core
from ner_core.config import TrainConfig
from ner_core.errors import NerError
from ner_core.runs import store
from ner_studio.base import markup, rights, sign_in
from ner_studio.report import panel as report_panel
from ner_studio.runs import panel as runs_panel
from ner_studio.runs.panel import RunsPanel
from ner_studio.state.predictors import reading_data
from ner_studio.train import settings_form
from ner_studio.train.settings_form import SettingsForm
from ner_studio.train.source_form import SourceForm
from ner_studio.watch import panel as watch_panel
from ner_studio.watch.panel import WatchPanel

CSS = (
    settings_form.CSS
    + watch_panel.CSS
    + report_panel.CSS
    + runs_panel.CSS
    + sign_in.CSS
    + """
#problem:not(:has(p)) { display: none; }
"""
)

_TO_THE_RUN = """
() => {
  if (document.querySelector('#problem p')) return;
  document.getElementById('run-choice')?.scrollIntoView({behavior: 'smooth', block: 'start'});
}
"""
"""Goes from the button to the run that it has started, which on a phone is far from it."""

_LOST = (
    "This Space has no volume: a restart loses all runs. Download or publish what you want to keep."
)


class TrainTab:
    """The parts of the tab, and what connects them."""

    def __init__(self) -> None:
        if store.is_ephemeral():
            gr.Markdown(_LOST, elem_classes="ner-quiet", elem_id="ephemeral")
        # Before everything: who has to sign in is told before they fill in a form.
        self.rights = gr.HTML("", apply_default_css=False, elem_id="train-rights")
        with gr.Row(equal_height=False):
            with gr.Column(scale=4, min_width=300):
                self.source = SourceForm()
                self.settings = SettingsForm()
                self.problem = gr.HTML("", apply_default_css=False, elem_id="problem")
                self.start = gr.Button(
                    "Start training",
                    variant="primary",
                    interactive=rights.may_train(),  # of visitors that nothing is known of
                    elem_id="start",
                )
            with gr.Column(scale=7, min_width=320):
                self.watch = WatchPanel()
        self.runs = RunsPanel()

    def explain_on(self, event: Any) -> None:
        """Say when this event happens whether the visitor may train, unless all may."""
        if rights.training() != "anyone":
            event(
                self.explain,
                None,
                [self.rights, self.start],
                queue=False,
                show_progress="hidden",
                api_visibility="private",
            )

    def explain(self) -> list[Any]:
        """Let those start who may, and say to others why not."""
        visitor = rights.asking()
        return [sign_in.note(visitor), gr.update(interactive=rights.may_train(visitor))]

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
            show_progress="hidden",
            api_visibility="private",
        )
        self.watch.poll_after(started)
        started.then(None, js=_TO_THE_RUN, show_progress="hidden", api_visibility="private")
        self.runs.refresh_on(started.then)
        self.runs.refresh_on(self.watch.stage.change)
        # What could not be measured while a run was at work can be when it has ended.
        self.settings.refresh_on(self.watch.stage.change)
        opened = self.runs.open_with(self.watch.choose, self.watch.chosen, "run-choice")
        self.watch.poll_after(opened)
        filled = [*self.source.filled, *self.settings.filled]
        used = self.runs.use_with(self.fill, filled, "data")
        self.source.describe_on(used.then, self.source.describe_data)
        self.settings.refresh_on(used.then)

    def start_run(self, form: Mapping[Any, Any]) -> list[Any]:
        """Start a run with what the form says; show what is wrong with it otherwise."""
        try:
            visitor = rights.check_training()
            config = TrainConfig.from_values(self.source.values(form) | self.settings.values(form))
            with reading_data(self.source.from_hub(form)):
                run, _ = ner_core.submit(config, folders=False, owner=visitor.name)
        except NerError as error:
            return [markup.error(str(error)), gr.skip(), gr.skip()]
        return ["", *self.watch.choose(run.id)]

    def fill(self, config: TrainConfig) -> list[Any]:
        """Put the settings of a run into the form."""
        return [*self.source.fill(config), *self.settings.fill(config)]
