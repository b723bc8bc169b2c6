"""An annotation set on the Hub: pushed as a dataset, read as data, and opened again."""

import io
import json
from pathlib import Path

import datasets
import pyarrow.parquet
import pytest
from huggingface_hub import DatasetCard, HfApi
from huggingface_hub.utils import httpx

from ner_core.annotations import importing, store
from ner_core.annotations.decisions import Decision, Suggestion
from ner_core.annotations.importing import decisions_from
from ner_core.data.corpus import gold_tags, load_data
from ner_core.errors import DataError, PublishError
from ner_core.publishing.dataset import publish_set
from ner_core.publishing.outcome import Progress, Published
from ner_core.tags import Span
from tests.support.hub_client import SECRET, contents
from tests.support.hub_server import Repo, Token
from tests.support.hub_state import front_matter
from tests.support.places import REPOSITORY

# huggingface_hub sends files by an argument that its transport has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>' to upload:DeprecationWarning")

TRAIN, VALIDATION = "data/train-00000-of-00001.parquet", "data/validation-00000-of-00001.parquet"
PUSHED = {".gitattributes", "README.md", "annotations.jsonl", TRAIN, VALIDATION}
ANN = "Ann Kay lives in Oslo.\nShe cooks 🍜."
HOSTILE = "|<script>alert(1)</script>`x`[a](javascript:b)"
BOB, HELD_OUT = "Bob left.", "text 1"


@pytest.fixture
def made(tmp_path):
    """Return a set with each kind of decision, whose model is a folder of this machine."""
    model = tmp_path / "ann's models" / "menu-model"
    model.mkdir(parents=True)
    made = store.create("Menu reviews", ["DISH"], owner="somebody")
    made.accept("Something said by mistake.", record="slip")
    made.undo("slip")
    made.accept(ANN, [(0, 3, "PLACE")])
    made.accept(
        ANN,
        [(0, 7, "PER"), (17, 21, "LOC")],
        [(0, 7, "PER", 0.9), (17, 21, "PER", 0.5)],
        str(model),
    )
    made.accept(BOB, [(0, 3, "PER")], [(0, 3, "PER", 1 / 3)], "starter")
    made.accept("Rome or Oslo", [(0, 4, "LOC")], [(8, 12, "LOC", 0.2)], "starter", complete=False)
    made.accept(HELD_OUT)
    made.merge([Decision("Fra Rom", (Span(4, 7, "LOC"),), split="test")], "old.conll")
    made.skip("Never mind")
    return made


def refusal(*args, **options):
    with pytest.raises(PublishError) as caught:
        publish_set(*args, **options)
    assert SECRET not in str(caught.value)
    return str(caught.value)


def decisions(found):
    return list(found.read().decisions.values())


def test_a_set_becomes_a_private_dataset(hub, made, tmp_path):
    seen, before = [], contents(made.path)
    done = publish_set(made, "me/menus", progress=seen.append)
    repo = hub.datasets["me/menus"]
    url = f"{hub.url}/datasets/me/menus"
    assert done == Published(url, repo.commit("main"), None, "me/menus", private=True)
    assert repo.private
    files = repo.revisions["main"]
    assert set(files) == {*PUSHED, "data/test-00000-of-00001.parquet"}
    assert repo.commits[0][:2] == ("main", "Publish annotation set menu-reviews")
    assert contents(made.path) == before
    size = sum(len(files[name]) for name in files if name not in (".gitattributes", "README.md"))
    assert seen == [
        Progress("asking the Hub", 0, 3, 0),
        Progress("sending the files", 1, 3, size),
        Progress("writing the commit", 2, 3, 0),
        Progress("published", 3, 3, 0),
    ]
    hidden = (SECRET, str(tmp_path), str(Path.home()), "ann's models", "somebody", "mistake")
    for name, content in files.items():
        for text in (*hidden, "PLACE", "Never mind"):
            assert text.encode() not in content, name


def test_a_second_time_makes_no_commit(hub, made):
    first = publish_set(made, "me/menus")
    hub.requests.clear()
    assert publish_set(made, "me/menus") == Published(
        first.url, first.commit, None, "me/menus", changed=False, private=True
    )
    assert not any("/large/" in request or "/commit/" in request for request in hub.requests)
    made.accept("One more", [])
    assert publish_set(made, "me/menus", message=" More ").changed
    assert hub.datasets["me/menus"].commits[1][1] == "More"


