"""Who may do what, as a table: the setting, the place, the visitor."""

import asyncio
import re
import time
from types import SimpleNamespace

import gradio as gr
import pytest

from ner_core.checks import report as checks
from ner_core.config import TrainConfig
from ner_core.cost import estimate as cost
from ner_core.errors import ConfigError, RunError
from ner_core.jobs import submit as jobs
from ner_core.runs import store
from ner_studio import command
from ner_studio.base import rights, sign_in
from ner_studio.base.rights import RightsError, Visitor
from ner_studio.runs import downloads
from ner_studio.state import predictors, snapshots
from ner_studio.train.source_form import HUB, UPLOAD, SourceForm
from ner_studio.train.tab import TrainTab
from tests.support.places import REPOSITORY

SPACE = {"SYSTEM": "spaces", "SPACE_ID": "olga/studio", "SPACE_HOST": "olga-studio.hf.space"}
OAUTH = {"OAUTH_CLIENT_ID": "id", "OAUTH_CLIENT_SECRET": "secret"}
NOBODY, ANN, BOB, OLGA = Visitor(), Visitor("ann"), Visitor("bob"), Visitor("olga", is_owner=True)


@pytest.fixture
def place(monkeypatch):
    """Return a function that makes this place a Space, or not, with this setting."""

    def make(training="", **variables):
        for name in ("SYSTEM", "SPACE_ID", "SPACE_HOST", "SPACE_AUTHOR_NAME", *OAUTH):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("NER_TRAINING", training)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return make


@pytest.mark.parametrize(
    ("variables", "training"),
    [
        ({}, "anyone"),
        (OAUTH, "anyone"),
        (SPACE, "off"),
        (SPACE | OAUTH, "signed-in"),
        # Gradio's sign-in is a mock without SYSTEM, and its cookies are anybody's without a secret.
        ({**SPACE, **OAUTH, "SYSTEM": ""}, "off"),
        ({**SPACE, "OAUTH_CLIENT_ID": "id"}, "off"),
    ],
)
def test_the_default_follows_from_the_place(place, variables, training):
    place(**variables)
    assert rights.training() == training


def test_the_setting_is_checked(place):
    place("everyone")
    with pytest.raises(ConfigError) as caught:
        rights.training()
    assert str(caught.value) == (
        "NER_TRAINING can't be 'everyone'. Use one of owner, signed-in, anyone, off."
    )
    for value in ("owner", "signed-in"):
        for variables in ({}, SPACE):
            place(value, **variables)
            with pytest.raises(ConfigError) as caught:
                rights.training()
            assert str(caught.value) == (
                f"NER_TRAINING is {value}, but nobody can sign in to this page: that needs a Space "
                "with `hf_oauth: true`. Choose anyone or off."
            )


def test_a_setting_that_cannot_be_is_said_at_the_start(place, capsys):
    place("everyone")
    assert command.main(["serve"]) == 2
    assert capsys.readouterr().err == (
        "error: NER_TRAINING can't be 'everyone'. Use one of owner, signed-in, anyone, off.\n"
    )


@pytest.mark.parametrize(
    ("training", "may_train", "sees_run_of_ann", "sees_run_of_nobody"),
    [
        ("anyone", "nobody ann bob olga", "nobody ann bob olga", "nobody ann bob olga"),
        ("signed-in", "ann bob olga", "ann olga", "olga"),
        ("owner", "olga", "ann olga", "olga"),
        ("off", "", "ann olga", "olga"),
    ],
)
def test_who_may_do_what(place, training, may_train, sees_run_of_ann, sees_run_of_nobody):
    place(training, **SPACE, **OAUTH)
    of_ann = store.create(TrainConfig(), "of-ann", owner="ann")
    of_nobody = store.create(TrainConfig(), "of-nobody")
    everybody = {"nobody": NOBODY, "ann": ANN, "bob": BOB, "olga": OLGA}

    def allowed(question):
        return " ".join(name for name, visitor in everybody.items() if question(visitor))

    assert allowed(rights.may_train) == may_train
    assert allowed(lambda visitor: rights.may_see(of_ann, visitor)) == sees_run_of_ann
    assert allowed(lambda visitor: rights.may_see(of_nobody, visitor)) == sees_run_of_nobody


def test_without_a_space_off_hides_all_runs(place):
    place("off")
    assert not rights.may_see(store.create(TrainConfig(), "old"), NOBODY)
    assert not rights.may_train(NOBODY)


SIGN_IN = (
    "Only signed-in visitors can train here, and you are not signed in. Sign in with Hugging Face "
    "first."
)
NOT_OWNER = "Only the owner of this Space can train here. Copy the Space to train in your own."
OFF = (
    "Training is switched off on this page. Copy the Space, or run NER Studio on your own machine."
)


