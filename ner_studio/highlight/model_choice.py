"""A field for a model, and one for the names of its labels if the model has none."""

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from ner_core.errors import RunError
from ner_studio.base import rights
from ner_studio.base.hidden_text import hidden_text

_Choices = Sequence[tuple[str, str]]


class ModelChoice:
    """A dropdown of models that also takes a Hub id; a field for label names appears if needed."""

    def __init__(self, label: str, choices: _Choices, value: str, elem_id: str, info: str) -> None:
        with gr.Column(min_width=200, elem_id=f"{elem_id}-field"):
            self.model = gr.Dropdown(
                list(choices),
                value=value,
                label=label,
                info=info,
                allow_custom_value=True,
                elem_id=elem_id,
            )
            self.names = gr.Textbox(
                label="Names of its labels",
                placeholder="O, B-PER, I-PER, B-LOC, I-LOC",
                max_lines=1,
                visible=False,
                elem_id=f"{elem_id}-labels",
            )
        # Hidden in the page: the model whose label names are asked for.
        self.named = hidden_text()

    @property
    def inputs(self) -> set[Any]:
        """The components that ``chosen`` and ``label_names`` read."""
        return {self.model, self.names, self.named}

    @property
    def outputs(self) -> list[Any]:
        """The components that ``ask`` updates."""
        return [self.names, self.named]

    @property
    def changes(self) -> list[Any]:
        """The events after which another model may be meant."""
        return [self.model.change, self.names.submit, self.names.blur]

    def chosen(self, form: Mapping[Any, Any]) -> str:
        """Return the name of the chosen model, empty if there is none."""
        return str(form[self.model] or "").strip()

    def label_names(self, form: Mapping[Any, Any]) -> tuple[str, ...]:
        """Return the label names that were typed in for the chosen model."""
        if not form[self.named] or form[self.named] != self.chosen(form):
            return ()
        names = (name.strip() for name in (form[self.names] or "").split(","))
        return tuple(name for name in names if name)

    def ask(self, form: Mapping[Any, Any], unnamed: Mapping[str, str]) -> list[Any]:
        """Return updates that show the field if the model is among ``unnamed`` (model: labels)."""
        model = self.chosen(form)
        if model and form[self.named] == model:
            return [gr.skip(), gr.skip()]  # the field stays while names are typed in
        if model in unnamed:
            number = unnamed[model]
            info = f"Type its {number} names in their order, with commas between. Then press Enter."
            return [gr.update(visible=True, value="", info=info), model]
        if form[self.named]:
            return [gr.update(visible=False, value=""), ""]
        return [gr.skip(), gr.skip()]

    def refresh(self, choices: _Choices, current: str | None) -> Any:
        """Return an update with these models; the choice is kept if it is still possible.

        That is one of the models, a Hub id, or a run that is too old to be among them.
        """
        listed = [value for _, value in choices]
        if "/" in (current or "") or current in listed or _is_older_run(current):
            # The value is not sent: a late answer must not undo a choice made meanwhile.
            return gr.update(choices=choices)
        return gr.update(choices=choices, value=choices[0][1])


def _is_older_run(name: str | None) -> bool:
    """Return whether it is a run of the visitor who asks that has a model."""
    try:
        return rights.find(name).model_dir.is_dir()
    except RunError:
        return False
