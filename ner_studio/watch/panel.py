"""Watching a run: its state, charts, sample sentences and log, followed by polling.

A poll (``pulse``) updates what moves every second and is kept small, since every open page sends
it. What changes with an evaluation or with the run's status follows in updates of its own, when
``evaluated`` or ``stage`` becomes another. The status carries a key that the page sends back, so
that the server knows what this page shows and skips what it shows already.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import anyio.to_thread
import gradio as gr

import ner_core
from ner_core.errors import NerError
from ner_core.runs.stop import ask_to_stop
from ner_studio.base import charts, markup, rights
from ner_studio.publish import panel
from ner_studio.publish.panel import PublishPanel
from ner_studio.report.panel import ReportPanel
from ner_studio.state import run_summary
from ner_studio.state.predictors import asks_hub, reading_data
from ner_studio.state.snapshots import SHARED, Snapshot, Watched
from ner_studio.state.viewers import Viewers
from ner_studio.watch import live_samples, log_panel
from ner_studio.watch.log_panel import LogPanel

_NO_RUN = "No run yet. Choose data on the left and press “Start training”."
_ZOOM = "Drag across a chart to look at these steps, double-click to see all of them again."
_QUIET: dict[str, Any] = {
    "show_progress": "hidden",
    "api_visibility": "private",
    "queue": False,
    # What a page sends is checked here: the choices of an open page may be older than the runs.
    "preprocess": False,
}
ADDRESS = """
(run) => {
  const shown = document.querySelector('#run-choice')?.offsetParent;
  const address = new URL(window.location);
  if (shown && run) address.searchParams.set('run', run);
  else address.searchParams.delete('run');
  window.history.replaceState(window.history.state, '', address);
}
"""
"""Keeps the run that is looked at in the page's address, so that a reload shows it again."""

CSS = (
    live_samples.CSS
    + log_panel.CSS
    + panel.CSS
    + """
#watch-buttons button { flex: 0 1 auto; min-width: 120px; }
#run-status a { color: var(--link-text-color); text-decoration: underline; }
#run-notice:not(:has(p)), #run-problem:not(:has(p)), #samples:not(:has(ul)) { display: none; }
"""
)


