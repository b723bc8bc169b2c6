"""The upper part of the Train tab's form: what to learn from, and which encoder learns it.

What is heavy in ``ner_core`` is named through the package where it is used, and loaded only then:
the page is up before torch is.

Whoever may not train (``ner_studio/base/rights.py``) is shown what is in the sample, and
no other data are read or kept for them: that takes processor and disk.
"""

import contextlib
import itertools
from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr
from gradio.context import LocalContext

import ner_core
from ner_core.config import TrainConfig
from ner_core.errors import ModelError, NerError
from ner_core.hub.dataset_id import HUB as HUB_PREFIX
from ner_studio.base import markup, rights
from ner_studio.state import uploads
from ner_studio.state.predictors import MODELS_HERE, asks_hub, reading_data
from ner_studio.train import data_panel

SAMPLE, UPLOAD, HUB = "The bundled sample", "My own files", "A dataset on the Hub"
KEPT = "The data of that run"
"""Offered once a run's settings were put into the form whose data are neither of the others."""

_MOST_PAGES = 1000
_FORMATS = (
    "CoNLL columns, JSON or JSONL with tokens and tags or with spans of characters (Prodigy, "
    "spaCy, doccano), Label Studio JSON, CSV, Parquet, or inline `[Ann](PER)`. Name files train, "
    "dev and test if you have several."
)


