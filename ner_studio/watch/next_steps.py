"""What can be done with a finished run: try it, publish it, download it."""

from typing import Any

import gradio as gr

from ner_core.errors import NerError
from ner_studio.base import assets, markup, rights
from ner_studio.base.events import QUICK, QUIET, UNCHECKED
from ner_studio.runs.downloads import offer


class NextSteps:
    """The buttons, and the files of the run once they are asked for.

    ``files`` are placed below the row that the buttons are in.
    """

    def __init__(self) -> None:
        self.try_it = gr.Button(
            "Try it in Highlight", variant="primary", size="md", visible=False, elem_id="try-it"
        )
        self.publish = gr.Button("Publish", size="md", visible=False, elem_id="go-publish")
        self.download = gr.Button("Download", size="md", visible=False, elem_id="download")
        self.files = gr.File(
            label="Files of the run",
            file_count="multiple",
            interactive=False,
            visible=False,
            render=False,
            elem_id="run-files",
        )

    @property
    def buttons(self) -> list[gr.Button]:
        """The components that are shown for a run with a model."""
        return [self.try_it, self.publish, self.download]

    def wire(self, run: gr.Dropdown, problem: gr.HTML) -> None:
        """Connect the components; ``run`` holds the id of the run."""
        self.publish.click(None, None, js=assets.read("watch/show_publish.js"), **QUICK)
        # Through the queue, since packing large files takes a while.
        self.download.click(self.offer_files, run, [self.files, problem], **QUIET)
        run.change(lambda: gr.update(visible=False), None, self.files, **UNCHECKED)

    def offer_files(self, run_id: str | None) -> tuple[Any, str]:
        """Return the files of the watched run for download, and a problem if there is one."""
        try:
            run = rights.find(run_id)
            return offer(run), ""
        except NerError as error:
            return gr.update(visible=False), markup.error(str(error))