@pytest.mark.parametrize(
    ("training", "visitor", "sentence"),
    [
        ("signed-in", NOBODY, SIGN_IN),
        ("owner", NOBODY, SIGN_IN.replace("signed-in visitors", "the owner of this Space")),
        ("owner", ANN, NOT_OWNER),
        ("off", OLGA, OFF),
    ],
)
def test_a_refusal_says_what_to_do(place, asks, training, visitor, sentence):
    place(training, **SPACE, **OAUTH)
    asks(visitor)
    with pytest.raises(RightsError) as caught:
        rights.check_training()
    assert str(caught.value) == sentence
    said = sign_in.note(visitor)
    assert sentence in said or "/login/huggingface?_target_url=/" in said
    assert not sign_in.note(OLGA) or training == "off"


def test_the_run_of_another_is_the_same_as_none(place, asks):
    place("signed-in", **SPACE, **OAUTH)
    store.create(TrainConfig(), "of-ann", owner="ann")
    asks(ANN)
    assert rights.find("of-ann").owner == "ann"
    asks(BOB)
    sentences = []
    for run_id in ("of-ann", "of-all"):
        with pytest.raises(RunError) as caught:
            rights.find(run_id)
        sentences.append(str(caught.value).replace(run_id, "RUN"))
    assert (
        sentences == ["There is no run 'RUN'. List your runs with `python -m ner_core runs`."] * 2
    )


def test_the_model_of_another_can_only_be_a_model_of_the_hub(place, asks, monkeypatch):
    place("signed-in", **SPACE, **OAUTH)
    run = store.create(TrainConfig(), "bert-base-uncased", owner="ann")
    run.model_dir.mkdir()
    monkeypatch.setattr(predictors, "_offered", {"my-model": "/models/my"})
    asks(BOB)
    for name in ("bert-base-uncased", "absent"):
        assert rights.model_name(name) == f"hub:{name}"
        assert rights.model_name(f"hub:{name}") == f"hub:{name}"
    for name in ("", "minilm", "starter", "owner/name"):
        assert rights.model_name(name) == name
    assert predictors.name_for_visitor("my-model") == "my-model"
    asks(ANN)
    assert rights.model_name("bert-base-uncased") == "bert-base-uncased"
    place()
    asks(NOBODY)
    assert rights.model_name("absent") == "absent"


def test_a_run_of_another_is_no_model_of_the_owner_s_under_a_name_that_was_given_to_it(
    place, asks, monkeypatch
):
    place("signed-in", **SPACE, **OAUTH)
    monkeypatch.setattr(snapshots.SHARED, "_last", None)
    asks(OLGA)
    assert rights.model_name("bert-base-uncased") == "hub:bert-base-uncased"
    made = store.create(TrainConfig(), owner="ann").id
    store.create(TrainConfig(), "bert-base-uncased", owner="ann")
    store.create(TrainConfig(), "own", owner="olga")
    store.create(TrainConfig(), "of-nobody")
    for run in store.list_runs():
        run.model_dir.mkdir()
    assert rights.model_name("bert-base-uncased") == "hub:bert-base-uncased"
    assert rights.find("bert-base-uncased").owner == "ann"
    for name in (made, "own", "of-nobody"):
        assert rights.model_name(name) == name
    assert {name for _, name in predictors.model_choices()} == {"starter", made, "own", "of-nobody"}
    asks(ANN)
    for name in (made, "bert-base-uncased"):
        assert rights.model_name(name) == name
    for name in ("own", "of-nobody"):
        assert rights.model_name(name) == f"hub:{name}"
    asks(BOB)
    assert rights.model_name(made) == f"hub:{made}"
    place("off")
    asks(NOBODY)
    assert rights.model_name("of-nobody") == "hub:of-nobody"


def test_a_run_is_started_for_the_visitor_and_from_no_run_of_others(place, asks, monkeypatch):
    async def build():
        with gr.Blocks():
            return TrainTab()

    tab, submitted = asyncio.run(build()), []

    def submit(config, **more):
        submitted.append((config.model, more))
        raise RunError("Not now.")

    monkeypatch.setattr(jobs, "submit", submit)
    form = {part: part.value for part in tab.source.inputs | tab.settings.inputs}
    place("signed-in", **SPACE, **OAUTH)
    store.create(TrainConfig(), "of-ann", owner="ann")
    for visitor in (ANN, BOB):
        asks(visitor)
        tab.start_run({**form, tab.source.model: "of-ann"})
    assert submitted == [
        ("of-ann", {"folders": False, "owner": "ann"}),
        ("hub:of-ann", {"folders": False, "owner": "bob"}),
    ]
    asks(NOBODY)
    assert SIGN_IN in tab.start_run(form)[tab.problem]
    assert len(submitted) == 2


