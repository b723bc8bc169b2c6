"""Whether the Hub can be reached: a small line, and what to choose where it cannot.

The page is there before this is known. The handler waits for the answer without a thread, and all
open pages share it; see ``ner_core.hub_reach``.
"""

from collections.abc import Sequence
from typing import Any

import gradio as gr

import ner_core
from ner_core.hub.reachability import Reach
from ner_studio.base import markup

POLL = 60.0

_WORDS: dict[Reach, str] = {
    "reachable": "Hub: reachable",
    "unreachable": "Hub: not reachable",
    "offline": "Hub: offline mode",
}
_WHY: dict[Reach, str] = {
    "unreachable": "The Hub cannot be reached now: ",
    "offline": "The Hub is not asked, because HF_HUB_OFFLINE is set: ",
}
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "queue": False}

CSS = """
#hub-badge { height: 0; min-height: 0; overflow: visible; text-align: right; z-index: 1;
  pointer-events: none; padding: 0; }
#hub-badge .ner-hub { position: relative; top: 1.4rem; font-size: .78rem;
  color: var(--body-text-color-subdued); white-space: nowrap; }
#hub-badge .ner-hub::before { content: ""; display: inline-block; width: .5em; height: .5em;
  margin-right: .45em; border-radius: 50%; background: #8a8f98; }
#hub-badge .ner-hub.reachable::before { background: #009e73; }
#hub-badge .ner-hub.unreachable::before { background: #d55e00; }
"""


class HubBadge:
    """The line, and the fields that take ids of the Hub."""

    def __init__(self) -> None:
        self.line = gr.HTML("", apply_default_css=False, elem_id="hub-badge")
        self.timer = gr.Timer(POLL)

    def wire(self, load: Any, fields: Sequence[tuple[Any, str]]) -> None:
        """Ask when the page loads and each minute; ``fields`` with what to choose instead."""
        self._fields = [(str(field.info or ""), instead) for field, instead in fields]
        outputs = [self.line, *(field for field, _ in fields)]
        load(self.show, self.line, outputs, **_QUIET)
        self.timer.tick(self.show, self.line, outputs, **_QUIET)

    async def show(self, shown: str | None) -> list[Any]:
        """Say whether the Hub answers; nothing is sent to a page that shows it already."""
        reach = await ner_core.hub_reach()
        line = f'<span class="ner-hub {reach}" role="status">{markup.escape(_WORDS[reach])}</span>'
        if line == shown:
            return [gr.skip()] * (1 + len(self._fields))
        why = _WHY.get(reach)
        infos = [f"{why}{instead}" if why else info for info, instead in self._fields]
        return [line, *(gr.update(info=info) for info in infos)]
