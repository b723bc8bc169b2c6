"""The form of the Train tab by plain calls: what it shows, reads, fills in and says."""

import asyncio
import json
from functools import cache
from html import unescape
from typing import Literal, get_args, get_origin

import gradio as gr
import pytest
from hypothesis import given

from ner_core.annotations import store as annotation_sets
from ner_core.config import SpanOffsets, TrainConfig
from ner_core.cost import estimate as costs
from ner_core.cost.estimate import EstimateCancelledError
from ner_core.cost.formula import Cost
from ner_core.errors import DataError, ModelError, RunError
from ner_core.hub.repository_ids import check_repository
from ner_core.models.suggestions import SUGGESTIONS
from ner_core.recipes import RECIPE_PURPOSE, RECIPES
from ner_studio.base import rights, setting_fields
from ner_studio.train import estimate_line, settings_form, source_form
from ner_studio.train.data_summary import NOT_CHOSEN
from ner_studio.train.settings_form import SettingsForm
from ner_studio.train.source_form import CHOICES, HUB, KEPT, SAMPLE, SETS, UPLOAD, SourceForm
from tests.runs.test_command import CONFIGS
from tests.support import panels

FIELDS = TrainConfig.model_fields
COST = Cost(195.0, 1_437_000_000, 6_100_000_000, 300, 3.0, 3e-4)
LINE = (
    '<p class="ner-quiet"><b>About 3 min 20 s</b> · 300 steps, 3 epochs · '
    "learning rate 0.0003 · about 1.4 GB of memory</p>"
)


@cache
def build():
    """Build both parts of the form once."""

    def parts():
        source, settings = SourceForm(), SettingsForm()
        for part in (source.model, source.summary, settings.estimate):
            part.render()
        problem, start = gr.HTML(), gr.Button()
        source.wire(problem, start)
        settings.wire(source)
        return source, settings, problem, start

    page, placed = panels.build(parts)
    return page, *placed


class Form:
    """Both parts of the form as the page has them, and what stands in them."""

    def __init__(self):
        self.page, self.source, self.settings, self.problem, self.start = build()
        states = {self.source.blocked, self.settings.wrong, self.settings.measured}
        components = self.source.inputs | self.settings.inputs | states
        self.content = {component: component.value for component in components}

    def type(self, **values):
        for name, value in values.items():
            self.content[self.settings.fields[name]] = value

    def show(self, updates):
        """Take the answer of a handler, as the page does."""
        for component, update in updates.items():
            value = update.get("value") if isinstance(update, dict) else update
            if component in self.content and not (isinstance(update, dict) and value is None):
                self.content[component] = value

    def fill(self, config):
        source, settings = self.source.fill(config), self.settings.fill(config)
        assert source.keys() <= set(self.source.filled)
        assert settings.keys() == set(self.settings.filled)
        self.show(source | settings)

    def choose_recipe(self, recipe):
        """Choose a recipe; the page puts its values into the fields, in their order."""
        self.content[self.settings.recipe] = recipe
        values = json.loads(self.settings.recipes.value)[recipe]
        self.content |= dict(zip(self.settings.fields.values(), values, strict=True))

    def describe(self, chosen=False):
        """Describe the data; returns summary, problem and whether the run can be started."""
        describe = self.source.describe_choice if chosen else self.source.describe_data
        updates = describe(self.content)
        self.content[self.source.blocked] = updates[self.source.blocked]
        problem = updates.get(self.problem, gr.skip())
        return updates[self.source.summary], problem, updates[self.start]["interactive"]

    def config(self):
        values = self.source.values(self.content) | self.settings.values(self.content)
        return TrainConfig.from_values(values)

    def check(self):
        """Leave a field; gives what is shown at the fields that changed their look."""
        updates = self.settings.check(self.content)
        self.content[self.settings.wrong] = updates.pop(self.settings.wrong)
        return {component.elem_id: update for component, update in updates.items()}

    def refresh(self):
        """Return the command, the estimate and whether something is to be measured."""
        command, estimate, timer = self.settings.refresh(self.content)
        return command, estimate, timer.active

    def measure(self):
        self.content[self.settings.measured] = self.settings.measure(self.content)


@pytest.fixture
def form():
    return Form()


@pytest.fixture(autouse=True)
def _nobody_at_work(monkeypatch):
    monkeypatch.setattr(settings_form, "_at_work", lambda: False)


