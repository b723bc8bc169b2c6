"""The public endpoints: as functions, and over HTTP as docs/api.md says."""

import asyncio
import inspect
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
    ({"text": None}, "text can't be nothing. Use a text."),
    ({"text": ["a"]}, "text can't be a list of 1. Use a text."),
    (
        {"text": "x" * 20_001},
        "text can't have 20,001 characters. Use at most 20,000, or `python -m ner_core predict "
        "--file`, which reads texts of any length.",
    ),
    ({"text": "a", "model": 7}, "model can't be an int. Use a model's name."),
    (
        {"text": "a", "threshold": "high"},
        "threshold can't be a str. Use a number from 0 to 1.",
    ),
    ({"text": "a", "threshold": True}, "threshold can't be a bool. Use a number from 0 to 1."),
    ({"text": "a", "threshold": 2}, "threshold can't be 2. Use a number from 0 to 1."),
    (
        {"text": "a", "threshold": float("nan")},
        "threshold can't be nan. Use a number from 0 to 1.",
    ),
    ({"text": "a", "labels": "PER"}, "labels can't be a str. Use a list of entity types."),
    ({"text": "a", "labels": [1]}, "labels can't hold an int. Use a list of entity types."),
    (
        {"text": "a", "labels": ["CITY"]},
        "The model doesn't know the type 'CITY' in labels. Choose from LOC, PER.",
    ),
    (
        {"text": "a", "labels": ["PER"] * 101},
        "labels can't be a list of 101. Use at most 100 entity types.",
    ),
    (
        {"text": "a", "labels": ["PER", "P" * 201]},
        "labels can't hold a name of 201 characters. Use entity types of at most 200 characters.",
    ),
    (
        {"text": "a", "model": "m" * 301},
        "model can't have 301 characters. Use a model's name of at most 300.",
    ),
    (
        {"text": "a", "label_names": "O"},
        "label_names can't be a str. Use a list of names of labels.",
    ),
    (
        {"text": "a", "label_names": ["O", None]},
        "label_names can't hold nothing. Use a list of names of labels.",
    ),
    (
        {"text": "a", "label_names": ["O"] * 1001},
        "label_names can't be a list of 1,001. Use at most 1,000 names of labels.",
    ),
    (
        {"text": "a", "label_names": ["O" * 201]},
        "label_names can't hold a name of 201 characters. Use names of labels of at most 200 "
        "characters.",
    ),
]


@pytest.mark.usefixtures("_tiny")
@pytest.mark.parametrize(("arguments", "sentence"), WRONG)
def test_a_wrong_call_is_a_sentence(arguments, sentence):
    with pytest.raises(gr.Error) as caught:
        api.find_entities(**arguments)
    assert caught.value.message == sentence


