"""The form that publishes the chosen run to the Hub; it is closed until somebody opens it.

The upload runs in a thread, see ``uploading``; the page polls its progress. A visitor's token is
taken from their own request and passed on; no component ever holds it.
"""

import re
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import gradio as gr

from ner_core.errors import NerError
from ner_core.runs.run import Run
from ner_core.system.space import on_space
from ner_studio.base import markup, polling, rights, sign_in
from ner_studio.base.events import QUICK, QUIET
from ner_studio.publish import view
from ner_studio.publish.uploading import UPLOADS, Request, Upload
from ner_studio.publish.view import note
from ner_studio.state.predictors import importing
from ner_studio.state.snapshots import SHARED

PAUSE = 0.3
"""Seconds between a key press and the request to the Hub: more key presses may come."""

COMMIT, PULL_REQUEST = "commit", "pull-request"
MERGED, ADAPTER = "merged", "adapter"

_HINT = "OWNER/NAME: the account or organisation, and what the model is to be called."
_NEW = "Seen by you, or your organisation, only."
_TIMESTAMP = re.compile(r"^\d{8}-\d{6}-(?P<name>.+)-[0-9a-f]{4}$")


class PublishPanel:
    """The components of the form, and their handlers."""

    def __init__(self) -> None:
        with gr.Accordion(
            "Publish to the Hub", open=False, visible=False, elem_id="publish"
        ) as self.accordion:
            self.note = gr.HTML("", apply_default_css=False, elem_id="publish-note")
            self.repo = gr.Textbox(
                label="Repository",
                placeholder="OWNER/NAME",
                max_lines=1,
                max_length=200,
                elem_id="publish-repo",
            )
            self.check = gr.HTML(
                note("idle", _HINT),
                html_template=view.CHECK_TEMPLATE,
                apply_default_css=False,
                elem_id="publish-check",
            )
            with gr.Row(elem_id="publish-how"):
                self.private = gr.Checkbox(
                    True, label="Private", info=_NEW, min_width=200, elem_id="publish-private"
                )
                self.way = gr.Radio(
                    [("New commit", COMMIT), ("Pull request", PULL_REQUEST)],
                    value=COMMIT,
                    label="As",
                    min_width=220,
                    elem_id="publish-way",
                )
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
            with gr.Accordion("Preview the model card", open=False, elem_id="publish-card") as it:
                self.card = gr.HTML("", html_template=view.CARD_TEMPLATE, apply_default_css=False)
            self.preview = it
            self.start = gr.Button("Publish", variant="primary", size="md", elem_id="publish-start")
            self.status = gr.HTML(
                view.status_value(None),
                html_template=view.STATUS_TEMPLATE,
                apply_default_css=False,
                elem_id="publish-status",
            )
        self.timer = gr.Timer(polling.UPLOAD, active=False)
        # In the page, not visible: its change makes the check of the repository run again.
        self.state = gr.Textbox("", visible="hidden")
        self.seen = gr.State(None)

    @property
    def outputs(self) -> list[Any]:
        """The components that ``update`` changes, in the order of its result."""
        form = [self.note, self.repo, self.private, self.public, self.way, self.what]
        return [self.seen, self.accordion, *form, self.message, self.preview, *self.moving]

    @property
    def moving(self) -> list[Any]:
        """The components that change with an upload."""
        return [self.status, self.start, self.timer, self.state]

    def wire(self, run: gr.Dropdown) -> None:
        """Connect the components; ``run`` holds the id of the run."""
        # The Hub may be slow: a queue of their own, so that no other handler waits for them.
        asking = {**QUIET, "concurrency_id": "hub", "concurrency_limit": 4}
        self.accordion.expand(self.suggest, [run, self.repo], [self.repo, self.check], **asking)
        asked = [self.repo, self.way, self.check]
        answer = [self.check, self.private]
        for event in (self.repo.change, self.way.change):
            event(self.ask, asked, answer, trigger_mode="always_last", **asking)
        self.state.change(self.ask_anew, [self.state, *asked], answer, **asking)
        self.private.change(self.warn, [run, self.private], self.public, **QUICK)
        shown = [run, self.repo, self.what]
        self.preview.expand(self.show_card, shown, self.card, **QUICK)
        for event in (self.repo.blur, self.what.input):
            event(self.renew_card, [*shown, self.card], self.card, **QUICK)
        self.preview.collapse(lambda: "", None, self.card, **QUICK)
        form = [self.repo, self.private, self.way, self.what, self.message]
        for event in (self.start.click, self.repo.submit):
            event(self.publish, [run, *form], self.moving, **QUICK)
        self.timer.tick(self.poll, run, self.moving, **QUICK)

    def update(self, run_id: str | None, seen: str | None) -> list[Any]:
        """Show the form of another run, closed unless its upload is under way."""
        run = _ready(run_id)
        key = f"{run.id}:{run.created_ns()}" if run else None
        if key == seen:
            return [gr.skip()] * len(self.outputs)
        if run is None:
            shown = [gr.skip()] * (len(self.outputs) - 4)
            return [None, gr.update(visible=False), *shown, gr.Timer(active=False), ""]
        upload = UPLOADS.of(run)
        asked = upload.request if upload else Request("")
        under_way = upload is not None and upload.state == "uploading"
        return [
            key,
            gr.update(visible=True, open=under_way),
            _who(),
            asked.repo,
            asked.private,
            self.warn(run_id, asked.private),
            PULL_REQUEST if asked.pull_request else COMMIT,
            gr.update(
                value=ADAPTER if asked.adapter else MERGED,
                visible=(run.model_dir / "adapter").is_dir(),
            ),
            gr.update(value=asked.message, placeholder=f"Publish run {run.id}"),
            gr.update(open=False),
            *_moved(upload),
        ]

    def suggest(self, run_id: str | None, repo: str | None) -> list[Any]:
        """Suggest a repository of the person who is signed in, unless one is named already."""
        try:
            name, visitor = _name(rights.find(run_id)), rights.current_visitor()
            if repo or _who():
                return [gr.skip(), gr.skip()]
            if visitor.name:
                return [f"{visitor.name}/{name}", gr.skip()]
            return [_permissions().suggest_repo(name, visitor.token), gr.skip()]
        except NerError as error:
            return [gr.skip(), note("idle", str(error))]

    def ask(self, repo: str | None, way: str, shown: dict[str, Any] | None) -> Iterator[list[Any]]:
        """Show whether a repository can be published to; one that is there keeps its visibility.

        ``exists`` in what the check shows says whose visibility the form has: that of a repository
        that is there, or the visitor's choice for a new one.
        """
        repo, token = (repo or "").strip(), rights.current_visitor().token
        owner, _, name = repo.partition("/")
        if not (owner and name):
            yield [note("idle", _HINT), gr.skip()]
            return
        existed = bool((shown or {}).get("exists"))
        yield [note("asking", f"Asking the Hub for {repo} …", existed), gr.skip()]
        time.sleep(PAUSE)
        found = _permissions().check_repo(repo, token, pull_request=way == PULL_REQUEST)
        private: Any = gr.skip()
        if found.exists:
            stays = f"It is there, and stays {'private' if found.private else 'public'}."
            private = gr.update(value=bool(found.private), interactive=False, info=stays)
        elif existed and found.can_write:  # what stands there is the other one's
            existed, private = False, gr.update(value=True, interactive=True, info=_NEW)
        state = {True: "ok", None: "unsure", False: "problem"}[found.can_write]
        yield [note(state, found.message, found.exists or existed), private]

    def ask_anew(
        self, state: str, repo: str | None, way: str, shown: dict[str, Any] | None
    ) -> Iterator[list[Any]]:
        """Show what publishing would do now that an upload has ended."""
        if state == "done":
            yield from self.ask(repo, way, shown)
        else:
            yield [gr.skip(), gr.skip()]

    def warn(self, run_id: str | None, private: bool) -> str:
        """Show what everybody reads of the run's data in a repository that is not private."""
        cached = SHARED.chosen(run_id)
        if private or cached is None or cached.view.run.id != run_id:
            return ""
        return view.warning(cached.view)

    def show_card(self, run_id: str | None, repo: str | None, what: str) -> str:
        """Return the card of a run's model, as it would be pushed."""
        try:
            run = rights.find(run_id)
            with importing:  # brings what writes cards, which the page starts without
                from ner_core.publishing.files import published_card
            return markup.escape(published_card(run, (repo or "").strip(), what == ADAPTER))
        except NerError as error:
            return markup.escape(error)

    def renew_card(self, run_id: str | None, repo: str | None, what: str, card: str | None) -> Any:
        """Return the card once more if it is open."""
        return self.show_card(run_id, repo, what) if card else gr.skip()

    def publish(
        self,
        run_id: str | None,
        repo: str | None,
        private: bool,
        way: str,
        what: str,
        message: str | None,
    ) -> list[Any]:
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
            return _refused(error)
        return _moved(UPLOADS.start(run, asked, rights.current_visitor().token))

    def poll(self, run_id: str | None) -> list[Any]:
        """Show the progress of the upload."""
        try:
            return _moved(UPLOADS.of(rights.find(run_id)))
        except NerError as error:
            return _refused(error)