@pytest.fixture
def estimate(monkeypatch):
    """Let an estimate be what a test says: for ``measure`` False, and for True."""

    def set_answers(cached=None, measured=None):
        asked = []

        def estimate_cost(config, measure, folders, visitor):
            assert not folders  # a visitor's encoder is no path
            assert visitor == "user ann"
            asked.append((config, measure))
            answer = measured if measure else cached
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr(costs, "estimate_cost", estimate_cost)
        monkeypatch.setattr(rights, "visitor_key", lambda: "user ann")
        return asked

    return set_answers


def test_every_setting_is_on_the_page_exactly_once(form):
    ids = [block.elem_id for block in form.page.blocks.values() if block.elem_id]
    assert {name: ids.count(name) for name in FIELDS} == dict.fromkeys(FIELDS, 1)


@pytest.mark.parametrize("name", setting_fields.LABELS)
def test_a_setting_has_the_component_of_its_kind(form, name):
    component, annotation = form.settings.fields[name], FIELDS[name].annotation
    kind = {bool: gr.Checkbox}.get(annotation, gr.Textbox)
    if get_origin(annotation) is Literal:
        kind = gr.Dropdown
        assert tuple(value for _, value in component.choices) == annotation.__args__
    assert type(component) is kind
    assert component.interactive


def test_help_is_the_description_and_the_name_that_commands_use(form):
    assert form.settings.fields["weight_decay"].info == "Weight decay of AdamW. `weight_decay`"
    assert form.settings.fields["epochs"].info == ""


def test_labels_are_told_apart_and_none_is_taken_for_the_encoder(form):
    labels = list(setting_fields.LABELS.values())
    assert len(set(labels)) == len(labels)
    # Browser tests find these by a part of their label.
    assert not [label for label in labels if "encoder" in label.lower() or "model" in label.lower()]


def test_the_page_opens_with_the_defaults(form):
    assert form.config() == TrainConfig()
    cards = {name: f"{name.capitalize()}\n{purpose}" for name, purpose in RECIPE_PURPOSE.items()}
    assert {name: text for text, name in form.settings.recipe.choices} == cards
    assert form.settings.command.value == "python -m ner_core train --data sample"


@pytest.mark.parametrize("recipe", RECIPES)
def test_choosing_a_recipe_fills_all_fields_with_its_values(form, recipe):
    form.type(epochs="7", seed="many", schedule="constant", freeze_embeddings=False, overlap="1")
    form.choose_recipe(recipe)
    assert form.config() == TrainConfig.from_values({"recipe": recipe})


def test_a_field_changed_by_hand_keeps_the_recipe(form):
    form.fill(TrainConfig.from_values({"recipe": "notebook"}))
    form.type(epochs="", max_length="100", dropout="0")
    assert form.config() == TrainConfig.from_values(
        {"recipe": "notebook", "epochs": "auto", "max_length": 100, "dropout": 0}
    )
    assert form.config().overlap == 25


# What is typed as a model's name loses its blanks: no model has any.
@given(CONFIGS.filter(lambda config: config.model == config.model.strip()))
def test_the_settings_of_any_run_come_back_from_the_form(config):
    config = config.model_copy(update={"data": "/somewhere/mine.conll"})
    form = Form()
    form.fill(config)
    assert form.config() == config


@pytest.mark.parametrize(
    ("data", "choice"),
    [("sample", SAMPLE), ("hub:conll2003", HUB), ("hub:a/b:c@d", HUB), ("/x/train.conll", KEPT)],
)
def test_the_data_of_a_run_come_back_from_the_form(form, data, choice):
    form.fill(TrainConfig(data=data, model="starter", label_names="O,B-PER"))
    assert form.content[form.source.data] == choice
    assert form.config() == TrainConfig(data=data, model="starter", label_names="O,B-PER")
    form.fill(TrainConfig())
    assert form.config() == TrainConfig()