def test_an_opened_set_is_the_one_that_was_pushed(hub, made):
    publish_set(made, "me/menus")
    said = []
    opened = store.create("Again", decisions=decisions_from("hub:me/menus", say=said.append))
    pushed = [
        Decision(**{**vars_of(one), "model": "menu-model"}) if "/" in one.model else one
        for one in decisions(made)
    ]
    assert decisions(opened) == pushed
    assert [one.time for one in decisions(opened)] == [one.time for one in decisions(made)]
    assert [one.complete for one in decisions(opened)].count(False) == 1
    assert decisions(opened)[2].rejected == (Suggestion(8, 12, "LOC", 0.2),)
    assert said == []
    # What was opened is pushed as the same files: nothing to commit but its title.
    publish_set(opened, "me/menus")
    assert hub.datasets["me/menus"].commits[1][2] == ["README.md"]
    page = "https://huggingface.co/datasets/me/menus"
    again = store.create("Third", decisions=decisions_from(page))
    assert decisions(again) == pushed


def vars_of(decision):
    """Return the fields of a decision, without what was computed from them."""
    return {name: getattr(decision, name) for name in decision.__dataclass_fields__}


def test_what_was_pushed_is_data_like_any_other(hub, made):
    publish_set(made, "me/menus")
    corpus = load_data("hub:me/menus")
    assert {name: split.num_rows for name, split in corpus.dataset.items()} == {
        "train": 2,
        "validation": 1,
        "test": 1,
    }
    assert corpus.label_names == ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
    rows = corpus.dataset["train"][:]
    assert rows["tokens"] == [
        ["Ann", "Kay", "lives", "in", "Oslo", ".", "She", "cooks", "🍜", "."],
        ["Bob", "left", "."],
    ]
    assert gold_tags(rows, corpus.label_names) == [
        ["B-PER", "I-PER", "O", "O", "B-LOC", *["O"] * 5],
        ["B-PER", "O", "O"],
    ]
    assert corpus.notes == ()
    assert [dict(log.counts) for log in corpus.faults.values()] == [{}] * 3
    as_data = list(decisions_from("hub:me/menus:default"))
    assert [one.complete for one in as_data] == [True] * 4


def test_datasets_reads_it_with_the_names_of_the_tags(hub, made, tmp_path, monkeypatch):
    publish_set(made, "me/menus")
    folder = tmp_path / "menus"
    for name, content in hub.datasets["me/menus"].revisions["main"].items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    data = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert set(data) == {"train", "validation", "test"}
    tags = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
    assert data["test"].features["ner_tags"].feature.names == tags
    row = data["train"][0]
    assert row["text"] == ANN
    assert row["spans"] == [
        {"start": 0, "end": 7, "label": "PER"},
        {"start": 17, "end": 21, "label": "LOC"},
    ]
    assert [row["text"][span["start"] : span["end"]] for span in row["spans"]] == [
        "Ann Kay",
        "Oslo",
    ]


def test_the_card_is_the_golden_one(hub, made):
    made.accept("Soup and <b>bread</b>", [(0, 4, HOSTILE)], [(0, 4, "DISH", 0.5)], HOSTILE)
    made.accept("\u200b\u200b")  # no words
    store.rename(made, "Menu *reviews* <i>2026</i>")
    publish_set(made, "me/menus")
    card = hub.datasets["me/menus"].revisions["main"]["README.md"].decode()
    assert card == (REPOSITORY / "tests" / "golden" / "dataset_card.md").read_text("utf-8")
    DatasetCard(card).validate(repo_type="dataset")


def test_a_card_of_many_models_and_without_entities(hub):
    many = store.create("Many")
    for number in range(23):
        suggested = [(0, 4, "LOC", 0.5)] if number % 2 else []
        many.accept(f"Rome {number}", [], suggested, f"model-{number}")
        many.accept(f"Oslo {number}", [], [], f"model-{min(number, 19)}")
    publish_set(many, "me/many")
    card = hub.datasets["me/many"].revisions["main"]["README.md"].decode()
    assert "46 texts with named entities of 0 types." in card
    assert "| model-19 | 5 | 4 | 1 |\n" in card
    assert "| model-18 | 2 | 2 | 0 |\n" in card
    assert "| 3 other models | 3 | 2 | 1 |\n" in card
    assert "model-20" not in card


def test_texts_that_are_all_held_out_are_train(hub):
    held_out = store.create("One")
    held_out.accept(HELD_OUT)
    publish_set(held_out, "me/one")
    files = hub.datasets["me/one"].revisions["main"]
    assert [name for name in files if name.startswith("data/")] == [TRAIN]
    assert b"So far there is no such text beside others." in files["README.md"]


def test_the_metadata_say_where_the_data_are(hub, made):
    publish_set(made, "me/menus")
    data = front_matter(hub.datasets["me/menus"].revisions["main"]["README.md"])
    assert data == {
        "pretty_name": "Menu reviews",
        "task_categories": ["token-classification"],
        "task_ids": ["named-entity-recognition"],
        "size_categories": ["n<1K"],
        "tags": ["named-entity-recognition", "ner", "ner-studio"],
        "configs": [
            {
                "config_name": "default",
                "data_files": [
                    {"split": "train", "path": TRAIN},
                    {"split": "validation", "path": VALIDATION},
                    {"split": "test", "path": "data/test-00000-of-00001.parquet"},
                ],
            }
        ],
    }


