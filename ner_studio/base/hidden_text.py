"""Text boxes that nobody sees, with which the server tells the page to call a handler."""

import gradio as gr


def hidden_text(value: str = "") -> gr.Textbox:
    """Add a text that is in the page without being seen, so that its change is an event.

    A ``gr.State`` would report its changes to queued events only. The style sheet hides it, too:
    inside a part of the page that becomes visible, Gradio shows what is only ``visible="hidden"``.
    """
    return gr.Textbox(value, visible="hidden", elem_classes="ner-hidden")
