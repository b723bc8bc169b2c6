"""A whole file on the Highlight tab: find the entities of its texts, and offer them as files.

The work is a generator, which ends one step after the visitor cancels it or closes the tab. One
file is read at a time for all visitors. The results are kept until the visitor asks for others, or
for an hour.
"""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import gradio as gr

from ner_core.data.texts import text_columns
from ner_core.errors import DataError, NerError
from ner_core.render.files import FILE_FORMATS
from ner_studio.base import markup
from ner_studio.base.events import QUICK, QUIET
from ner_studio.highlight import file_job, reading
from ner_studio.highlight.file_job import MOST_BYTES, MOST_TEXTS, FileJob, drop, sentence, state
from ner_studio.state.predictors import STARTER, name_for_visitor

_NAMES = {"jsonl": "JSONL", "csv": "CSV", "conll": "CoNLL", "html": "HTML"}
_HINT = (
    "Find the entities of many texts at once: the lines of a .txt file or all of it, a column of "
    f"a .csv or .tsv table, or .jsonl. Up to {MOST_BYTES // 2**20} MB and {MOST_TEXTS:,} texts. "
    "JSONL and CSV results keep the other columns of the file."
)
_LINES, _WHOLE = "Each line is a text", "The whole file is one text"
_LONGEST_EXAMPLE = 40


@dataclass
class Request:
    """One press of the button: whether the work has begun, and why it is to end early, if it is.

    The work itself shows in its last answer that it was cancelled. If another handler showed it, an
    answer that is still on its way would replace that.
    """

    begun: bool = False
    end: Literal["", "cancelled", "replaced"] = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> bool:
        """Begin the work unless it was ended before; return whether it begins."""
        with self._lock:
            self.begun = not self.end
            return self.begun

    def finish(self, end: Literal["cancelled", "replaced"]) -> bool:
        """End the work within a step; return whether it had begun."""
        with self._lock:
            self.end = self.end or end
            return self.begun