def test_an_upload_of_a_run_is_read_again_where_it_was_kept(form, tmp_path):
    kept = tmp_path / "mine.conll"
    kept.write_text("Ann B-PER\nlives O\nin O\nOslo B-LOC\n\n" * 40)
    form.fill(TrainConfig(data=str(kept), model="nowhere"))
    filled = form.source.fill(TrainConfig(data=str(kept)))
    assert filled[form.source.data]["choices"] == [*CHOICES, KEPT]
    summary, *rest = form.describe(chosen=True)
    assert "PER</td>" in summary
    assert rest == [gr.skip(), True]
    kept.unlink()
    summary, *rest = form.describe(chosen=True)
    assert summary == (
        f'<p class="ner-error" role="alert">Found no data at &#x27;{kept}&#x27;. Choose '
        "sample, a file, a folder or a Hub dataset (owner/name).</p>"
    )
    assert rest == [gr.skip(), False]


def test_an_annotation_set_is_chosen_by_its_title_and_learned_from(form):
    form.content[form.source.data] = SETS
    summary, *_ = form.describe(chosen=True)
    assert "There is no annotation set yet. Make one with Correct in the Highlight tab." in summary
    for title in ("Menu reviews", "A set"):
        made = annotation_sets.create(title)
        made.accept("Ann went to Rome", [(0, 3, "PER"), (12, 16, "LOC")])
        made.accept("Bob went to Paris", [(0, 3, "PER"), (12, 17, "LOC")])
    shown = form.source.choose(SETS, "gone")[form.source.sets.choice]
    assert shown["choices"] == [("A set", "a-set"), ("Menu reviews", "menu-reviews")]
    assert (shown["visible"], shown["value"]) == (True, "a-set")
    form.show(form.source.fill_set("menu-reviews"))
    summary, *_ = form.describe(chosen=True)
    assert "PER</td>" in summary
    assert form.config().data == "annotations:menu-reviews"


def test_a_set_of_a_run_comes_back_without_what_it_had_then(form):
    made = annotation_sets.create("Menu reviews")
    made.accept("Ann", [(0, 3, "PER")])
    form.fill(TrainConfig(data=f"annotations:menu-reviews@{made.size()}"))
    assert form.content[form.source.data] == SETS
    assert form.config().data == "annotations:menu-reviews"


BROKEN = [
    ("empty.txt", b"", "empty.txt has no annotated sentences."),
    (
        "one.txt",
        b"Ann\nlives\n",
        "one.txt, line 1: there is only a word here ('Ann'), without a tag.",
    ),
    (
        "tag.txt",
        b"Ann B_PER\n",
        "'B_PER' is not a tag such as O, B-PER or I-PER. Write it as B-PER.",
    ),
    ("binary.txt", bytes(range(256)), "this is binary data, not text. Choose a text file."),
]


@pytest.mark.parametrize(("name", "content", "sentence"), BROKEN)
def test_a_broken_file_is_explained_and_cannot_be_started(form, tmp_path, name, content, sentence):
    (tmp_path / name).write_bytes(content)
    form.content |= {form.source.data: UPLOAD, form.source.files: [str(tmp_path / name)]}
    summary, _, ready = form.describe()
    assert sentence in unescape(summary)
    assert 'role="alert"' in summary
    assert not ready
    form.content[form.source.files] = None
    assert form.describe()[::2] == (NOT_CHOSEN, True)


def test_fields_that_an_error_asks_for_are_opened(form, tmp_path):
    rows = "".join(f"Ann;PERSON;{number}\n" for number in range(9))
    (tmp_path / "odd.csv").write_text(f"wort;klasse;satz\n{rows}")
    form.content |= {form.source.data: UPLOAD, form.source.files: [str(tmp_path / "odd.csv")]}
    updates = form.source.describe_data(form.content)
    assert unescape(updates[form.source.summary]) == (
        '<p class="ner-error" role="alert">odd.csv has no columns such as word and tag, or text '
        "and entities. Its columns: 'wort', 'klasse', 'satz'. Say which to read with “Word "
        "column” and “Tag column”.</p>"
    )
    assert updates[form.source.columns]["open"] is True
    (tmp_path / "odd.csv").write_text("")
    assert form.source.columns not in form.source.describe_data(form.content)


def test_all_ways_to_count_offsets_are_explained():
    assert tuple(setting_fields.OFFSETS) == get_args(SpanOffsets)


