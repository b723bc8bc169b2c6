"""Steps 2 and 3 of the Train tab's form: recipe and settings; the estimated cost and the command.

A problem of a setting is shown at its field as soon as the visitor leaves the field.
"""

import contextlib
import json
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import gradio as gr

from ner_core.config import TrainConfig
from ner_core.errors import ConfigError, DataError, NerError
from ner_core.hub.token import using_token
from ner_core.recipes import RECIPE_PURPOSE, RECIPES
from ner_core.runs.command import command_line
from ner_studio.base import assets, rights, setting_fields
from ner_studio.base.events import QUICK, QUIET
from ner_studio.base.hidden_text import hidden_text
from ner_studio.base.rights import RightsError
from ner_studio.state import snapshots
from ner_studio.state.predictors import importing
from ner_studio.train import estimate_line
from ner_studio.train.source_form import SourceForm

if TYPE_CHECKING:
    from ner_core.cost.formula import Cost

_MEASURE_AFTER = 4.0
"""Seconds from a change to the measurement of the cost, since more changes may follow."""

_AUTOMATIC = "Leave epochs and learning rate blank to have them chosen for the data and encoder."
_NO_DATA = "# Choose data first."
_imported = threading.Event()


class SettingsForm:
    """The components of the settings, and what happens when they are used."""

    def __init__(self) -> None:
        self.recipe = gr.Radio(
            [(_card(name), name) for name in RECIPES],
            value=TrainConfig().recipe,
            label="Recipe",
            show_label=False,
            elem_id="recipe",
        )
        # What the page puts into the fields when a recipe is chosen: an answer of the server could
        # come after what a person has typed meanwhile.
        self.recipes = hidden_text(json.dumps({name: _values_of(name) for name in RECIPES}))
        self.fields: dict[str, Any] = {}
        with gr.Accordion("Advanced settings", open=False, elem_id="more-settings"):
            with gr.Row(elem_classes="ner-settings first"):
                for name in setting_fields.FIRST:
                    self.fields[name] = setting_fields.add(name, min_width=90)
            gr.Markdown(_AUTOMATIC, elem_classes="ner-quiet")
            for heading, labels in setting_fields.MORE.items():
                with (
                    gr.Accordion(heading, open=False, elem_classes="ner-group"),
                    gr.Row(elem_classes="ner-settings"),
                ):
                    for name in labels:
                        self.fields[name] = setting_fields.add(name, min_width=140)
        with gr.Accordion("As a command", open=False, elem_id="as-a-command"):
            self.command = gr.Code(
                command_line(TrainConfig()),
                language="shell",
                interactive=False,
                wrap_lines=True,
                show_line_numbers=False,
                lines=1,
                show_label=False,
                buttons=["copy"],
                elem_id="command",
            )
        # Rendered by the tab, beside the button.
        self.estimate = gr.HTML("", apply_default_css=False, elem_id="estimate", render=False)
        self.wrong: gr.State = gr.State([])  # names of the fields that show a problem
        self.measured: gr.State = gr.State(None)  # settings, and their cost or the error
        self.timer = gr.Timer(_MEASURE_AFTER, active=False)  # runs until the cost is measured

    @property
    def inputs(self) -> set[Any]:
        """The components that ``values`` reads."""
        return {self.recipe, *self.fields.values()}

    @property
    def filled(self) -> list[Any]:
        """The components that ``fill`` updates."""
        return [self.recipe, *self.fields.values(), self.wrong]

    @property
    def edits(self) -> list[Any]:
        """The events after which a setting may have another value."""
        found: list[Any] = []
        for field in self.fields.values():
            written = isinstance(field, gr.Textbox)
            found += [field.blur, field.submit] if written else [field.input]
        return found

    def wire(self, source: SourceForm) -> None:
        """Connect the components; data and encoder come from ``source``."""
        self._source = source
        gr.on(
            self.edits,
            self.check,
            self.inputs | {self.wrong},
            [*self.fields.values(), self.wrong],
            trigger_mode="always_last",
            **QUICK,
        )
        gr.on([*self.edits, *source.changes], **self._refreshing)
        # `input`, not `change`: filling in the settings of a run changes the recipe, too.
        filled = self.recipe.input(
            None,
            [self.recipe, self.recipes],
            list(self.fields.values()),
            js=assets.read("train/fill_recipe.js"),
            **QUICK,
        )
        checked = filled.then(
            self.check, self.inputs | {self.wrong}, [*self.fields.values(), self.wrong], **QUICK
        )
        self.refresh_on(checked.then)
        measured = self.timer.tick(
            self.measure,
            source.inputs | self.inputs,
            self.measured,
            trigger_mode="once",  # changes made meanwhile are measured at a later tick
            concurrency_limit=1,
            concurrency_id="estimate",
            **QUIET,
        )
        self.refresh_on(measured.then)

    def refresh_on(self, event: Any) -> None:
        """Update the command and the estimate on this event."""
        event(**self._refreshing)

    @property
    def _refreshing(self) -> dict[str, Any]:
        return {
            "fn": self.refresh,
            "inputs": self._source.inputs | self.inputs | {self.measured},
            "outputs": [self.command, self.estimate, self.timer],
            "trigger_mode": "always_last",
            **QUICK,
        }

    def values(self, form: Mapping[Any, Any]) -> dict[str, Any]:
        """Return recipe and settings as ``TrainConfig.from_values`` takes them."""
        return {"recipe": form[self.recipe], **setting_fields.read(self._shown(form))}

    def fill(self, config: TrainConfig) -> dict[Any, Any]:
        """Return the updates that put a run's settings into the form."""
        recipe = config.recipe if config.recipe in RECIPES else TrainConfig().recipe
        fields = {
            field: gr.update(
                value=setting_fields.shown(config, name), **setting_fields.usual_look(name)
            )
            for name, field in self.fields.items()
        }
        return {self.recipe: recipe, **fields, self.wrong: []}

    def check(self, form: Mapping[Any, Any]) -> dict[Any, Any]:
        """Show the problem of each wrong setting at its field; send only what changed."""
        problems, before = setting_fields.problems(self._shown(form)), form[self.wrong]
        updates: dict[Any, Any] = {self.wrong: list(problems)}
        for name in {*before, *problems}:
            text = problems.get(name)
            look = setting_fields.problem_look(text) if text else setting_fields.usual_look(name)
            updates[self.fields[name]] = gr.update(**look)
        return updates

    def refresh(self, form: Mapping[Any, Any]) -> tuple[str, str, gr.Timer]:
        """Return the command, the estimate, and a timer that runs if the cost is to be measured."""
        done, pending = gr.Timer(active=False), gr.Timer(active=True)
        if not self._source.is_chosen(form):
            return _NO_DATA, "", done
        try:
            config = self._config(form)
        except ConfigError as error:
            return gr.skip(), estimate_line.no_estimate(str(error)), done
        except (DataError, RightsError):  # the description of the data shows it
            return _NO_DATA, "", done
        command = command_line(config)
        try:
            cost = self._known(form, config)
        except DataError:
            return command, "", done
        except NerError as error:
            return command, estimate_line.no_estimate(str(error)), done
        if cost:
            return command, estimate_line.estimate(cost, config), done
        if not rights.may_train():
            return command, "", done
        if _at_work():
            return command, estimate_line.quiet(estimate_line.LATER), done
        return command, estimate_line.quiet(estimate_line.ESTIMATING), pending

    def measure(self, form: Mapping[Any, Any]) -> Any:
        """Return the settings with their measured cost, or with the error, unless a run is at work.

        ``refresh`` shows them only if they are still the settings of the form.
        """
        try:
            rights.check_training()
            config = self._config(form)
        except NerError:
            return gr.skip()
        if _at_work():
            return gr.skip()
        try:
            return config, _estimate_cost(config, measure=True)
        except NerError as error:
            from ner_core.cost.estimate import EstimateCancelledError  # late: it imports datasets

            # A cancelled measurement says nothing about these settings.
            return None if isinstance(error, EstimateCancelledError) else (config, error)

    def _known(self, form: Mapping[Any, Any], config: TrainConfig) -> "Cost | None":
        """Return the cost if it is known. Raises the error of a measurement that failed."""
        settings, outcome = form[self.measured] or (None, None)
        if settings != config:
            return _estimate_cost(config, measure=False)
        if isinstance(outcome, NerError):
            raise outcome
        return outcome

    def _shown(self, form: Mapping[Any, Any]) -> dict[str, Any]:
        return {name: form[field] for name, field in self.fields.items()}

    def _config(self, form: Mapping[Any, Any]) -> TrainConfig:
        return TrainConfig.from_values(self._source.values(form) | self.values(form))


def _values_of(recipe: str) -> list[Any]:
    """Return the values of a recipe, in the order of the fields."""
    config = TrainConfig.from_values({"recipe": recipe})
    return [setting_fields.shown(config, name) for name in setting_fields.LABELS]


def _card(recipe: str) -> str:
    """Return the text of a recipe's card: its name, and below it what it is for."""
    return f"{recipe.capitalize()}\n{RECIPE_PURPOSE[recipe]}"


def _estimate_cost(config: TrainConfig, measure: bool) -> "Cost | None":
    # Only at first: the lock is also held while data are read.
    with contextlib.nullcontext() if _imported.is_set() else importing:
        from ner_core.cost.estimate import estimate_cost  # late: it imports datasets
    _imported.set()
    with using_token(rights.current_visitor().token):
        return estimate_cost(config, measure=measure, folders=False, visitor=rights.visitor_key())


def _at_work() -> bool:
    """Return whether any run is at work, of any visitor: it needs the cores."""
    return snapshots.SHARED.everything().anyone_at_work
