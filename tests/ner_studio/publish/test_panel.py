import asyncio
import html
import re
import shutil
import socket
from dataclasses import replace

import gradio as gr
import pytest
from huggingface_hub import constants

from ner_core.config import TrainConfig
from ner_core.runs import store
from ner_studio.publish import destination, uploading, view
from ner_studio.publish.card_preview import ADAPTER, MERGED
from ner_studio.publish.destination import COMMIT, PULL_REQUEST
from ner_studio.state import snapshots
from tests.support import toy
from tests.support.fake_runs import FakeRun
from tests.support.hub_client import SECRET, contents, finished_run
from tests.support.hub_server import Repo
from tests.support.publish_panel import answers, ended, publish, suggested, text, told

# huggingface_hub sends files by an argument that its transport has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>' to upload:DeprecationWarning")

HOSTILE = "<img src=x onerror=alert(1)>${alert(2)}"


@pytest.fixture
def run(tiny_model):
    run = finished_run(tiny_model, "20260102-153000-minilm-sample-a1b2")
    snapshots.SHARED.current(renew=True)
    return run


def test_a_run_is_published_and_linked_to(hub, panel, run):
    before = contents(run.path)
    began = publish(panel, run.id, message=" First ")
    assert began["status"]["state"] == began["state"] == "uploading"
    assert began["timer"].active
    done = ended(panel, run.id)
    commit = hub.models["me/ner"].commit("main")
    assert done["status"]["state"] == "done"
    assert done["status"]["percent"] == "100.0"
    assert text(done["status"]["message"]) == f"Published as me/ner (private), commit {commit[:8]}."
    links = re.findall('href="([^"]+)"', done["status"]["message"])
    assert links == [f"{hub.url}/me/ner", f"{hub.url}/me/ner/commit/{commit}"]
    assert done["start"] == gr.update(value="Publish again", interactive=True)
    assert hub.models["me/ner"].private
    assert hub.models["me/ner"].commits[0][1] == "First"
    assert contents(run.path) == before
    publish(panel, run.id)
    again = text(ended(panel, run.id)["status"]["message"])
    assert (
        again
        == f"Nothing had changed: me/ner (private) holds all of it already, as commit {commit[:8]}."
    )


def test_a_pull_request_is_linked_to(hub, panel, run):
    hub.models["zoe/ner"] = Repo()
    publish(panel, run.id, "zoe/ner", private=False, way=PULL_REQUEST)
    message = ended(panel, run.id)["status"]["message"]
    assert text(message) == "Proposed to zoe/ner (public): pull request 1."
    assert f'href="{hub.url}/zoe/ner/discussions/1"' in message


def test_a_public_repository_and_an_adapter_alone_are_asked_for(hub, panel, run):
    publish(panel, run.id, private=False)
    ended(panel, run.id)
    assert not hub.models["me/ner"].private
    publish(panel, run.id, what=ADAPTER)
    assert text(ended(panel, run.id)["status"]["message"]).startswith(
        f"Run {run.id} has no LoRA adapter, since it trained all weights. "
    )


def test_a_failed_upload_says_why_and_is_tried_again(hub, panel, run):
    hub.fail("/api/models/me/ner/commit", status=503, times=2)
    publish(panel, run.id)
    failed = ended(panel, run.id)
    assert failed["status"]["state"] == "failed"
    assert text(failed["status"]["message"]) == (
        "The Hub failed with error 503 while writing to me/ner. Try again in a few minutes: files "
        "already stored aren't sent again."
    )
    assert failed["start"] == gr.update(value="Try again", interactive=True)
    assert run.status() == "finished"
    sent = len([it for it in hub.requests if it.startswith("PUT")])
    publish(panel, run.id)
    assert ended(panel, run.id)["status"]["state"] == "done"
    assert len([it for it in hub.requests if it.startswith("PUT")]) == sent == 1


