"""The model card as it would be pushed, shown as text while its accordion is open."""

from typing import Any

import gradio as gr

from ner_core.errors import NerError
from ner_core.publishing import files
from ner_studio.base import markup, rights
from ner_studio.base.events import QUICK
from ner_studio.publish import view

MERGED, ADAPTER = "merged", "adapter"
"""What of a run is published: the model with the adapter merged into it, or the adapter alone."""


class CardPreview:
    """The accordion with the card, and its handlers."""

    def __init__(self) -> None:
        with gr.Accordion(
            "Preview the model card", open=False, elem_id="publish-card"
        ) as self.accordion:
            self.card = gr.HTML("", html_template=view.CARD_TEMPLATE, apply_default_css=False)

    def wire(self, run: gr.Dropdown, repo: gr.Textbox, what: gr.Radio) -> None:
        """Connect the components; ``run`` holds the id of the run, ``what`` is as above."""
        shown = [run, repo, what]
        self.accordion.expand(self.show, shown, self.card, **QUICK)
        for event in (repo.blur, what.input):
            event(self.renew, [*shown, self.card], self.card, **QUICK)
        self.accordion.collapse(lambda: "", None, self.card, **QUICK)

    def show(self, run_id: str | None, repo: str | None, what: str) -> str:
        """Return the card of a run's model, as it would be pushed."""
        try:
            run = rights.find(run_id)
            return markup.escape(files.published_card(run, (repo or "").strip(), what == ADAPTER))
        except NerError as error:
            return markup.escape(error)

    def renew(self, run_id: str | None, repo: str | None, what: str, card: str | None) -> Any:
        """Return the card once more if it is open."""
        return self.show(run_id, repo, what) if card else gr.skip()
