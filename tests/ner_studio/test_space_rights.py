"""The page as a Space with OAuth: visitors sign in, and call each endpoint by hand."""

import asyncio
import hashlib
import json
import re
import shutil
from types import SimpleNamespace

import pytest

from ner_core.annotations import store as annotations
from ner_core.config import TrainConfig
from ner_core.evaluation.error_analysis import TrainFacts, analyse, errors_of
from ner_core.evaluation.metrics import entity_scores
from ner_core.runs import store, trash
from ner_core.runs.error_log import write_errors
from ner_studio.base import polling, rights
from ner_studio.base.rights import Visitor
from ner_studio.state import snapshots
from ner_studio.watch.panel import WatchPanel
from tests.conftest import write_conll
from tests.support.fake_runs import FakeRun
from tests.support.oauth_provider import Client, serve_provider
from tests.support.pages import App, fill, open_settings, open_tab, upload
from tests.support.panels import build

RUN, ABSENT = "run-of-ann", "run-of-all"
ON_A_RUN = {"open_run", "use_run", "compare_runs", "select", "ask"}
MARK = "zebra"
"""Stands in whatever the page could show of the run: no answer to others has it."""

pytestmark = pytest.mark.slow


def leave_run(run_id, model):
    """Leave a finished run of Ann's in the home, with the mark in all its parts."""
    fake = FakeRun(run_id, owner="ann")
    sample = {"tokens": ["a", MARK], "gold": [[1, 2, MARK.upper()]]}
    labels = ["O", f"B-{MARK.upper()}"]
    settings = fake.run.config().model_dump() | {"model": f"zoo/{MARK}", "epochs": 2.0}
    fake.start(samples=[sample], label_names=labels, settings=settings)
    fake.progress(50).evaluated(50, found=[[]]).evaluated(100, final=True)
    run = fake.end("finished", train_seconds=1.0)
    run.log_path.write_text(f"{MARK} was read\n")
    texts, gold, predicted = [["a", MARK]], [labels], [["O", "O"]]
    scores = entity_scores(gold, predicted)
    facts = TrainFacts.of(texts, gold)
    explained = analyse(texts, gold, predicted, train=facts, windows=[1])
    report = {"validation": scores, "test": None, "analysis": {"validation": explained}}
    run.report_path.write_text(json.dumps(report))
    write_errors(run.errors_path, errors_of("validation", texts, gold, predicted))
    shutil.copytree(model, run.model_dir)
    return run


def leave_set(set_id):
    """Leave an annotation set of Ann's, with the mark in its texts and types."""
    made = annotations.create(set_id, [MARK.upper()], owner="ann")
    made.accept(f"a {MARK}", [(2, 7, MARK.upper())])
    assert made.id == set_id