def test_a_guideline_is_pushed_and_the_card_leads_to_it(hub, made):
    made.guideline_path.write_text("A dish is what one can eat.\n")
    publish_set(made, "me/menus")
    files = hub.datasets["me/menus"].revisions["main"]
    assert files["guideline.md"] == b"A dish is what one can eat.\n"
    assert b"is in [guideline.md](guideline.md)." in files["README.md"]


BY_HAND = b"""---
license: mit
language: de
tags: [food]
size_categories: [1M<n<10M]
configs: [{config_name: other, data_files: x.csv}]
---
Mine.
"""


@pytest.mark.parametrize("gives_cards", [True, False])
def test_what_the_owner_wrote_at_the_top_stays(hub, made, gives_cards):
    hub.gives_cards = gives_cards
    gone = "data/test-00000-of-00001.parquet"
    there = {"README.md": BY_HAND, gone: b"old", "data/mine.parquet": b"mine"}
    hub.datasets["me/menus"] = Repo({"main": there})
    made.undo([*_records(made)][-2])  # what came with a test part
    done = publish_set(made, "me/menus")
    assert (done.kept, done.card_replaced) == (("language", "license", "tags"), True)
    assert done.visibility == "public"
    files = hub.datasets["me/menus"].revisions["main"]
    assert set(files) == {*PUSHED - {".gitattributes"}, "data/mine.parquet"}
    data = front_matter(files["README.md"])
    assert (data["license"], data["language"]) == ("mit", "de")
    assert data["tags"] == ["named-entity-recognition", "ner", "ner-studio", "food"]
    assert data["size_categories"] == ["n<1K"]
    assert [config["config_name"] for config in data["configs"]] == ["default"]
    assert b"mit, as this repository said before." in files["README.md"]
    assert publish_set(made, "me/menus").changed is False


def _records(found):
    for line in found.decisions_path.read_text("utf-8").splitlines():
        yield json.loads(line)["id"]


def test_a_card_that_cannot_be_read_is_not_replaced(hub, made):
    broken = {"main": {"README.md": b"---\nlicense: [mit\n---\nMine."}}
    hub.gives_cards = False
    hub.datasets["me/menus"] = Repo(broken, card={"no": "matter"})
    assert refusal(made, "me/menus") == (
        "Can't read the entries at the top of the README.md of me/menus, so publishing would lose "
        f"them. Correct them at {hub.url}/datasets/me/menus/edit/main/README.md, then publish."
    )


@pytest.mark.parametrize(
    ("private", "wish", "now"), [(False, "private", "public"), (True, "public", "private")]
)
def test_a_visibility_that_is_not_the_one_asked_for_is_refused(hub, made, private, wish, now):
    hub.datasets["me/menus"] = Repo(private=private)
    assert refusal(made, "me/menus", private=not private) == (
        f"Nothing sent: me/menus is already {now}, but you asked for {wish}. Make it {wish} at "
        f"{hub.url}/datasets/me/menus/settings first, or don't ask for {wish}."
    )
    assert (hub.datasets["me/menus"].commits, hub.stored) == ([], {})
    assert publish_set(made, "me/menus", private=private).private is private
    assert publish_set(made, "me/open", private=False).visibility == "public"


def test_rights_are_those_of_a_model(hub, made, monkeypatch):
    assert refusal(made, "other/menus") == (
        "other/menus belongs to other. Signed in as me, you can write to repositories of me or "
        "acme only: choose me/menus."
    )
    hub.datasets["other/menus"] = Repo()
    assert refusal(made, "other/menus").endswith("choose me/menus, or open a pull request.")
    done = publish_set(made, "other/menus", pull_request=True)
    assert done.pull_request == f"{hub.url}/datasets/other/menus/discussions/1"
    assert hub.datasets["other/menus"].revisions["main"] == {}
    hub.tokens["hf_reads"] = Token("me", "read")
    assert refusal(made, "me/menus", token="hf_reads") == (  # noqa: S106
        f"Your token can't write to me/menus. Make a write token at {hub.url}/settings/tokens, or "
        "a fine-grained one with repo.write for me."
    )
    monkeypatch.setenv("SPACE_ID", "me/space")
    assert refusal(made, "me/menus") == "Not signed in. Sign in on the page."


