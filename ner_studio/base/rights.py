"""Who is asking, and what may they do: asked by every handler that trains or touches a run.

``NER_TRAINING`` says who may start and resume runs:

=============  ====================================================================
``anyone``     everybody; all see and handle all runs: the default where no Space is
``signed-in``  whoever signed in: the default on a Space with OAuth
``owner``      the owner of the Space, signed in
``off``        nobody: the default on a Space without OAuth
=============  ====================================================================

With all but ``anyone`` a run, and all that comes of it, is there for two: the visitor who started
it, and the Space's owner. For others it does not exist. A run that nobody signed in for is the
Space owner's.

Hiding protects nothing, since any endpoint can be called by hand: what is not allowed is refused
here, where runs are found (``find``, and ``snapshots``). Who asks is told by Gradio's request of
the event that is being handled; without one it is nobody.
"""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args

from gradio.context import LocalContext
from gradio.utils import get_space

from ner_core.errors import ConfigError, NerError
from ner_core.hub.repository_ids import with_hub_prefix
from ner_core.runs import store
from ner_core.runs.run import Run
from ner_core.system.space import on_space

SETTING = "NER_TRAINING"
Training = Literal["owner", "signed-in", "anyone", "off"]

_VALUES: tuple[str, ...] = get_args(Training)
_NEED_SIGN_IN = frozenset({"owner", "signed-in"})
_SIGN_IN_VARIABLES = ("OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET")


class RightsError(NerError):
    """Something that this visitor may not do."""


@dataclass(frozen=True)
class Visitor:
    """Who sent a request; not even the ``repr`` shows the token.

    ``name`` is the user's on the Hub, None if nobody is signed in; ``is_owner`` tells whether the
    Space is theirs; ``token`` acts for them on the Hub, with the scopes that the Space asks for.
    """

    name: str | None = None
    is_owner: bool = False
    token: str | None = field(default=None, repr=False)


def training() -> Training:
    """Give who may train, as ``NER_TRAINING`` says or by default.

    Raises ConfigError if it is none of the values, or needs people to sign in where they cannot.
    """
    value = os.environ.get(SETTING, "").strip()
    if not value:
        if not on_space():
            return "anyone"
        return "signed-in" if can_sign_in() else "off"
    if value not in _VALUES:
        raise ConfigError(
            f"{SETTING}: expected one of {', '.join(_VALUES)}, found {value[:60]!r}; correct it."
        )
    if value in _NEED_SIGN_IN and not can_sign_in():
        raise ConfigError(
            f"{SETTING}: expected a Space with `hf_oauth: true` where it is {value}, found a page "
            "that nobody can sign in to; choose anyone or off."
        )
    return cast("Training", value)


def can_sign_in() -> bool:
    """Tell whether visitors can sign in with the Hub: on a Space with OAuth only.

    Elsewhere Gradio's sign-in is a mock, whose cookies anybody can make.
    """
    return get_space() is not None and all(map(os.environ.get, _SIGN_IN_VARIABLES))


def space_owner() -> str | None:
    """Name the user or organisation that the Space belongs to; None where no Space is."""
    author = os.environ.get("SPACE_AUTHOR_NAME", "").strip()
    return author or os.environ.get("SPACE_ID", "").partition("/")[0].strip() or None


def visitor_of(request: Any) -> Visitor:
    """Tell who sent a request, a ``gr.Request`` or None.

    Somebody is believed to be there only if they signed in to this Space, are so still, and their
    own page sent the request: a browser sends the cookie with what another website asks, too.
    """
    if not can_sign_in():
        return Visitor()
    sent = getattr(request, "request", None)
    scope = getattr(sent, "scope", None)
    session = scope.get("session") if isinstance(scope, dict) else None
    if sent is None or not session or not _from_here(sent.headers):
        return Visitor()
    signed_in = session.get("oauth_info") or {}
    name = (signed_in.get("userinfo") or {}).get("preferred_username")
    expires_at = signed_in.get("expires_at")
    if not name or (expires_at is not None and expires_at < time.time()):
        return Visitor()
    return Visitor(name, name == space_owner(), signed_in.get("access_token"))


def asking() -> Visitor:
    """Tell whose event is being handled; a visitor who is not signed in where there is none."""
    return visitor_of(LocalContext.request.get(None))


def asker() -> str:
    """Tell visitors of a Space apart, also those who are not signed in; "" where all are one."""
    if not os.environ.get("SPACE_ID"):
        return ""
    name = asking().name
    if name is not None:
        return f"user {name}"
    return f"page {getattr(LocalContext.request.get(None), 'session_hash', None)}"


def may_train(visitor: Visitor | None = None) -> bool:
    """Tell whether this visitor, by default the one who asks, may start and resume runs."""
    visitor, value = visitor or asking(), training()
    if value == "signed-in":
        return visitor.name is not None
    return value == "anyone" or (value == "owner" and visitor.is_owner)


def check_training() -> Visitor:
    """Give the visitor who asks. Raises RightsError if they may not train, which says why."""
    visitor = asking()
    if not may_train(visitor):
        raise RightsError(why_not(visitor))
    return visitor


def why_not(visitor: Visitor) -> str:
    """Say in a sentence why this visitor may not train, and what to do."""
    value = training()
    if value == "off":
        return (
            "Expected training to be on, found it switched off on this page; copy the Space, or "
            "run NER Studio on a machine of your own."
        )
    if visitor.name is None:
        whom = "the owner of this Space" if value == "owner" else "a signed-in visitor"
        return f"Expected {whom}, found nobody signed in; sign in with Hugging Face first."
    return (
        "Expected the owner of this Space, found somebody else; copy the Space to train in yours."
    )


def sees_all(visitor: Visitor) -> bool:
    """Tell whether all runs are there for this visitor."""
    return visitor.is_owner or training() == "anyone"


def owner_of(run: Run) -> str | None:
    """Name whose run it is: the Space's owner's if nobody signed in for it."""
    return run.owner or space_owner()


def may_see(run: Run, visitor: Visitor | None = None) -> bool:
    """Tell whether a run is there for this visitor, by default the one who asks."""
    visitor = visitor or asking()
    return sees_all(visitor) or _is_own(run, visitor)


def _is_own(run: Run, visitor: Visitor) -> bool:
    return visitor.name is not None and visitor.name == owner_of(run)


def find(run_id: str | None) -> Run:
    """Find a run of the visitor who asks. Raises RunError, the same if it is somebody else's."""
    run = store.get(run_id or "")
    if not may_see(run):
        raise store.missing(run.id)
    return run


def model_name(name: str) -> str:
    """Name a model so that it cannot be a run that is not there for the visitor who asks.

    A name that may be a run's and is none of theirs can only be a Hub id; ``hub:`` says so to
    whatever finds the model later, a worker too. It depends on no run of others: for who sees those
    they count under the ids that they were made with, since anybody may call a run of theirs
    ``bert-base-uncased``.
    """
    visitor = asking()
    if training() == "anyone" or not name or name in store.RESERVED or {"/", ":"} & {*name}:
        return name
    if store.exists(name):
        run = store.get(name)
        if _is_own(run, visitor) or (sees_all(visitor) and store.is_made(name)):
            return name
    return with_hub_prefix(name)


def _from_here(headers: Mapping[str, str]) -> bool:
    """Tell whether a request was sent by this page, or by no page at all."""
    origin = headers.get("origin")
    if origin is None:
        return True
    spaces = os.environ.get("SPACE_HOST", "").split(",")
    return origin.partition("://")[2] in {headers.get("host"), *(host.strip() for host in spaces)}