class SourceForm:
    """The components that say what the data are and for which encoder, and what they show."""

    def __init__(self) -> None:
        self.data = gr.Radio([SAMPLE, UPLOAD, HUB], value=SAMPLE, label="Data", elem_id="data")
        self.files = gr.File(
            label="Annotated sentences",
            file_count="multiple",
            visible=False,
            height=130,
            elem_id="upload",
        )
        self.formats = gr.Markdown(_FORMATS, visible=False, elem_classes="ner-quiet")
        self.hub = gr.Textbox(
            label="Dataset",
            placeholder="owner/name, owner/name:configuration or conll2003",
            info="Press Enter to look into it.",
            max_lines=1,
            visible=False,
            elem_id="hub-dataset",
        )
        with gr.Accordion("Columns and labels", open=False, visible=False) as self.columns:
            self.token_column = self._column("token_column", "Column of the words")
            self.tag_column = self._column("tag_column", "Column of the tags")
            self.label_names = self._column("label_names", "Names of numbered tags")
        self.summary = gr.HTML("", apply_default_css=False, elem_id="data-summary")
        self.model = gr.Dropdown(
            list(MODELS_HERE),
            value=TrainConfig().model,
            label="Encoder",
            info="minilm is already here, and so is starter, which knows PER, ORG, LOC and "
            "MISC; or the id of an encoder on the Hub.",
            allow_custom_value=True,
            elem_id="model",
        )
        self.blocked: gr.State = gr.State(False)  # whether the problem shown is one of the data
        self._numbers, self._begun = itertools.count(), dict[str | None, int]()
        self.kept = gr.State("")  # a run's data; on the server, so that no visitor can name a path

    @staticmethod
    def _column(name: str, label: str) -> gr.Textbox:
        """Place the field that says what a source's content does not tell."""
        info = TrainConfig.model_fields[name].description
        return gr.Textbox(label=label, placeholder="auto", info=info, max_lines=1, elem_id=name)

    @property
    def _columns(self) -> tuple[gr.Textbox, gr.Textbox, gr.Textbox]:
        return self.token_column, self.tag_column, self.label_names

    @property
    def inputs(self) -> set[Any]:
        """The components that ``values`` reads."""
        return {self.data, self.files, self.hub, self.kept, self.model, *self._columns}

    @property
    def hub_fields(self) -> list[tuple[Any, str]]:
        """The fields that take ids of the Hub, and what to choose where there is none."""
        return [
            (self.hub, "choose the bundled sample or your own files."),
            (self.model, "choose minilm or starter, which are already here."),
        ]

    @property
    def filled(self) -> list[Any]:
        """The components that ``fill`` updates, in the order of its results."""
        return [self.data, self.hub, self.kept, self.model, *self._columns]

    @property
    def changes(self) -> list[Any]:
        """The events after which data or encoder may be others."""
        written = [field.submit for field in (self.hub, *self._columns)]
        written += [field.blur for field in self._columns]
        return [self.data.change, self.files.change, self.model.change, *written]

    def wire(self, problem: gr.HTML, start: gr.Button) -> None:
        """Connect the components; ``problem`` says why ``start`` waits, or could not be."""
        self._shown: list[Any] = [self.summary, problem, start, self.blocked]
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        self.data.change(
            # What was shown of another choice goes at once; a description may take a while.
            lambda data: [
                gr.update(visible=data == UPLOAD),
                gr.update(visible=data == UPLOAD),
                gr.update(visible=data == HUB),
                gr.update(visible=data != SAMPLE),
                "",
                "",
                gr.update(interactive=rights.may_train()),
                False,
            ],
            self.data,
            [self.files, self.formats, self.hub, self.columns, *self._shown],
            queue=False,
            **quiet,
        )
        # What Start complained about may be mended; a description that comes late leaves it.
        mended = [self.files.change, self.model.change, self.hub.submit]
        gr.on(mended, lambda: "", None, problem, queue=False, **quiet)
        first, *others = self.changes
        self.describe_on(first, self.describe_choice)
        for event in others:
            self.describe_on(event, self.describe_data)

    def describe_on(self, event: Any, describe: Callable[..., Any]) -> Any:
        """Describe the chosen data when this event happens; the last of several counts."""
        return event(
            describe,
            self.inputs | {self.blocked},
            self._shown,
            trigger_mode="always_last",
            # A Hub that does not answer one visitor is not to hold up the others.
            concurrency_limit=8,
            concurrency_id="describe",
            show_progress="hidden",
            api_visibility="private",
        )

    def describe_choice(self, form: Mapping[Any, Any]) -> list[Any]:
        """Describe data that are there already; nothing changes while they are still to come.

        The answer to a choice may come after that to a file which was given a moment later.
        """
        if self.is_chosen(form):
            return self.describe_data(form)
        return [gr.skip()] * len(self._shown)

    def describe_data(self, form: Mapping[Any, Any]) -> list[Any]:
        """Show what the chosen data hold, and what is wrong with them; Start waits for errors.

        What was chosen earlier is not shown after something later, also if it took longer.
        """
        page = getattr(LocalContext.request.get(None), "session_hash", None)
        number = self._begin(page)
        outcome = self._described(form)
        return outcome if self._begun.get(page) == number else [gr.skip()] * len(self._shown)

    def _begin(self, page: str | None) -> int:
        """Number the descriptions of a page; the last one is what it shows."""
        number = next(self._numbers)
        self._begun.pop(page, None)
        self._begun[page] = number
        while len(self._begun) > _MOST_PAGES:
            with contextlib.suppress(KeyError, StopIteration):
                del self._begun[next(iter(self._begun))]
        return number

    def _described(self, form: Mapping[Any, Any]) -> list[Any]:
        may_train, waiting = rights.may_train(), gr.update(interactive=False)
        ready = gr.update(interactive=may_train)
        mended = "" if form[self.blocked] else gr.skip()
        if not self.is_chosen(form):
            return ["", mended, ready, False]
        try:
            with reading_data(self.from_hub(form)):
                if may_train:
                    # It would take both cores, and who waits for this sees nothing of it yet.
                    ner_core.stop_measuring()
                report = self._check(form)
        except NerError as error:
            return [markup.error(str(error)), mended, waiting, False]
        reason = data_panel.blocked(report)
        if reason:
            return [data_panel.data_panel(report), markup.error(reason), waiting, True]
        return [data_panel.data_panel(report), mended, ready, False]

    def _check(self, form: Mapping[Any, Any]) -> "ner_core.CheckReport":
        source, options = self._source(form), self._options(form)
        model = self._model(form) or None
        if not rights.may_train() and model not in MODELS_HERE:
            model = None
        try:
            return ner_core.check_data(source, options=options, model=model, folders=False)
        except ModelError:  # the data can be looked at all the same
            return ner_core.check_data(source, options=options)

    def values(self, form: Mapping[Any, Any]) -> dict[str, Any]:
        """Give data, columns and encoder as ``TrainConfig.from_values`` takes them.

        Uploaded files are kept for the run. Raises DataError if there is nothing to keep.
        """
        return {
            "data": self._source(form),
            "token_column": form[self.token_column],
            "tag_column": form[self.tag_column],
            "label_names": form[self.label_names],
            "model": self._model(form),
        }

    def fill(self, config: TrainConfig) -> list[Any]:
        """Put data and encoder of a run into the form: updates for ``filled``.

        The data are read again where they were. If they are gone by now, describing them says so:
        ``describe_on(filled.then, form.describe_data)``.
        """
        choice, hub, kept = gr.update(value=SAMPLE), gr.skip(), gr.skip()
        if config.data.startswith(HUB_PREFIX):
            choice, hub = gr.update(value=HUB), config.data.removeprefix(HUB_PREFIX)
        elif config.data != "sample":
            # It stays from now on: a choice that is gone is an error to events under way.
            choice, kept = gr.update(choices=[SAMPLE, UPLOAD, HUB, KEPT], value=KEPT), config.data
        return [
            choice,
            hub,
            kept,
            config.model,
            config.token_column or "",
            config.tag_column or "",
            config.label_names or "",
        ]

    def from_hub(self, form: Mapping[Any, Any]) -> bool:
        """Tell whether the Hub has to be asked for data or encoder."""
        data = form[self.kept] if form[self.data] == KEPT else ""
        return form[self.data] == HUB or asks_hub(str(data), (form[self.model] or "").strip())

    def is_chosen(self, form: Mapping[Any, Any]) -> bool:
        """Tell whether there are data to look into: the sample, files that were given, a name."""
        needed = {UPLOAD: self.files, HUB: self.hub, KEPT: self.kept}.get(form[self.data])
        return needed is None or bool(form[needed])

    def _model(self, form: Mapping[Any, Any]) -> str:
        return rights.model_name((form[self.model] or "").strip())

    def _source(self, form: Mapping[Any, Any]) -> str:
        """Name the chosen data; raises RightsError if they are not for this visitor to be read."""
        if form[self.data] != SAMPLE:
            rights.check_training()
        if form[self.data] == UPLOAD:
            return uploads.keep(form[self.files] or [])
        if form[self.data] == KEPT:
            return str(form[self.kept])
        # With hub: before it, a name is never taken for a path.
        name = (form[self.hub] or "").strip()
        return f"{HUB_PREFIX}{name}" if form[self.data] == HUB else "sample"

    def _options(self, form: Mapping[Any, Any]) -> "ner_core.ReadOptions":
        given = ((form[column] or "").strip() or None for column in self._columns)
        return ner_core.ReadOptions.of(*given)
