"""Parts of the page without a server."""

import asyncio

import gradio as gr


def build(make):
    """Call ``make`` where a part of the page is placed; give the page, and what ``make`` gave.

    Inside a loop, or Gradio leaves one of its own open.
    """

    async def place():
        with gr.Blocks() as page:
            return page, make()

    return asyncio.run(place())
