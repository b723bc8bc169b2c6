"""What publishing tells: how far it is, what came of it, and whether it may be done at all."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How far an upload is: ``done`` of ``total`` bytes, and ``what`` is done now.

    ``done`` goes back where a file has to be sent again.
    """

    done: int
    total: int
    what: str


@dataclass(frozen=True)
class Published:
    """What was published: the page of the repository, its commit, the page of the pull request.

    Without ``changed`` the repository held all of it already: ``commit`` is the one that was there.
    ``card_replaced`` says that its README.md was another one, which its history has.
    """

    url: str
    commit: str
    pull_request: str | None
    repo: str
    changed: bool = True
    card_replaced: bool = False


@dataclass(frozen=True)
class RepoCheck:
    """Whether a repository can be published to; ``message`` says it, and what to do, in a sentence.

    ``exists`` and ``private`` are as the Hub tells them to this person; ``private`` is None where
    there is nothing yet. ``can_write`` is None where only the attempt tells.
    """

    repo: str
    exists: bool
    private: bool | None
    can_write: bool | None
    message: str
