"""The handlers of the Highlight tab, called as Gradio calls them."""

import asyncio
import threading
from types import SimpleNamespace

import gradio as gr
import pytest

from ner_core.entities import Entity
from ner_core.errors import UnnamedLabelsError
from ner_core.inference.token_view import SubToken
from ner_studio import command, page
from ner_studio.highlight import reading
from ner_studio.highlight.tab import HighlightTab
from ner_studio.highlight.view import MOST_CHARACTERS, TEXT, TOKENS
from ner_studio.state import predictors
from ner_studio.state.loaded_models import LoadedModels
from ner_studio.state.snapshots import SHARED
from tests.support.fake_runs import FakeRun
from tests.support.panels import build

NAMES = ("O", "PER")


class Models:
    """Loads models that find "Ann" in any text, as soon as ``may_end`` is set."""

    def __init__(self):
        self.read, self.tokens_asked, self.begun, self.may_end = [], [], [], threading.Event()
        self.may_end.set()
        self.memory = LoadedModels(lambda model, names: (model, tuple(names)), self.load)
        self.memory.get("starter")
        self.begun.clear()

    def load(self, key):
        model, names = key
        self.begun.append(model)
        self.may_end.wait(10)
        if model == "unnamed" and not names:
            raise UnnamedLabelsError("unnamed", "LABEL_0 and LABEL_1", 2)
        return FakePredictor(self, key)

    def is_loaded(self, model, names):
        return self.memory.holds((model, tuple(names)))

    def predict_with_numpy(self, model, text):
        return (["LOC"], [Entity(0, 3, "LOC", 0.4, text[:3])]) if model == "early" else None


class FakePredictor:
    entity_types = ("PER",)
    threshold = 0.0

    def __init__(self, models, key):
        self.models, self.key = models, key

    def predict_all(self, texts, batch_size=None):
        texts = list(texts)
        self.models.read += [(self.key[0], text, self.key[1]) for text in texts]
        return [[Entity(0, 3, "PER", 0.5, text[:3])] for text in texts]

    def sub_tokens(self, text):
        self.models.tokens_asked.append((self.key[0], text, self.key[1]))
        return [SubToken("ann", "B-PER", 0.5, 1, 0, 3)]


@pytest.fixture
def models(monkeypatch):
    models = Models()
    for name in ("predict_with_numpy", "is_loaded"):
        monkeypatch.setattr(reading, name, getattr(models, name))
    monkeypatch.setattr(reading, "MODELS", models.memory)
    monkeypatch.setattr(predictors, "MODELS", models.memory)
    return models


@pytest.fixture(scope="module")
def tab():
    """Build the tab, which keeps nothing."""
    return build(HighlightTab)[1]


def form(tab, text="Ann sings.", model="starter", compare="", view=TEXT, **more):
    return {
        tab.text: text,
        tab.view: view,
        tab.awaited: more.get("awaited", ""),
        tab.unnamed: more.get("unnamed", ""),
        tab.arrived: more.get("arrived", ""),
        tab.first.model: model,
        tab.first.names: more.get("names", ""),
        tab.first.named: more.get("named", ""),
        tab.second.model: compare,
        tab.second.names: "",
        tab.second.named: "",
    }


def test_a_model_reads_the_text(tab, models):
    drawn, awaited, unnamed = tab.highlight(form(tab))
    assert "<mark" in drawn
    assert awaited == unnamed == ""
    assert models.read == [("starter", "Ann sings.", ())]


@pytest.mark.parametrize("text", [None, "", " \n\t"])
def test_a_blank_text_asks_no_model(tab, models, text):
    assert "ner-empty" in tab.highlight(form(tab, text, model="a/b"))[0]
    assert models.read == []


@pytest.mark.parametrize("model", [None, "", " "])
def test_without_a_choice_it_is_the_starter(tab, models, model):
    tab.highlight(form(tab, model=model))
    assert models.read == [("starter", "Ann sings.", ())]


@pytest.mark.parametrize("compare", ["", "starter"])
def test_no_model_gets_more_than_the_first_characters(tab, models, compare):
    tab.highlight(form(tab, "a" * 1_000_000, compare=compare))
    assert {len(text) for _, text, _ in models.read} == {MOST_CHARACTERS}


