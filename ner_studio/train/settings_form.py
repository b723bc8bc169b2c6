"""The lower part of the Train tab's form: recipe, settings, their cost, and the same as a command.

What is wrong with a setting stands at its field as soon as the field is left.
"""

import threading
from collections.abc import Mapping
from typing import Any

import gradio as gr

import ner_core
from ner_core.config import RECIPE_PURPOSE, RECIPES, TrainConfig
from ner_core.errors import ConfigError, DataError, NerError
from ner_studio.base import rights, setting_fields
from ner_studio.base.rights import RightsError
from ner_studio.state import snapshots
from ner_studio.state.predictors import importing
from ner_studio.train import estimate_line
from ner_studio.train.source_form import SourceForm

_CALM = 4.0
"""Seconds after a change before anything is measured: more changes may follow."""

_imported = threading.Event()
_AUTOMATIC = "Left empty, epochs and learning rate are chosen for data and encoder."
_NO_DATA = "# Choose data first."

CSS = """
.ner-settings .form { display: grid; gap: .9rem 1rem; background: none; border: 0;
  grid-template-columns: repeat(auto-fill, minmax(140px, 1fr)); overflow: visible; }
.ner-settings.first .form { grid-template-columns: repeat(3, 1fr); gap: .6rem; }
.ner-settings .block { padding: 0; background: none; border: 0; overflow: visible !important; }
.ner-settings label.container, .ner-settings div.container { display: flex;
  flex-direction: column; }
.ner-settings [data-testid="block-info"], .ner-settings .label-text { font-size: .85rem;
  font-weight: 600; margin: 0 0 .3rem; }
.ner-settings input:not([type=checkbox]) { padding: .35rem .6rem; min-height: 0; }
.ner-settings .wrap-inner { padding: 0 .4rem 0 0; }
.ner-settings .container > .wrap { border-color: var(--input-border-color); }
.ner-settings .checkbox-container { align-items: center; }
.ner-settings .checkbox-container input { margin: 0; border: 1px solid var(--input-border-color); }
.ner-settings .checkbox-container .label-text { margin: 0; }
/* The help stands below its field, so that neighbouring fields stand in a line. */
.ner-settings .info-text { order: 1; margin: .3rem 0 0; font-size: .76rem; line-height: 1.35; }
.ner-settings .info-text code { font-size: .7rem; padding: 0; border: 0; background: none;
  opacity: .8; overflow-wrap: anywhere; }
.ner-settings .ner-wrong .info-text { color: #b3261e; }
.dark .ner-settings .ner-wrong .info-text { color: #f2a49c; }
.ner-settings .ner-wrong input { border-color: #c8372a; }

#more-settings .column { gap: 0; }
.ner-group { border: 0 !important; border-radius: 0; padding: 0 !important; background: none;
  border-top: 1px solid var(--border-color-primary) !important; }
.ner-group > button { padding: .5rem 0; font-size: .88rem; }
.ner-group .ner-settings { padding: .3rem 0 .9rem; }

#command .cm-gutters { display: none; }
#command .cm-content { padding-right: 2.4rem; }
#command .cm-content span { color: var(--body-text-color); white-space: nowrap; }
#estimate b { color: var(--body-text-color); font-weight: 600; }
#estimate .ner-warning { margin-top: .5rem; font-size: .875rem; }
"""