def test_a_description_takes_back_what_it_said_itself_and_nothing_else(form, tmp_path):
    data = tmp_path / "rows.jsonl"
    good = '{"text": "Ann lives in Oslo.", "label": [[0, 3, "PER"]]}\n' * 3
    data.write_text(good + '{"text": "Bob", "label": [[0, 30, "PER"]]}\n')
    form.fill(TrainConfig(data=str(data)))
    _, problem, ready = form.describe()
    assert unescape(problem) == (
        '<div data-about="data"><p class="ner-error" role="alert">'
        "1 row can't be read. Fix it to start training.</p></div>"
    )
    assert not ready
    data.write_text(good)
    assert form.describe()[1:] == ("", True)
    # What stands there now may be from Start.
    assert form.describe()[1] == gr.skip()


def test_a_visitor_cannot_name_the_path_of_a_runs_data(form):
    # What a state holds never comes from the browser.
    assert isinstance(form.source.kept, gr.State)
    assert form.source.kept in form.source.inputs


def test_a_run_of_a_recipe_that_is_gone_fills_the_form_all_the_same(form):
    form.fill(TrainConfig(recipe="old", epochs=2))
    assert form.config() == TrainConfig(epochs=2)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("epochs", "0", "Use a number above 0 and up to 1,000."),
        ("batch_size", "", "Use a whole number from 1 to 1,024."),
        ("learning_rate", "fast. Use lost", "Use a number above 0 and up to 1."),
        ("warmup", "2", "Use a number from 0 to below 1."),
        ("overlap", "many", "Use a whole number from 0 to 4,096."),
    ],
)
def test_a_wrong_value_is_explained_at_its_field_until_it_is_mended(form, name, value, shown):
    good = form.content[form.settings.fields[name]]
    form.type(**{name: value})
    [(field, update)] = form.check().items()
    assert (field, update["info"], update["elem_classes"]) == (name, shown, ["ner-wrong"])
    form.type(**{name: good})
    [(field, update)] = form.check().items()
    assert (field, update["elem_classes"]) == (name, [])
    assert update["info"] == setting_fields.help_text(name)
    assert form.check() == {}


def test_what_only_the_whole_form_shows_is_explained_at_its_field(form):
    form.type(max_length="100", overlap="51")
    assert form.check()["overlap"]["info"] == "Use at most half of max_length, which is 50."
    assert form.refresh() == (
        gr.skip(),
        '<p class="ner-quiet">No estimate. overlap can&#x27;t be 51. Use at most half of '
        "max_length, which is 50.</p>",
        False,
    )
    form.type(overlap="")
    assert form.check()["overlap"]["elem_classes"] == []


def test_several_wrong_values_are_all_explained(form):
    form.type(epochs="0", seed="-1")
    assert set(form.check()) == {"epochs", "seed"}


def test_no_answer_of_the_server_fills_in_a_recipe(form):
    # It could come after what a person has typed meanwhile.
    recipe = (form.settings.recipe._id, "input")
    (filling,) = [
        event
        for event in form.page.fns.values()
        if recipe in event.targets and set(form.settings.fields.values()) <= set(event.outputs)
    ]
    assert filling.fn is None
    assert len(filling.outputs) == len(setting_fields.LABELS)


def test_filling_in_a_recipe_takes_the_problems_away(form):
    form.type(epochs="0", seed="-1")
    form.check()
    form.choose_recipe("quick")
    looks = {name: look["elem_classes"] for name, look in form.check().items()}
    assert form.content[form.settings.wrong] == []
    assert looks == {"epochs": [], "seed": []}


def test_the_command_follows_the_form(form, estimate):
    estimate(cached=COST)
    form.content[form.source.model] = "starter"
    form.type(epochs="2", dropout="0.1")
    assert form.refresh()[0] == (
        "python -m ner_core train --data sample --model starter --epochs 2 --set dropout=0.1"
    )


def test_what_was_measured_before_is_shown_at_once(form, estimate):
    asked = estimate(cached=COST)
    assert form.refresh() == ("python -m ner_core train --data sample", LINE, False)
    assert asked == [(TrainConfig(), False)]


def test_what_was_not_is_measured_and_then_shown(form, estimate):
    asked = estimate(measured=COST)
    waiting = '<p class="ner-quiet">Estimating time and memory…</p>'
    assert form.refresh()[1:] == (waiting, True)
    form.measure()
    assert form.refresh()[1:] == (LINE, False)
    assert asked == [(TrainConfig(), False), (TrainConfig(), True)]
    form.type(batch_size="8")
    assert form.refresh()[1:] == (waiting, True)


