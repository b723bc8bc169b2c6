"""Where a run is published: the repository, whether it is private, as a commit or a pull request.

The Hub is asked, while somebody types, whether that can be done.
"""

import re
import time
from collections.abc import Iterator
from typing import Any

import gradio as gr

from ner_core.errors import NerError
from ner_core.publishing import permissions
from ner_core.runs.run import Run
from ner_studio.base import rights
from ner_studio.base.events import QUIET
from ner_studio.publish import view
from ner_studio.publish.obstacle import obstacle
from ner_studio.publish.view import note

PAUSE = 0.3
"""Seconds between a key press and the request to the Hub: more key presses may come."""
ASKING: dict[str, Any] = {**QUIET, "concurrency_id": "hub", "concurrency_limit": 4}
"""For handlers that ask the Hub, which may be slow: no other handler waits for their queue."""

COMMIT, PULL_REQUEST = "commit", "pull-request"

HINT = "OWNER/NAME: the account or organisation, and what the model is to be called."
_NEW = "Seen by you, or your organisation, only."
_TIMESTAMP = re.compile(r"^\d{8}-\d{6}-(?P<name>.+)-[0-9a-f]{4}$")


class Destination:
    """The components that name it, and their handlers; ``row`` has room for more."""

    def __init__(self) -> None:
        self.repo = gr.Textbox(
            label="Repository",
            placeholder="OWNER/NAME",
            max_lines=1,
            max_length=200,
            elem_id="publish-repo",
        )
        self.check = gr.HTML(
            note("idle", HINT),
            html_template=view.CHECK_TEMPLATE,
            apply_default_css=False,
            elem_id="publish-check",
        )
        with gr.Row(elem_id="publish-how") as self.row:
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

    def wire(self, state: gr.Textbox) -> None:
        """Connect the components; ``state`` is that of the upload, which changes what is there."""
        asked, answer = [self.repo, self.way, self.check], [self.check, self.private]
        for event in (self.repo.change, self.way.change):
            event(self.ask, asked, answer, trigger_mode="always_last", **ASKING)
        state.change(self.ask_anew, [state, *asked], answer, **ASKING)

    def suggest_on(self, event: Any, run: gr.Dropdown) -> None:
        """Suggest a repository when this event has happened; ``run`` holds the id of the run."""
        event.then(self.suggest, [run, self.repo], [self.repo, self.check], **ASKING)

    def suggest(self, run_id: str | None, repo: str | None) -> Any:
        """Suggest a repository of the person who is signed in, unless one is named already."""
        if obstacle():
            return {self.check: note("idle")}
        try:
            name, visitor = _name(rights.find(run_id)), rights.current_visitor()
            if repo:
                return gr.skip()
            if visitor.name:
                return {self.repo: f"{visitor.name}/{name}"}
            return {self.repo: permissions.suggest_repo(name, visitor.token)}
        except NerError as error:
            return {self.check: note("idle", str(error))}

    def ask(
        self, repo: str | None, way: str, shown: dict[str, Any] | None
    ) -> Iterator[dict[Any, Any]]:
        """Show whether a repository can be published to; one that is there keeps its visibility.

        ``exists`` in what the check shows says whose visibility the form has: that of a repository
        that is there, or the visitor's choice for a new one.
        """
        repo, token = (repo or "").strip(), rights.current_visitor().token
        owner, _, name = repo.partition("/")
        existed = bool((shown or {}).get("exists"))
        if obstacle():  # which the form says above
            yield {self.check: note("idle", exists=existed)}
            return
        if not (owner and name):
            yield {self.check: note("idle", HINT)}
            return
        yield {self.check: note("asking", f"Asking the Hub for {repo} …", existed)}
        time.sleep(PAUSE)
        found = permissions.check_repo(repo, token, pull_request=way == PULL_REQUEST)
        private = {}
        if found.exists:
            stays = f"It is there, and stays {'private' if found.private else 'public'}."
            seen = gr.update(value=bool(found.private), interactive=False, info=stays)
            private = {self.private: seen}
        elif existed and found.can_write:  # what stands there is the other one's
            existed = False
            private = {self.private: gr.update(value=True, interactive=True, info=_NEW)}
        state = {True: "ok", None: "unsure", False: "problem"}[found.can_write]
        yield {self.check: note(state, found.message, found.exists or existed), **private}

    def ask_anew(
        self, state: str, repo: str | None, way: str, shown: dict[str, Any] | None
    ) -> Iterator[Any]:
        """Show what publishing would do now that an upload has ended."""
        if state == "done":
            yield from self.ask(repo, way, shown)
        else:
            yield gr.skip()


def _name(run: Run) -> str:
    """Return a run's given name as that of a repository, or else its id without the time."""
    match = _TIMESTAMP.match(run.id)
    given = re.sub("[^a-z0-9]+", "-", run.given_name.lower()).strip("-")
    name = given or (match["name"] if match else run.id)
    return re.sub("-{2,}", "-", name)[:60].strip("-")
