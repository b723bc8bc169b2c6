"""The form that publishes the chosen run to the Hub; it is closed until somebody opens it.

The upload runs in a thread, see ``uploading``; the page polls its progress. A visitor's token is
taken from their own request and passed on; no component ever holds it.
"""

from typing import Any

import gradio as gr

from ner_core.errors import NerError
from ner_core.hub.reachability import hub_reach
from ner_core.runs.run import Run
from ner_studio.base import markup, polling, rights
from ner_studio.base.events import QUICK
from ner_studio.base.hidden_text import hidden_text
from ner_studio.publish import view
from ner_studio.publish.card_preview import ADAPTER, MERGED, CardPreview
from ner_studio.publish.destination import COMMIT, PULL_REQUEST, Destination
from ner_studio.publish.obstacle import obstacle
from ner_studio.publish.uploading import UPLOADS, Request, Upload
from ner_studio.state.snapshots import SHARED

_LABELS = {"uploading": "Publishing …", "failed": "Try again", "done": "Publish again"}


class PublishPanel:
    """The components of the form, and their handlers."""

    def __init__(self) -> None:
        with gr.Accordion(
            "Publish to the Hub", open=False, visible=False, elem_id="publish"
        ) as self.accordion:
            self.note = gr.HTML("", apply_default_css=False, elem_id="publish-note")
            self.where = Destination()
            with self.where.row:
                self.what = gr.Radio(
                    [("Merged model", MERGED), ("Adapter only", ADAPTER)],
                    value=MERGED,
                    label="What",
                    visible=False,
                    min_width=220,
                    elem_id="publish-what",
                )
            self.public = gr.HTML("", apply_default_css=False, elem_id="publish-public")
            self.message = gr.Textbox(
                label="Commit message (optional)",
                placeholder="Publish run …",
                max_lines=1,
                max_length=200,
                elem_id="publish-message",
            )
            self.preview = CardPreview()
            self.start = gr.Button("Publish", variant="primary", size="md", elem_id="publish-start")
            self.status = gr.HTML(
                view.status_value(None),
                html_template=view.STATUS_TEMPLATE,
                apply_default_css=False,
                elem_id="publish-status",
            )
        self.timer = gr.Timer(polling.UPLOAD, active=False)
        # In the page, not visible: its change makes the check of the repository run again.
        self.state = hidden_text()
        self.seen = gr.State(None)

    @property
    def outputs(self) -> list[Any]:
        """The components that ``update`` changes."""
        form = [self.where.repo, self.where.private, self.public, self.where.way, self.what]
        frame = [self.seen, self.accordion, self.message, self.preview.accordion]
        return [*frame, *form, *self.moving]

    @property
    def moving(self) -> list[Any]:
        """The components that change with an upload, and with what keeps one from starting."""
        return [self.note, self.status, self.start, self.timer, self.state]

    def wire(self, run: gr.Dropdown) -> None:
        """Connect the components; ``run`` holds the id of the run."""
        opened = self.accordion.expand(self.look, run, [self.note, self.start], **QUICK)
        self.where.suggest_on(opened, run)
        self.where.wire(self.state)
        private = self.where.private
        private.change(self.warn, [run, private], self.public, **QUICK)
        self.preview.wire(run, self.where.repo, self.what)
        form = [self.where.repo, private, self.where.way, self.what, self.message]
        for event in (self.start.click, self.where.repo.submit):
            event(self.publish, [run, *form], self.moving, **QUICK)
        self.timer.tick(self.poll, run, self.moving, **QUICK)

    def look_on(self, event: Any, run: gr.Dropdown) -> None:
        """Look whether the Hub can be used when this event happens."""
        event(self.look, run, [self.note, self.start], **QUICK)

    async def look(self, run_id: str | None) -> dict[Any, Any]:
        """Show what keeps a run from being published, if anything does."""
        await hub_reach()
        run = _ready(run_id)
        return self._startable(UPLOADS.of(run) if run else None)

    def update(self, run_id: str | None, seen: str | None) -> Any:
        """Show the form of another run, closed unless its upload is under way."""
        run = _ready(run_id)
        key = f"{run.id}:{run.created_ns()}" if run else None
        if key == seen:
            return gr.skip()
        if run is None:
            return {
                self.seen: None,
                self.accordion: gr.update(visible=False),
                self.timer: gr.Timer(active=False),
                self.state: "",
            }
        upload = UPLOADS.of(run)
        asked = upload.request if upload else Request("")
        under_way = upload is not None and upload.state == "uploading"
        adapted = (run.model_dir / "adapter").is_dir()
        return {
            self.seen: key,
            self.accordion: gr.update(visible=True, open=under_way),
            self.where.repo: asked.repo,
            self.where.private: asked.private,
            self.public: self.warn(run_id, asked.private),
            self.where.way: PULL_REQUEST if asked.pull_request else COMMIT,
            self.what: gr.update(value=ADAPTER if asked.adapter else MERGED, visible=adapted),
            self.message: gr.update(value=asked.message, placeholder=f"Publish run {run.id}"),
            self.preview.accordion: gr.update(open=False),
            **self._moved(upload),
        }

    def warn(self, run_id: str | None, private: bool) -> str:
        """Show what everybody reads of the run's data in a repository that is not private."""
        cached = SHARED.chosen(run_id)
        if private or cached is None or cached.view.run.id != run_id:
            return ""
        return view.warning(cached.view)

    def publish(
        self,
        run_id: str | None,
        repo: str | None,
        private: bool,
        way: str,
        what: str,
        message: str | None,
    ) -> dict[Any, Any]:
        """Start the upload of a run with the visitor's token, unless one is under way."""
        asked = Request(
            (repo or "").strip()[:200],
            private=private is not False,
            pull_request=way == PULL_REQUEST,
            adapter=what == ADAPTER,
            message=(message or "").strip()[:200],
        )
        try:
            run = rights.find(run_id)
        except NerError as error:
            return self._refused(error)
        if obstacle():  # the key Enter works without the button
            return self._moved(UPLOADS.of(run))
        return self._moved(UPLOADS.start(run, asked, rights.current_visitor().token))

    def poll(self, run_id: str | None) -> dict[Any, Any]:
        """Show the progress of the upload."""
        try:
            return self._moved(UPLOADS.of(rights.find(run_id)))
        except NerError as error:
            return self._refused(error)

    def _moved(self, upload: Upload | None) -> dict[Any, Any]:
        """Return what is shown of an upload: updates for ``moving``."""
        # Read once, and first: it may end meanwhile, and the next poll shows that.
        state = upload.state if upload else ""
        return {
            **self._startable(upload, state),
            self.status: view.status_value(upload),
            self.timer: gr.Timer(active=state == "uploading"),
            self.state: state,
        }

    def _startable(self, upload: Upload | None, state: str | None = None) -> dict[Any, Any]:
        """Return whether an upload can start, and if not why; ``state`` is that of the last one."""
        state = state if state is not None else upload.state if upload else ""
        why = obstacle()
        return {
            self.note: why,
            self.start: gr.update(
                value=_LABELS.get(state, "Publish"), interactive=not (why or state == "uploading")
            ),
        }

    def _refused(self, error: NerError) -> dict[Any, Any]:
        shown = {**view.status_value(None), "state": "failed"}
        return {
            self.status: {**shown, "message": markup.error(str(error))},
            self.start: gr.update(value="Publish", interactive=not obstacle()),
            self.timer: gr.Timer(active=False),
            self.state: "failed",
        }


def _ready(run_id: str | None) -> Run | None:
    """Return the run if it has a model and is not at work."""
    cached = SHARED.chosen(run_id)
    if cached is None or cached.view.run.id != run_id or cached.at_work:
        return None
    run = cached.view.run
    return run if run.model_dir.is_dir() else None
