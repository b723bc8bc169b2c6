"""Signing in with the Hub on a Space: the button, and notes for visitors who have to sign in."""

import gradio as gr

from ner_studio.base import rights
from ner_studio.base.markup import escape
from ner_studio.base.rights import Visitor

_TARGET = "/login/huggingface?_target_url=/"


def add_button() -> None:
    """Add the button where visitors can sign in; elsewhere Gradio's button is a mock."""
    if rights.can_sign_in():
        gr.LoginButton(
            "Sign in",
            logout_value="Sign out ({})",
            variant="secondary",
            size="sm",
            elem_id="sign-in",
        )


def note(visitor: Visitor) -> str:
    """Return why a visitor may not train, and what to do; empty for those who may."""
    if rights.may_train(visitor):
        return ""
    value = rights.training()
    if visitor.name is None and value != "off":
        whom = "signed-in visitors" if value == "signed-in" else "the owner of this Space"
        text = (
            f"Only {whom} can train here. A run, its model and its data can be seen by the visitor "
            "who started it and by the owner of the Space."
        )
        link = f'<a href="{_TARGET}" target="_self">Sign in with Hugging Face</a>'
        return f'<p class="ner-quiet">{escape(text)} {link}</p>'
    return f'<p class="ner-quiet">{escape(rights.why_not(visitor))}</p>'


def to_publish() -> str:
    """Return how visitors of a Space who are not signed in can publish a run."""
    if not rights.can_sign_in():
        text = (
            "Nobody can sign in to this Space, so nothing can be published from here. Its owner "
            "can set hf_oauth: true."
        )
        return f'<p class="ner-quiet">{escape(text)}</p>'
    link = f'<a href="{_TARGET}" target="_self">Sign in with Hugging Face</a>'
    return f'<p class="ner-quiet">{link} to publish the model to a repository of yours.</p>'
