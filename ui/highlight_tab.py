"""The Highlight tab: type, and see the entities."""

from typing import Any

import gradio as gr

from ner_core import NerError
from ui import markup
from ui.predictors import STARTER, find_entities, model_choices

MOST_CHARACTERS = 20_000
_NO_TEXT = "Type or paste a text above, or pick an example."
EXAMPLES = {
    "Profile": "Sunny is Data Scientist and Generative AI Engineer at Infosys in Bengaluru.",
    "News": "Angela Merkel flew from Berlin to Nairobi to meet officials of the African Union.",
    "Biography": "Wangari Maathai, a Kenyan activist, won the Nobel Peace Prize in Oslo in 2004.",
    "Sport": "Washington beat Boston 3-1, and the Senate in Washington heard nothing of it.",
    "Chat": "just landed in são paulo, dinner with Júlia from Nubank tonight!!",
}


class HighlightTab:
    """The components of the tab, and what happens when they are used."""

    def __init__(self) -> None:
        self.model = gr.Dropdown(
            model_choices(),
            value=STARTER,
            label="Model",
            elem_id="model-choice",
            filterable=False,
        )
        self.text = gr.Textbox(
            label="Text",
            placeholder="Type or paste a text: its entities appear below as you type.",
            lines=4,
            max_lines=14,
            elem_id="text",
        )
        gr.Examples(
            list(EXAMPLES.values()),
            self.text,
            label="Examples",
            example_labels=list(EXAMPLES),
            api_visibility="private",
        )
        self.marked = gr.HTML(
            markup.empty(_NO_TEXT), apply_default_css=False, elem_id="highlighted"
        )
        self.table = gr.HTML("", apply_default_css=False, elem_id="entities")

    def wire(self) -> None:
        """Connect the components of the tab with each other."""
        # `change`, not `input`: that fires on key presses only and would miss a paste.
        for event in (self.text.change, self.model.change):
            event(
                self.highlight,
                [self.text, self.model],
                [self.marked, self.table],
                trigger_mode="always_last",
                concurrency_id="highlight",
                show_progress="hidden",
                api_visibility="private",
            )

    def refresh_models(self, current: str | None) -> Any:
        """Offer the models there are; keep the choice if it is one of them."""
        choices = model_choices()
        if current in [value for _, value in choices]:
            # Not sent back: a late answer must not undo a choice made meanwhile.
            return gr.update(choices=choices)
        return gr.update(choices=choices, value=STARTER)

    def highlight(self, text: str | None, model: str | None) -> tuple[str, str]:
        """Mark the entities of a text."""
        text = text or ""
        if not text.strip():
            return markup.empty(_NO_TEXT), ""
        shown, notice = text[:MOST_CHARACTERS], ""
        if len(text) > MOST_CHARACTERS:
            notice = (
                f'<p class="ner-warning">Only the first {MOST_CHARACTERS:,} of {len(text):,} '
                "characters are read here; <code>python -m ner_core predict --file</code> reads "
                "texts of any length.</p>"
            )
        try:
            types, entities = find_entities(model or STARTER, shown)
        except NerError as error:
            return markup.error(str(error)), ""
        legend = markup.legend(types, entities)
        return (
            notice + legend + markup.highlighted(shown, entities),
            markup.entity_table(entities),
        )
