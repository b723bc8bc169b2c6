"""The publish panel on a Space: each visitor publishes with their own account."""

import json

import gradio as gr
import pytest

from ner_core.publishing import permissions
from ner_studio.base import rights
from ner_studio.base.rights import Visitor
from ner_studio.publish import uploading, view
from ner_studio.publish.card_preview import MERGED
from ner_studio.publish.destination import COMMIT
from ner_studio.state import snapshots
from tests.support.hub_client import SECRET, contents, finished_run
from tests.support.hub_server import Repo, Token
from tests.support.publish_panel import answers, ended, publish, suggested, text

# huggingface_hub sends files by an argument that its transport has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>' to upload:DeprecationWarning")


def by_id(values):
    """Return updates by the number of the component that each is of."""
    known = isinstance(values, dict) and values != gr.skip()
    return {part._id: value for part, value in values.items()} if known else values


@pytest.fixture
def space(monkeypatch, hub, tiny_model):
    """Be a Space of Olga's, where Ann has a run; gives how to be one of its visitors."""
    for name, value in {
        **{"SYSTEM": "spaces", "SPACE_ID": "olga/ner-studio", "SPACE_AUTHOR_NAME": "olga"},
        **{"OAUTH_CLIENT_ID": "an-id", "OAUTH_CLIENT_SECRET": "a-secret"},
    }.items():
        monkeypatch.setenv(name, value)
    hub.tokens.clear()
    finished_run(tiny_model, "of-ann", owner="ann")
    snapshots.SHARED.current(renew=True)

    def visit(name=None):
        token = f"hf_oauth_of_{name}_0123" if name else None
        if name:
            hub.tokens[token] = Token(name, "app")
        monkeypatch.setattr(rights, "current_visitor", lambda: Visitor(name, name == "olga", token))

    return visit


def test_a_visitor_publishes_with_their_own_token_only(hub, panel, space, capfd, ner_home):
    told = []
    space("ann")
    told.append(panel.update("of-ann", None))
    told.append(suggested(panel, "of-ann"))
    assert told[-1] == ["ann/of-ann", gr.skip()]
    told.append(answers(panel, "ann/of-ann"))
    hub.fail("/large/", status=500, hang_seconds=30, times=1)
    told.append(panel.publish("of-ann", "ann/of-ann", True, COMMIT, MERGED, ""))
    # The Space's owner sees it, and cannot turn it into one of hers.
    space("olga")
    told.append(panel.publish("of-ann", "olga/mine", True, COMMIT, MERGED, ""))
    told.append(panel.update("of-ann", None))
    with hub.released():
        told.append(ended(panel, "of-ann"))
    assert [*hub.models] == ["ann/of-ann"]
    assert hub.authorizations - {None} == {"Bearer hf_oauth_of_ann_0123"}
    # What she begins is hers.
    told.append(panel.publish("of-ann", "olga/mine", True, COMMIT, MERGED, ""))
    told.append(ended(panel, "of-ann"))
    assert {*hub.models} == {"ann/of-ann", "olga/mine"}
    held = [vars(upload) for upload in uploading.UPLOADS._by_run.values()]
    everything = repr(told) + repr(held) + "".join(capfd.readouterr())
    for secret in ("hf_oauth", SECRET):
        assert secret not in everything
        assert all(secret.encode() not in data for data in contents(ner_home).values())


def test_of_a_repository_that_is_there_a_space_does_not_say_that_it_can_be_written(
    hub, panel, space
):
    space("ann")
    hub.models["ann/old"] = Repo()
    told, private = answers(panel, "ann/old")[-1]
    assert (told["state"], told["exists"], private["interactive"]) == ("unsure", True, False)
    assert told["message"].startswith("ann/old is there (public) and yours. If it was made from")
    publish(panel, "of-ann", "ann/old", private=False)
    failed = text(ended(panel, "of-ann")["status"]["message"])
    assert failed.endswith(". Choose a new name, or open a pull request.")
    publish(panel, "of-ann", "ann/new")
    assert ended(panel, "of-ann")["state"] == "done"
    assert answers(panel, "ann/new")[-1][0]["state"] == "unsure"
    publish(panel, "of-ann", "ann/new")
    assert ended(panel, "of-ann")["state"] == "done"


def test_others_see_and_publish_nothing(hub, panel, space):
    space("ann")
    publish(panel, "of-ann", "ann/of-ann")
    ended(panel, "of-ann")
    hub.requests.clear()
    for name in ("bob", None):
        space(name)
        for act in (
            lambda run_id: panel.publish(run_id, "bob/mine", True, COMMIT, MERGED, ""),
            panel.poll,
            lambda run_id: suggested(panel, run_id),
            lambda run_id: panel.preview.show(run_id, "bob/mine", MERGED),
            lambda run_id: panel.warn(run_id, False),
            lambda run_id: panel.update(run_id, None),
        ):
            seen, absent = (
                json.dumps(by_id(act(run_id)), default=lambda it: type(it).__name__).replace(
                    run_id, "RUN"
                )
                for run_id in ("of-ann", "of-all")
            )
            assert seen == absent
            assert "ann/of-ann" not in seen
    assert hub.requests == []
    assert [*hub.models] == ["ann/of-ann"]


def test_who_is_not_signed_in_is_told_how(panel, space, monkeypatch, hub):
    monkeypatch.setenv("NER_TRAINING", "anyone")
    monkeypatch.setenv("HF_TOKEN", SECRET)  # the Space's owner's is no visitor's
    hub.tokens[SECRET] = Token("olga")
    space(None)
    form = panel.update("of-ann", None)
    assert text(form[panel.note]) == (
        "Sign in with Hugging Face to publish the model to a repository of yours."
    )
    assert not form[panel.start]["interactive"]
    # It is said once: what needs a token is silent, also what the key Enter does.
    assert suggested(panel, "of-ann") == [gr.skip(), view.note("idle")]
    assert answers(panel, "olga/ner") == [[view.note("idle"), gr.skip()]]
    pressed = publish(panel, "of-ann", "olga/ner")
    assert (pressed["state"], pressed["status"]["message"]) == ("", "")
    assert text(pressed["note"]) == text(form[panel.note])
    monkeypatch.delenv("OAUTH_CLIENT_ID")
    form = panel.update("of-ann", None)
    assert text(form[panel.note]) == (
        "Nobody can sign in to this Space, so nothing can be published from here. Its owner can "
        "set hf_oauth: true."
    )
    assert hub.requests == []


def test_accounts_are_not_mixed_up(hub, panel, space):
    space("ann")
    assert answers(panel, "ann/ner")[-1][0]["state"] == "ok"
    space("bob")
    assert answers(panel, "ann/ner")[-1][0]["state"] == "problem"
    assert {account.name for _, account in permissions._known.values()} == {"ann", "bob"}
