"""Annotation sets on the command line."""

import pytest

from ner_core.annotations import store
from tests.support.hub_server import Repo

TEXT = "Ann Kay lives in Oslo."
ANN, OSLO = (0, 7, "PER"), (17, 21, "LOC")


@pytest.fixture
def made():
    made = store.create("Menu reviews", ["PER"])
    made.accept(TEXT, [ANN])
    made.accept("text 1", [], complete=False)
    return made


def test_sets_are_listed(call, document, made):
    row = {
        "set": "menu-reviews",
        "title": "Menu reviews",
        "types": ["PER"],
        "texts": 2,
        "held_out": 1,
        "partial": 1,
        "entities": 1,
        "skipped": 0,
        "damaged": 0,
    }
    assert document("annotations", "list") == {"sets": [row]}
    assert document("annotations", "show", "menu-reviews") == {
        **row,
        "path": str(made.path),
        "owner": None,
    }
    assert call("annotations", "list") == (
        0,
        "menu-reviews  Menu reviews: 2 texts (1 held out), 1 entity, types: PER\n",
        "",
    )
    store.delete(made)
    assert call("annotations", "list") == (0, "No sets yet.\n", "")


def test_json_may_be_asked_for_before_or_after_the_action(call, made):
    after = call("annotations", "list", "--json")
    assert call("annotations", "--json", "list") == after
    assert after[1].startswith('{"sets"')


def test_a_set_is_created_empty_or_from_data(call, document, tmp_path):
    assert call("annotations", "create", "Menus", "--types", "DISH, PLACE")[1] == (
        "menus  Menus: 0 texts (0 held out), 0 entities, types: DISH, PLACE\n"
    )
    (tmp_path / "a.conll").write_text("In O\nOslo B-LOC\n\nAnn B-PER\n")
    begun = document("annotations", "create", "Mine", "--data", tmp_path / "a.conll")
    assert (begun["texts"], begun["entities"], begun["types"]) == (2, 2, ["LOC", "PER"])


def test_a_set_is_exported_and_what_is_left_out_is_said(call, made, tmp_path):
    out = tmp_path / "set.jsonl"
    assert call("annotations", "export", "menu-reviews", "--output", out) == (
        0,
        f"{out}\n",
        "1 text annotated only in part left out: the file can't say so.\n",
    )
    assert len(out.read_text().splitlines()) == 1


@pytest.mark.filterwarnings("ignore:Use 'content=<...>' to upload:DeprecationWarning")
def test_a_set_is_published_and_opened_from_there(hub, call, document, made):
    told = document("annotations", "publish", "menu-reviews", "--repo", "me/menus")
    commit = hub.datasets["me/menus"].commit("main")
    assert told == {
        "set": "menu-reviews",
        "repo": "me/menus",
        "url": f"{hub.url}/datasets/me/menus",
        "commit": commit,
        "pull_request": None,
        "changed": True,
        "card_replaced": False,
        "card_kept": [],
        "private": True,
    }
    published = call("annotations", "publish", "menu-reviews", "--repo", "me/menus", "--private")
    assert published == (
        0,
        f"{hub.url}/datasets/me/menus already has all of it (private, commit {commit[:8]})\n",
        "asking the Hub …\nsending the files (0.0 MB) …\nwriting the commit …\n",
    )
    code, out, err = call("annotations", "create", "Again", "--data", "hub:me/menus")
    assert (code, out, err) == (
        0,
        "again  Again: 2 texts (1 held out), 1 entity, types: PER\n",
        "",
    )
    again = store.get("again").read().decisions
    assert again == made.read().decisions
    assert [one.complete for one in again.values()] == [True, False]