def test_what_could_not_be_measured_is_one_sentence_and_not_tried_again(form, estimate):
    asked = estimate(measured=RunError("The time could not be measured."))
    assert form.refresh()[2]
    form.measure()
    assert form.refresh()[1:] == (
        '<p class="ner-quiet">No estimate. The time could not be measured.</p>',
        False,
    )
    assert len(asked) == 2


def test_nothing_is_measured_while_a_run_is_at_work(form, estimate, monkeypatch):
    monkeypatch.setattr(settings_form, "_at_work", lambda: True)
    asked = estimate(measured=COST)
    later = '<p class="ner-quiet">Time and memory are measured once no run is at work.</p>'
    assert form.refresh()[1:] == (later, False)
    assert form.settings.measure(form.content) == gr.skip()
    assert asked == [(TrainConfig(), False)]
    estimate(cached=COST)
    assert form.refresh()[1:] == (LINE, False)


def test_a_cancelled_measurement_says_nothing_about_the_settings(form, estimate):
    estimate(measured=EstimateCancelledError("It was cancelled."))
    assert form.settings.measure(form.content) is None


@pytest.mark.slow
def test_a_measurement_ends_when_data_are_to_be_described(form, monkeypatch):
    ended = []
    monkeypatch.setattr(costs, "stop_measuring", lambda: ended.append(True))
    form.source.describe_data(form.content)
    assert ended == [True]


def test_wrong_data_are_not_explained_twice(form, estimate):
    estimate(cached=DataError("There are no data."))
    assert form.refresh() == ("python -m ner_core train --data sample", "", False)


def test_a_wrong_encoder_is_a_sentence(form, estimate):
    estimate(cached=ModelError("There is no <model>."))
    assert form.refresh()[1:] == (
        '<p class="ner-quiet">No estimate. There is no &lt;model&gt;.</p>',
        False,
    )


@pytest.mark.parametrize("choice", [UPLOAD, HUB, KEPT])
def test_there_is_no_estimate_before_there_are_data(form, estimate, choice):
    asked = estimate(cached=COST)
    form.content[form.source.data] = choice
    assert form.refresh() == ("# Choose data first.", "", False)
    assert asked == []


def test_wrong_settings_are_not_measured(form, estimate):
    asked = estimate(measured=COST)
    form.type(epochs="0")
    assert form.settings.measure(form.content) == gr.skip()
    assert asked == []


def estimated(batch_size=32, **values):
    config = TrainConfig.from_values({"batch_size": batch_size, "learning_rate": 3e-5})
    cost = Cost(**{**vars(COST), **values})
    return estimate_line.estimate(cost, config)


def test_one_epoch_is_singular_and_a_given_rate_is_not_repeated():
    assert estimated(epochs=1.0, steps=1_234) == (
        '<p class="ner-quiet"><b>About 3 min 20 s</b> · 1,234 steps, 1 epoch · '
        "about 1.4 GB of memory</p>"
    )


def test_too_little_memory_is_a_warning_with_a_way_on():
    assert estimated(memory_free=1_000_000_000).endswith(
        '<p class="ner-warning">Only 1.0 GB of memory is free here. Batch size 16 with gradient '
        "accumulation 2 learns the same in less memory.</p>"
    )
    assert estimated(batch_size=1, memory_free=640_000_000).endswith(
        '<p class="ner-warning">Only 640 MB of memory is free here. Choose a shorter window, an '
        "adapter, or a smaller encoder.</p>"
    )


@pytest.mark.parametrize("reach", ["reachable", "unreachable", "offline"])
def test_encoders_of_the_hub_are_offered_where_the_hub_can_be_reached(form, monkeypatch, reach):
    async def hub_reach():
        return reach

    monkeypatch.setattr(source_form, "hub_reach", hub_reach)
    names = [name for _, name in asyncio.run(form.source.suggest())["choices"]]
    assert names[:2] == ["minilm", "starter"]
    assert names[2:] == ([one.name for one in SUGGESTIONS] if reach == "reachable" else [])
    # What the label says first is the id, by which people search.
    assert all(one.label.startswith(f"{one.name} · ") for one in SUGGESTIONS)
    assert all(check_repository(one.name) == one.name for one in SUGGESTIONS)
