"""The public endpoints: as functions, and over HTTP as docs/api.md says."""

import asyncio
import json
import re
import shutil
import subprocess
import sys

import gradio as gr
import httpx
import pytest

from ner_core.inference.predictor import Predictor
from ner_studio import api
from ner_studio.state import predictors
from tests.support.places import REPOSITORY

PAGE = (REPOSITORY / "docs" / "api.md").read_text(encoding="utf-8")
TEXT = "Angela Merkel flew to Nairobi."
FOUND = [("Angela Merkel", "PER", 0, 13), ("Nairobi", "LOC", 22, 29)]


def plain(entities):
    return [(row["text"], row["label"], row["start"], row["end"]) for row in entities]


@pytest.fixture
def _tiny(tiny_model, monkeypatch):
    predictor = Predictor.load(str(tiny_model))
    monkeypatch.setattr(predictors.MODELS, "get", lambda model, names: predictor)


@pytest.mark.usefixtures("_tiny")
def test_a_batch_gives_what_each_text_gives():
    texts = ["ann lives in oslo", "", "bob works near the paris city"]
    together = api.find_entities_batch(texts)
    assert [plain(found) for found in together] == [
        plain(api.find_entities(text)) for text in texts
    ]
    assert sum(map(len, together)) > 0
    assert api.find_entities_batch([]) == []
    for text, found in zip(texts, together, strict=True):
        for row in found:
            assert list(row) == ["start", "end", "label", "score", "text"]
            assert text[row["start"] : row["end"]] == row["text"]