def test_a_second_click_and_a_page_that_comes_back_see_the_same_upload(hub, panel, run):
    hub.fail("/large/", status=500, hang_seconds=30, times=1)
    publish(panel, run.id, message="One")
    upload = uploading.UPLOADS.of(run)
    assert publish(panel, run.id, "me/other", message="Two")["state"] == "uploading"
    assert uploading.UPLOADS.of(run) is upload
    toy.wait_for(lambda: "sending" in upload.progress.what, "the model to be sent")
    shown = panel.poll(run.id)[panel.status]
    assert shown["percent"] == "33.3"
    assert "Size <b>0.1 MB</b>" in shown["facts"]
    assert "Now <b>sending the files</b>" in shown["facts"]
    came_back = panel.update(run.id, None)
    assert came_back[panel.accordion] == gr.update(visible=True, open=True)
    assert came_back[panel.where.repo] == "me/ner"
    assert came_back[panel.message]["value"] == "One"
    assert came_back[panel.timer].active
    with hub.released():
        assert ended(panel, run.id)["state"] == "done"
    assert [*hub.models] == ["me/ner"]
    later = panel.update(run.id, None)
    assert later[panel.accordion] == gr.update(visible=True, open=False)
    assert later[panel.status]["state"] == "done"


def test_the_form_is_there_for_a_run_that_has_a_model_and_rests(panel, run):
    form = panel.update(run.id, None)
    assert form[panel.seen] == f"{run.id}:{run.created_ns()}"
    assert form[panel.accordion] == gr.update(visible=True, open=False)
    assert (form[panel.where.repo], form[panel.where.private], form[panel.where.way]) == (
        "",
        True,
        COMMIT,
    )
    assert form[panel.what] == gr.update(value=MERGED, visible=False)
    assert form[panel.status]["state"] == "idle"
    assert panel.update(run.id, form[panel.seen]) == gr.skip()
    (run.model_dir / "adapter").mkdir()
    adapted = panel.update(run.id, None)
    assert adapted[panel.what]["visible"]
    for hidden in (None, "nothing-there"):
        gone = panel.update(hidden, "before")
        assert gone[panel.accordion] == gr.update(visible=False)
        assert gone[panel.seen] is None
        assert not gone[panel.timer].active


@pytest.mark.usefixtures("run")
def test_a_run_at_work_cannot_be_published(hub, panel):
    at_work = FakeRun().start()
    at_work.run.model_dir.mkdir()
    snapshots.SHARED.current(renew=True)
    form = panel.update("at-work", "x")
    assert form[panel.accordion] == gr.update(visible=False)
    publish(panel, "at-work")
    assert text(ended(panel, "at-work")["status"]["message"]) == (
        "Run at-work is running. Stop it, or wait for it to end, then publish it."
    )
    at_work.end("stopped")
    assert hub.models == {}


def test_a_repository_is_named_after_the_person_and_the_run(hub, panel, run, monkeypatch):
    assert suggested(panel, run.id) == ["me/minilm-sample", gr.skip()]
    assert suggested(panel, run.id, "my/own") == [gr.skip(), gr.skip()]
    store.rename(run, "My: own (2)")
    assert suggested(panel, run.id)[0] == "me/my-own-2"
    store.rename(run, "私の")  # nothing of it can be in the name of a repository
    assert suggested(panel, run.id)[0] == "me/minilm-sample"


def test_who_has_no_token_is_told_once_what_to_do(hub, panel, run, monkeypatch):
    assert panel.update(run.id, None)[panel.start]["interactive"]
    monkeypatch.delenv("HF_TOKEN")
    said = "Not signed in. Run `hf auth login` or set HF_TOKEN."
    looked = asyncio.run(panel.look(run.id))
    for form in (panel.update(run.id, None), looked, panel.publish(run.id, "me/ner", *[None] * 4)):
        assert text(form[panel.note]) == said
        assert form[panel.start] == gr.update(value="Publish", interactive=False)
    assert suggested(panel, run.id) == [gr.skip(), view.note("idle")]
    assert answers(panel, "me/ner") == [[view.note("idle"), gr.skip()]]
    assert uploading.UPLOADS.of(run) is None
    monkeypatch.setenv("HF_TOKEN", SECRET)
    looked = asyncio.run(panel.look(run.id))
    assert (looked[panel.note], looked[panel.start]["interactive"]) == ("", True)


