"""Step 1 of the Train tab's form, the data to learn from; and the encoder, which reads them.

Modules that import datasets or torch are imported where they are used, so that the page is there
before they are loaded.

Visitors who may not train (``ner_studio/base/rights.py``) see what the sample holds. Other data
are neither read nor kept for them, since that takes processor time and disk space.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import gradio as gr

from ner_core.config import TrainConfig
from ner_core.errors import ModelError, NerError
from ner_core.hub.reachability import hub_reach
from ner_core.hub.repository_ids import has_hub_prefix, with_hub_prefix, without_hub_prefix
from ner_core.models.suggestions import SUGGESTIONS
from ner_studio.base import markup, rights
from ner_studio.base.events import QUICK, QUIET
from ner_studio.base.setting_fields import asks_how_to_read, in_page_words
from ner_studio.state import uploads
from ner_studio.state.predictors import MODELS_HERE, asks_hub, reading_data
from ner_studio.train import data_summary
from ner_studio.train.latest_of_page import LatestOfPage
from ner_studio.train.reading_fields import options_of, reading_fields
from ner_studio.train.set_field import SetField

if TYPE_CHECKING:
    from ner_core.checks.report import CheckReport

SAMPLE, UPLOAD, HUB, SETS = "Sample", "My files", "Hub dataset", "My annotations"
CHOICES = [SAMPLE, UPLOAD, HUB, SETS]
KEPT = "Data of that run"
"""Offered after the settings of a run whose data are none of these were put into the form."""

_FORMATS = (
    "CoNLL columns, JSON or JSONL with tokens and tags or with spans of characters (Prodigy, "
    "spaCy, doccano), Label Studio JSON, CSV, Parquet, or inline `[Ann](PER)`; also as .gz or .zip."
    " Name files train, dev and test if you have several."
)


class SourceForm:
    """The components of data and encoder, and what happens when they are used.

    ``model`` and ``summary`` are rendered by the tab: the encoder belongs to the next step, and
    what is in the data stands beside the form.
    """

    def __init__(self) -> None:
        self.data = gr.Radio(
            CHOICES,
            value=SAMPLE,
            label="Data",
            show_label=False,
            container=False,
            elem_id="data",
            elem_classes="ner-switch",
        )
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
            info="Press Enter to check it.",
            max_lines=1,
            visible=False,
            elem_id="hub-dataset",
        )
        self.sets = SetField()
        with (
            gr.Accordion("Columns, labels and offsets", open=False, visible=False) as self.columns,
            gr.Row(elem_classes="ner-settings"),
        ):
            self.reading = reading_fields()
        self.summary = gr.HTML(
            data_summary.READING, apply_default_css=False, elem_id="data-summary", render=False
        )
        self.model = gr.Dropdown(
            list(MODELS_HERE),
            value=TrainConfig().model,
            label="Encoder",
            info="The bundled minilm or starter (which knows PER, ORG, LOC and MISC), or the id of "
            "an encoder on the Hub.",
            allow_custom_value=True,
            elem_id="model",
            render=False,
        )
        self.blocked: gr.State = gr.State(False)  # whether the data cause the problem shown
        self._latest = LatestOfPage()
        self.kept = gr.State("")  # a run's data; on the server, so that no visitor can set a path

    @property
    def inputs(self) -> set[Any]:
        """The components that ``values`` reads."""
        return {
            *(self.data, self.files, self.hub, self.sets.choice, self.kept, self.model),
            *self.reading.values(),
        }

    @property
    def hub_fields(self) -> list[tuple[Any, str]]:
        """The fields that take ids of the Hub, and what to choose when it cannot be reached."""
        return [
            (self.hub, "choose the bundled sample or your own files."),
            (self.model, "choose minilm or starter, which are already here."),
        ]

    @property
    def filled(self) -> list[Any]:
        """The components that ``fill`` updates."""
        return [
            *(self.data, self.hub, self.sets.choice, self.kept, self.model),
            *self.reading.values(),
        ]

    @property
    def changes(self) -> list[Any]:
        """The events after which data or encoder may have changed."""
        texts = [field for field in self.reading.values() if isinstance(field, gr.Textbox)]
        written = [field.submit for field in (self.hub, *texts)]
        written += [field.blur for field in texts]
        written.append(self.reading["span_offsets"].input)
        chosen = (self.data, self.files, self.sets.choice, self.model)
        return [*(field.change for field in chosen), *written]

    def suggest_on(self, event: Any) -> None:
        """Offer encoders of the Hub on this event, if the Hub can be reached."""
        event(self.suggest, None, self.model, **QUICK)

    async def suggest(self) -> Any:
        """Return the encoders that are here, and a short choice of others if the Hub has them."""
        choices = [(name, name) for name in MODELS_HERE]
        if await hub_reach() == "reachable":
            choices += [(encoder.label, encoder.name) for encoder in SUGGESTIONS]
        return gr.update(choices=choices)

    def wire(self, problem: gr.HTML, start: gr.Button) -> None:
        """Connect the components; ``problem`` shows why ``start`` is disabled or has failed."""
        self._problem, self._start = problem, start
        self._described: list[Any] = [self.summary, problem, start, self.blocked, self.columns]
        fields = [self.files, self.formats, self.hub, self.sets.choice]
        shown = [self.data, self.sets.choice]
        self.data.change(self.choose, shown, [*fields, *self._described], **QUICK)
        # What stopped the start may be corrected now; a late description keeps its own problem.
        corrected = [
            *(field.change for field in (self.files, self.model, self.sets.choice)),
            self.hub.submit,
        ]
        gr.on(corrected, lambda: "", None, problem, **QUICK)
        first, *others = self.changes
        self.describe_on(first, self.describe_choice)
        for event in others:
            self.describe_on(event, self.describe_data)

    def describe_on(self, event: Any, describe: Callable[..., Any]) -> Any:
        """Describe the chosen data on this event; of several at once only the last counts."""
        return event(
            describe,
            self.inputs | {self.blocked},
            self._described,
            trigger_mode="always_last",
            # Several at once, so that a slow answer of the Hub to one visitor stops no other.
            concurrency_limit=8,
            concurrency_id="describe",
            **QUIET,
        )

    def choose(self, data: str, chosen_set: str | None = None) -> dict[Any, Any]:
        """Show the fields of this choice, and clear what was shown of the one before."""
        return {
            self.files: gr.update(visible=data == UPLOAD),
            self.formats: gr.update(visible=data == UPLOAD),
            self.hub: gr.update(visible=data == HUB),
            self.sets.choice: self.sets.show(data == SETS, chosen_set),
            self.columns: gr.update(visible=data not in (SAMPLE, SETS)),
            self.summary: data_summary.READING if data == SAMPLE else data_summary.NOT_CHOSEN,
            self._problem: "",
            self._start: gr.update(interactive=rights.may_train()),
            self.blocked: False,
        }

    def describe_choice(self, form: Mapping[Any, Any]) -> Any:
        """Describe the data if there are any; otherwise change nothing.

        This may be shown after the description of a file that was uploaded a moment later.
        """
        return self.describe_data(form) if self.is_chosen(form) else gr.skip()

    def describe_data(self, form: Mapping[Any, Any]) -> Any:
        """Show what the chosen data hold and what is wrong with them; errors disable the start.

        A description that was overtaken by a later one changes nothing.
        """
        number = self._latest.start()
        updates = self._description(form)
        return updates if self._latest.is_last(number) else gr.skip()

    def _description(self, form: Mapping[Any, Any]) -> dict[Any, Any]:
        may_train, disabled = rights.may_train(), gr.update(interactive=False)
        updates: dict[Any, Any] = {
            self.summary: data_summary.NOT_CHOSEN,
            self._start: gr.update(interactive=may_train),
            self.blocked: False,
        }
        if form[self.blocked]:  # a problem of the data that were described before
            updates[self._problem] = ""
        if not self.is_chosen(form):
            return updates
        try:
            with reading_data(self.from_hub(form)):
                if may_train:
                    from ner_core.cost.estimate import stop_measuring  # late: it imports datasets

                    stop_measuring()  # it takes all cores, and this is shown first
                report = self._check(form)
        except NerError as error:
            updates |= {self.summary: markup.error(in_page_words(str(error)))}
            if asks_how_to_read(str(error)):
                updates[self.columns] = gr.update(open=True)
            return {**updates, self._start: disabled}
        updates[self.summary] = data_summary.data_summary(report)
        if reason := data_summary.blocked(report):
            updates[self._problem] = reason
            updates |= {self._start: disabled, self.blocked: True}
        return updates

    def _check(self, form: Mapping[Any, Any]) -> "CheckReport":
        from ner_core.checks.report import check_data  # late: it imports datasets

        source, options = self._source(form), options_of(self.reading, form)
        model = self._model(form) or None
        if not rights.may_train() and model not in MODELS_HERE:
            model = None
        try:
            return check_data(source, options=options, model=model, folders=False)
        except ModelError:  # the data can be checked without an encoder
            return check_data(source, options=options)

    def values(self, form: Mapping[Any, Any]) -> dict[str, Any]:
        """Return data, columns and encoder as ``TrainConfig.from_values`` takes them.

        Uploaded files are kept for the run. Raises DataError if there are none.
        """
        return {
            "data": self._source(form),
            **{name: form[field] for name, field in self.reading.items()},
            "model": self._model(form),
        }

    def fill(self, config: TrainConfig) -> dict[Any, Any]:
        """Return the updates that put data and encoder of a run into the form.

        The data are read again from where they were. Describe them afterwards, which shows if they
        are gone: ``describe_on(filled.then, form.describe_data)``.
        """
        updates: dict[Any, Any] = {
            self.model: config.model,
            **{field: getattr(config, name) or "" for name, field in self.reading.items()},
        }
        if config.data == "sample":
            return {**updates, self.data: gr.update(value=SAMPLE)}
        if set_id := self.sets.of_source(config.data):
            return {**updates, **self.fill_set(set_id)}
        if has_hub_prefix(config.data):
            repository = without_hub_prefix(config.data)
            return {**updates, self.data: gr.update(value=HUB), self.hub: repository}
        # The choice remains, since pending events would fail on a choice that is gone.
        choice = gr.update(choices=[*CHOICES, KEPT], value=KEPT)
        return {**updates, self.data: choice, self.kept: config.data}

    def fill_set(self, set_id: str) -> dict[Any, Any]:
        """Return the updates that choose an annotation set."""
        return {self.data: gr.update(value=SETS), self.sets.choice: self.sets.show(True, set_id)}

    def from_hub(self, form: Mapping[Any, Any]) -> bool:
        """Return whether data or encoder may have to come from the Hub."""
        data = form[self.kept] if form[self.data] == KEPT else ""
        return form[self.data] == HUB or asks_hub(str(data), (form[self.model] or "").strip())

    def is_chosen(self, form: Mapping[Any, Any]) -> bool:
        """Return whether there are data: the sample, uploaded files, a name, or a set."""
        if form[self.data] == SETS:
            return True  # without a set, it is said what to do
        needed = {UPLOAD: self.files, HUB: self.hub, KEPT: self.kept}.get(form[self.data])
        return needed is None or bool(form[needed])

    def _model(self, form: Mapping[Any, Any]) -> str:
        return rights.model_name((form[self.model] or "").strip())

    def _source(self, form: Mapping[Any, Any]) -> str:
        """Return the chosen data. Raises RightsError if this visitor may not read them."""
        if form[self.data] != SAMPLE:
            rights.check_training()
        if form[self.data] == UPLOAD:
            return uploads.keep(form[self.files] or [])
        if form[self.data] == KEPT:
            return str(form[self.kept])
        if form[self.data] == SETS:
            return self.sets.source(form[self.sets.choice])
        # With the prefix hub: a name is never taken for a path.
        name = (form[self.hub] or "").strip()
        return with_hub_prefix(name) if form[self.data] == HUB else "sample"
