"""Signing in with the Hub, on a Space: the button, and what is said to those who may not train."""

import gradio as gr

from ner_studio.base import rights
from ner_studio.base.markup import escape
from ner_studio.base.rights import Visitor

_TARGET = "/login/huggingface?_target_url=/"

CSS = """
#sign-in { position: absolute; top: .15rem; right: 0; z-index: 1; width: auto; min-width: 0;
  max-width: min(22rem, 100% - 10.5rem); padding: .3rem .6rem; box-shadow: none;
  display: block; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
#sign-in img { display: inline-block; vertical-align: middle; margin: 0 .3rem 0 0; }
#train-rights:not(:has(p)) { display: none; }
#train-rights a { color: var(--link-text-color); text-decoration: underline;
  white-space: nowrap; }
"""


def place() -> None:
    """Place the button, where people can sign in: elsewhere Gradio's would be a mock."""
    if rights.can_sign_in():
        gr.LoginButton(
            "Sign in",
            logout_value="Sign out ({})",
            variant="secondary",
            size="sm",
            elem_id="sign-in",
        )


def note(visitor: Visitor) -> str:
    """Say to a visitor who may not train why that is, and what to do; nothing to others."""
    if rights.may_train(visitor):
        return ""
    value = rights.training()
    if visitor.name is None and value != "off":
        whom = "whoever signs in" if value == "signed-in" else "the owner of this Space"
        text = (
            f"Training here is for {whom}. A run, its model and its data are seen by the one who "
            "started it and by the Space’s owner."
        )
        link = f'<a href="{_TARGET}" target="_self">Sign in with Hugging Face</a>'
        return f'<p class="ner-quiet">{escape(text)} {link}</p>'
    return f'<p class="ner-quiet">{escape(rights.why_not(visitor))}</p>'


def to_publish() -> str:
    """Say to who is not signed in on a Space how a run is published."""
    if not rights.can_sign_in():
        text = "Publishing from here needs a Space that people can sign in to: hf_oauth: true."
        return f'<p class="ner-quiet">{escape(text)}</p>'
    link = f'<a href="{_TARGET}" target="_self">Sign in with Hugging Face</a>'
    return f'<p class="ner-quiet">{link} to publish: the repository becomes yours.</p>'