@pytest.mark.filterwarnings("ignore:Use 'content=<...>' to upload:DeprecationWarning")
def test_a_set_is_proposed_or_public_as_a_run_would_be(hub, call, refusal, made):
    publish = ("annotations", "publish", "menu-reviews", "--repo")
    _, out, _ = call(*publish, "me/open", "--public", "--message", "The first")
    assert out.startswith(f"published: {hub.url}/datasets/me/open (public, commit ")
    assert hub.datasets["me/open"].commits[0][1] == "The first"
    hub.datasets["other/menus"] = Repo()
    assert call(*publish, "other/menus", "--pr")[:2] == (
        0,
        f"proposed: {hub.url}/datasets/other/menus/discussions/1 (public)\n",
    )
    hub.datasets["me/menus"] = Repo({"main": {"README.md": b"---\nlicense: mit\n---\nmine"}})
    _, out, _ = call(*publish, "me/menus")
    assert out.splitlines()[1:] == [
        "its README.md is new; the old one is in the repository's history",
        "kept from the old README.md: license",
    ]
    code, _, err = call(*publish, "me/menus", "--private")
    assert (code, err.splitlines()[-1]) == (
        2,
        "error: Nothing sent: me/menus is already public, but you asked for private. Make it "
        f"private at {hub.url}/datasets/me/menus/settings first, or don't ask for private.",
    )


@pytest.mark.filterwarnings("ignore:Use 'content=<...>' to upload:DeprecationWarning")
def test_lines_that_cannot_be_read_are_said_when_a_set_is_opened(hub, call, made):
    call("annotations", "publish", "menu-reviews", "--repo", "me/menus")
    hub.datasets["me/menus"].revisions["main"]["annotations.jsonl"] += b"{}\n"
    code, _, err = call("annotations", "create", "Again", "--data", "hub:me/menus")
    assert (code, err) == (
        0,
        "Left out 1 line of annotations.jsonl in me/menus that can't be read.\n",
    )


def test_changes_can_be_undone_by_what_they_said(document, made):
    renamed = document("annotations", "rename-type", "menu-reviews", "PER", "WHO")
    assert renamed["types"] == ["WHO"]
    back = document("annotations", "undo", "menu-reviews", renamed["record"])
    assert back["types"] == ["PER"]


def test_a_set_is_merged_into_another_one(call, made):
    other = store.create("Other")
    other.accept("Rome", [(0, 4, "LOC")])
    code, out, _ = call("annotations", "merge", "menu-reviews", "other")
    assert code == 0
    assert out.startswith("Other is now in Menu reviews. Undo it with `python -m ner_core annota")
    assert len(made.read().decisions) == 3
    undo = out.split("`")[1].removeprefix("python -m ner_core ").split()
    assert call(*undo)[0] == 0
    assert len(made.read().decisions) == 2
    assert len(other.read().decisions) == 1


def test_a_set_is_renamed_deleted_and_brought_back(call, made):
    assert call("annotations", "rename", "menu-reviews", "Menus")[1].startswith(
        "menu-reviews  Menus: "
    )
    assert call("annotations", "delete", "menu-reviews")[1] == (
        "menu-reviews deleted. Bring it back with `python -m ner_core annotations restore "
        "menu-reviews`.\n"
    )
    assert store.list_sets() == []
    assert call("annotations", "restore", "menu-reviews")[0] == 0
    assert store.list_sets() == [made]


@pytest.mark.parametrize(
    "action", ["show", "delete", "restore", "export --output x", "publish --repo me/x"]
)
def test_a_set_that_is_not_there_is_refused(refusal, action):
    name, *rest = action.split()
    said = refusal("annotations", name, "nowhere", *rest)
    assert said == (
        "This set can't be brought back any more: its files were deleted."
        if name == "restore"
        else "There is no annotation set 'nowhere'. List yours with `python -m ner_core "
        "annotations list`."
    )


def test_a_set_is_checked_like_any_other_data(document, made):
    made.accept("Bob went home", [(0, 3, "PER")])
    found = document("check", "annotations:menu-reviews")
    assert found["splits"]["train"]["sentences"] == 2