def test_a_visitor_of_a_space_writes_to_what_was_made_from_there_only(hub, made, monkeypatch):
    monkeypatch.setenv("SPACE_ID", "me/space")
    ann = "hf_visitor"
    hub.tokens[ann] = Token("ann", "app")
    hub.datasets["ann/old"] = Repo()
    assert refusal(made, "ann/old", token=ann) == (
        "ann/old wasn't made from here, and signing in here lets you write only to repositories "
        "made from here. Choose a new name, or open a pull request."
    )
    assert publish_set(made, "ann/new", token=ann).changed


def test_a_name_that_can_be_none_and_a_set_without_texts_are_refused_before_anything_is_asked(hub):
    empty = store.create("Empty")
    assert refusal(empty, "me/menus") == "The set Empty has no texts yet. Annotate some first."
    assert refusal(empty, "menus").startswith("'menus' can't be the name of a dataset. Write OWN")
    page = "https://huggingface.co/datasets/me/menus"
    assert refusal(empty, page) == "The set Empty has no texts yet. Annotate some first."
    assert hub.requests == []


def test_a_lost_answer_is_no_second_commit(hub, made, monkeypatch):
    create_commit, lost = HfApi.create_commit, []

    def lose_the_first(self, *args, **options):
        done = create_commit(self, *args, **options)
        if not lost:
            lost.append(done)
            raise httpx.ReadError("lost")
        return done

    monkeypatch.setattr(HfApi, "create_commit", lose_the_first)
    assert publish_set(made, "me/menus").commit == lost[0].oid
    assert len(hub.datasets["me/menus"].commits) == 1


WHOAMI, CREATE = "/api/whoami-v2", "/api/repos/create"
COMMIT, BATCH = "/api/datasets/me/menus/commit", "/datasets/me/menus.git/info/lfs"


@pytest.mark.parametrize("path", [WHOAMI, CREATE, BATCH, "/large/", COMMIT])
@pytest.mark.parametrize("failure", [{"status": 503}, {"cut_after": 10}])
def test_a_single_failure_passes(hub, made, path, failure):
    hub.fail(path, times=1, **failure)
    assert publish_set(made, "me/menus").changed


def test_a_failure_is_one_sentence(hub, made):
    hub.fail(COMMIT, status=500)
    assert refusal(made, "me/menus") == (
        "The Hub failed with error 500 while writing to me/menus. Try again in a few minutes: "
        "files already stored aren't sent again."
    )


def test_a_set_annotated_only_in_part_can_be_kept_there_too(hub):
    partial = store.create("Part")
    partial.accept("Rome or Oslo", [(0, 4, "LOC")], complete=False)
    publish_set(partial, "me/part")
    files = hub.datasets["me/part"].revisions["main"]
    table = pyarrow.parquet.read_table(io.BytesIO(files[TRAIN]))
    assert (table.num_rows, table.column_names) == (0, ["tokens", "ner_tags", "text", "spans"])
    assert b"1 more text was annotated only in part." in files["README.md"]
    opened = store.create("Again", decisions=decisions_from("hub:me/part"))
    assert decisions(opened) == decisions(partial)


def test_damaged_lines_are_left_out_and_said(hub, made):
    publish_set(made, "me/menus")
    files = hub.datasets["me/menus"].revisions["main"]
    lines = files["annotations.jsonl"].splitlines(keepends=True)
    files["annotations.jsonl"] = b"".join([lines[0], b'{"text": 1}\n', *lines[1:], b'{"text": "to'])
    said = []
    assert len(list(decisions_from("me/menus", say=said.append))) == 5
    assert said == ["Left out 2 lines of annotations.jsonl in me/menus that can't be read."]


def test_a_file_of_this_name_that_is_somebody_else_s_does_not_hide_the_data(hub, made):
    publish_set(made, "me/menus")
    files = hub.datasets["me/menus"].revisions["main"]
    files["annotations.jsonl"] = b'{"image": 1}\n{"image": 2}\n'
    said = []
    assert [one.text for one in decisions_from("hub:me/menus", say=said.append)][1] == BOB
    assert said == [
        "annotations.jsonl in me/menus has no decisions of NER Studio. Its data were read instead."
    ]
    del files["annotations.jsonl"]
    assert len(list(decisions_from("hub:me/menus"))) == 4


def test_more_than_fits_into_memory_is_refused_before_it_is_downloaded(hub, made, monkeypatch):
    publish_set(made, "me/menus")
    monkeypatch.setattr(importing, "MOST_BYTES", 100)
    hub.requests.clear()
    with pytest.raises(DataError) as caught:
        list(decisions_from("hub:me/menus"))
    assert str(caught.value) == (
        "annotations.jsonl of me/menus is larger than 100 bytes. Write me/menus:default to read "
        "its data instead."
    )
    assert not any(request.startswith("GET /datasets") for request in hub.requests)
