"""The Train tab: choose data, encoder and settings; start a run; watch it.

What is heavy in ``ner_core`` is named through the package where it is used, and loaded only then:
the page is up before torch is.
"""

from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr

import ner_core
from ner_core import ModelError, NerError, TrainConfig, runs
from ui import charts, data_panel, markup, run_panel, uploads
from ui.predictors import importing

SAMPLE, UPLOAD, HUB = "The bundled sample", "My own files", "A dataset on the Hub"
FAST_POLL, SLOW_POLL = 1.0, 5.0
_MOST_CHOICES = 100
_NO_RUN = "No run yet. Choose data on the left and press “Start training”."
_FORMATS = (
    "CoNLL columns, JSON or JSONL with tokens and tags or with spans of characters (Prodigy, "
    "spaCy, doccano), Label Studio JSON, CSV, Parquet, or inline `[Ann](PER)`. Name files train, "
    "dev and test if you have several."
)


class TrainTab:
    """The components of the tab, and what happens when they are used."""

    def __init__(self) -> None:
        defaults = TrainConfig()
        with gr.Row(equal_height=False):
            with gr.Column(scale=4, min_width=300):
                self.data = gr.Radio([SAMPLE, UPLOAD, HUB], value=SAMPLE, label="Data")
                self.files = gr.File(
                    label="Annotated sentences",
                    file_count="multiple",
                    visible=False,
                    height=130,
                    elem_id="upload",
                )
                self.formats = gr.Markdown(_FORMATS, visible=False, elem_classes="ner-quiet")
                self.hub = gr.Textbox(
                    label="Dataset",
                    placeholder="owner/name, owner/name:configuration or conll2003",
                    info="Press Enter to look into it.",
                    max_lines=1,
                    visible=False,
                    elem_id="hub-dataset",
                )
                with gr.Accordion("Columns and labels", open=False, visible=False) as self.columns:
                    self.token_column = self._column("token_column", "Column of the words")
                    self.tag_column = self._column("tag_column", "Column of the tags")
                    self.label_names = self._column("label_names", "Names of numbered tags")
                self.summary = gr.HTML("", apply_default_css=False, elem_id="data-summary")
                self.model = gr.Dropdown(
                    ["minilm", "starter"],
                    value=defaults.model,
                    label="Encoder",
                    info="minilm is already here, and so is starter, which knows PER, ORG, LOC and "
                    "MISC; or the id of an encoder on the Hub.",
                    allow_custom_value=True,
                )
                with gr.Row():
                    self.epochs = self._setting("epochs", "Epochs")
                    self.batch_size = self._setting("batch_size", "Batch size")
                    self.learning_rate = self._setting("learning_rate", "Learning rate")
                gr.Markdown(
                    "Left empty, epochs and learning rate are chosen for data and encoder.",
                    elem_classes="ner-quiet",
                )
                self.problem = gr.HTML("", apply_default_css=False, elem_id="problem")
                with gr.Row():
                    self.start = gr.Button("Start training", variant="primary", elem_id="start")
                    self.stop = gr.Button("Stop", variant="stop", interactive=False, elem_id="stop")
            with gr.Column(scale=7, min_width=320):
                self.run = gr.Dropdown(
                    [], label="Run", elem_id="run-choice", filterable=False, visible=False
                )
                self.empty = gr.HTML(
                    markup.empty(_NO_RUN), apply_default_css=False, elem_id="no-run"
                )
                with gr.Column(visible=False) as self.panel:
                    self.status = gr.HTML(
                        {},
                        html_template=run_panel.STATUS_TEMPLATE,
                        apply_default_css=False,
                        elem_id="run-status",
                        container=False,
                    )
                    self.try_it = gr.Button(
                        "Try it in Highlight", variant="primary", visible=False, elem_id="try-it"
                    )
                    with gr.Row():
                        self.loss = charts.line_plot("Loss", charts.LOSS_SERIES)
                        self.scores = charts.line_plot("Validation scores", charts.SCORE_SERIES)
                        self.scores.y_lim = [0, 1]
                    self.result = gr.HTML("", apply_default_css=False, elem_id="result")
        self.seen = gr.State(None)
        self.timer = gr.Timer(FAST_POLL)

    @staticmethod
    def _setting(name: str, label: str) -> gr.Textbox:
        """Place the field of a setting; as text, because an empty number field reads as 0."""
        value = getattr(TrainConfig(), name)
        return gr.Textbox(
            value="" if value is None else f"{value:g}",
            label=label,
            placeholder="auto" if value is None else "",
            max_lines=1,
            min_width=90,
            elem_id=name,
        )

    @staticmethod
    def _column(name: str, label: str) -> gr.Textbox:
        """Place the field that says what a source's content does not tell."""
        return gr.Textbox(
            label=label, placeholder="auto", info=_help(name), max_lines=1, elem_id=name
        )

    @property
    def source_form(self) -> set[Any]:
        """The components that say what the data are, and for which encoder."""
        columns = {self.token_column, self.tag_column, self.label_names}
        return {self.data, self.files, self.hub, self.model} | columns

    @property
    def polled(self) -> list[Any]:
        """The components that a poll updates, in the order of ``poll``'s results."""
        return [
            self.run,
            self.empty,
            self.panel,
            self.status,
            self.loss,
            self.scores,
            self.result,
            self.stop,
            self.try_it,
            self.seen,
            self.timer,
        ]

    def wire(self) -> None:
        """Connect the components of the tab with each other."""
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        self.data.change(
            # What was shown of another choice goes at once; a description may take a while.
            lambda data: [
                gr.update(visible=data == UPLOAD),
                gr.update(visible=data == UPLOAD),
                gr.update(visible=data == HUB),
                gr.update(visible=data != SAMPLE),
                "",
                "",
                gr.update(interactive=True),
            ],
            self.data,
            [
                *(self.files, self.formats, self.hub, self.columns),
                *(self.summary, self.problem, self.start),
            ],
            queue=False,
            **quiet,
        )
        columns = (self.token_column, self.tag_column, self.label_names)
        written = [field.submit for field in (self.hub, *columns)]
        written += [field.blur for field in columns]
        self.describe_on(self.data.change, self.describe_choice)
        for event in (self.files.change, self.model.change, *written):
            self.describe_on(event, self.describe_data)
        poll: dict[str, Any] = {"inputs": [self.run, self.seen], "outputs": self.polled}
        form = self.source_form | {self.epochs, self.batch_size, self.learning_rate}
        self.start.click(self.start_run, form, [self.problem, self.run], **quiet).then(
            self.poll, **poll, queue=False, **quiet
        )
        self.stop.click(self.stop_run, self.run, self.problem, queue=False, **quiet).then(
            self.poll, **poll, queue=False, **quiet
        )
        self.run.input(self.poll, **poll, queue=False, **quiet)
        self.timer.tick(self.poll, **poll, queue=False, **quiet)

    def describe_on(self, event: Any, describe: Callable[..., Any]) -> None:
        """Describe the chosen data when this event happens; the last of several counts."""
        event(
            describe,
            self.source_form,
            [self.summary, self.problem, self.start],
            trigger_mode="always_last",
            # One after the other: an earlier choice must not be shown after a later one.
            concurrency_limit=1,
            concurrency_id="describe",
            show_progress="hidden",
            api_visibility="private",
        )

    def describe_choice(self, form: Mapping[Any, Any]) -> tuple[Any, Any, Any]:
        """Describe data that are there already; nothing changes while they are still to come.

        The answer to a choice may come after that to a file which was given a moment later.
        """
        if self._is_chosen(form):
            return self.describe_data(form)
        return gr.skip(), gr.skip(), gr.skip()

    def describe_data(self, form: Mapping[Any, Any]) -> tuple[Any, Any, Any]:
        """Show what the chosen data hold, and what is wrong with them; Start waits for errors."""
        ready, waiting = gr.update(interactive=True), gr.update(interactive=False)
        if not self._is_chosen(form):
            return "", "", ready
        try:
            with importing:
                report = self._check(form)
        except NerError as error:
            return markup.error(str(error)), "", waiting
        reason = data_panel.blocked(report)
        if reason:
            return data_panel.data_panel(report), markup.error(reason), waiting
        return data_panel.data_panel(report), "", ready

    def _check(self, form: Mapping[Any, Any]) -> "ner_core.CheckReport":
        source, options = self._source(form), self._options(form)
        model = form[self.model] or None
        try:
            return ner_core.check_data(source, options=options, model=model, folders=False)
        except ModelError:  # the data can be looked at all the same
            return ner_core.check_data(source, options=options)

    def start_run(self, form: Mapping[Any, Any]) -> tuple[str, Any]:
        """Start a run with what the form says; show what is wrong with it otherwise."""
        try:
            config = TrainConfig.from_values(
                {
                    "data": self._source(form),
                    "token_column": form[self.token_column],
                    "tag_column": form[self.tag_column],
                    "label_names": form[self.label_names],
                    "model": form[self.model] or "",
                    "epochs": form[self.epochs],
                    "batch_size": form[self.batch_size],
                    "learning_rate": form[self.learning_rate],
                }
            )
            with importing:
                run, _ = ner_core.submit(config, folders=False)
        except NerError as error:
            return markup.error(str(error)), gr.skip()
        choice = gr.update(choices=_choices(), value=run.id, visible=True)
        return "", choice

    def stop_run(self, run_id: str | None) -> str:
        """Ask the shown run to stop."""
        try:
            runs.stop(runs.get(run_id or ""))
        except NerError as error:
            return markup.error(str(error))
        return ""

    def poll(self, run_id: str | None, seen: list[Any] | None) -> list[Any]:
        """Show the chosen run, or the newest; nothing is sent where nothing changed."""
        choices = _choices()
        ids = [value for _, value in choices]
        # The choice is sent back only where it has to change: an answer that is late must not undo
        # what the visitor chose meanwhile.
        choice: dict[str, Any] = {"choices": choices, "visible": True}
        if run_id not in ids:
            run_id = choice["value"] = ids[0] if ids else None
        if run_id is None:
            version: list[Any] = []
            if seen == version:
                return [gr.skip()] * len(self.polled)
            hidden = gr.update(visible=False)
            shown = [hidden, gr.update(visible=True), hidden, gr.skip(), gr.skip(), gr.skip()]
            return [*shown, "", gr.update(interactive=False), hidden, version, gr.Timer(SLOW_POLL)]
        view = run_panel.view_of(run_id)
        version = [run_panel.version_of(view), choices]
        if seen == version:
            return [gr.skip()] * len(self.polled)
        active = view.status in runs.ACTIVE
        return [
            gr.update(**choice),
            gr.update(visible=False),
            gr.update(visible=True),
            run_panel.status_value(view),
            charts.loss_frame(view),
            charts.score_frame(view),
            markup.score_tables(view.final),
            gr.update(interactive=active and view.status != "stopping"),
            gr.update(visible=view.run.model_dir.is_dir() and not active),
            version,
            gr.Timer(FAST_POLL if active else SLOW_POLL),
        ]

    def _is_chosen(self, form: Mapping[Any, Any]) -> bool:
        needed = {UPLOAD: self.files, HUB: self.hub}.get(form[self.data])
        return needed is None or bool(form[needed])

    def _source(self, form: Mapping[Any, Any]) -> str:
        if form[self.data] == UPLOAD:
            return uploads.keep(form[self.files] or [])
        # With hub: before it, a name is never taken for a path.
        return f"hub:{(form[self.hub] or '').strip()}" if form[self.data] == HUB else "sample"

    def _options(self, form: Mapping[Any, Any]) -> "ner_core.ReadOptions":
        columns = (self.token_column, self.tag_column, self.label_names)
        given = ((form[column] or "").strip() or None for column in columns)
        return ner_core.ReadOptions.of(*given)


def _help(name: str) -> str:
    return TrainConfig.model_fields[name].description or ""


def _choices() -> list[tuple[str, str]]:
    """List the newest runs for a dropdown: how they are shown, and their id."""
    views = [run_panel.view_of(run.id) for run in runs.list_runs()[:_MOST_CHOICES]]
    return [(run_panel.label_of(view), view.run.id) for view in views]
