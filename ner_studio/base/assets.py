"""The style sheets and scripts of the page, which are files beside the code that uses them."""

from functools import cache
from importlib.resources import files

from ner_studio.base.theme import entity_colours

STYLE_SHEETS = (
    "base/page.css",
    "base/chart.css",
    "base/hub_badge.css",
    "highlight/highlight.css",
    "highlight/file_panel.css",
    "highlight/editor/editor.css",
    "train/train.css",
    "watch/watch.css",
    "publish/publish.css",
    "report/report.css",
    "report/error_list.css",
    "runs/runs.css",
    "runs/compare.css",
    "base/sign_in.css",
)
"""All style sheets, in the order in which the browser applies them."""

HEAD_SCRIPTS = ("base/address.js", "base/names.js")
"""The scripts that run before the page is built; all others belong to a part of it."""


@cache
def read(name: str) -> str:
    """Return the text of a file of this package, such as ``watch/address.js``."""
    return files("ner_studio").joinpath(name).read_text(encoding="utf-8")


def style_sheet() -> str:
    """Return the style sheet of the whole page: the colours of entity types, then all files."""
    return "\n".join([entity_colours(), *map(read, STYLE_SHEETS)])


def head() -> str:
    """Return what the head of the page gets: the scripts that other scripts use."""
    return "".join(f"<script>{read(name)}</script>" for name in HEAD_SCRIPTS)
