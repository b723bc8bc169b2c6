"""What publishing says: what it does now, what came of it, and whether it can be done at all."""

from dataclasses import dataclass


def visibility(private: bool | None) -> str:
    """Return a word for who may see a repository; None where the Hub does not say.

    >>> visibility(True), visibility(False), visibility(None)
    ('private', 'public', 'visibility unknown')
    """
    return {True: "private", False: "public", None: "visibility unknown"}[private]


@dataclass(frozen=True)
class Progress:
    """What publishing does now: ``phase`` of ``phases`` is under way, counted from 0.

    ``phase`` equals ``phases`` at the end. ``size`` is that of the model's files in bytes while
    they are sent, 0 in other phases.
    """

    what: str
    phase: int
    phases: int
    size: int


@dataclass(frozen=True)
class Published:
    """What was published: the page of the repository, its commit, the page of the pull request.

    Without ``changed`` the repository held all of it already: ``commit`` is the one that was there.
    ``card_replaced`` says that its README.md was another one, which its history has; ``kept`` are
    the names of the entries at the top of that one which were taken over. ``private`` is whether
    the repository is private, None where the Hub does not say.
    """

    url: str
    commit: str
    pull_request: str | None
    repo: str
    changed: bool = True
    card_replaced: bool = False
    kept: tuple[str, ...] = ()
    private: bool | None = None

    @property
    def visibility(self) -> str:
        """``private`` or ``public``, or that it is not known."""
        return visibility(self.private)


@dataclass(frozen=True)
class RepoCheck:
    """Whether a repository can be published to; ``message`` says it, and what to do, in a sentence.

    ``exists`` and ``private`` are as the Hub tells this person; ``private`` is None for a
    repository that is not there. ``can_write`` is None where only the attempt tells.
    """

    repo: str
    exists: bool
    private: bool | None
    can_write: bool | None
    message: str
