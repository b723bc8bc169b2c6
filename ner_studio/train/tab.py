"""The Train tab, which shows a new run or one that there is, and all runs below.

For a new run the form stands on the left, in three steps, and its data on the right. For a run that
there is, its settings stand on the left, and what it does on the right. Which of the two is shown
is an attribute of the page's body, ``data-train``, so that switching asks nothing of the server.
"""

from collections.abc import Mapping
from typing import Any

import gradio as gr
from gradio.context import LocalContext

from ner_core.config import TrainConfig
from ner_core.errors import NerError
from ner_core.runs import store
from ner_studio.base import assets, markup, rights, sign_in
from ner_studio.base.events import QUICK, QUIET, UNCHECKED
from ner_studio.base.setting_fields import in_page_words
from ner_studio.runs.panel import RunsPanel
from ner_studio.state.predictors import reading_data
from ner_studio.train.settings_form import SettingsForm
from ner_studio.train.source_form import SourceForm
from ner_studio.train.starts import Starts
from ner_studio.watch.own_settings import OwnSettings
from ner_studio.watch.panel import WatchPanel

_LOST = (
    "This Space has no storage volume, so a restart deletes all runs and annotations. Download "
    "or publish what you want to keep."
)


NEW, WATCH = "New run", "Your runs"
"""What the tab shows."""