class WatchPanel:
    """The components that show one run, and what happens when they are used."""

    def __init__(self) -> None:
        self.notice = gr.HTML("", apply_default_css=False, elem_id="run-notice")
        self.run = gr.Dropdown(
            [], label="Run", elem_id="run-choice", filterable=False, visible=False
        )
        self.empty = gr.HTML(markup.empty(_NO_RUN), apply_default_css=False, elem_id="no-run")
        with gr.Column(visible=False) as self.panel:
            self.status = gr.HTML(
                {},
                html_template=run_summary.STATUS_TEMPLATE,
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
                self.try_it = gr.Button(
                    "Try it in Highlight",
                    variant="primary",
                    size="md",
                    visible=False,
                    elem_id="try-it",
                )
            self.publishing = PublishPanel()
            with gr.Column(visible=False) as self.curves:
                with gr.Row():
                    self.loss = charts.line_plot("Loss", charts.LOSS_SERIES, elem_id="loss")
                    self.scores = charts.line_plot(
                        "Validation scores", charts.SCORE_SERIES, y_lim=[0, 1], elem_id="scores"
                    )
                self.types = gr.CheckboxGroup(
                    [], label="F1 of single types", visible=False, elem_id="f1-types"
                )
                gr.Markdown(_ZOOM, elem_classes="ner-quiet")
            self.samples = gr.HTML("", apply_default_css=False, elem_id="samples")
            self.log = LogPanel()
            self.report = ReportPanel()
        # In the page, not visible: the change of a gr.State is told to queued events only.
        self.evaluated = gr.Textbox("", visible="hidden")
        self.stage = gr.Textbox("", visible="hidden")
        self.timer = gr.Timer(Viewers.LEAST)
        self._viewers = Viewers()

    @property
    def chosen(self) -> list[Any]:
        """The components that ``choose`` updates."""
        return [self.run, self.notice]

    @property
    def _moving(self) -> dict[str, Any]:
        """What a poll reads and updates."""
        return {
            "inputs": [self.run, self.status],
            "outputs": [self.status, self.loss, self.evaluated, self.stage, self.timer],
            "postprocess": False,  # it would make each value anew; they are ready for the browser
            **_QUIET,
        }

    def wire(self) -> None:
        """Connect the components with each other."""
        self.timer.tick(self.pulse, **self._moving)
        self.run.input(lambda: "", None, self.notice, **_QUIET)
        self.run.input(self.pulse, **self._moving)
        # After a reload the stage may be known before the run is.
        for event in (self.run.change, self.stage.change):
            for part in (self.report, self.publishing):
                event(part.update, [self.run, part.seen], part.outputs, **_QUIET)
        self.run.change(charts.unzoomed, None, [self.loss, self.scores], **_QUIET)
        self.run.change(None, self.run, None, js=ADDRESS, **_QUIET)
        self.evaluated.change(
            self.show_evaluation, [self.run, self.types], [self.scores, self.samples], **_QUIET
        )
        self.stage.change(self.show_stage, [self.run, self.types], self._staged, **_QUIET)
        types = [self.run, self.types]
        # First the lines, then their colours: a chart takes new series only in this order.
        self.types.change(self.show_lines, types, self.scores, **_QUIET).then(
            self.show_colours, types, self.scores, **_QUIET
        )
        for chart in (self.loss, self.scores):
            chart.select(charts.zoomed, None, [self.loss, self.scores], **_QUIET)
            chart.double_click(charts.unzoomed, None, [self.loss, self.scores], **_QUIET)
        for button, act in ((self.stop, self.stop_run), (self.resume, self.resume_run)):
            self.poll_after(button.click(act, self.run, self.problem, **_QUIET))
        self.log.wire(self.run)
        self.report.wire()
        self.publishing.wire(self.run)

    def poll_after(self, event: Any) -> None:
        """Show how things stand once what an event does is done."""
        event.then(self.pulse, **self._moving)

    def open_on(self, event: Any) -> None:
        """Open the run of the page's address when this event happens, the newest without one."""
        self.poll_after(event(self.open, None, self.chosen, **_QUIET))

    def keep_address_on(self, event: Any) -> None:
        """Say in the page's address which run is looked at, when this event happens."""
        event(None, self.run, None, js=ADDRESS, **_QUIET)

    def open(self, request: gr.Request) -> list[Any]:
        """Choose the run that the page's address names."""
        wanted = request.query_params.get("run")
        return self.choose(wanted) if wanted else [gr.skip(), gr.skip()]

    def choose(self, run_id: str) -> list[Any]:
        """Choose a run, also one that began a moment ago: updates for ``chosen``."""
        snapshot = SHARED.current(renew=True)
        try:
            found = SHARED.find(run_id)
        except NerError:
            return [gr.skip(), _unknown(run_id)]
        return [gr.update(value=run_id, visible=True, choices=snapshot.choices_with(found)), ""]

    async def pulse(
        self,
        run_id: str | None,
        shown: Mapping[str, Any] | None,
        request: gr.Request | None = None,
    ) -> tuple[Any, Any, str, str, float]:
        """Show how the run moves, or the newest if it is gone; skip what the page shows already.

        The last three are sent always, since that costs less than to skip them: a component does
        nothing when it gets the value that it has. It answers on the server's own thread unless
        there is something to read.
        """
        snapshot: Snapshot | None = SHARED.fresh()
        if snapshot is None:
            snapshot = await anyio.to_thread.run_sync(SHARED.current)
        session = request.session_hash if request else None
        interval = self._viewers.interval(session, snapshot.anyone_at_work)
        watched = SHARED.chosen(run_id, snapshot)
        if watched is None:
            return gr.skip(), gr.skip(), "", "none", interval
        stage = f"{watched.stage}:{snapshot.number}"
        if (shown or {}).get("key") == watched.key:
            return gr.skip(), gr.skip(), watched.evaluated, stage, interval
        status = {**watched.draw("status", run_summary.status_value), "key": watched.key}
        loss = watched.draw("loss", charts.losses)
        return status, loss, watched.evaluated, stage, interval

    @property
    def _staged(self) -> list[Any]:
        """The components that ``show_stage`` updates."""
        frame = [self.run, self.empty, self.panel, self.curves, self.types]
        return [*frame, self.stop, self.resume, self.try_it]

    def show_stage(self, run_id: str | None, types: Sequence[str] | None) -> list[Any]:
        """Show what follows from the run's status, and the list of runs."""
        snapshot = SHARED.current()
        watched = SHARED.chosen(run_id, snapshot)
        hidden, shown = gr.update(visible=False), gr.update(visible=True)
        if watched is None:
            return [hidden, shown, *[hidden] * 6]
        view = watched.view
        choice = gr.update(choices=snapshot.choices_with(watched), visible=True)
        if run_id != view.run.id:
            # Only then: an answer that is late must not undo what the visitor chose meanwhile.
            choice["value"] = view.run.id
        return [
            choice,
            hidden,
            shown,
            gr.update(visible=view.started is not None),
            gr.update(choices=view.types, value=_kept(view, types), visible=bool(view.types)),
            gr.update(visible=watched.at_work, interactive=view.status != "stopping"),
            gr.update(visible=view.can_resume and rights.may_train()),
            gr.update(visible=view.run.model_dir.is_dir() and not watched.at_work),
        ]

    def show_evaluation(self, run_id: str | None, types: Sequence[str] | None) -> list[Any]:
        """Show the scores of the evaluations so far, and what the last one found."""
        watched = SHARED.chosen(run_id)
        if watched is None:
            return [gr.skip(), gr.skip()]
        return [_scores(watched, types), watched.draw("samples", live_samples.samples)]

    def show_lines(self, run_id: str | None, types: Sequence[str] | None) -> Any:
        """Draw the scores with the lines of these entity types."""
        watched = SHARED.chosen(run_id)
        return gr.skip() if watched is None else _scores(watched, types)

    def show_colours(self, run_id: str | None, types: Sequence[str] | None) -> Any:
        """Give these lines their colours, and their names in the legend."""
        watched = SHARED.chosen(run_id)
        if watched is None:
            return gr.skip()
        return charts.colours(watched.view, _kept(watched.view, types))

    def stop_run(self, run_id: str | None) -> str:
        """Ask the shown run to stop."""
        try:
            ask_to_stop(rights.find(run_id))
        except NerError as error:
            return markup.error(str(error))
        SHARED.current(renew=True)
        return ""

    def resume_run(self, run_id: str | None) -> str:
        """Let the shown run go on from its last checkpoint."""
        try:
            run = rights.find(run_id)
            rights.check_training()
            config = run.config()
            # On ZeroGPU data and model are looked at, which tells the seconds to ask for.
            with reading_data(asks_hub(config.data, config.model)):
                ner_core.resume(run)
        except NerError as error:
            return markup.error(str(error))
        SHARED.current(renew=True)
        return ""


def _kept(view: "ner_core.RunView", types: Sequence[str] | None) -> list[str]:
    """Give the chosen types that this run knows."""
    return [label for label in view.types if label in (types or [])]


def _scores(watched: Watched, types: Sequence[str] | None) -> dict[str, Any]:
    kept = _kept(watched.view, types)
    return watched.draw(("scores", *kept), lambda view: charts.scores(view, kept))


def _unknown(run_id: str) -> str:
    return (
        f'<p class="ner-quiet">There is no run “{markup.escape(run_id[:120])}” here: it may have '
        "been renamed or deleted. Choose another one below.</p>"
    )