def _permissions() -> ModuleType:
    with importing:  # brings the client of the Hub, which the page starts without
        from ner_core.publishing import permissions
    return permissions


def _ready(run_id: str | None) -> Run | None:
    """Return the run if it has a model and is not at work."""
    cached = SHARED.chosen(run_id)
    if cached is None or cached.view.run.id != run_id or cached.at_work:
        return None
    run = cached.view.run
    return run if run.model_dir.is_dir() else None


def _name(run: Run) -> str:
    """Return a run's given name as that of a repository, or else its id without the time."""
    match = _TIMESTAMP.match(run.id)
    given = re.sub("[^a-z0-9]+", "-", run.given_name.lower()).strip("-")
    name = given or (match["name"] if match else run.id)
    return re.sub("-{2,}", "-", name)[:60].strip("-")


def _who() -> str:
    """Return how to become able to publish; nothing for those who are."""
    visitor = rights.current_visitor()
    if visitor.token or not on_space():
        return ""
    return sign_in.to_publish()


def _moved(upload: Upload | None) -> list[Any]:
    """Return what is shown of an upload: updates for ``moving``."""
    # Read once, and first: it may end meanwhile, and the next poll shows that.
    state = upload.state if upload else ""
    labels = {"uploading": "Publishing …", "failed": "Try again", "done": "Publish again"}
    under_way = state == "uploading"
    return [
        view.status_value(upload),
        gr.update(value=labels.get(state, "Publish"), interactive=not (under_way or _who())),
        gr.Timer(active=under_way),
        state,
    ]


def _refused(error: NerError) -> list[Any]:
    shown = {**view.status_value(None), "state": "failed"}
    return [
        {**shown, "message": markup.error(str(error))},
        gr.update(value="Publish", interactive=True),
        gr.Timer(active=False),
        "failed",
    ]
