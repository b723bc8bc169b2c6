"""Uploads of runs to the Hub: each in a thread of its own, which goes on when the tab is closed.

Their state is in memory only, as the tokens are. After a restart of the server an upload has to be
started again; the Hub keeps what was sent. Only the thread has the token; no upload keeps it.
"""

import threading
from dataclasses import dataclass
from typing import Literal

from ner_core.errors import NerError
from ner_core.publishing import push
from ner_core.publishing.outcome import Progress, Published
from ner_core.runs.run import Run

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
    """The upload of one run: its progress, then what was published, or why nothing was."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.progress = Progress("reading the run's files", 0, 1, 0)
        self.published: Published | None = None
        self.problem: str | None = None

    @property
    def state(self) -> State:
        """Whether it is under way, or how it ended."""
        if self.published:
            return "done"
        return "uploading" if self.problem is None else "failed"

    def send(self, run: Run, token: str | None) -> None:
        """Send it; afterwards it has ended, whatever happened."""
        request = self.request
        try:
            self.published = push.publish(
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
            if self.state == "uploading":  # a fault of ours, which is in the server's log
                self.problem = "A fault in NER Studio ended the upload. Try again."

    def _note(self, progress: Progress) -> None:
        self.progress = progress


class Uploads:
    """The uploads of this server, one a run: the one under way, or else the last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_run: dict[tuple[str, int], Upload] = {}

    def of(self, run: Run) -> Upload | None:
        """Return the upload of a run, if there was one since the server started."""
        return self._by_run.get(_key(run))

    def start(self, run: Run, request: Request, token: str | None) -> Upload:
        """Send a run to the Hub in the background, unless its upload is under way.

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
    """Return what tells a run from others: an id may be used again after its run was deleted."""
    return run.id, run.created_ns()


UPLOADS = Uploads()
"""The uploads of this server."""