def test_sub_tokens_are_asked_for_only_where_they_are_shown(tab, models):
    tab.highlight(form(tab))
    assert models.tokens_asked == []
    assert 'data-table="Tokens"' in tab.highlight(form(tab, view=TOKENS))[0]
    assert models.tokens_asked == [("starter", "Ann sings.", ())]


@pytest.mark.slow
def test_no_answer_waits_for_a_model_that_is_being_loaded(tab, models):
    models.may_end.clear()
    drawn, awaited, *_ = tab.highlight(form(tab, model="owner/name"))
    assert "Loading <bdi>owner/name</bdi> from the Hub…" in drawn
    assert awaited == "owner/name"
    assert "<mark" in tab.highlight(form(tab))[0]
    drawn, awaited, *_ = tab.highlight(form(tab, compare="owner/name"))
    assert awaited == "owner/name"
    assert "<mark" in drawn

    async def loaded():
        waiting = asyncio.create_task(tab.wait(form(tab, model="owner/name", awaited=awaited)))
        for _ in range(100):  # as far as it comes
            await asyncio.sleep(0)
        assert not waiting.done()
        models.may_end.set()
        return await waiting

    assert asyncio.run(loaded()).isdigit()
    drawn, awaited, *_ = tab.highlight(form(tab, model="owner/name"))
    assert "<mark" in drawn
    assert awaited == ""


def test_nothing_awaited_is_nothing_to_wait_for(tab, models):
    assert asyncio.run(tab.wait(form(tab, model="owner/name"))) == gr.skip()
    assert models.begun == []


def test_waiting_ends_where_a_model_cannot_be_loaded(tab, models):
    waiting = tab.wait(form(tab, model="unnamed", awaited="unnamed"))
    assert asyncio.run(waiting).isdigit()


def test_a_model_without_names_for_its_labels_asks_for_them(tab, models):
    drawn, _, unnamed = tab.highlight(form(tab, model="unnamed"))
    assert (
        "The model unnamed doesn&#x27;t name its labels, it only has LABEL_0 and LABEL_1. Name its "
        "2 labels in the field “Names of its labels” above.</p>"
    ) in drawn
    names, named, *others = tab.ask_for_names(form(tab, model="unnamed", unnamed=unnamed))
    assert names == gr.update(
        visible=True,
        value="",
        info="Type its 2 names in their order, with commas between. Then press Enter.",
    )
    assert named == "unnamed"
    assert others == [gr.skip()] * 2
    given = form(tab, model="unnamed", names=" O, PER ,", named="unnamed")
    drawn, _, unnamed = tab.highlight(given)
    assert "<mark" in drawn
    assert unnamed == ""
    assert tab.ask_for_names(given) == [gr.skip()] * 4
    assert models.read == [("unnamed", "Ann sings.", NAMES)]


def test_each_of_two_models_is_asked_for_its_own_names(tab, models):
    both = form(tab, model="unnamed", compare="unnamed")
    unnamed = tab.highlight(both)[2]
    assert unnamed == "2 unnamed\n2 unnamed"
    names, named, others, other = tab.ask_for_names({**both, tab.unnamed: unnamed})
    assert names["visible"]
    assert others["visible"]
    assert named == other == "unnamed"


def test_names_are_no_other_models(tab, models):
    written = form(tab, names="O, PER", named="unnamed")
    tab.highlight(written)
    assert models.read == [("starter", "Ann sings.", ())]
    names, named, *_ = tab.ask_for_names(written)
    assert names == gr.update(visible=False, value="")
    assert named == ""


def test_the_starter_answers_before_it_is_loaded_but_shows_no_sub_tokens_yet(tab, models):
    models.may_end.clear()
    assert 'data-label="LOC"' in tab.highlight(form(tab, model="early"))[0]
    drawn, awaited, _ = tab.highlight(form(tab, model="early", view=TOKENS))
    assert "Loading <bdi>early</bdi>…" in drawn
    assert awaited == "early"
    models.may_end.set()


