"""The tools of the MCP server answer in JSON.

Gradio's own handler writes an answer as Python's ``repr``. The one here is registered at the same
server, so that its addresses and the names of its tools stay.
"""

import json
from typing import Any

import gradio as gr
from mcp import types

from ner_core.errors import ConfigError
from ner_studio import api


def answer_in_json(page: gr.Blocks) -> None:
    """Let the tools of a page that is served answer in JSON, as text and as structured content."""
    gradio_server: Any = page.mcp_server_obj  # untyped, as most of Gradio is
    server, endpoints = gradio_server.mcp_server, gradio_server.tool_to_endpoint
    described_by_gradio = server.request_handlers[types.ListToolsRequest]

    @server.list_tools()  # type: ignore[untyped-decorator]
    async def list_tools() -> list[types.Tool]:
        listed = await described_by_gradio(types.ListToolsRequest())
        return [
            tool.model_copy(update={"outputSchema": _schema(gradio_server, endpoints[tool.name])})
            for tool in listed.root.tools
        ]

    # Not validated here: the endpoints say in a sentence what is wrong.
    @server.call_tool(validate_input=False)  # type: ignore[untyped-decorator]
    async def call_tool(name: str, arguments: dict[str, Any]) -> types.CallToolResult:
        selected = gradio_server.get_selected_tools_from_request()
        if name not in endpoints or (selected is not None and name not in selected):
            return _answer(f"There is no tool {name[:60]!r} here.", wrong=True)
        function = gradio_server.get_block_fn_from_endpoint_name(endpoints[name]).fn
        try:
            result = {"result": await function(**api.arguments_of(function, arguments))}
        except (ConfigError, gr.Error) as error:
            sentence = error.message if isinstance(error, gr.Error) else str(error)
            return _answer(sentence, wrong=True)
        return _answer(json.dumps(result, ensure_ascii=False), structured=result)


def _answer(
    text: str, structured: dict[str, Any] | None = None, wrong: bool = False
) -> types.CallToolResult:
    content: list[types.ContentBlock] = [types.TextContent(type="text", text=text)]
    return types.CallToolResult(content=content, structuredContent=structured, isError=wrong)


def _schema(gradio_server: Any, endpoint: str) -> dict[str, Any]:
    """Return the JSON schema of the structured content of a tool."""
    (returned,) = gradio_server.api_info["named_endpoints"][endpoint]["returns"]
    return {"type": "object", "properties": {"result": returned["type"]}, "required": ["result"]}
