"""Watching a run: its status, charts, sample sentences and log, updated by polling.

A poll (``poll``) updates what changes every second. It is kept small, since every open page sends
it. What changes with an evaluation or with the run's status has handlers of its own, which run when
the hidden text ``evaluated`` or ``stage`` changes. The status holds a key that the page sends back,
so that the server skips what this page already shows.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import anyio.to_thread
import gradio as gr

from ner_core.errors import NerError
from ner_core.jobs.stop import stop
from ner_core.runs import store
from ner_core.runs.view import RunView
from ner_studio.base import assets, charts, markup, polling, rights
from ner_studio.base.events import QUICK, UNCHECKED
from ner_studio.base.hidden_text import hidden_text
from ner_studio.base.polling import RunPolls
from ner_studio.publish.panel import PublishPanel
from ner_studio.report.panel import ReportPanel
from ner_studio.runs.table import name_of, run_of
from ner_studio.state.cached_runs import CachedRun
from ner_studio.state.predictors import asks_hub, reading_data
from ner_studio.state.snapshots import SHARED, Snapshot
from ner_studio.watch.log_panel import LogPanel
from ner_studio.watch.next_steps import NextSteps
from ner_studio.watch.sample_sentences import sample_sentences, sample_texts
from ner_studio.watch.status import STATUS_SCRIPTS, STATUS_TEMPLATE, status_value

_NO_RUN = "No run yet. Choose data under “New run” and press “Start training”."
_GONE = (
    '<p class="ner-warning" role="status">This run was deleted or renamed. Choose another run in '
    "the list, or start a new one.</p>"
)
_ZOOM = "Drag across a chart to zoom in, double-click to see all steps again."


class WatchPanel:
    """The components that show one run, and what happens when they are used."""

    def __init__(self) -> None:
        self.notice = gr.HTML("", apply_default_css=False, elem_id="run-notice")
        self.run = gr.Dropdown(
            [],
            label="Run",
            show_label=False,
            container=False,
            elem_id="run-choice",
            filterable=False,
            visible=False,
        )
        self.empty = gr.HTML(markup.empty(_NO_RUN), apply_default_css=False, elem_id="no-run")
        with gr.Column(visible=False) as self.panel:
            self.status = gr.HTML(
                {},
                html_template=STATUS_TEMPLATE,
                js_on_load="\n".join(map(assets.read, STATUS_SCRIPTS)),
                apply_default_css=False,
                elem_id="run-status",
                container=False,
            )
            self.problem = gr.HTML("", apply_default_css=False, elem_id="run-problem")
            with gr.Row(elem_id="watch-buttons"):
                self.stop = gr.Button(
                    "Stop", variant="stop", size="md", visible=False, elem_id="stop"
                )
                self.resume = gr.Button("Resume", size="md", visible=False, elem_id="resume")
                self.next = NextSteps()
            self.next.files.render()  # type: ignore[no-untyped-call] # Gradio's method has no types
            self.publishing = PublishPanel()
            with gr.Column(visible=False) as self.curves:
                with gr.Row(elem_classes="ner-charts"):
                    self.loss = charts.add("Loss", "loss")
                    self.scores = charts.add("Validation scores", "scores")
                self.types = gr.CheckboxGroup(
                    [], label="F1 of single types", visible=False, elem_id="f1-types"
                )
                gr.Markdown(_ZOOM, elem_classes="ner-quiet")
            self.samples = gr.HTML("", apply_default_css=False, elem_id="samples")
            self.log = LogPanel()
            self.report = ReportPanel()
        self.evaluated = hidden_text()
        self.stage = hidden_text()
        self.timer = gr.Timer(polling.SHORTEST)
        self.renamed: Any = None  # the event of a new name in the heading
        self._polls = RunPolls()

    @property
    def chosen(self) -> list[Any]:
        """The components that ``choose`` updates."""
        return [self.run, self.notice]

    @property
    def _polling(self) -> dict[str, Any]:
        """The inputs, outputs and options of a poll."""
        return {
            "inputs": [self.run, self.status],
            "outputs": [self.status, self.loss, self.evaluated, self.stage, self.timer],
            "postprocess": False,  # the values are ready for the browser
            **UNCHECKED,
        }

    def wire(self) -> None:
        """Connect the components with each other."""
        self.timer.tick(self.poll, **self._polling)
        self.run.input(lambda: "", None, self.notice, **UNCHECKED)
        self.run.input(self.poll, **self._polling)
        # After a reload the stage may be known before the run is.
        for event in (self.run.change, self.stage.change):
            for part in (self.report, self.publishing):
                event(part.update, [self.run, part.seen], part.outputs, **UNCHECKED)
        self.run.change(None, self.run, None, js=assets.read("watch/address.js"), **UNCHECKED)
        self.evaluated.change(
            self.show_evaluation, [self.run, self.types], [self.scores, self.samples], **UNCHECKED
        )
        self.stage.change(self.show_stage, [self.run, self.types], self.staged, **UNCHECKED)
        self.types.change(self.show_lines, [self.run, self.types], self.scores, **UNCHECKED)
        for button, act in ((self.stop, self.stop_run), (self.resume, self.resume_run)):
            self.poll_after(button.click(act, self.run, self.problem, **UNCHECKED))
        self.renamed = self.status.rename_run(self.rename, None, self.problem, **QUICK)
        self.poll_after(self.renamed)
        self.next.wire(self.run, self.problem)
        self.log.wire(self.run)
        self.report.wire()
        self.publishing.wire(self.run)

    def poll_after(self, event: Any) -> None:
        """Poll as soon as the handler of this event has finished."""
        event.then(self.poll, **self._polling)

    def open_on(self, event: Any) -> None:
        """Choose the run of the page's address when this event happens, or else the newest run."""
        self.poll_after(event(self.open, None, self.chosen, **UNCHECKED))

    def keep_address_on(self, event: Any) -> None:
        """Keep the watched run in the page's address when this event happens."""
        event(None, self.run, None, js=assets.read("watch/address.js"), **UNCHECKED)

    def open(self, request: gr.Request) -> Any:
        """Choose the run that the page's address names, if it names one."""
        wanted = request.query_params.get("run")
        return self.choose(wanted) if wanted else gr.skip()

    def choose(self, run_id: str) -> dict[Any, Any]:
        """Return the updates that choose a run, which may have started a moment ago."""
        snapshot = SHARED.current(renew=True)
        try:
            found = SHARED.find(run_id)
        except NerError:
            return {self.notice: _GONE}
        choices = snapshot.choices_with(found)
        return {self.run: gr.update(value=run_id, visible=True, choices=choices), self.notice: ""}

    async def poll(
        self,
        run_id: str | None,
        shown: Mapping[str, Any] | None,
        request: gr.Request | None = None,
    ) -> tuple[Any, Any, str, str, float]:
        """Return status, loss, ``evaluated``, ``stage`` and the interval until the next poll.

        They are those of the newest run if the run is gone. Status and loss are skipped if the page
        shows them already. The others are always sent, which costs less than skipping them: a
        component ignores a value that it has already. Another thread is used only if there is
        something to read.
        """
        snapshot: Snapshot | None = SHARED.fresh()
        if snapshot is None:
            snapshot = await anyio.to_thread.run_sync(SHARED.current)
        session = request.session_hash if request else None
        interval = self._polls.interval(session, snapshot.anyone_at_work)
        cached = SHARED.chosen(run_id, snapshot)
        if cached is None:
            return gr.skip(), gr.skip(), "", "none", interval
        stage = f"{cached.stage}:{snapshot.number}"
        if (shown or {}).get("key") == cached.key:
            return gr.skip(), gr.skip(), cached.evaluated, stage, interval
        status = {**cached.render("status", status_value), "key": cached.key}
        loss = cached.render("loss", charts.losses)
        return status, loss, cached.evaluated, stage, interval

    @property
    def staged(self) -> list[Any]:
        """The components that ``show_stage`` updates."""
        frame = [self.run, self.empty, self.panel, self.curves, self.types]
        return [*frame, self.stop, self.resume, *self.next.buttons]

    def show_stage(self, run_id: str | None, types: Sequence[str] | None) -> dict[Any, Any]:
        """Show the list of runs, and the buttons and charts that fit the status of the run."""
        snapshot = SHARED.current()
        cached = SHARED.chosen(run_id, snapshot)
        if cached is None:
            hidden = dict.fromkeys(self.staged, gr.update(visible=False))
            return {**hidden, self.empty: gr.update(visible=True)}
        view = cached.view
        choice = gr.update(choices=snapshot.choices_with(cached), visible=True)
        if run_id != view.run.id:
            # Only then: a late answer must not undo what the visitor has chosen meanwhile.
            choice["value"] = view.run.id
        return {
            self.run: choice,
            self.empty: gr.update(visible=False),
            self.panel: gr.update(visible=True),
            self.curves: gr.update(visible=view.started is not None),
            self.types: gr.update(
                choices=view.types, value=_known(view, types), visible=bool(view.types)
            ),
            self.stop: gr.update(visible=cached.at_work, interactive=view.status != "stopping"),
            self.resume: gr.update(visible=view.can_resume and rights.may_train()),
            **dict.fromkeys(
                self.next.buttons,
                gr.update(visible=view.run.model_dir.is_dir() and not cached.at_work),
            ),
        }

    def show_evaluation(self, run_id: str | None, types: Sequence[str] | None) -> Any:
        """Show the scores of all evaluations, and the sample sentences of the last one."""
        cached = SHARED.chosen(run_id)
        if cached is None:
            return gr.skip()
        return {
            self.scores: _scores(cached, types),
            self.samples: cached.render("samples", sample_sentences),
        }

    def show_lines(self, run_id: str | None, types: Sequence[str] | None) -> Any:
        """Show the scores with a line for each of these entity types."""
        cached = SHARED.chosen(run_id)
        return gr.skip() if cached is None else _scores(cached, types)

    def try_with(self, show: Callable[[str], dict[Any, Any]], outputs: Sequence[Any]) -> list[Any]:
        """Have “Try it” call ``show`` with the id of the run; returns the events."""

        def show_ended(event: gr.EventData) -> Any:
            try:
                return show(run_of(event))
            except NerError:
                return gr.skip()  # it did not come from the page

        return [
            self.next.try_it.click(show, self.run, outputs, **QUICK),
            self.status.try_run(show_ended, None, outputs, **QUICK),
        ]

    def texts_of(self, run_id: str | None) -> list[str]:
        """Return a few validation sentences of a run, to try it with."""
        cached = SHARED.chosen(run_id)
        return cached.render("texts", sample_texts) if cached else []

    def rename(self, event: gr.EventData) -> str:
        """Rename the watched run, and return a problem if there is one."""
        try:
            store.rename(rights.find(run_of(event)), name_of(event))
        except NerError as error:
            return markup.error(str(error))
        SHARED.current(renew=True)
        return ""

    def stop_run(self, run_id: str | None) -> str:
        """Ask the watched run to stop, and return a problem if there is one."""
        try:
            stop(rights.find(run_id))
        except NerError as error:
            return markup.error(str(error))
        SHARED.current(renew=True)
        return ""

    def resume_run(self, run_id: str | None) -> str:
        """Resume the watched run from its last checkpoint, and return a problem if there is one."""
        try:
            run = rights.find(run_id)
            rights.check_training()
            config = run.config()
            # On ZeroGPU the seconds to ask for depend on data and model, so both are read.
            with reading_data(asks_hub(config.data, config.model)):
                from ner_core.jobs.submit import resume  # late: it imports datasets

                resume(run)
        except NerError as error:
            return markup.error(str(error))
        SHARED.current(renew=True)
        return ""


def _known(view: RunView, types: Sequence[str] | None) -> list[str]:
    """Return the chosen entity types that this run has."""
    return [label for label in view.types if label in (types or [])]


def _scores(cached: CachedRun, types: Sequence[str] | None) -> dict[str, Any]:
    known = _known(cached.view, types)
    return cached.render(("scores", *known), lambda view: charts.scores(view, known))