class TrainTab:
    """The parts of the tab, and what connects them."""

    def __init__(self) -> None:
        if store.is_ephemeral():
            gr.Markdown(_LOST, elem_classes="ner-quiet", elem_id="ephemeral")
        # At the top: visitors who have to sign in read it before they fill in the form.
        self.rights = gr.HTML("", apply_default_css=False, elem_id="train-rights")
        self.mode = gr.Radio(
            [(NEW, "new"), (WATCH, "watch")],
            value="new",
            label="What to show",
            show_label=False,
            container=False,
            elem_id="train-mode",
            elem_classes="ner-switch",
        )
        with gr.Row(equal_height=False, elem_id="train"):
            with gr.Column(scale=5, min_width=300, elem_id="form"):
                gr.HTML(_step(1, "Data"), apply_default_css=False)
                self.source = SourceForm()
                gr.HTML(_step(2, "Recipe"), apply_default_css=False, elem_id="recipe-step")
                self.source.model.render()  # type: ignore[no-untyped-call] # Gradio's method has no types
                self.settings = SettingsForm()
                with gr.Column(elem_id="start-bar"):
                    gr.HTML(_step(3, "Start"), apply_default_css=False)
                    self.problem = gr.HTML("", apply_default_css=False, elem_id="problem")
                    self.settings.estimate.render()  # type: ignore[no-untyped-call] # Gradio's method has no types
                    self.start = gr.Button(
                        "Start training",
                        variant="primary",
                        interactive=rights.may_train(),  # for a visitor who is not signed in
                        elem_id="start",
                    )
            with gr.Column(scale=7, min_width=320, elem_id="preview"):
                self.source.summary.render()  # type: ignore[no-untyped-call] # Gradio's method has no types
            with gr.Column(scale=3, min_width=240, elem_id="own-settings"):
                self.own = OwnSettings()
            with gr.Column(scale=9, min_width=320, elem_id="watch"):
                self.watch = WatchPanel()
        self.runs = RunsPanel()
        self._starts = Starts()

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
        self.mode.change(None, self.mode, None, js=assets.read("train/show_mode.js"), **UNCHECKED)
        self.watch.stage.change(
            None, self.watch.stage, None, js=assets.read("train/show_whether_runs.js"), **UNCHECKED
        )
        self.source.wire(self.problem, self.start)
        self.settings.wire(self.source)
        # What stopped the start may be corrected now. This is done in the page: an answer of the
        # server could come after that to the next click.
        gr.on(
            [*self.settings.edits, self.settings.recipe.input],
            None,
            self.problem,
            self.problem,
            js=assets.read("train/forget_problem.js"),
            **UNCHECKED,
        )
        self.watch.wire()
        self.runs.wire()
        # Each of the two lists has the names of all runs.
        self.runs.refresh_on(self.watch.renamed.then)
        for acted in self.runs.acted:
            self.watch.poll_after(acted)
        self.start.click(None, None, self.start, js=assets.read("train/disable_start.js"), **QUICK)
        started = self.start.click(
            self.start_run,
            self.source.inputs | self.settings.inputs,
            [self.problem, self.mode, *self.watch.chosen],
            concurrency_limit=8,  # it may wait for the Hub
            **QUIET,
        )
        started.then(self.enable_start, self.source.blocked, self.start, **QUICK)
        self.watch.poll_after(started)
        started.then(None, js=assets.read("train/scroll_to_started.js"), **QUIET)
        self.runs.refresh_on(started.then)
        self.runs.refresh_on(self.watch.stage.change)
        # A cost that could not be measured while a run was at work can be when it has ended.
        self.settings.refresh_on(self.watch.stage.change)
        opened = self.runs.open_with(self.show, [self.mode, *self.watch.chosen]).then(
            None, js=assets.read("train/scroll_to_run.js"), **QUIET
        )
        self.watch.poll_after(opened)
        for use in (
            self.runs.use_with(self.fill, self.filled),
            self.own.use_with(self.watch.run, self.fill, self.filled),
        ):
            self.describe_after(use.then)
        self.own.wire(self.watch.run, self.watch.stage)

    def start_run(self, form: Mapping[Any, Any]) -> dict[Any, Any]:
        """Start a run with the content of the form, or show what is wrong with it."""
        try:
            visitor = rights.check_training()
            config = TrainConfig.from_values(self.source.values(form) | self.settings.values(form))

            def start() -> str:
                with reading_data(self.source.from_hub(form)):
                    from ner_core.jobs.submit import submit  # late: it imports datasets

                    return submit(config, folders=False, owner=visitor.name)[0].id

            page = getattr(LocalContext.request.get(None), "session_hash", None)
            run_id = self._starts.once((page, visitor.name, config.model_dump_json()), start)
        except NerError as error:
            return {self.problem: markup.error(in_page_words(str(error)))}
        return {self.problem: "", **self.show(run_id)}

    def show(self, run_id: str) -> dict[Any, Any]:
        """Return the updates that show this run."""
        return {self.mode: "watch", **self.watch.choose(run_id)}

    def enable_start(self, blocked: bool) -> Any:
        """Enable the start button again, which each click disables, unless the data forbid it."""
        return gr.update(interactive=rights.may_train() and not blocked)

    def learn_from(self, set_id: str, model: str) -> dict[Any, Any]:
        """Return the updates that show the form with an annotation set and the model to go on from.

        What the model knows and the set does not is kept.
        """
        keep = {self.settings.fields["keep_types"]: True}
        chosen = {self.source.model: model} if model else {}
        return {self.mode: "new", **self.source.fill_set(set_id), **chosen, **keep}

    @property
    def filled(self) -> list[Any]:
        """The components that ``fill`` and ``learn_from`` update."""
        return [self.mode, *self.source.filled, *self.settings.filled]

    def describe_after(self, event: Any) -> None:
        """Show what the form was filled with by this event."""
        used = event(None, js=assets.read("train/scroll_to_form.js"), **QUIET)
        self.source.describe_on(used.then, self.source.describe_data)
        self.settings.refresh_on(used.then)

    def fill(self, config: TrainConfig) -> dict[Any, Any]:
        """Return the updates that show the form with the settings of a run."""
        return {self.mode: "new", **self.source.fill(config), **self.settings.fill(config)}


def _step(number: int, title: str) -> str:
    return f'<h2 class="ner-step-title"><span aria-hidden="true">{number}</span>{title}</h2>'
