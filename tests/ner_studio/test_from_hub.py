"""Models and data of the Hub on a Space: each visitor sees what their own token may see."""

import asyncio
import os
import threading
from pathlib import Path

import gradio as gr
import pytest
from huggingface_hub import constants

from ner_core.checks.report import check_data
from ner_core.checks.tokenization import measure
from ner_core.config import TrainConfig
from ner_core.cost import estimate
from ner_core.data.corpus import load_data
from ner_core.errors import DataError, ModelError
from ner_core.hub import client
from ner_core.hub import reachability as reach
from ner_core.hub.token import FD_VARIABLE, current_token, handed_over, take_over, using_token
from ner_core.inference.predictor import Predictor
from ner_core.jobs.submit import submit
from ner_core.models import hub as hub_models
from ner_core.runs import store
from ner_studio import api
from ner_studio.base import hub_badge
from ner_studio.base.hub_badge import HubBadge
from ner_studio.base.rights import Visitor
from ner_studio.highlight import reading
from ner_studio.state import predictors
from ner_studio.state.loaded_models import LoadedModels
from tests.support import toy
from tests.support.families import save_family
from tests.support.hub_client import SECRET
from tests.support.hub_server import Repo, Token

ANNS, BOBS = "hf_tokenOfAnn0123456789", "hf_tokenOfBob0123456789"
ANN, BOB, NOBODY = Visitor("ann", token=ANNS), Visitor("bob", token=BOBS), Visitor()
TEXT = "ann lives in oslo and bob works near the paris city"
HIDDEN = (
    "The Hub has no {kind} ann/{name} that you can see. Check the name, or if it is private, "
    "{sign_in}."
)
SIGN_IN, ANOTHER = "sign in with Hugging Face", "sign in as someone who can see it"


@pytest.fixture
def hub(hub, monkeypatch, tiny_model):
    """Return a Hub with a private model and a public one, and this process as a Space."""
    hub.tokens |= {ANNS: Token("ann", "read"), BOBS: Token("bob", "read")}
    files = {path.name: path.read_bytes() for path in tiny_model.iterdir()}
    hub.models["ann/own"] = Repo({"main": dict(files)}, private=True)
    hub.models["ann/open"] = Repo({"main": dict(files)})
    monkeypatch.setenv("SPACE_ID", "olga/studio")
    monkeypatch.setattr(client, "RETRY_SECONDS", 0.0)
    monkeypatch.setattr(hub_models, "_public", {})
    monkeypatch.setattr(hub_models, "_restricted", {})
    models = LoadedModels(predictors._key_for_visitor, predictors._load)
    for module in (predictors, reading):
        monkeypatch.setattr(module, "MODELS", models)
    return hub


def refusal(call, *arguments):
    with pytest.raises((ModelError, DataError)) as caught:
        call(*arguments)
    assert ANNS not in str(caught.value)
    return str(caught.value)


def read(model):
    """Read a text as the page does, and wait for the model."""
    return toy.wait_for(lambda: reading.read((model, ()), TEXT, tokens=False), model)


def test_a_private_model_is_read_for_who_may_see_it_alone(hub, asks, tiny_model):
    asks(ANN)
    found = read("ann/own")
    assert found.entities == Predictor.load(str(tiny_model)).predict(TEXT)
    assert predictors.is_loaded("ann/own")
    for visitor, sign_in in ((BOB, ANOTHER), (NOBODY, SIGN_IN)):
        asks(visitor)
        sentence = HIDDEN.format(kind="model", name="own", sign_in=sign_in)
        assert not predictors.is_loaded("ann/own")
        assert str(read("ann/own")) == sentence
        assert refusal(predictors.MODELS.get, "ann/own") == sentence
        assert refusal(predictors.MODELS.predict_all, "hub:ann/own", [TEXT], 0.0, None) == sentence
    asks(ANN)
    assert predictors.is_loaded("ann/own")


@pytest.mark.slow
@pytest.mark.parametrize("how", ["hangs", "is gone", "is offline"])
def test_without_an_answer_what_another_has_downloaded_is_refused(hub, asks, monkeypatch, how):
    asks(ANN)
    predictors.MODELS.get("ann/own")
    predictors.MODELS.get("ann/open")
    if how == "hangs":
        hub.fail("/", hang_seconds=60)
        monkeypatch.setattr(client, "ANSWER_SECONDS", 0.4)
    elif how == "is gone":
        monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    else:
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    for visitor in (BOB, NOBODY):
        asks(visitor)
        assert "the model ann/own" in refusal(predictors.MODELS.get, "ann/own")
        assert predictors.is_loaded("ann/open")  # what all may see is there for all
    asks(ANN)
    assert predictors.is_loaded("ann/own")
    monkeypatch.setattr(hub_models, "KNOWN_SECONDS", -1.0)
    found = {
        "hangs": "within 0.4 seconds. Check your network and try again, or",
        "is gone": "Can't connect to http://127.0.0.1:9 to get the model ann/own. Check your "
        "network and try again, or",
        "is offline": "Offline: can't get the model ann/own from the Hub. Unset HF_HUB_OFFLINE, or",
    }[how]
    assert f"{found} choose minilm, starter or a folder." in refusal(
        predictors.MODELS.get, "ann/own"
    )


