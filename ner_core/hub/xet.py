"""Sending files through the Xet storage of a Hub, which not every server has."""

import contextlib
import importlib.util
from collections.abc import Iterator

from huggingface_hub import constants
from huggingface_hub.utils import (  # type: ignore[attr-defined] # exported, but lazily
    build_hf_headers,
    get_session,
    hf_raise_for_status,
    httpx,
)

from ner_core.hub import client
from ner_core.hub.failures import cause_of, is_answer


@contextlib.contextmanager
def with_reason_of_xet(
    repo: str, kind: str, token: str, pull_request: bool = False
) -> Iterator[None]:
    """Raise the answer of the Hub if files can't be sent in the block because it has no Xet.

    The package that sends them keeps the status of that answer only, and not what the Hub says.
    Raises what the block raises if Xet is not the reason.
    """
    try:
        yield
    except Exception as error:
        cause = cause_of(error)
        lost_file = isinstance(cause, OSError) and cause.filename is not None
        if _is_used() and not (
            is_answer(cause) or isinstance(cause, httpx.TransportError) or lost_file
        ):
            _ask_for_token(repo, kind, token, pull_request)
        raise


def _is_used() -> bool:
    return not constants.HF_HUB_DISABLE_XET and importlib.util.find_spec("hf_xet") is not None


def _ask_for_token(repo: str, kind: str, token: str, pull_request: bool) -> None:
    """Raise the client's error if the Hub answers that there is no token for its Xet storage."""
    url = f"{constants.ENDPOINT}/api/{kind}s/{repo}/xet-write-token/main"
    with contextlib.suppress(httpx.TransportError):
        answer = get_session().get(
            url,
            params={"create_pr": "1"} if pull_request else {},
            headers=build_hf_headers(token=token),
            timeout=client.ANSWER_SECONDS,
        )
        hf_raise_for_status(answer)
