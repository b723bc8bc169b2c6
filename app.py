"""NER Studio's page: ``python app.py``. On a Hugging Face Space this file is what runs."""

import os
import threading
from typing import Any

# Before torch loads: the page shares its cores with a run at work, see ner_core/launch/local.py.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

import gradio as gr

from ner_core import runs
from ui.highlight_tab import HighlightTab
from ui.predictors import model_choices, warm_up
from ui.theme import CSS, theme
from ui.train_tab import TrainTab
from ui.uploads import MOST_BYTES

TITLE = """
# NER Studio
Teach a model your own named entities, and watch it learn.
"""


def build() -> gr.Blocks:
    """Build the page: two tabs, and what connects them."""
    page = gr.Blocks(title="NER Studio", analytics_enabled=False, fill_width=True)
    with page:
        gr.Markdown(TITLE, elem_id="title")
        with gr.Tabs() as tabs:
            with gr.Tab("Highlight", id="highlight"):
                highlight = HighlightTab()
            with gr.Tab("Train", id="train") as train_tab:
                train = TrainTab()
        highlight.wire()
        train.wire()

        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        page.load(first_tab, None, tabs, queue=False, **quiet)
        page.load(highlight.refresh_models, highlight.model, highlight.model, queue=False, **quiet)
        page.load(train.poll, [train.run, train.seen], train.polled, queue=False, **quiet)
        # Not when the page is loaded: reading data would hold up who types first.
        train.describe_on(train_tab.select, train.describe_choice)
        tabs.select(
            highlight.refresh_models, highlight.model, highlight.model, queue=False, **quiet
        )
        train.try_it.click(
            lambda run: (
                gr.Tabs(selected="highlight"),
                gr.update(choices=model_choices(), value=run),
            ),
            train.run,
            [tabs, highlight.model],
            queue=False,
            **quiet,
        )
        page.queue(default_concurrency_limit=2, max_size=64)
    return page


def first_tab() -> Any:
    """Open with Highlight, unless there is a run at work to be watched.

    Highlight is where the page is already: a late answer must not undo a visitor's click.
    """
    states = [run.status() for run in runs.list_runs()[:3]]
    at_work = any(state in runs.ACTIVE for state in states)
    return gr.Tabs(selected="train") if at_work else gr.skip()


def main() -> None:
    """Serve the page until it is interrupted."""
    page = build()
    try:
        _serve(page)
    except KeyboardInterrupt:
        page.close(verbose=False)


def _serve(page: gr.Blocks) -> None:
    page.launch(
        theme=theme(),
        css=CSS,
        ssr_mode=False,
        run_history=False,  # it would keep visitors' texts in their browser
        enable_monitoring=False,  # it would be public
        max_file_size=MOST_BYTES,
        footer_links=["gradio"],
        prevent_thread_lock=True,
    )
    threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
    page.block_thread()


if __name__ == "__main__":
    main()
