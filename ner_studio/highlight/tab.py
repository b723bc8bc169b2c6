"""The Highlight tab: type a text and see its entities.

A model that is not in memory is loaded in the background. Until then the result shows that it is
being loaded; after that, the text is read again.
"""

import json
import time
from collections.abc import Mapping, Sequence
from textwrap import shorten
from typing import Any

import gradio as gr

from ner_core.errors import UnnamedLabelsError
from ner_studio.base import assets
from ner_studio.base.events import QUICK, QUIET, UNCHECKED
from ner_studio.base.hidden_text import hidden_text
from ner_studio.highlight import reading
from ner_studio.highlight import view as highlight_view
from ner_studio.highlight.editor.editor import Editor
from ner_studio.highlight.examples import EXAMPLES, OPENING, OPENING_ENTITIES, OPENING_TYPES
from ner_studio.highlight.file_panel import FilePanel
from ner_studio.highlight.model_choice import ModelChoice
from ner_studio.highlight.reading import Wanted
from ner_studio.highlight.view import MOST_CHARACTERS, TEXT, TOKENS, VIEWS, Outcome, Reading
from ner_studio.state.predictors import STARTER, model_choices

_NO_COMPARISON = ("no other model", "")
_MODEL_INFO = "The starter, a finished run, or the id of a model on the Hub, typed in."
_COMPARE_INFO = "A second model reads the same text; what differs is outlined."
_SCRIPTS = ("highlight/highlight_tables.js", "highlight/highlight.js")