def test_who_may_not_train_is_shown_the_sample_only(place, asks, monkeypatch):
    async def build():
        with gr.Blocks():
            source = SourceForm()
            source.wire(gr.HTML(), gr.Button())
            return source

    source, checked = asyncio.run(build()), []

    def check_data(data, **more):
        checked.append((data, more["model"]))
        raise RunError("Not now.")

    monkeypatch.setattr(checks, "check_data", check_data)
    monkeypatch.setattr(cost, "stop_measuring", lambda: pytest.fail("it stops another's"))
    form = {part: part.value for part in source.inputs | {source.blocked}}
    place("signed-in", **SPACE, **OAUTH)
    asks(NOBODY)
    for model in ("minilm", "owner/large"):
        source.describe_data({**form, source.model: model})
    assert checked == [("sample", "minilm"), ("sample", None)]
    for choice in (UPLOAD, HUB):
        chosen = {source.data: choice, source.hub: "a/b", source.files: ["/etc/passwd"]}
        updates = source.describe_data({**form, **chosen})
        assert SIGN_IN in updates[source.summary]
    assert len(checked) == 2


def test_downloads_lie_where_nobody_else_finds_them(place):
    run = store.create(TrainConfig(), "of-ann", owner="ann")
    other = store.create(TrainConfig(), "of-bob", owner="bob")
    place()
    assert downloads.folder_of(run) == store.home() / "exports"
    place(**SPACE, **OAUTH)
    folder = downloads.folder_of(run)
    assert folder.parent == store.home() / "exports"
    assert len(folder.name) == 40
    assert folder != downloads.folder_of(other)
    place(**SPACE, **OAUTH | {"OAUTH_CLIENT_SECRET": "another"})
    assert folder != downloads.folder_of(run)


def request(origin=None, **session):
    headers = {"host": "127.0.0.1:7860"} | ({"origin": origin} if origin else {})
    sent = SimpleNamespace(scope={"session": session}, headers=headers)
    return SimpleNamespace(request=sent)


def signed_in(name="ann", **more):
    return {"oauth_info": {"userinfo": {"preferred_username": name}, "access_token": "t0k", **more}}


def test_a_visitor_is_who_signed_in_to_this_space(place):
    place(**SPACE, **OAUTH)
    ann = rights.visitor_of(request(**signed_in()))
    assert (ann.name, ann.is_owner, ann.token) == ("ann", False, "t0k")
    assert "t0k" not in repr(ann)
    assert rights.visitor_of(request(**signed_in("olga"))).is_owner
    place(**SPACE, **OAUTH, SPACE_AUTHOR_NAME="ann")
    assert rights.visitor_of(request(**signed_in())).is_owner
    for origin in ("http://127.0.0.1:7860", "https://olga-studio.hf.space"):
        assert rights.visitor_of(request(origin, **signed_in())).name == "ann"


def test_nobody_is_believed_to_be_somebody_without_reason(place):
    place(**SPACE, **OAUTH)
    in_the_past = signed_in(expires_at=time.time() - 1)
    nobody = [None, request(), request(oauth_info=None), request(**in_the_past)]
    # A browser sends the cookie with what another website asks, too.
    nobody += [request(origin, **signed_in()) for origin in ("https://evil.example", "null")]
    assert {rights.visitor_of(sent) for sent in nobody} == {NOBODY}
    for variables in ({}, SPACE, OAUTH):  # nobody can have signed in here
        place(**variables)
        assert rights.visitor_of(request(**signed_in())) == NOBODY
    assert rights.current_visitor() == NOBODY


def test_no_handler_finds_a_run_without_asking():
    """What hands out runs whosever they are is used where who asks is looked at, or none is."""
    used = {
        (path.relative_to(REPOSITORY / "ner_studio").as_posix(), call)
        for path in (REPOSITORY / "ner_studio").rglob("*.py")
        for call in re.findall(
            r"\bstore\.(?:get|list_runs)\(|\.everything\(|\bRun\(", path.read_text("utf-8")
        )
    }
    assert used == {
        ("base/rights.py", "store.get("),
        ("state/predictors.py", "store.get("),  # of names that went through `name_for_visitor`
        ("state/snapshots.py", "store.list_runs("),
        ("state/snapshots.py", ".everything("),
        ("runs/rows.py", ".everything("),
        ("train/settings_form.py", ".everything("),
    }


def test_no_handler_finds_an_annotation_set_without_asking():
    used = {
        path.relative_to(REPOSITORY / "ner_studio").as_posix()
        for path in (REPOSITORY / "ner_studio").rglob("*.py")
        if re.search(r"\blist_sets\(|\bannotation_sets\.get\(", path.read_text("utf-8"))
    }
    assert used == {"base/set_rights.py"}
