"""The field of the Train tab for the visitor's annotation sets."""

from typing import Any

import gradio as gr

from ner_core.annotations import addresses
from ner_core.annotations.addresses import Address
from ner_core.errors import AnnotationError
from ner_studio.base import set_rights


class SetField:
    """A list of the visitor's annotation sets, by their titles."""

    def __init__(self) -> None:
        self.choice = gr.Dropdown(
            [],
            label="Annotation set",
            info="What you corrected in the Highlight tab. Every fifth text is held out, to score.",
            visible=False,
            # Gradio would compare what is sent with the empty list that the page began with.
            allow_custom_value=True,
            elem_id="annotation-set",
        )

    def show(self, visible: bool, chosen: str | None = None) -> Any:
        """Return the update that shows the sets there are; ``chosen`` is the id of one."""
        if not visible:
            return gr.update(visible=False)
        choices = [(one.title, one.id) for one in set_rights.visible_sets()]
        ids = [one for _, one in choices]
        value = chosen if chosen in ids else ids[0] if ids else None
        return gr.update(visible=True, choices=choices, value=value)

    @staticmethod
    def source(set_id: str | None) -> str:
        """Return a set as a source of data.

        Raises AnnotationError if there is none, or it is somebody else's.
        """
        if not set_id:
            raise AnnotationError(
                "There is no annotation set yet. Make one with Correct in the Highlight tab."
            )
        return str(Address(set_rights.find_set(str(set_id)).id))

    @staticmethod
    def of_source(source: str) -> str | None:
        """Return the id of the set that a source of data is, None if it is none."""
        address = addresses.parse(source)
        return address.set_id if address else None
