"""Runs on their way to the Hub: each in a thread of its own, which no closed tab ends.

How they stand is in memory only, as the tokens are: an upload that a restarted server has lost is
begun again, and the Hub has what was sent. A token is the thread's alone; no upload keeps it.
"""

import threading
from dataclasses import dataclass
from typing import Literal

import ner_core
from ner_core.errors import NerError
from ner_core.publishing.outcome import Progress, Published
from ner_core.runs.store import Run
from ner_studio.state.predictors import importing

State = Literal["uploading", "done", "failed"]


@dataclass(frozen=True)
class Request:
    """What is published where; ``message`` may be empty."""

    repo: str
    private: bool = True
    pull_request: bool = False
    adapter: bool = False
    message: str = ""


class Upload:
    """One run's way to the Hub: how far it is, and then what came of it, or why nothing did."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.progress = Progress(0, 0, "looking through the run's files")
        self.published: Published | None = None
        self.problem: str | None = None

    @property
    def state(self) -> State:
        """Tell how it stands."""
        if self.published:
            return "done"
        return "uploading" if self.problem is None else "failed"

    def send(self, run: Run, token: str | None) -> None:
        """Send it; whatever happens, it has ended then."""
        request = self.request
        try:
            with importing:
                publish = ner_core.publish
            self.published = publish(
                run,
                request.repo,
                token=token,
                private=request.private,
                pull_request=request.pull_request,
                adapter=request.adapter,
                message=request.message,
                progress=self._note,
            )
        except NerError as error:
            self.problem = str(error)
        finally:
            if self.state == "uploading":  # a fault of ours, which the server's log tells
                self.problem = "Expected to publish, found a fault in NER Studio; try again."

    def _note(self, progress: Progress) -> None:
        self.progress = progress


class Uploads:
    """The uploads of this server, one a run: the one under way, or else the last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_run: dict[tuple[str, int], Upload] = {}

    def of(self, run: Run) -> Upload | None:
        """Give the upload of a run, if there was any since the server started."""
        return self._by_run.get(_key(run))

    def start(self, run: Run, request: Request, token: str | None) -> Upload:
        """Send a run to the Hub in the background, unless it is on its way already.

        ``token`` is the visitor's, None for that of this machine's owner.
        """
        with self._lock:
            upload = self._by_run.get(_key(run))
            if upload and upload.state == "uploading":
                return upload
            upload = self._by_run[_key(run)] = Upload(request)
        name = f"upload of {run.id}"
        threading.Thread(target=upload.send, args=(run, token), name=name, daemon=True).start()
        return upload


def _key(run: Run) -> tuple[str, int]:
    """Name a run: an id may be used again after its run was deleted."""
    return run.id, run.created_ns()


UPLOADS = Uploads()
"""Those of this server."""