class HighlightTab:
    """The components of the tab and their handlers."""

    def __init__(self) -> None:
        choices = model_choices()
        model = choices[0][1]
        with gr.Row(elem_id="highlight-top"):
            with gr.Row(elem_id="models"):
                self.first = ModelChoice("Model", choices, model, "model-choice", _MODEL_INFO)
                self.toggle = gr.Button("Compare", size="sm", elem_id="compare-toggle")
                self.second = ModelChoice(
                    "Compare with", [_NO_COMPARISON, *choices], "", "compare", _COMPARE_INFO
                )
            self.model = self.first.model
            examples = gr.Row(elem_id="examples-row")
        self.text = gr.Textbox(
            OPENING,
            label="Text",
            show_label=False,
            placeholder="Type or paste a text: its entities appear below as you type.",
            lines=3,
            max_lines=6,
            elem_id="text",
        )
        with examples:
            self.examples = gr.Examples(
                list(EXAMPLES.values()),
                self.text,
                label="Try",
                example_labels=list(EXAMPLES),
                elem_id="examples",
                api_visibility="private",
            )
        with gr.Row(elem_id="view-row"):
            self.view = gr.Radio(
                list(VIEWS),
                value=TEXT,
                label="View",
                show_label=False,
                container=False,
                elem_id="view",
                elem_classes="ner-switch",
            )
            correct = gr.Button("Correct", size="sm", elem_id="correct")
        self.result = gr.HTML(
            highlight_view.page(TEXT, OPENING, [model], [_opening(model)]),
            apply_default_css=False,
            js_on_load="\n".join([_examples_for_script(), *map(assets.read, _SCRIPTS)]),
            elem_id="highlighted",
        )
        # Hidden in the page: which models are being loaded, and when the last one was loaded.
        self.awaited = hidden_text()
        self.arrived = hidden_text()
        # Which models have labels without names: a line "number model" for each.
        self.unnamed = hidden_text()
        # The text that a run was opened with, and the examples that it may replace.
        self.offered_text = hidden_text()
        self.editor = Editor(correct)
        self.files = FilePanel()

    @property
    def hub_fields(self) -> list[tuple[Any, str]]:
        """The fields that take Hub ids, and what to choose instead if the Hub can't be reached."""
        instead = "choose the starter or a finished run."
        return [(self.first.model, instead), (self.second.model, instead)]

    def wire(self) -> None:
        """Connect the components of the tab with each other."""
        inputs = {
            self.text,
            self.view,
            self.awaited,
            self.arrived,
            *self.first.inputs,
            *self.second.inputs,
        }
        # `change` rather than `input`, which fires on key presses only and would miss a paste.
        changes = [part.change for part in (self.text, self.view, self.arrived)]
        # One event for all of them, so that a late answer never replaces a later one. It comes with
        # each key press, so Gradio's own processing is switched off: its queue alone took longer
        # than the answer, and each further component took a millisecond.
        gr.on(
            [*changes, *self.first.changes, *self.second.changes],
            self.highlight,
            inputs,
            [self.result, self.awaited, self.unnamed],
            trigger_mode="always_last",
            postprocess=False,
            **UNCHECKED,
        )
        gr.on(
            [self.unnamed.change, self.first.model.change, self.second.model.change],
            self.ask_for_names,
            {self.unnamed, *self.first.inputs, *self.second.inputs},
            [*self.first.outputs, *self.second.outputs],
            trigger_mode="always_last",
            **QUICK,
        )
        self.awaited.change(
            self.wait,
            inputs,
            self.arrived,
            trigger_mode="multiple",  # a model that is chosen meanwhile is waited for as well
            concurrency_id="loading",
            concurrency_limit=None,
            **QUIET,
        )
        self.toggle.click(
            None,
            self.second.model,
            self.second.model,
            js=assets.read("highlight/compare.js"),
            **QUICK,
        )
        self.editor.wire(self.first, self._first_wanted)
        self.files.wire(self.model, self.first.names)

    @property
    def offered(self) -> list[Any]:
        """The components that ``offer`` updates."""
        return [self.offered_text, self.examples.dataset]

    def offer(self, texts: Sequence[str]) -> dict[Any, Any]:
        """Show these texts as examples, if there are any; ``take_offered_on`` follows."""
        if not texts:
            return {self.offered_text: ""}
        labels = [shorten(text, 28, placeholder=" …") for text in texts]
        samples = gr.Dataset(samples=[[text] for text in texts], sample_labels=labels)
        offered = {"first": texts[0], "replaced": [*EXAMPLES.values(), *texts]}
        return {self.offered_text: json.dumps(offered), self.examples.dataset: samples}

    def take_offered_on(self, event: Any) -> None:
        """Go to the text on this event, with the first offered one in it if it was an example."""
        both = [self.text, self.offered_text]
        event(None, both, self.text, js=assets.read("highlight/take_offered.js"), **QUICK)

    def restore_on(self, event: Any) -> None:
        """Restore what the address of the page contains, or what was there before a reload."""
        # The last one changes with every page, so that the text is read at once.
        restored = [self.text, self.model, self.second.model, self.view, self.arrived]
        event(None, restored, restored, js=assets.read("highlight/restore.js"), **QUICK)

    def refresh_on(self, event: Any) -> None:
        """Update the lists of models when this event happens."""
        models = [self.model, self.second.model]
        event(self.refresh_models, models, models, **QUICK)

    def refresh_models(self, model: str | None, compare: str | None) -> list[Any]:
        """Return the current models for both fields; keep choices that are still possible."""
        choices = model_choices()
        return [
            self.first.refresh(choices, model),
            self.second.refresh([_NO_COMPARISON, *choices], compare),
        ]

    def highlight(self, form: Mapping[Any, Any]) -> tuple[str, str, str]:
        """Return the result, the models being loaded, and those whose labels have no names."""
        # Gradio does not check these values, and not all requests come from the page.
        form = {part: value if isinstance(value, str) else "" for part, value in form.items()}
        text, view, wanted = form[self.text], form[self.view], self._wanted(form)
        models = [model for model, _ in wanted]
        outcomes: list[Outcome] = []
        if text.strip():
            # The limit in the browser can be circumvented, so it is enforced here.
            read = text[:MOST_CHARACTERS]
            outcomes = [reading.read(one, read, view == TOKENS) for one in wanted]
        answered = list(zip(models, outcomes, strict=False))
        coming = [model for model, outcome in answered if outcome is None]
        return (
            highlight_view.page(view, text, models, outcomes),
            # With the last arrival, so that the value changes if a model was loaded and freed.
            "\n".join(filter(None, [*coming, form[self.arrived]])) if coming else "",
            "\n".join(
                f"{outcome.count} {model}"
                for model, outcome in answered
                if isinstance(outcome, UnnamedLabelsError)
            ),
        )

    def ask_for_names(self, form: Mapping[Any, Any]) -> list[Any]:
        """Return updates that show a field for label names for each model that needs them."""
        lines = (line.partition(" ") for line in (form[self.unnamed] or "").splitlines())
        counts = {model: count for count, _, model in lines}
        return [*self.first.ask(form, counts), *self.second.ask(form, counts)]

    async def wait(self, form: Mapping[Any, Any]) -> Any:
        """Wait until one of the awaited models is loaded or has failed."""
        if not form[self.awaited]:
            return gr.skip()
        await reading.wait_for_any(self._wanted(form))
        return str(time.time_ns())

    def _wanted(self, form: Mapping[Any, Any]) -> list[Wanted]:
        """Return the models that read the text: one, or two to compare."""
        first = self._first_wanted(form)
        second = (self.second.chosen(form), self.second.label_names(form))
        return [first, second] if second[0] else [first]

    def _first_wanted(self, form: Mapping[Any, Any]) -> Wanted:
        return (self.first.chosen(form) or STARTER, self.first.label_names(form))


def _opening(model: str) -> Reading:
    """Return what is drawn before a model has answered; of another one nothing is known yet."""
    if model == STARTER:
        return Reading(model, OPENING_TYPES, OPENING_ENTITIES)
    return Reading(model, (), ())


def _examples_for_script() -> str:
    return f"const EXAMPLES = {json.dumps(list(EXAMPLES.values()))};"
