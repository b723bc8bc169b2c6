"""Who the visitor is and what they may do. Every handler that trains or uses a run checks it here.

``NER_TRAINING`` sets who may start and resume runs:

=============  ====================================================================
``anyone``     all visitors, who also see and manage all runs: the default outside Spaces
``signed-in``  signed-in visitors: the default on a Space with OAuth
``owner``      the owner of the Space, signed in
``off``        nobody: the default on a Space without OAuth
=============  ====================================================================

Except with ``anyone``, only the visitor who started a run and the owner of the Space can see it and
what belongs to it. For all others it does not exist. A run started without signing in belongs to
the owner of the Space.

Hiding a component protects nothing, since any endpoint can be called by hand. So the rights are
checked where runs are found: in ``find`` and in ``ner_studio/state/snapshots.py``. The visitor is
taken from Gradio's request of the current event; without a request nobody is signed in.
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
from ner_core.runs import store, trash
from ner_core.runs.run import Run
from ner_core.system.space import on_space

SETTING = "NER_TRAINING"
Training = Literal["owner", "signed-in", "anyone", "off"]

_VALUES: tuple[str, ...] = get_args(Training)
_NEED_SIGN_IN = frozenset({"owner", "signed-in"})
_SIGN_IN_VARIABLES = ("OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET")


class RightsError(NerError):
    """Raised when a visitor may not do something."""


@dataclass(frozen=True)
class Visitor:
    """The sender of a request. The ``repr`` does not show the token.

    ``name`` is the user name on the Hub, or None for a visitor who is not signed in. ``is_owner``
    is whether they own the Space. ``token`` acts for them on the Hub, with the scopes of the Space.
    """

    name: str | None = None
    is_owner: bool = False
    token: str | None = field(default=None, repr=False)


def training() -> Training:
    """Return who may train, from ``NER_TRAINING`` or by default.

    Raises ConfigError if the value is unknown, or if it needs signing in where nobody can.
    """
    value = os.environ.get(SETTING, "").strip()
    if not value:
        if not on_space():
            return "anyone"
        return "signed-in" if can_sign_in() else "off"
    if value not in _VALUES:
        raise ConfigError(f"{SETTING} can't be {value[:60]!r}. Use one of {', '.join(_VALUES)}.")
    if value in _NEED_SIGN_IN and not can_sign_in():
        raise ConfigError(
            f"{SETTING} is {value}, but nobody can sign in to this page: that needs a Space with "
            "`hf_oauth: true`. Choose anyone or off."
        )
    return cast("Training", value)


def can_sign_in() -> bool:
    """Return whether visitors can sign in with the Hub, which is on a Space with OAuth only.

    Elsewhere Gradio's sign-in is a mock, whose cookies anybody can make.
    """
    return get_space() is not None and all(map(os.environ.get, _SIGN_IN_VARIABLES))


def space_owner() -> str | None:
    """Return the user or organisation that owns the Space; None outside Spaces."""
    author = os.environ.get("SPACE_AUTHOR_NAME", "").strip()
    return author or os.environ.get("SPACE_ID", "").partition("/")[0].strip() or None


def visitor_of(request: Any) -> Visitor:
    """Return the sender of a request, which is a ``gr.Request`` or None.

    A visitor counts as signed in only if they signed in to this Space, the sign-in has not expired,
    and this page sent the request: browsers also send the cookie with requests of other websites.
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


def current_visitor() -> Visitor:
    """Return the visitor of the current event; outside events one who is not signed in."""
    return visitor_of(LocalContext.request.get(None))


def visitor_key() -> str:
    """Return a key of the current visitor, signed in or not; "" outside Spaces, for everybody."""
    if not os.environ.get("SPACE_ID"):
        return ""
    name = current_visitor().name
    if name is not None:
        return f"user {name}"
    return f"page {getattr(LocalContext.request.get(None), 'session_hash', None)}"


def may_train(visitor: Visitor | None = None) -> bool:
    """Return whether a visitor, by default the current one, may start and resume runs."""
    visitor, value = visitor or current_visitor(), training()
    if value == "signed-in":
        return visitor.name is not None
    return value == "anyone" or (value == "owner" and visitor.is_owner)


def check_training() -> Visitor:
    """Return the current visitor. Raises RightsError if they may not train."""
    visitor = current_visitor()
    if not may_train(visitor):
        raise RightsError(why_not(visitor))
    return visitor


def why_not(visitor: Visitor, act: str = "train") -> str:
    """Return why this visitor may not train, or do something else of that kind, and what to do."""
    value = training()
    if value == "off":
        off = "Training is switched off" if act == "train" else f"Nobody can {act}"
        return f"{off} on this page. Copy the Space, or run NER Studio on your own machine."
    if visitor.name is None:
        whom = "the owner of this Space" if value == "owner" else "signed-in visitors"
        return (
            f"Only {whom} can {act} here, and you are not signed in. Sign in with Hugging Face "
            "first."
        )
    return f"Only the owner of this Space can {act} here. Copy the Space to {act} in your own."


def sees_all(visitor: Visitor) -> bool:
    """Return whether a visitor sees all runs."""
    return visitor.is_owner or training() == "anyone"


def owner_of(run: Run) -> str | None:
    """Return the owner of a run: the owner of the Space if it was started without signing in."""
    return run.owner or space_owner()


def may_see(run: Run, visitor: Visitor | None = None) -> bool:
    """Return whether a visitor, by default the current one, sees a run."""
    visitor = visitor or current_visitor()
    return sees_all(visitor) or _is_own(run, visitor)


def _is_own(run: Run, visitor: Visitor) -> bool:
    return visitor.name is not None and visitor.name == owner_of(run)


def find(run_id: str | None) -> Run:
    """Return a run of the current visitor.

    Raises the same RunError whether the run does not exist or belongs to somebody else.
    """
    run = store.get(run_id or "")
    if not may_see(run):
        raise store.missing(run.id)
    return run


def find_deleted(run_id: str | None) -> Run:
    """Return a run of the current visitor that was deleted and can still be brought back.

    Raises the same RunError whether there is none or it belongs to somebody else.
    """
    deleted = trash.find(run_id or "")
    if not may_see(deleted):
        raise trash.missing()
    return deleted


def model_name(name: str) -> str:
    """Return a model's name in a form that cannot mean a run that the current visitor may not see.

    A name that is no run of theirs can only be a Hub id, and the prefix ``hub:`` says so to all
    code that finds the model later, also in a worker. The result does not depend on the runs of
    other visitors. A visitor who sees all runs reaches those of others only under the ids that they
    were created with, since anybody may have called a run ``bert-base-uncased``.
    """
    visitor = current_visitor()
    if training() == "anyone" or not name or name in store.RESERVED or {"/", ":"} & {*name}:
        return name
    if store.exists(name):
        run = store.get(name)
        if _is_own(run, visitor) or (sees_all(visitor) and store.is_made(name)):
            return name
    return with_hub_prefix(name)


def _from_here(headers: Mapping[str, str]) -> bool:
    """Return whether a request was sent by this page, or by a program and no page."""
    origin = headers.get("origin")
    if origin is None:
        return True
    spaces = os.environ.get("SPACE_HOST", "").split(",")
    return origin.partition("://")[2] in {headers.get("host"), *(host.strip() for host in spaces)}
