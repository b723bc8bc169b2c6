"""The component of the editor, and what connects it with the tab around it.

All editing happens in the browser, see ``editor.js``. The server is asked for a text to correct,
and to save what was decided; see ``asked.py`` and ``answers.py``. Values go both ways as JSON
texts, which can hold what Gradio's own JSON cannot: half of a surrogate pair.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr

from ner_core.errors import NerError
from ner_studio.base import assets, set_rights
from ner_studio.base.events import QUICK, QUIET
from ner_studio.base.hidden_text import hidden_text
from ner_studio.highlight import reading
from ner_studio.highlight.editor.answers import answer
from ner_studio.highlight.editor.queue_file import add_file
from ner_studio.highlight.model_choice import ModelChoice
from ner_studio.highlight.reading import Wanted

_SCRIPTS = (
    "highlight/editor/offsets.js",
    "highlight/editor/annotation_state.js",
    "highlight/editor/text_view.js",
    "highlight/editor/editor.js",
    "highlight/editor/session.js",
    "highlight/editor/queue.js",
    "highlight/editor/sets.js",
    "highlight/editor/history.js",
    "highlight/editor/wire.js",
    "highlight/editor/types_bar.js",
    "highlight/editor/menu.js",
    "highlight/editor/keys.js",
    "highlight/editor/pointer.js",
    "highlight/editor/start.js",
)


class Editor:
    """The editor; ``button`` opens it."""

    def __init__(self, button: gr.Button) -> None:
        self.button = button
        self.editor = gr.HTML(
            {"opened": ""},
            html_template=assets.read("highlight/editor/editor.html"),
            js_on_load="\n".join(map(assets.read, _SCRIPTS)),
            apply_default_css=False,
            elem_id="editor",
        )
        self.file = gr.UploadButton("Add a file of texts", size="sm", elem_id="queue-file")
        # Hidden in the page: when a model that is waited for was loaded.
        self.arrived = hidden_text()
        # What the browser says of a file (the set, what it is cut into), and what became of it.
        self.chosen, self.unit, self.queued = hidden_text(), hidden_text(), hidden_text()

    def wire(self, model: ModelChoice, wanted: Callable[[Mapping[Any, Any]], Wanted]) -> None:
        """Connect it with the field of the model; ``wanted`` reads what is chosen there."""

        def ask(form: Mapping[Any, Any], event: gr.EventData) -> dict[str, str]:
            return {"opened": json.dumps(answer(_sent(event), wanted(form)))}

        async def wait(form: Mapping[Any, Any]) -> str:
            await reading.wait_for_any([wanted(form)])
            return str(time.time_ns())

        self.editor.ask(ask, model.inputs, self.editor, trigger_mode="multiple", **QUICK)
        self.editor.wait(
            wait,
            model.inputs,
            self.arrived,
            trigger_mode="multiple",
            concurrency_id="loading",
            concurrency_limit=None,
            **QUIET,
        )
        added = self.file.upload(
            add_file,
            [self.file, self.chosen, self.unit],
            self.queued,
            js=assets.read("highlight/editor/queue_file.js"),
            **QUICK,
        )
        added.then(None, self.queued, None, js=assets.read("highlight/editor/queued.js"), **QUICK)
        self.button.click(None, None, None, js=assets.read("highlight/editor/open.js"), **QUICK)
        gr.on(
            [self.arrived.change, *model.changes],
            None,
            None,
            None,
            js=assets.read("highlight/editor/reread.js"),
            **QUICK,
        )

    def train_with(
        self, model: ModelChoice, train: Callable[[str, str], dict[Any, Any]], outputs: list[Any]
    ) -> Any:
        """Call ``train`` with the id of the set and the model to learn from, when it is wanted."""

        def learn(chosen: str | None, event: gr.EventData) -> dict[Any, Any]:
            try:
                found = set_rights.find_set(str(event.set))
            except (AttributeError, TypeError, NerError):  # anybody can send a request of their own
                return {output: gr.skip() for output in outputs}
            return train(found.id, chosen or "")

        return self.editor.train(learn, model.model, outputs, **QUICK)


def _sent(event: gr.EventData) -> object:
    try:
        return event.asked
    except (AttributeError, TypeError):  # anybody can send a request of their own
        return None