class SettingsForm:
    """The components that say how to learn, and what happens when they are used."""

    def __init__(self) -> None:
        recipe = TrainConfig().recipe
        self.recipe = gr.Radio(
            list(RECIPES),
            value=recipe,
            label="Recipe",
            info=RECIPE_PURPOSE[recipe],
            elem_id="recipe",
        )
        self.fields: dict[str, Any] = {}
        with gr.Row(elem_classes="ner-settings first"):
            for name in setting_fields.FIRST:
                self.fields[name] = setting_fields.place(name, min_width=90)
        gr.Markdown(_AUTOMATIC, elem_classes="ner-quiet")
        with gr.Accordion("More settings", open=False, elem_id="more-settings"):
            for heading, labels in setting_fields.MORE.items():
                with (
                    gr.Accordion(heading, open=False, elem_classes="ner-group"),
                    gr.Row(elem_classes="ner-settings"),
                ):
                    for name in labels:
                        self.fields[name] = setting_fields.place(name, min_width=140)
        with gr.Accordion("As a command", open=False, elem_id="as-a-command"):
            self.command = gr.Code(
                ner_core.command_line(TrainConfig()),
                language="shell",
                interactive=False,
                wrap_lines=True,
                show_line_numbers=False,
                lines=1,
                show_label=False,
                buttons=["copy"],
                elem_id="command",
            )
        self.estimate = gr.HTML("", apply_default_css=False, elem_id="estimate")
        self.wrong: gr.State = gr.State([])  # names of the fields that show a problem
        self.measured: gr.State = gr.State(None)  # settings, and their cost or why it has none
        self.timer = gr.Timer(_CALM, active=False)  # runs while something is still to be measured

    @property
    def inputs(self) -> set[Any]:
        """The components that ``values`` reads."""
        return {self.recipe, *self.fields.values()}

    @property
    def filled(self) -> list[Any]:
        """The components that ``fill`` updates, in the order of its results."""
        return [self.recipe, *self.fields.values(), self.wrong]

    def wire(self, source: SourceForm) -> None:
        """Connect the components; data and encoder come from ``source``."""
        self._source = source
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        left: list[Any] = []
        for field in self.fields.values():
            written = isinstance(field, gr.Textbox)
            left += [field.blur, field.submit] if written else [field.input]
        gr.on(
            left,
            self.check,
            self.inputs | {self.wrong},
            [*self.fields.values(), self.wrong],
            trigger_mode="always_last",
            queue=False,
            **quiet,
        )
        gr.on([*left, *source.changes], **self._refreshing)
        # `input`, not `change`: a run's settings that are filled in are more than its recipe's.
        filled = self.recipe.input(self.fill_recipe, self.recipe, self.filled, queue=False, **quiet)
        self.refresh_on(filled.then)
        measured = self.timer.tick(
            self.measure,
            source.inputs | self.inputs,
            self.measured,
            trigger_mode="once",  # what changes meanwhile is measured at a later tick
            concurrency_limit=1,
            concurrency_id="estimate",
            **quiet,
        )
        self.refresh_on(measured.then)

    def refresh_on(self, event: Any) -> None:
        """Bring the command and the estimate up to date when this event happens."""
        event(**self._refreshing)

    @property
    def _refreshing(self) -> dict[str, Any]:
        return {
            "fn": self.refresh,
            "inputs": self._source.inputs | self.inputs | {self.measured},
            "outputs": [self.command, self.estimate, self.timer],
            "trigger_mode": "always_last",
            "queue": False,
            "show_progress": "hidden",
            "api_visibility": "private",
        }

    def values(self, form: Mapping[Any, Any]) -> dict[str, Any]:
        """Give recipe and settings as ``TrainConfig.from_values`` takes them."""
        return {"recipe": form[self.recipe], **setting_fields.read(self._shown(form))}

    def fill_recipe(self, recipe: str) -> list[Any]:
        """Put a recipe's values into all fields."""
        return self.fill(TrainConfig.from_values({"recipe": recipe}))

    def fill(self, config: TrainConfig) -> list[Any]:
        """Put a run's settings into the form: updates for ``filled``."""
        recipe = config.recipe if config.recipe in RECIPES else TrainConfig().recipe
        fields = [
            gr.update(value=setting_fields.shown(config, name), **setting_fields.calm(name))
            for name in self.fields
        ]
        return [gr.update(value=recipe, info=RECIPE_PURPOSE[recipe]), *fields, []]

    def check(self, form: Mapping[Any, Any]) -> dict[Any, Any]:
        """Show at each field what is wrong with it; only what changed is sent."""
        problems, before = setting_fields.problems(self._shown(form)), form[self.wrong]
        updates: dict[Any, Any] = {self.wrong: list(problems)}
        for name in {*before, *problems}:
            text = problems.get(name)
            look = setting_fields.wrong(text) if text else setting_fields.calm(name)
            updates[self.fields[name]] = gr.update(**look)
        return updates

    def refresh(self, form: Mapping[Any, Any]) -> tuple[str, str, gr.Timer]:
        """Give the command line, the estimate, and whether something is still to be measured."""
        done, going = gr.Timer(active=False), gr.Timer(active=True)
        if not self._source.is_chosen(form):
            return _NO_DATA, "", done
        try:
            config = self._config(form)
        except ConfigError as error:
            return gr.skip(), estimate_line.no_estimate(str(error)), done
        except (DataError, RightsError):  # it stands where the data are described
            return _NO_DATA, "", done
        command = ner_core.command_line(config)
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
        return command, estimate_line.quiet(estimate_line.ESTIMATING), going

    def measure(self, form: Mapping[Any, Any]) -> Any:
        """Measure what the run would cost, unless one is at work: the settings, and cost or error.

        Nothing is shown here: the settings may be others by now.
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
        except ner_core.GaveWayError:  # it says nothing about these settings
            return None
        except NerError as error:
            return config, error

    def _known(self, form: Mapping[Any, Any], config: TrainConfig) -> "ner_core.Cost | None":
        """Give the cost if it was measured; raise the error if it could not be."""
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


def _estimate_cost(config: TrainConfig, measure: bool) -> "ner_core.Cost | None":
    if not _imported.is_set():
        with importing:
            _ = ner_core.estimate_cost
        _imported.set()
    with ner_core.using_token(rights.asking().token):
        return ner_core.estimate_cost(config, measure=measure, folders=False, asker=rights.asker())


def _at_work() -> bool:
    return snapshots.SHARED.everything().anyone_at_work  # whosever run it is: it takes the cores