@pytest.mark.parametrize(
    ("offline", "said"),
    [
        (False, "The Hub can't be reached now. Check the network to publish."),
        (
            True,
            "The Hub is not used, because HF_HUB_OFFLINE is set. Unset it and start NER Studio "
            "again to publish.",
        ),
    ],
)
@pytest.mark.usefixtures("hub")
def test_without_the_hub_it_is_said_once_and_nothing_is_offered(
    panel, run, monkeypatch, offline, said
):
    monkeypatch.delenv("HF_TOKEN")  # which is not said too
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", offline)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    looked = asyncio.run(panel.look(run.id))
    assert html.unescape(text(looked[panel.note])) == said
    assert not looked[panel.start]["interactive"]
    assert suggested(panel, run.id) == [gr.skip(), view.note("idle")]
    assert answers(panel, "me/ner") == [[view.note("idle"), gr.skip()]]
    assert not publish(panel, run.id)["start"]["interactive"]
    assert uploading.UPLOADS.of(run) is None


@pytest.mark.parametrize("repo", [None, "", "me", "me/", "/ner", HOSTILE.replace("/", "")])
def test_half_a_name_is_no_question_to_the_hub(hub, panel, repo):
    assert answers(panel, repo) == [[view.note("idle", destination.HINT), gr.skip()]]
    assert hub.requests == []


def test_the_check_says_what_publishing_would_do(hub, panel):
    hub.models |= {"me/old": Repo(), "zoe/ner": Repo(), "me/hidden": Repo(private=True)}
    asking, new = answers(panel, "me/new")
    assert asking == [view.note("asking", "Asking the Hub for me/new …"), gr.skip()]
    assert new == [view.note("ok", "me/new is new: publishing creates it."), gr.skip()]
    old, private = answers(panel, " me/old ")[-1]
    there = "me/old is there (public) and yours to write: publishing adds a commit to it."
    assert old == view.note("ok", there, exists=True)
    stays = "It is there, and stays public."
    assert private == gr.update(value=False, interactive=False, info=stays)
    # Back to a name that is free: what was shown of the other one is not taken over.
    assert answers(panel, "me/new", shown=old)[-1][1] == gr.update(
        value=True, interactive=True, info="Seen by you, or your organisation, only."
    )
    # Where the Hub does not say, the form stays as it is.
    hub.fail("/api/models/me/new", status=400, times=1)
    unknown, private = answers(panel, "me/new", shown=old)[-1]
    assert (unknown["state"], unknown["exists"], private) == ("problem", True, gr.skip())
    assert told(panel, panel.where.ask_anew("failed", "me/new", COMMIT, old)) == [
        [gr.skip(), gr.skip()]
    ]
    assert told(panel, panel.where.ask_anew("done", "me/old", COMMIT, old))[-1][0] == old
    hidden = answers(panel, "me/hidden")[-1][1]
    assert (hidden["value"], hidden["info"]) == (True, "It is there, and stays private.")
    theirs = answers(panel, "zoe/ner")[-1][0]
    assert theirs["state"] == "problem"
    assert theirs["message"] == (
        "zoe/ner belongs to zoe. Signed in as me, you can write to repositories of me or acme "
        "only: choose me/ner, or open a pull request."
    )
    proposed = answers(panel, "zoe/ner", PULL_REQUEST)[-1][0]
    assert proposed["state"] == "ok"
    there = "zoe/ner is there (public): publishing opens a pull request in it."
    assert proposed["message"] == there
    bad = answers(panel, f"me/{HOSTILE}")
    assert [row[0]["state"] for row in bad] == ["asking", "problem"]
    assert "<" not in bad[0][0]["message"]
    assert "$" not in bad[0][0]["message"]


