"""Calls over REST that Gradio would refuse without a word are completed, or refused in a sentence.

Gradio answers a call with fewer values than parameters with ``{"error": null}``, one that names an
unknown parameter with "Internal Server Error", and it drops values that are too many.
"""

import inspect
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ner_core.errors import ConfigError
from ner_studio import api

_CALL = re.compile(r"/gradio_api/(?P<form>call/v2|call|run|api)/(?P<name>\w+)/?$")
_GRADIOS_OWN = "oauth_token"  # Gradio takes it out of the named values itself


class CompleteCalls:
    """ASGI middleware that completes the bodies of the calls of the public endpoints."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._functions = {function.__name__: function for function in api.ENDPOINTS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call that is wrong; pass all others on."""
        posted = scope["type"] == "http" and scope["method"] == "POST"
        match = _CALL.search(scope["path"]) if posted else None
        if match is None or match["name"] not in self._functions:
            await self._app(scope, receive, send)
            return
        try:
            body = await Request(scope, receive).body()
        except ClientDisconnect:
            return
        try:
            body = completed(self._functions[match["name"]], body, match["form"] == "call/v2")
        except ConfigError as error:
            await JSONResponse({"error": str(error)}, 422)(scope, receive, send)
            return
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive_body() -> Message:
            return waiting.pop() if waiting else await receive()

        headers = [pair for pair in scope["headers"] if pair[0].lower() != b"content-length"]
        headers.append((b"content-length", str(len(body)).encode()))
        await self._app({**scope, "headers": headers}, receive_body, send)


def completed(function: Callable[..., Any], body: bytes, named: bool) -> bytes:
    """Return the body of a call with a value for each parameter; ``named`` if it has their names.

    Raises ConfigError for values that do not fit the parameters. What is no call at all stays as
    it is: Gradio says what is wrong with it.
    """
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if not isinstance(sent, dict):
        return body
    if named:
        api.arguments_of(function, {name: sent[name] for name in sent if name != _GRADIOS_OWN})
        return body
    if not isinstance(sent.get("data"), list):
        return body
    return json.dumps({**sent, "data": _in_order(function, sent["data"])}).encode()


def _in_order(function: Callable[..., Any], values: Sequence[Any]) -> list[Any]:
    names = list(inspect.signature(function).parameters)
    if len(values) > len(names):
        raise ConfigError(
            f"{function.__name__} takes at most {len(names)} values, in the order "
            f"{', '.join(names)}, not {len(values)}."
        )
    given: Mapping[str, Any] = dict(zip(names, values, strict=False))
    return list(api.arguments_of(function, given).values())