class FilePanel:
    """The components of the accordion and their handlers."""

    def __init__(self) -> None:
        with gr.Accordion("A whole file", open=False, elem_id="file-panel"):
            gr.Markdown(_HINT, elem_classes="ner-quiet")
            self.file = gr.File(
                label="File of texts",
                file_types=[".txt", ".csv", ".tsv", ".json", ".jsonl"],
                height=120,
                elem_id="file-upload",
            )
            self.column = gr.Dropdown(
                [], label="Column of the texts", visible=False, elem_id="file-column"
            )
            self.lines = gr.Radio(
                [_LINES, _WHOLE],
                value=_LINES,
                label="Texts of the file",
                show_label=False,
                container=False,
                visible=False,
                elem_id="file-lines",
            )
            with gr.Row(elem_id="file-actions"):
                self.find = gr.Button(
                    "Find entities",
                    variant="primary",
                    size="sm",
                    interactive=False,
                    elem_id="file-find",
                )
                self.cancel = gr.Button("Cancel", size="sm", visible=False, elem_id="file-cancel")
            self.status = gr.HTML(
                state("idle"),
                html_template=file_job.TEMPLATE,
                apply_default_css=False,
                elem_id="file-status",
            )
            with gr.Row(visible=False, elem_id="file-downloads") as self.offer:
                self.downloads = [
                    gr.DownloadButton(_NAMES[form], size="sm", elem_id=f"file-{form}")
                    for form in FILE_FORMATS
                ]
        # Kept on the server, so that no visitor can name a folder.
        self.folder = gr.State("", time_to_live=file_job.KEPT_SECONDS, delete_callback=drop)
        self.request: gr.State = gr.State(None)  # the last one of this visitor
        self._at_work: Request | None = None

    @property
    def shown(self) -> list[Any]:
        """The components that the handlers update."""
        return [self.status, self.find, self.cancel, self.offer, self.folder, *self.downloads]

    def wire(self, model: Any, label_names: Any) -> None:
        """Connect the components; ``model`` and ``label_names`` are those of the tab."""
        begun = self.find.click(self.begin, self.folder, [*self.shown, self.request], **QUICK)
        # Before this file gets its turn, so that no file waits for the model of another one.
        ready = begun.then(
            self.load,
            [model, label_names],
            None,
            concurrency_id="loading",
            concurrency_limit=None,
            **QUIET,
        )
        ready.then(
            self.work,
            [model, label_names, self.file, self.column, self.lines, self.request],
            self.shown,
            concurrency_id="file",
            concurrency_limit=1,
            **QUIET,
        )
        self.cancel.click(self.stop, self.request, self.shown, **QUICK)
        self.file.change(
            self.choose,
            [self.file, self.folder, self.request],
            [self.column, self.lines, *self.shown],
            **QUICK,
        )
        self.column.input(lambda: gr.update(interactive=True), None, self.find, **QUICK)

    def choose(self, file: str | None, folder: str, request: Request | None) -> dict[Any, Any]:
        """Offer the columns of a new file, and delete the results of the one before."""
        if request:
            request.finish("replaced")
        drop(folder)
        hidden = gr.update(visible=False)
        no_choice = {self.column: hidden, self.lines: hidden}
        if not file:
            return {**no_choice, **self._resting(state("idle"), ready=False)}
        try:
            file_job.check_size(Path(file))
            columns = text_columns(file)
        except NerError as problem:
            refused = state("refused", message=markup.error(str(problem)))
            return {**no_choice, **self._resting(refused, ready=False)}
        ready = not columns.names or columns.default is not None
        return {
            self.column: gr.update(
                choices=_choices(columns.names, columns.examples),
                value=columns.default,
                visible=bool(columns.names),
            ),
            self.lines: gr.update(value=_LINES, visible=columns.lines),
            **self._resting(state("idle"), ready),
        }

    def begin(self, folder: str) -> dict[Any, Any]:
        """Show at once that the work starts, or that it waits for the file of another visitor."""
        drop(folder)
        text = "Starting …"
        if self._at_work:
            text = "Waiting for another visitor's file: one is read at a time."
        waiting = self._busy(state("waiting", message=sentence(text)))
        return {**waiting, self.request: Request()}

    async def load(self, model: str | None, label_names: str | None) -> None:
        """Wait until the model is loaded; an error is shown when the model is used."""
        with contextlib.suppress(NerError):
            await reading.wait_until_loaded(model or STARTER, _names(label_names))

    def work(
        self,
        model: str | None,
        label_names: str | None,
        file: str | None,
        column: str | None,
        lines: str | None,
        request: Request,
    ) -> Iterator[dict[Any, Any]]:
        """Find the entities of the texts of a file: yield the progress, then the results."""
        if not request.begin():
            return
        self._at_work = request
        folder = file_job.new_folder(Path(self.status.GRADIO_CACHE))
        keep = False
        try:
            if not file:
                raise DataError("There is no file of texts yet. Choose one.")
            names, chosen = _names(label_names), name_for_visitor(model or STARTER)
            reading.check_hub_model(chosen, names)
            job = FileJob(Path(file), column or None, lines == _WHOLE, folder)
            for now in job.run(chosen, names):
                if request.end == "cancelled":
                    yield self._cancelled()
                if request.end:
                    return
                yield self._busy(now)
            keep = True
            yield self._offered(job)
        except NerError as problem:
            yield self._resting(state("refused", message=markup.error(str(problem))))
        except OSError as problem:
            text = (
                f"The results could not be written to {folder.parent}: {problem.strerror}. Make "
                "room, or try a smaller file."
            )
            yield self._resting(state("refused", message=markup.error(text)))
        finally:  # also if the visitor has closed the tab
            if self._at_work is request:
                self._at_work = None
            if not keep:
                drop(str(folder))

    def stop(self, request: Request | None) -> Any:
        """End the work, which then shows it; show it here for work that had not begun."""
        if request and request.finish("cancelled"):
            return gr.skip()
        return self._cancelled()

    def _cancelled(self) -> dict[Any, Any]:
        return self._resting(state("cancelled", message=sentence("Cancelled: nothing was kept.")))

    def _busy(self, now: dict[str, str]) -> dict[Any, Any]:
        return {
            self.status: now,
            self.find: gr.update(interactive=False),
            self.cancel: gr.update(visible=True),
            self.offer: gr.update(visible=False),
            self.folder: "",
        }

    def _resting(self, now: dict[str, str], ready: bool = True) -> dict[Any, Any]:
        return {
            self.status: now,
            self.find: gr.update(interactive=ready),
            self.cancel: gr.update(visible=False),
            self.offer: gr.update(visible=False),
            self.folder: "",
        }

    def _offered(self, job: FileJob) -> dict[Any, Any]:
        return {
            **self._resting(job.finished()),
            self.offer: gr.update(visible=True),
            self.folder: str(job.folder),
            **dict(zip(self.downloads, map(str, job.files), strict=True)),
        }


def _choices(names: Sequence[str], examples: Sequence[str]) -> list[tuple[str, str]]:
    """Return the choices of columns; a column without a name has its number and an example."""
    if not examples:
        return [(name, name) for name in names]
    shown = (" ".join(example.split()) for example in examples)
    return [
        (
            f"column {number}: {text[:_LONGEST_EXAMPLE]}{'…' * (len(text) > _LONGEST_EXAMPLE)}",
            number,
        )
        for number, text in zip(names, shown, strict=True)
    ]


def _names(label_names: str | None) -> list[str]:
    """Return the label names that were typed in, separated by commas."""
    return [name.strip() for name in (label_names or "").split(",") if name.strip()]