def test_without_a_network_it_is_said_at_once(hub, panel, run, monkeypatch):
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    attempts, connect = [], socket.socket.connect

    def count(self, address):
        attempts.append(address)
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", count)
    no_connection = (
        "Can't connect to http://127.0.0.1:9, where me/ner is. Check your network and try again."
    )
    assert answers(panel, "me/ner")[-1][0] == view.note("problem", no_connection)
    publish(panel, run.id)
    failed = ended(panel, run.id)
    assert text(failed["status"]["message"]) == no_connection
    assert failed["start"]["interactive"]
    assert suggested(panel, run.id)[1]["message"].startswith("Can&#x27;t connect to")
    assert attempts == [("127.0.0.1", 9)] * 3  # each question is asked once


def test_the_card_is_shown_as_text(hub, panel, run):
    card = panel.preview.show(run.id, " me/ner ", MERGED)
    assert card.startswith("---\n")
    assert "library_name: transformers" in card
    assert panel.preview.renew(run.id, "me/ner", ADAPTER, "") == gr.skip()
    assert panel.preview.renew(run.id, "me/ner", MERGED, "old") == card
    assert "<" not in panel.preview.show(run.id, f"me/{HOSTILE}", MERGED)
    assert panel.preview.show("nobody-s", "me/ner", MERGED).startswith("There is no run")
    assert hub.requests == []


def test_a_run_that_was_deleted_meanwhile_is_no_fault(hub, panel, run):
    class Deleting(uploading.Upload):
        def _note(self, progress):
            if progress.what == "asking the Hub":
                store.delete(run)

    upload = Deleting(uploading.Request("me/ner"))
    upload.send(run, None)
    assert upload.problem == (
        "A file went missing while writing to me/ner (No such file or directory). If you renamed "
        f"or deleted the files of run {run.id}, put them back and try again."
    )
    assert panel.poll(run.id)[panel.status]["state"] == "failed"


def test_that_everybody_reads_sentences_of_ones_own_data_is_said_where_it_is_chosen(
    panel, run, tiny_model
):
    said = (
        "Everybody will read the sentences of your validation part that the card shows: look "
        "through its preview first."
    )
    assert panel.warn(run.id, False) == ""  # they are the sample's
    settings = TrainConfig().model_dump() | {"data": "/home/me/mine.conll", "epochs": 2.0}
    runs_of_mine = {
        "mine": FakeRun("mine").start(settings=settings),
        "empty": FakeRun("empty").start(settings=settings, samples=[]),
    }
    for fake in runs_of_mine.values():
        shutil.copytree(tiny_model, fake.end("stopped").model_dir)
    snapshots.SHARED.current(renew=True)
    assert text(panel.warn("mine", False)) == said
    for run_id, private in (("mine", True), ("empty", False), ("nobody-s", False), (None, False)):
        assert panel.warn(run_id, private) == ""
    form = panel.update("mine", None)
    assert (form[panel.where.private], form[panel.public]) == (True, "")


def test_only_the_hub_is_linked_to():
    published = view.Published("https://hub.example/a/b", HOSTILE, None, "a/b")
    for pull_request in ("javascript:alert(1)", "https://evil.example/a/b/discussions/1", HOSTILE):
        shown = view._done(replace(published, pull_request=pull_request))
        assert re.findall('href="([^"]+)"', shown) == ["https://hub.example/a/b"]
        assert "<img" not in shown
        assert "$" not in shown
    assert "<img" not in view._done(published)


def test_a_card_that_was_replaced_is_linked_to():
    published = view.Published("https://hub.example/a/b", "0" * 40, None, "a/b", private=True)
    shown = view._done(replace(published, card_replaced=True, kept=("license", "tags")))
    assert text(shown) == (
        "Published as a/b (private), commit 00000000. Its README.md is a new one; the one before "
        "is in its history. Taken over from the README.md before: license, tags."
    )
    assert 'href="https://hub.example/a/b/commits/main/README.md"' in shown
