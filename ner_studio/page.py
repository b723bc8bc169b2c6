"""Building the page and serving it."""

import threading
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from ner_core.annotations import store as annotation_sets
from ner_core.errors import ConfigError
from ner_core.models.sources import find_model
from ner_core.runs import trash
from ner_studio import api, mcp_tools, rest_calls
from ner_studio.base import assets, rights, sign_in
from ner_studio.base.events import QUICK
from ner_studio.base.hub_badge import HubBadge
from ner_studio.base.theme import theme
from ner_studio.highlight.tab import HighlightTab
from ner_studio.state import snapshots
from ner_studio.state.predictors import model_choices, offer, warm_up
from ner_studio.state.uploads import MOST_BYTES
from ner_studio.train.tab import TrainTab

TITLE = """
# NER Studio
Teach a model your own named entities, and watch it learn.
"""


def build() -> gr.Blocks:
    """Build the page: two tabs, and what connects them."""
    page = gr.Blocks(
        title="NER Studio",
        analytics_enabled=False,
        fill_width=True,
        delete_cache=(3600, 86400),  # seconds: how often uploads and results are looked at, how old
    )
    with page:
        gr.Markdown(TITLE, elem_id="title")
        sign_in.add_button()
        badge = HubBadge()
        with gr.Tabs() as tabs:
            with gr.Tab("Highlight", id="highlight"):
                highlight = HighlightTab()
            with gr.Tab("Train", id="train") as tab:
                train = TrainTab()
        highlight.wire()
        train.wire()
        badge.wire(page.load, [*highlight.hub_fields, *train.source.hub_fields])

        publishing = train.watch.publishing
        publishing.look_on(badge.line.change, train.watch.run)
        train.source.suggest_on(badge.line.change)

        page.load(first_tab, None, [tabs, train.mode], **QUICK)
        highlight.restore_on(page.load)
        highlight.refresh_on(page.load)
        train.watch.open_on(page.load)
        train.explain_on(page.load)
        train.runs.refresh_on(page.load)
        # Not when the page is loaded: reading data would hold up who types first.
        train.source.describe_on(tab.select, train.source.describe_choice)
        train.settings.refresh_on(tab.select)
        train.watch.keep_address_on(tabs.select)
        highlight.refresh_on(tabs.select)

        def try_run(run: str) -> dict[Any, Any]:
            chosen = gr.update(choices=model_choices(), value=run)
            own = highlight.offer(train.watch.texts_of(run))
            return {tabs: gr.Tabs(selected="highlight"), highlight.model: chosen, **own}

        tried = [tabs, highlight.model, *highlight.offered]
        for event in (
            *train.watch.try_with(try_run, tried),
            train.runs.try_with(try_run, tried),
        ):
            highlight.take_offered_on(event.then)

        def train_on(set_id: str, model: str) -> dict[Any, Any]:
            return {tabs: gr.Tabs(selected="train"), **train.learn_from(set_id, model)}

        taught = highlight.editor.train_with(highlight.first, train_on, [tabs, *train.filled])
        train.describe_after(taught.then)
        api.add_endpoints()
        page.queue(default_concurrency_limit=2, max_size=64)
    return page


def first_tab(request: gr.Request) -> Any:
    """Open the Train tab if there is a run to show: that of the address, or one at work.

    A run at work does not count if the address names a model. Otherwise nothing changes: the page
    shows Highlight already, and a late answer must not undo a visitor's click.
    """
    query = request.query_params
    watching = "run" in query or (
        "model" not in query and snapshots.SHARED.current().anyone_at_work
    )
    return (gr.Tabs(selected="train"), "watch") if watching else gr.skip()


def serve(
    model: str | None = None,
    host: str | None = None,
    port: int | None = None,
    share: bool | None = None,
) -> None:
    """Serve the page until it is interrupted.

    ``model`` is one more model for the Highlight tab, which opens with it. ``host``, ``port`` and
    ``share`` are as in ``gradio.Blocks.launch``, which takes the environment variables
    ``GRADIO_SERVER_NAME``, ``GRADIO_SERVER_PORT`` and ``GRADIO_SHARE`` where they are None. Raise
    ConfigError for a setting that cannot work, ModelError if there is no such model.
    """
    rights.training()
    if model is not None:
        find_model(model)
        offer(model)
    page = build()
    try:
        _launch(page, host, port, share)
        mcp_tools.answer_in_json(page)
        for sweep in (trash.sweep, annotation_sets.sweep):
            threading.Thread(target=sweep, name="sweep", daemon=True).start()
        threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
        page.block_thread()
    except KeyboardInterrupt:
        page.close(verbose=False)


def _launch(page: gr.Blocks, host: str | None, port: int | None, share: bool | None) -> None:
    try:
        page.launch(
            theme=theme(),
            css=assets.style_sheet(),
            head=assets.head(),
            js=assets.read("base/keyboard.js"),
            server_name=host,
            server_port=port,
            share=share,
            ssr_mode=False,
            mcp_server=True,
            run_history=False,  # it would keep visitors' texts in their browser
            enable_monitoring=False,  # it would be public
            max_file_size=MOST_BYTES,
            footer_links=["gradio"],
            prevent_thread_lock=True,
            app_kwargs={"middleware": [Middleware(rest_calls.CompleteCalls)]},
        )
    except OSError as error:
        if "empty port" not in str(error):
            raise
        raise ConfigError(
            "The port of the page is in use by another program. Choose another one with --port or "
            "GRADIO_SERVER_PORT."
        ) from None