@pytest.mark.parametrize("model", ["../x", "a" * 500, "no such model", "ner_studio", "a/b/c"])
def test_no_attempt_is_made_with_a_name_that_no_model_has(tab, models, model):
    drawn, awaited, _ = tab.highlight(form(tab, model=model))
    assert "Folders work only on the command line." in drawn
    assert awaited == ""
    assert asyncio.run(tab.wait(form(tab, model=model, awaited=model))).isdigit()
    assert models.begun == []


@pytest.mark.parametrize("names", ["O," * 300 + "B-X," * 800, "O" * 201])
def test_no_attempt_is_made_with_names_that_no_labels_have(tab, models, names):
    names = ",".join(f"{name}{number}" for number, name in enumerate(names.split(",")))
    drawn = tab.highlight(form(tab, model="unnamed", names=names, named="unnamed"))[0]
    assert "A model has at most 1,000 labels, with names of at most 200 characters, but" in drawn
    assert models.begun == []


@pytest.mark.parametrize("value", [None, 5, ["a"], {"a": 1}, True])
def test_values_that_no_page_sends_are_taken_for_empty(tab, models, value):
    sent = dict.fromkeys(form(tab), value)
    drawn, awaited, unnamed = tab.highlight(sent)
    assert "ner-empty" in drawn
    assert awaited == unnamed == ""
    assert tab.highlight({**sent, tab.text: "Ann sings."})[0].count("<mark") == 1


@pytest.mark.slow
def test_a_model_that_came_and_is_gone_again_is_waited_for_anew(tab, models):
    models.may_end.clear()
    awaited = [
        tab.highlight(form(tab, model="a/b", arrived=arrived))[1] for arrived in ("", "1", "2")
    ]
    models.may_end.set()
    assert len(set(awaited)) == 3


def test_a_fault_of_a_model_is_a_sentence(tab, models, monkeypatch):
    def fault(*_, **__):
        raise IndexError("index out of range in self")

    monkeypatch.setattr(FakePredictor, "predict_all", fault)
    assert (
        "starter can&#x27;t read this text, and the server&#x27;s log says why. Choose another "
        "model."
    ) in tab.highlight(form(tab))[0]


def test_the_lists_keep_what_may_still_be_chosen(tab, ner_home):
    SHARED.current(renew=True)
    choices = predictors.model_choices()
    kept, compared = tab.refresh_models("owner/name", "")
    assert kept == gr.update(choices=choices)
    assert compared == gr.update(choices=[("no other model", ""), *choices])
    kept, compared = tab.refresh_models("deleted-run", "deleted-run")
    assert kept["value"] == choices[0][1]
    assert compared["value"] == ""


def test_a_run_that_is_older_than_those_offered_stays_chosen(tab, ner_home, monkeypatch):
    monkeypatch.setattr(predictors, "MAX_CHOICES", 1)
    for name in ("older", "newer"):
        fake = FakeRun(name).start()
        fake.run.model_dir.mkdir()
        fake.end("finished", train_seconds=1)
    FakeRun("without-model").start().end("failed", reason="x")
    SHARED.current(renew=True)
    choices = predictors.model_choices()
    assert [value for _, value in choices] == ["starter", "newer"]
    kept, compared = tab.refresh_models("older", "older")
    assert "value" not in kept
    assert "value" not in compared
    kept, compared = tab.refresh_models("without-model", "without-model")
    assert kept["value"] == "starter"
    assert compared["value"] == ""


def test_a_link_to_a_model_opens_highlight_even_while_a_run_is_at_work(ner_home):
    fake = FakeRun().start()
    SHARED.current(renew=True)
    assert page.first_tab(SimpleNamespace(query_params={"model": "starter"})) == gr.skip()
    both = SimpleNamespace(query_params={"model": "starter", "run": "at-work"})
    tabs, shown = page.first_tab(both)
    assert (tabs.selected, shown) == ("train", "watch")
    fake.end("finished", train_seconds=1)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "/no/folder",
            "error: No model called '/no/folder'. Choose minilm, starter, one of your runs, a "
            "folder or a Hub id such as owner/name.\n",
        ),
    ],
)
def test_a_model_that_is_none_is_refused_before_the_page_is_served(capsys, name, sentence):
    assert command.main(["serve", "--model", name]) == 2
    assert capsys.readouterr().err == sentence
