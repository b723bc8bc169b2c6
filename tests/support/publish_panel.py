"""The handlers of the publish panel, called as the page calls them."""

import html
import re

import gradio as gr

from ner_studio.publish.card_preview import MERGED
from ner_studio.publish.destination import COMMIT
from tests.support import toy


def publish(panel, run_id, repo="me/ner", private=True, way=COMMIT, what=MERGED, message=""):
    """Press the button: what is shown then, by the components' names."""
    return moved(panel, panel.publish(run_id, repo, private, way, what, message))


def moved(panel, values):
    """Return what is shown of an upload, by the components' names."""
    names = ("note", "status", "start", "timer", "state")
    pairs = zip(names, panel.moving, strict=True)
    return {name: values[part] for name, part in pairs if part in values}


def ended(panel, run_id):
    """Look on until the upload has ended."""

    def look():
        now = moved(panel, panel.poll(run_id))
        if now["state"] == "uploading":
            assert now["timer"].active
            assert now["start"] == gr.update(value="Publishing …", interactive=False)
            return None
        return now

    now = toy.wait_for(look, "the end of the upload")
    assert not now["timer"].active
    assert now["status"]["state"] == now["state"]
    return now


def text(shown):
    return html.unescape(re.sub(r"<[^>]+>", "", shown))


def answers(panel, repo, way=COMMIT, shown=None):
    """Return all that the check says, one after the other, each with the box for private."""
    return told(panel, panel.where.ask(repo, way, shown))


def told(panel, answers):
    parts = (panel.where.check, panel.where.private)
    return [
        [gr.skip(), gr.skip()]
        if answer == gr.skip()
        else [answer.get(part, gr.skip()) for part in parts]
        for answer in answers
    ]


def suggested(panel, run_id, repo=""):
    """Return the repository that is suggested, and what is said instead."""
    answer = panel.where.suggest(run_id, repo)
    if answer == gr.skip():
        return [gr.skip(), gr.skip()]
    return [answer.get(part, gr.skip()) for part in (panel.where.repo, panel.where.check)]