@pytest.fixture(scope="module")
def provider():
    with serve_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def space(tmp_path_factory, provider, tiny_model):
    """Serve the page as a Space of Olga's, where Ann has had a run."""
    space = App(tmp_path_factory.mktemp("space"), fork=False)
    host = space.url.removeprefix("http://").rstrip("/")
    space.environment.update(provider.environment(host, owner="olga"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NER_HOME", str(space.home))
        leave_run(RUN, tiny_model)
        leave_set(RUN)
    space.start()
    yield space
    space.kill()


@pytest.fixture(scope="module")
def visitors(space, provider):
    """Sign in whoever has a name."""
    clients = {user: Client(space.url).sign_in(provider, user) for user in ("ann", "bob", "olga")}
    return SimpleNamespace(nobody=Client(space.url), **clients)


class Endpoints(list):
    """What the page is told of its endpoints: number, input components, endpoint."""

    def __init__(self, config):
        self.parts = {part["id"]: part for part in config["components"]}
        super().__init__(
            (it["id"], [self.parts[number] for number in it["inputs"]], it)
            for it in config["dependencies"]
            if it["backend_fn"]
        )

    def number(self, elem_id, event, after=False):
        """Return the endpoint of an event of this component, or the one that follows on it."""
        found = next(
            number
            for number, _, it in self
            for target, kind in it["targets"]
            if kind == event and target and self.parts[target]["props"].get("elem_id") == elem_id
        )
        if not after:
            return found
        return next(number for number, _, it in self if it["trigger_after"] == found)

    def that_show(self, elem_id):
        """Return the endpoints whose answers change this component."""
        named = {
            number for number, part in self.parts.items() if part["props"].get("elem_id") == elem_id
        }
        return {number for number, _, it in self if named & {*it["outputs"]}}

    def inputs(self, number):
        return next(inputs for other, inputs, _ in self if other == number)


@pytest.fixture(scope="module")
def endpoints(visitors):
    _, _, config = visitors.nobody.ask("config")
    return Endpoints(json.loads(config))


def value_of(part, run_id, file):
    """Return what a visitor sends who wants to get at a run by all means."""
    props = part["props"]
    if part["type"] == "state":
        return None  # it is on the server, whatever is sent
    if props.get("elem_id") == "data":
        return "Hub dataset"  # the sample would be read, and learned from
    if props.get("elem_id") == "file-upload":
        return file
    settings = {*TrainConfig.model_fields} - {"model"}
    named = part["type"] in {"textbox", "dropdown"} and props.get("elem_id") not in settings
    return run_id if named and props.get("elem_id") != "file-column" else props.get("value")


def call(visitor, endpoint, run_id, **headers):
    number, inputs, _ = endpoint
    sent = [value_of(part, run_id, visitor.file) for part in inputs]
    return visitor.call(number, sent, used(run_id), **headers)


def used(run_id, name="mine"):
    """Return the data of an event in which somebody uses a run or a set with this id."""
    clicked = {"index": [0, 1], "value": run_id, "selected": True}
    asked = {"asked": asked_of("open", run_id, text="a")}
    return clicked | asked | {"run": run_id, "runs": [run_id, run_id], "name": name}


def asked_of(do, set_id, **more):
    """Return what the editor asks of a set."""
    return json.dumps({"do": do, "key": f"key-of-{do}", "set": {"id": set_id}, **more})


@pytest.fixture(scope="module")
def _files(visitors):
    for visitor in vars(visitors).values():
        visitor.file = visitor.upload("a.txt", "ann lives in oslo")


def comparable(answer, run_id):
    """Take from an answer what is another each time."""
    text = answer.replace(run_id, "RUN")
    text = re.sub(
        r'"(?:event_id|eta|duration|average_duration|time_limit|rank\w*)": ?[^,}]+', "", text
    )
    return re.sub(r"[0-9a-f]{16,}|\d{8,}|\d+\.\d+(?:e-\d+)?", "N", text)


def files_of(space):
    """Return apart any two states of the runs and the annotation sets on the disk."""
    places = [space.home / "runs", space.home / "annotations"]
    found = sorted(path for place in places for path in place.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


@pytest.mark.usefixtures("_files")
@pytest.mark.parametrize("name", ["nobody", "bob"])
def test_no_endpoint_gives_a_run_to_others(space, visitors, endpoints, name):
    visitor, before = getattr(visitors, name), files_of(space)
    visitor.ask("gradio_api/call/find_entities", {"data": ["a", ABSENT, 0, None, None]})
    assert len(endpoints) > 60
    told = []
    for endpoint in endpoints:
        for _ in range(4):  # what is loaded in the background may come between two calls
            absent = comparable(call(visitor, endpoint, ABSENT), ABSENT)
            answer = call(visitor, endpoint, RUN)
            assert MARK not in answer.lower(), endpoint
            if comparable(answer, RUN) == absent:
                break
        else:
            told.append((endpoint[2]["targets"], absent, comparable(answer, RUN)))
    assert told == []
    assert files_of(space) == before


@pytest.mark.usefixtures("_files")
@pytest.mark.parametrize("name", ["ann", "olga"])
def test_the_same_calls_give_it_to_its_owner_and_the_owner_of_the_space(visitors, endpoints, name):
    visitor = getattr(visitors, name)
    of_a_run = [
        endpoint
        for endpoint in endpoints
        if any(part["props"].get("elem_id") == "run-choice" for part in endpoint[1])
        or any(event in ON_A_RUN for _, event in endpoint[2]["targets"])
    ]
    shown = [MARK in call(visitor, endpoint, RUN).lower() for endpoint in of_a_run]
    assert sum(shown) >= 7
    # Another website's page sends the cookie as well, and is nobody.
    elsewhere = [
        MARK in call(visitor, endpoint, RUN, Origin="https://evil.example").lower()
        for endpoint in of_a_run
    ]
    assert not any(elsewhere)


ACTS = {
    "open": {"text": f"a {MARK}"},
    "accept": {"text": "b", "entities": [[0, 1, "X"]], "types": ["X"]},
    "skip": {"text": "b"},
    "types": {"types": ["X"]},
    "undo": {"of": "key-of-accept"},
    "redo": {"of": "key-of-undo"},
}


@pytest.mark.parametrize("do", ACTS)
def test_nobody_reads_or_writes_the_annotation_set_of_somebody_else(space, visitors, endpoints, do):
    number = endpoints.number("editor", "ask")
    before = files_of(space)

    def ask(visitor, set_id):
        sent = [part["props"].get("value") for part in endpoints.inputs(number)]
        answer = visitor.call(number, sent, {"asked": asked_of(do, set_id, **ACTS[do])})
        return json.loads(answer)["data"][0]["opened"]

    for visitor in (visitors.nobody, visitors.bob):
        refusals = [json.loads(ask(visitor, set_id))["problem"] for set_id in (RUN, ABSENT)]
        assert refusals[0].replace(RUN, ABSENT) == refusals[1]
        told = do == "open" or visitor is visitors.bob
        why = "There is no annotation set" if told else "Only signed-in visitors can save annot"
        assert refusals[0].startswith(why)
    assert files_of(space) == before
    for visitor in (visitors.ann, visitors.olga):
        answer = json.loads(ask(visitor, RUN))
        assert "problem" not in answer
        assert answer["set"]["id"] == RUN


def test_a_title_is_a_set_of_the_visitor_who_names_it(space, visitors, endpoints, monkeypatch):
    monkeypatch.setenv("NER_HOME", str(space.home))
    number = endpoints.number("editor", "ask")
    sent = [part["props"].get("value") for part in endpoints.inputs(number)]
    asked = {"do": "accept", "key": "a-key-of-its-own", "set": {"title": "Ships"}, "text": "a"}
    for visitor in (visitors.ann, visitors.bob, visitors.olga):  # Olga sees them all
        visitor.call(number, sent, {"asked": json.dumps(asked)})
    owners = {one.owner for one in annotations.list_sets() if one.title == "Ships"}
    assert owners == {"ann", "bob", "olga"}


def entities(visitor, model):
    """Call the public endpoint; give the end of its answer."""
    data = ["ann lives in oslo", model, 0, None, None]
    _, _, answer = visitor.ask("gradio_api/call/find_entities", {"data": data})
    place = f"gradio_api/call/find_entities/{json.loads(answer)['event_id']}"
    return visitor.ask(place)[2].decode()


def test_the_api_finds_with_the_model_of_a_run_for_its_owner_only(visitors):
    # Also not for the owner of the Space: a name that was given to a run may be a Hub id.
    for visitor in (visitors.nobody, visitors.bob, visitors.olga):
        refusals = [entities(visitor, name).replace(name, "RUN") for name in (RUN, ABSENT)]
        assert refusals[0] == refusals[1]
        assert "event: error" in refusals[0]
    assert "event: complete" in entities(visitors.ann, RUN)


def test_nobody_starts_a_run_who_is_not_signed_in(space, visitors, endpoints):
    number = endpoints.number("start", "click")
    before = files_of(space)
    inputs = [value_of(part, "minilm", None) for part in endpoints.inputs(number)]
    answer = visitors.nobody.call(number, inputs)
    assert "Only signed-in visitors can train here, and you are not signed in. Sign in" in answer
    assert files_of(space) == before


def test_who_started_a_run_downloads_and_renames_it_and_the_owner_of_the_space_deletes_it(
    space, visitors, endpoints, monkeypatch
):
    monkeypatch.setenv("NER_HOME", str(space.home))
    FakeRun("second", owner="ann").start().end("stopped")
    ann, olga, bob = Client(space.url), Client(space.url), Client(space.url)
    for client, name in ((ann, "ann"), (olga, "olga"), (bob, "bob")):
        client.cookies = getattr(visitors, name).cookies

    def act(visitor, event, run_id="second"):
        """Send what the page sends when this is done with a run."""
        number = endpoints.number("runs-table", event)
        return visitor.call(number, [None] * len(endpoints.inputs(number)), used(run_id))

    none = "There is no run 'second'. List your runs with `python -m ner_core runs`."
    for event in ("rename_run", "delete_run", "download_run", "use_run", "stop_run"):
        assert none in act(bob, event)
        assert none.replace("second", "absent") in act(bob, event, "absent")

    files = act(ann, "download_run")
    (path,) = set(re.findall(r'"path": ?"([^"]+events-second.jsonl)"', files))
    assert re.search(r"/exports/[0-9a-f]{40}/events-second.jsonl$", path)
    assert ann.ask(f"gradio_api/file={path}")[0] == 200
    guessed = f"{space.home}/exports/events-second.jsonl"
    assert bob.ask(f"gradio_api/file={guessed}")[0] in (403, 404)
    act(ann, "rename_run")
    assert (store.get("second").title, store.get("second").owner) == ("mine", "ann")

    act(olga, "delete_run")
    assert not store.exists("second")
    assert bob.ask(f"gradio_api/file={path}")[0] in (403, 404)
    gone = "This run can't be brought back any more: its files were deleted."
    for visitor, run_id in ((bob, "second"), (bob, "absent"), (ann, "absent")):
        assert gone in act(visitor, "undo_delete", run_id)
    assert trash.find("second").owner == "ann"
    assert '"problem": ""' in act(ann, "undo_delete").replace('":"', '": "')
    assert store.get("second").owner == "ann"
    act(olga, "delete_run")
    assert not store.exists("second")


def test_after_signing_out_nothing_is_there(space, provider, endpoints):
    visitor = Client(space.url).sign_in(provider, "ann")
    log = endpoints.number("log", "expand")
    assert MARK in visitor.call(log, [RUN])
    visitor.sign_out()
    assert MARK not in visitor.call(log, [RUN])


@pytest.fixture
def on_a_space(monkeypatch, provider):
    for name, value in provider.environment("here", owner="olga").items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("on_a_space")
def test_a_look_is_taken_once_for_all_visitors(monkeypatch):
    for owner, run_id in (("ann", "one"), ("bob", "two"), (None, "three")):
        FakeRun(run_id, owner=owner).end()
    shared = snapshots.Snapshots()

    def seen(*visitor):
        monkeypatch.setattr(rights, "current_visitor", lambda: Visitor(*visitor))
        return shared.current()

    everything = seen("olga", True)
    assert {run.id for run in everything.runs} == {"one", "two", "three"}
    monkeypatch.setattr(store, "list_runs", lambda: pytest.fail("it was read again"))
    for name, ids in (("ann", ["one"]), ("bob", ["two"]), ("eve", []), (None, [])):
        part = seen(name)
        assert [run.id for run in part.runs] == ids == [run_id for _, run_id in part.choices]
        assert part is seen(name) is shared.fresh()


@pytest.mark.usefixtures("on_a_space")
def test_a_page_is_not_told_of_the_runs_of_others(monkeypatch):
    _, panel = build(WatchPanel)
    monkeypatch.setattr(rights, "current_visitor", lambda: Visitor("ann"))
    at_work = FakeRun("of-bob", owner="bob").start()
    snapshots.SHARED.current(renew=True)
    assert asyncio.run(panel.poll("of-bob", None))[2:] == ("", "none", polling.IDLE)
    at_work.end("finished", train_seconds=1)


@pytest.fixture
def open_page(space, browser, visitors, endpoints):
    """Open the page in a browser of its own; signed in, if it is one of the visitors'."""
    contexts = []

    def open_page(query="", user="nobody"):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        contexts.append(context)
        cookies = getattr(visitors, user).cookies.items()
        context.add_cookies(
            [{"name": name, "value": value, "url": space.url} for name, value in cookies]
        )
        page = context.new_page()
        page.set_default_timeout(30_000)
        with page.expect_response(tells_of_all_runs) as answer:
            page.goto(space.url + query)
        answer.value.finished()
        page.wait_for_selector("#text:visible, #start:visible, #watch:visible")
        return page

    def tells_of_all_runs(answer):
        asked = answer.request.post_data_json if "/run/" in answer.url else {}
        return asked.get("fn_index") in endpoints.that_show("all-runs")

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.browser
@pytest.mark.timeout(240)
def test_a_run_is_there_for_who_is_signed_in(space, provider, open_page, tmp_path):
    sentences = [
        [("ann", "B-PER"), ("lives", "O"), ("in", "O"), ("oslo", "B-LOC")]
    ] * 300  # no machine learns them a thousand times before Stop is clicked
    data = write_conll(tmp_path / "train.conll", sentences)
    page = open_page()
    open_tab(page, "Train")
    page.wait_for_selector("#train-rights >> text=Only signed-in visitors can train here.")
    assert page.is_disabled("#start")
    assert page.is_hidden("#all-runs")

    provider.user = "ann"
    page.click("#train-rights a")
    page.wait_for_selector("#sign-in:has-text('Sign out (ann)')")
    open_tab(page, "Train")
    upload(page, data)
    page.wait_for_selector("#data-summary >> text=30 of 300 training sentences", state="attached")
    assert page.is_hidden("#train-rights")
    fill(page, "#model", RUN)  # its encoder is tiny
    open_settings(page)
    fill(page, "#epochs", "1000")
    page.click("#start")
    page.wait_for_selector("#run-status h3:has-text('run-of-ann-train')")
    run = page.locator("#run-status h3").inner_text().split()[-1]
    assert (space.home / "runs" / run / "owner").read_text() == "ann\n"
    page.click("#stop")
    page.wait_for_selector("[data-status=stopped]", timeout=90_000)

    for user in ("nobody", "bob"):
        other = open_page(f"?run={run}", user)
        other.wait_for_selector("text=This run was deleted or renamed.")
        other.wait_for_selector("#no-run")
        assert other.is_hidden("#all-runs")
    owner = open_page(f"?run={run}", "olga")
    owner.wait_for_selector(f"#run-status >> text={run}")
    owner.wait_for_selector("#all-runs:visible")

    page.click("#sign-in")
    page.wait_for_selector("#sign-in:has-text('Sign in')")
    page.goto(f"{space.url}?run={run}")
    page.wait_for_selector("text=This run was deleted or renamed.")
    assert page.is_hidden("#run-status h3")