@pytest.mark.usefixtures("_tiny")
def test_threshold_and_labels_choose():
    text = "ann lives in oslo and bob works near the paris city " * 3
    everything = api.find_entities(text)
    scores = sorted(row["score"] for row in everything)
    middle = scores[len(scores) // 2]
    assert api.find_entities(text, threshold=middle) == [
        row for row in everything if row["score"] >= middle
    ]
    for labels in (["PER"], ["LOC"], ["PER", "LOC"], []):
        assert api.find_entities(text, labels=labels) == [
            row for row in everything if row["label"] in labels
        ]
    assert {row["label"] for row in everything} == {"LOC", "PER"}


WRONG = [
    ({"text": None}, "text must be a text, not nothing."),
    ({"text": ["a"]}, "text must be a text, not a list of 1."),
    (
        {"text": "x" * 20_001},
        "text must have at most 20,000 characters, not 20,001. `python -m ner_core predict --file` "
        "reads texts of any length.",
    ),
    ({"text": "a", "model": 7}, "model must be a model's name, not an int."),
    (
        {"text": "a", "threshold": "high"},
        "threshold must be a number from 0 to 1, not a str.",
    ),
    ({"text": "a", "threshold": True}, "threshold must be a number from 0 to 1, not a bool."),
    ({"text": "a", "threshold": 2}, "threshold: 2 is not a number from 0 to 1. Correct it."),
    (
        {"text": "a", "threshold": float("nan")},
        "threshold: nan is not a number from 0 to 1. Correct it.",
    ),
    ({"text": "a", "labels": "PER"}, "labels must be a list of entity types, not a str."),
    ({"text": "a", "labels": [1]}, "labels must be a list of entity types, not a list of 1."),
    (
        {"text": "a", "labels": ["CITY"]},
        "labels: the model does not know the type 'CITY'. Choose from LOC, PER.",
    ),
    (
        {"text": "a", "labels": ["PER"] * 101},
        "labels must be a list of at most 100 entity types, not a list of 101.",
    ),
    (
        {"text": "a", "labels": ["PER", "P" * 201]},
        "labels must be entity types of at most 200 characters, not one of 201.",
    ),
    (
        {"text": "a", "model": "m" * 301},
        "model must be a model's name of at most 300 characters, not 301.",
    ),
    (
        {"text": "a", "label_names": "O"},
        "label_names must be a list of names of labels, not a str.",
    ),
    (
        {"text": "a", "label_names": ["O", None]},
        "label_names must be a list of names of labels, not a list of 2.",
    ),
    (
        {"text": "a", "label_names": ["O"] * 1001},
        "label_names must be a list of at most 1,000 names of labels, not a list of 1,001.",
    ),
    (
        {"text": "a", "label_names": ["O" * 201]},
        "label_names must be names of labels of at most 200 characters, not one of 201.",
    ),
]


@pytest.mark.usefixtures("_tiny")
@pytest.mark.parametrize(("arguments", "sentence"), WRONG)
def test_a_wrong_call_is_a_sentence(arguments, sentence):
    with pytest.raises(gr.Error) as caught:
        api.find_entities(**arguments)
    assert caught.value.message == sentence


WRONG_BATCHES = [
    (None, "texts must be a list of at most 100 texts, not nothing."),
    ("ann", "texts must be a list of at most 100 texts, not a str."),
    (["a"] * 101, "texts must be a list of at most 100 texts, not a list of 101."),
    (["a", {}], "number 2 of texts must be a text, not a dict of 0."),
    (
        ["x" * 20_000] * 6,
        "texts must have at most 100,000 characters together, not 120,000. Send them in several "
        "calls.",
    ),
]


@pytest.mark.usefixtures("_tiny")
@pytest.mark.parametrize(("texts", "sentence"), WRONG_BATCHES)
def test_a_batch_is_bounded(texts, sentence):
    with pytest.raises(gr.Error) as caught:
        api.find_entities_batch(texts)
    assert caught.value.message == sentence


@pytest.mark.parametrize(
    "model", ["/etc", "../x", "~/x", "ner_studio", "no such model", "minilm/.."]
)
def test_a_folder_is_no_model_for_a_caller(model):
    with pytest.raises(gr.Error) as caught:
        api.find_entities("Ann", model=model)
    assert caught.value.message == (
        f"There is no model {model!r}. Choose minilm, starter, a run id or a Hub id; folders are "
        "for the command line."
    )


def in_turn(function, **arguments):
    """Call an endpoint as the page does: when its turn comes, and its model is loaded."""

    async def call():
        return await api._in_turn(function, asyncio.Semaphore(1))(**arguments)

    return asyncio.run(call())


@pytest.mark.parametrize("names", [None, ["O"] * 1001])
def test_what_is_wrong_is_said_before_a_model_is_loaded(names, monkeypatch):
    monkeypatch.setattr(api.reading, "wait_until_loaded", None)
    with pytest.raises(gr.Error):
        in_turn(
            api.find_entities, text="a", model=None if names is None else "a/b", label_names=names
        )


def test_labels_without_names_are_named_by_the_caller(tiny_model, tmp_path, monkeypatch):
    monkeypatch.setattr(predictors, "_offered", {})
    folder = shutil.copytree(tiny_model, tmp_path / "unnamed")
    config = json.loads((folder / "config.json").read_text())
    config["id2label"] = {str(number): f"LABEL_{number}" for number in range(5)}
    config["label2id"] = {name: int(number) for number, name in config["id2label"].items()}
    (folder / "config.json").write_text(json.dumps(config))
    model = predictors.offer(str(folder))
    with pytest.raises(gr.Error) as caught:
        in_turn(api.find_entities, text="ann", model=model)
    assert "label_names in Python and over the network" in caught.value.message
    text = "ann lives in oslo and bob works near the paris city " * 3
    names = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
    found = in_turn(api.find_entities, text=text, model=model, label_names=names)
    others = [name.replace("PER", "X") for name in names]
    (renamed,) = in_turn(
        api.find_entities_batch, texts=[text], model=model, label_names=[f" {o} " for o in others]
    )
    assert {row["label"] for row in found} == {"LOC", "PER"}
    assert [row["label"] for row in renamed] == [row["label"].replace("PER", "X") for row in found]
    assert predictors.is_loaded(model, names)
    assert predictors.is_loaded(model, others)


@pytest.fixture(scope="module")
def client(app):
    with httpx.Client(base_url=app.url, timeout=60) as client:
        yield client


def docs_block(name):
    """Return the code of docs/api.md that follows a marker."""
    match = re.search(rf"<!-- call: {name} -->\n```\w+\n(.*?)```", PAGE, re.DOTALL)
    return match[1]


@pytest.mark.slow
def test_the_python_client_as_the_docs_say(app):
    code = docs_block("python").replace("http://127.0.0.1:7860/", app.url)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == "Angela Merkel PER 0 13"
    assert [len(found) for found in json.loads(second)] == [1, 1]


def test_rest_as_the_docs_say(app):
    code = docs_block("rest").replace("http://127.0.0.1:7860/", app.url)
    done = subprocess.run(
        ["bash", "-euc", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    event, data = done.stdout.strip().splitlines()[:2]
    assert event == "event: complete"
    assert plain(json.loads(data.removeprefix("data: "))[0]) == FOUND


def test_mcp_as_the_docs_say(app):
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    url = re.search(r"http://127\.0\.0\.1:7860/(\S*mcp/)", PAGE)[1]

    async def call():
        async with (
            streamable_http_client(app.url + url) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            tools = (await session.list_tools()).tools
            found = await session.call_tool("find_entities", {"text": TEXT})
            return tools, found

    tools, found = asyncio.run(call())
    assert {tool.name for tool in tools} == {"find_entities", "find_entities_batch"}
    assert not found.isError
    assert "Nairobi" in found.content[0].text
    schema = next(tool for tool in tools if tool.name == "find_entities").inputSchema
    assert schema["required"] == ["text"]
    assert all(part["description"] for part in schema["properties"].values())


def test_the_two_calls_are_all_that_is_public(client):
    described = client.get("gradio_api/info").json()
    assert set(described["named_endpoints"]) == {"/find_entities", "/find_entities_batch"}
    assert described["unnamed_endpoints"] == {}
    paths = client.get("gradio_api/openapi.json").json()["paths"]
    called = {path.rsplit("/", 1)[1] for path in paths if "/call/" in path}
    assert called >= {"find_entities", "find_entities_batch"}
    assert {name for name in called if not name.startswith(("find_entities", "{"))} == set()


def test_an_error_over_http_is_the_sentence(client):
    asked = client.post("gradio_api/call/v2/find_entities", json={"text": "a", "labels": ["X"]})
    answer = client.get(f"gradio_api/call/find_entities/{asked.json()['event_id']}")
    assert answer.text.startswith("event: error")
    sentence = "labels: the model does not know the type 'X'. Choose from LOC, MISC, ORG, PER."
    assert sentence in answer.text