def test_one_load_serves_all_who_may_see_a_public_model(hub, asks):
    loaded = []
    for visitor in (ANN, BOB, NOBODY):
        asks(visitor)
        loaded.append(predictors.MODELS.get("ann/open"))
    assert loaded[0] is loaded[1] is loaded[2]
    # The machine's own token was never sent.
    assert hub.authorizations <= {None, f"Bearer {ANNS}", f"Bearer {BOBS}"}


def test_a_model_that_is_made_private_is_no_longer_for_all(hub, asks, monkeypatch):
    asks(BOB)
    predictors.MODELS.get("ann/open")
    hub.models["ann/open"].private = True
    assert predictors.is_loaded("ann/open")
    monkeypatch.setattr(hub_models, "KNOWN_SECONDS", 0.0)
    assert refusal(predictors.MODELS.get, "ann/open") == HIDDEN.format(
        kind="model", name="open", sign_in=ANOTHER
    )


def test_a_model_that_is_made_private_while_it_is_loaded_is_not_kept_for_all(
    hub, asks, monkeypatch
):
    asks(ANN)
    load = Predictor.load

    def load_late(*arguments):
        hub.models["ann/open"].private = True
        monkeypatch.setattr(hub_models, "_public", {})
        return load(*arguments)

    monkeypatch.setattr(Predictor, "load", load_late)
    assert refusal(predictors.MODELS.get, "ann/open") == (
        "The owner of the model ann/open changed who may use it while it was being loaded. Try "
        "again."
    )
    asks(BOB)
    assert not predictors.is_loaded("ann/open")


def test_what_the_owner_offers_is_opened_with_no_visitor_s_token(hub, asks, monkeypatch):
    monkeypatch.setattr(predictors, "_offered", {"ann/own": "ann/own"})
    asks(ANN)
    assert refusal(predictors.MODELS.get, "ann/own") == HIDDEN.format(
        kind="model", name="own", sign_in=SIGN_IN
    )


@pytest.mark.slow
def test_a_tokenizer_that_is_sentence_piece_s_file_is_fetched_and_converted(hub, asks, tmp_path):
    folder = save_family("deberta-v3-spm", tmp_path / "deberta")
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert set(files) == {"config.json", "model.safetensors", "spm.model"}
    hub.models["ann/deberta"] = Repo({"main": files})
    asks(NOBODY)
    found = read("ann/deberta")
    local = Predictor.load(str(folder)).predict(TEXT)
    assert [entity[:3] for entity in found.entities] == [entity[:3] for entity in local]
    assert measure(load_data("sample"), "ann/deberta", folders=False).longest > 3


def test_on_one_s_own_machine_nothing_changes(hub, monkeypatch):
    monkeypatch.delenv("SPACE_ID")
    monkeypatch.setenv("HF_TOKEN", ANNS)
    assert predictors.MODELS.get("ann/own").entity_types == ["LOC", "PER"]
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(hub_models, "_restricted", {})
    assert Predictor.load("ann/own").entity_types == ["LOC", "PER"]  # from the cache


def test_a_private_dataset_is_read_for_who_may_see_it_alone(hub):
    rows = "Sentence #,Word,Tag\n" + "".join(f"{n},Ann,B-PER\n{n},left,O\n" for n in range(12))
    hub.datasets["ann/data"] = Repo({"main": {"train.csv": rows.encode()}}, private=True)
    with using_token(ANNS):
        assert check_data("hub:ann/data").splits["train"].sentences > 0
    sentence = HIDDEN.format(kind="dataset", name="data", sign_in="{}")
    with using_token(BOBS):
        assert refusal(check_data, "hub:ann/data") == sentence.format(ANOTHER)
    assert refusal(check_data, "hub:ann/data") == sentence.format(SIGN_IN)


@pytest.mark.slow
def test_a_hub_that_hangs_holds_up_nothing_else(hub, asks, monkeypatch):
    asks(ANN)
    predictors.MODELS.get("starter")
    monkeypatch.setattr(client, "ANSWER_SECONDS", 120.0)
    hub.fail("/api/models/ann/slow", hang_seconds=120)
    refused = "3 models from the Hub are already being loaded for you. Try again in a minute."

    async def calls():
        call = api._in_turn(api.find_entities, asyncio.Semaphore(2))
        slow = [asyncio.create_task(call(TEXT, f"ann/slow{n}")) for n in range(3)]
        while sum("/ann/slow" in request for request in hub.requests) < 3:
            await asyncio.sleep(0.02)
        await call(TEXT)
        waiting = [not task.done() for task in slow]
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        return waiting

    assert asyncio.run(calls()) == [True, True, True]
    # Ann's three places are taken; others have theirs, and what is here has its own.
    assert str(read("ann/slow9")) == refused
    asks(BOB)
    assert read("ann/open").entities
    for _ in range(20):
        assert read("starter").entities is not None
    asks(ANN)
    assert str(read("ann/slow9")) == refused  # they hang still
    hub.closing.set()
    hub.closing.clear()


