"""A small line that shows whether the Hub can be reached, and hints at fields that need it.

The page is shown before the answer is known. The handler waits for it without a thread, and all
open pages share one answer; see ``ner_core/hub/reachability.py``.
"""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from ner_core.hub.reachability import Reach, hub_reach
from ner_studio.base import markup, polling
from ner_studio.base.events import QUICK

_WORDS: dict[Reach, str] = {
    "reachable": "Hub: reachable",
    "unreachable": "Hub: not reachable",
    "offline": "Hub: offline mode",
}
_WHY: dict[Reach, str] = {
    "unreachable": "The Hub can't be reached now: ",
    "offline": "Offline: ",
}


class HubBadge:
    """The line, and the fields that take ids of the Hub."""

    def __init__(self) -> None:
        self.line = gr.HTML("", apply_default_css=False, elem_id="hub-badge")
        self.timer = gr.Timer(polling.HUB)

    def wire(self, load: Any, fields: Sequence[tuple[Any, str]]) -> None:
        """Check when the page loads and once a minute.

        ``fields`` are pairs of a field and of what to choose there when the Hub cannot be reached.
        """
        self._fields = [(field, str(field.info or ""), instead) for field, instead in fields]
        outputs = [self.line, *(field for field, _ in fields)]
        load(self.show, self.line, outputs, **QUICK)
        self.timer.tick(self.show, self.line, outputs, **QUICK)

    async def show(self, shown: str | None) -> Any:
        """Show whether the Hub can be reached, unless the page shows it already."""
        reach = await hub_reach()
        line = f'<span class="ner-hub {reach}" role="status">{markup.escape(_WORDS[reach])}</span>'
        if line == shown:
            return gr.skip()
        why = _WHY.get(reach)
        hints = {
            field: gr.update(info=f"{why}{instead}" if why else info)
            for field, info, instead in self._fields
        }
        return {self.line: line, **hints}