WRONG_BATCHES = [
    (None, "texts can't be nothing. Use a list of at most 100 texts."),
    ("ann", "texts can't be a str. Use a list of at most 100 texts."),
    (["a"] * 101, "texts can't be a list of 101. Use a list of at most 100 texts."),
    (["a", {}], "number 2 of texts can't be a dict of 0. Use a text."),
    (
        ["x" * 20_000] * 6,
        "texts can't have 120,000 characters together. Send at most 100,000 in one call.",
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
        f"No model called {model!r}. Choose one from the list, or type a Hub id such as "
        "owner/name. Folders work only on the command line."
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


def with_mcp(app, use):
    """Return what ``use`` returns for a session with the MCP server of the docs."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    url = re.search(r"http://127\.0\.0\.1:7860/(\S*mcp/)", PAGE)[1]

    async def call():
        async with (
            streamable_http_client(app.url + url) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            return await use(session)

    return asyncio.run(call())


def test_mcp_as_the_docs_say(app):
    calls = [
        ("find_entities", {"text": TEXT}),
        ("find_entities_batch", {"texts": [TEXT, "", "A “quote” in it's São Paulo."]}),
        ("find_entities", {"text": ""}),
    ]

    async def use(session):
        return [await session.call_tool(name, arguments) for name, arguments in calls]

    answers = with_mcp(app, use)
    for answer in answers:
        assert not answer.isError
        assert json.loads(answer.content[0].text) == answer.structuredContent
    one, batch, empty = (answer.structuredContent["result"] for answer in answers)
    assert plain(one) == FOUND
    assert plain(batch[0]) == FOUND
    assert batch[1] == empty == []
    assert batch[2][-1]["text"] == "São Paulo"


def test_the_tools_of_mcp_are_described_whole(app):
    async def use(session):
        return (await session.list_tools()).tools

    tools = with_mcp(app, use)
    assert [tool.name for tool in tools] == ["find_entities", "find_entities_batch"]
    for tool, required in zip(tools, ("text", "texts"), strict=True):
        assert tool.inputSchema["required"] == [required]
        # A text that goes on in a second line of the docstring would be cut.
        said = [part["description"] for part in tool.inputSchema["properties"].values()]
        assert {text[-1] for text in [tool.description, *said]} == {"."}
        function = getattr(api, tool.name)
        told = " ".join(function.__doc__.split())
        assert told == " ".join(
            [
                tool.description,
                "Args:",
                *(
                    f"{name}: {part['description']}"
                    for name, part in tool.inputSchema["properties"].items()
                ),
            ]
        )
    row = tools[0].outputSchema["properties"]["result"]["items"]
    assert set(row["properties"]) == set(api.FoundEntity.__annotations__)


def wrong_calls():
    """Yield an endpoint, what a caller sends by mistake, and the sentence that answers it."""
    for name, good in (("find_entities", {"text": "a"}), ("find_entities_batch", {"texts": ["a"]})):
        (first,) = good
        unlike = {"text": 5} if first == "text" else {"texts": [5]}
        what = "text" if first == "text" else "number 1 of texts"
        for mistake, sentence in [
            (unlike, f"{what} can't be an int. Use a text."),
            ({}, f"{name} needs {first}, which is missing."),
            ({**good, "threshold": "high"}, "threshold can't be a str. Use a number from 0 to 1."),
            ({**good, "threshold": 2}, "threshold can't be 2. Use a number from 0 to 1."),
            ({**good, "labels": "PER"}, "labels can't be a str. Use a list of entity types."),
            (
                {**good, "labels": ["X"]},
                "The model doesn't know the type 'X' in labels. Choose from LOC, MISC, ORG, PER.",
            ),
            (
                {**good, "model": "no such model"},
                "No model called 'no such model'. Choose one from the list, or type a Hub id such "
                "as owner/name. Folders work only on the command line.",
            ),
            (
                {**good, "modle": "starter"},
                f"{name} has no parameter 'modle'. Its parameters are {first}, model, threshold, "
                "labels, label_names.",
            ),
        ]:
            yield name, mistake, sentence


def error_of(client, name, address, body):
    """Return the error that answers a call: at once, or in the stream of its result."""
    asked = client.post(f"gradio_api/{address}/{name}", json=body)
    if asked.status_code == 200:
        asked = client.get(f"gradio_api/call/{name}/{asked.json()['event_id']}")
        event, data = asked.text.strip().splitlines()[:2]
        assert event == "event: error"
        return json.loads(data.removeprefix("data: "))["error"]
    assert asked.status_code == 422
    assert set(asked.json()) == {"error"}
    return asked.json()["error"]


@pytest.mark.parametrize(("name", "mistake", "sentence"), list(wrong_calls()))
def test_a_mistake_over_rest_is_answered_in_a_sentence(client, name, mistake, sentence):
    assert error_of(client, name, "call/v2", mistake) == sentence
    if "modle" not in mistake:  # values in a list have no names
        names = list(inspect.signature(getattr(api, name)).parameters)
        values = [mistake.get(n, DEFAULTS.get(n)) for n in names]
        while values and names[len(values) - 1] not in mistake:
            values.pop()
        assert error_of(client, name, "call", {"data": values}) == sentence


DEFAULTS = {"model": "starter", "threshold": 0.0}


@pytest.mark.parametrize("name", ["find_entities", "find_entities_batch"])
def test_values_that_are_too_many_are_refused(client, name):
    first = "texts" if name.endswith("batch") else "text"
    assert error_of(client, name, "call", {"data": [None] * 6}) == (
        f"{name} takes at most 5 values, in the order {first}, model, threshold, labels, "
        "label_names, not 6."
    )


def test_a_call_in_a_list_needs_no_value_that_has_a_default(client):
    asked = client.post("gradio_api/call/find_entities", json={"data": [TEXT]})
    answer = client.get(f"gradio_api/call/find_entities/{asked.json()['event_id']}")
    event, data = answer.text.strip().splitlines()[:2]
    assert event == "event: complete"
    assert plain(json.loads(data.removeprefix("data: "))[0]) == FOUND
    ran = client.post("gradio_api/run/find_entities", json={"data": [TEXT]})
    assert plain(ran.json()["data"][0]) == FOUND


def test_what_is_no_call_is_left_to_gradio(client):
    for body in (b"{", b"[]", b'{"data": 1}', b"[" * 100_000):
        asked = client.post("gradio_api/call/find_entities", content=body)
        assert asked.status_code == 422
        assert "Traceback" not in asked.text


def test_mistakes_over_mcp_are_sentences(app):
    calls = list(wrong_calls())

    async def use(session):
        return [await session.call_tool(name, mistake) for name, mistake, _ in calls]

    answers = with_mcp(app, use)
    assert [answer.isError for answer in answers] == [True] * len(calls)
    assert [answer.content[0].text for answer in answers] == [sentence for *_, sentence in calls]


def test_a_fault_of_ours_is_told_without_its_details(monkeypatch, capsys):
    def fail(*_):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(api, "_found", fail)
    for function, given in ((api.find_entities, "a"), (api.find_entities_batch, ["a"])):
        with pytest.raises(gr.Error) as caught:
            function(given)
        assert caught.value.message == (
            "NER Studio could not answer because of a fault of its own. Try again; if it happens "
            "again, tell its maintainers."
        )
        assert "ZeroDivisionError: secret" in capsys.readouterr().err


def test_the_two_calls_are_all_that_is_public(client):
    described = client.get("gradio_api/info").json()
    assert set(described["named_endpoints"]) == {"/find_entities", "/find_entities_batch"}
    assert described["unnamed_endpoints"] == {}
    paths = client.get("gradio_api/openapi.json").json()["paths"]
    called = {path.rsplit("/", 1)[1] for path in paths if "/call/" in path}
    assert called >= {"find_entities", "find_entities_batch"}
    assert {name for name in called if not name.startswith(("find_entities", "{"))} == set()