def test_a_token_is_handed_over_through_a_pipe_that_is_read_once(monkeypatch):
    monkeypatch.setenv("SPACE_ID", "olga/studio")
    with handed_over() as nothing:
        assert nothing == ({}, ())
    with using_token(ANNS):
        with handed_over() as (variables, pipe):
            kept = os.dup(pipe[0])
            assert variables == {FD_VARIABLE: str(pipe[0])}
        assert current_token() == ANNS
    assert current_token() is False
    monkeypatch.setenv(FD_VARIABLE, str(kept))
    seen = []

    def other_process():
        take_over()
        seen.append(current_token())

    worker = threading.Thread(target=other_process)  # a context of its own
    worker.start()
    worker.join()
    assert seen == [ANNS]
    assert FD_VARIABLE not in os.environ


@pytest.mark.slow
def test_a_worker_reads_private_data_and_a_private_encoder(
    hub, monkeypatch, tmp_path, tiny_encoder
):
    rows = "Sentence #,Word,Tag\n" + "".join(f"{n},ann{n},B-PER\n{n},left,O\n" for n in range(30))
    hub.datasets["ann/data"] = Repo({"main": {"train.csv": rows.encode()}}, private=True)
    encoder = {path.name: path.read_bytes() for path in tiny_encoder.iterdir()}
    hub.models["ann/encoder"] = Repo({"main": encoder}, private=True)
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "worker"))
    monkeypatch.setenv("OAUTH_CLIENT_SECRET", "of-the-space")
    config = TrainConfig.from_values(
        {"data": "hub:ann/data", "model": "hub:ann/encoder", "epochs": 1, "max_length": 64}
    )
    with using_token(ANNS):
        run, process = submit(config, owner="ann")
    shown = b""
    for part in ("cmdline", "environ"):
        while process.poll() is None:
            try:
                found = Path(f"/proc/{process.pid}/{part}").read_bytes()
            except OSError:
                break
            if b"worker" in found or part == "environ":
                shown += found
                break
    assert b"NER_LOCK_FD" in shown
    assert process.wait(240) == 0, run.log_path.read_text()
    assert store.get(run.id).status() == "finished"
    for secret in (ANNS, SECRET, "of-the-space"):
        assert secret.encode() not in shown
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert ANNS.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("space", [True, False])
def test_what_measures_on_a_space_gets_none_of_its_secrets(monkeypatch, tmp_path, space):
    secrets = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "OAUTH_CLIENT_SECRET", "MY_API_KEY")
    others = ("TOKENIZERS_PARALLELISM", "HF_HOME", "MONKEY")
    for name in (*secrets, *others):
        monkeypatch.setenv(name, "1")
    if space:
        monkeypatch.setenv("SPACE_ID", "olga/studio")
    started = []
    monkeypatch.setattr(estimate.subprocess, "Popen", lambda *_, **how: started.append(how))
    estimate._start(tmp_path)
    environment = started[0]["env"]
    assert {*others} <= {*environment}
    assert {*secrets} & {*environment} == (set() if space else {*secrets})


@pytest.fixture
def unknown(monkeypatch):
    monkeypatch.setattr(reach, "_state", None)


@pytest.mark.usefixtures("unknown")
def test_the_hub_is_asked_once_for_all(hub):
    async def several():
        return await asyncio.gather(*(reach.hub_reach() for _ in range(20)))

    assert set(asyncio.run(several())) == {"reachable"}
    assert asyncio.run(reach.hub_reach()) == "reachable"
    assert len(hub.requests) == 1
    assert hub.authorizations == {None}


@pytest.mark.usefixtures("unknown")
def test_a_hub_that_gives_no_answer_is_not_reachable(hub, monkeypatch):
    monkeypatch.setattr(reach, "ANSWER_SECONDS", 0.4)
    hub.fail("", hang_seconds=60)
    assert asyncio.run(reach.hub_reach()) == "unreachable"


@pytest.mark.usefixtures("unknown")
def test_in_offline_mode_nothing_is_asked(hub, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert asyncio.run(reach.hub_reach()) == "offline"
    assert hub.requests == []


def test_the_badge_says_what_to_choose_instead(monkeypatch):
    async def build():  # a component makes a loop of its own where there is none
        with gr.Blocks() as page:
            field, badge = gr.Textbox(info="An id."), HubBadge()
            badge.wire(page.load, [(field, "choose minilm or starter, which are already here.")])
        return badge

    badge = asyncio.run(build())
    infos = []
    for state in ("reachable", "unreachable", "offline"):

        async def answer(state=state):
            return state

        monkeypatch.setattr(hub_badge, "hub_reach", answer)
        shown = asyncio.run(badge.show(""))
        line = shown[badge.line]
        assert hub_badge._WORDS[state] in line
        infos.append(shown[badge._fields[0][0]]["info"])
        assert asyncio.run(badge.show(line)) == gr.skip()
    assert infos == [
        "An id.",
        "The Hub can't be reached now: choose minilm or starter, which are already here.",
        "Offline: choose minilm or starter, which are already here.",
    ]
