import hashlib
import json
import shutil
from pathlib import Path

import pytest
import torch
from huggingface_hub import HfApi
from huggingface_hub.utils import httpx
from transformers import AutoConfig, AutoModelForTokenClassification, AutoTokenizer

from ner_core.config import TrainConfig
from ner_core.errors import PublishError
from ner_core.models.lora import add_adapter, merged, save_adapter
from ner_core.models.sources import ModelSource
from ner_core.publishing.outcome import Progress, Published
from ner_core.publishing.push import publish
from ner_core.publishing.scrub import scrubber
from ner_core.runs import store
from tests.support.fake_runs import FakeRun
from tests.support.hub_client import SECRET, contents, finished_run
from tests.support.hub_server import Repo, Token
from tests.support.hub_state import front_matter

# huggingface_hub sends files by an argument that its transport has renamed.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>' to upload:DeprecationWarning")

PUSHED = {
    *{".gitattributes", "README.md", "config.json", "events.jsonl", "model.safetensors"},
    *{"report.json", "tokenizer.json", "tokenizer_config.json", "training_config.json"},
}


@pytest.fixture
def run(tiny_model):
    return finished_run(tiny_model)


def refusal(*args, **options):
    with pytest.raises(PublishError) as caught:
        publish(*args, **options)
    assert SECRET not in str(caught.value)
    return str(caught.value)


def logits(model):
    return load(model, None)[1]


def load(repo, cache):
    """Load a model as everybody does, and give what it says about a text."""
    options = {"token": SECRET, "cache_dir": cache}
    tokenizer = AutoTokenizer.from_pretrained(repo, **options)
    # Of an adapter transformers would take the config of the encoder, without the labels.
    config = AutoConfig.from_pretrained(repo, **options)
    network = AutoModelForTokenClassification.from_pretrained(repo, config=config, **options).eval()
    with torch.no_grad():
        return network, network(**tokenizer("Ann lives in Oslo", return_tensors="pt")).logits


def test_a_run_becomes_a_private_model_that_loads_and_predicts_the_same(hub, run, tmp_path):
    seen = []
    before = contents(run.path)
    done = publish(run, "me/ner", progress=seen.append)
    repo = hub.models["me/ner"]
    commit = repo.commit("main")
    assert done == Published(f"{hub.url}/me/ner", commit, None, "me/ner", private=True)
    assert repo.private
    assert set(repo.revisions["main"]) == PUSHED
    assert [entry[:2] for entry in repo.commits] == [("main", "Publish run done")]
    assert contents(run.path) == before
    size = sum(path.stat().st_size for path in run.model_dir.iterdir())
    assert seen == [
        Progress("asking the Hub", 0, 3, 0),
        Progress("sending the files", 1, 3, size),
        Progress("writing the commit", 2, 3, 0),
        Progress("published", 3, 3, 0),
    ]
    network, predicted = load("me/ner", tmp_path / "cache")
    assert network.config.id2label[1] == "B-LOC"
    assert torch.equal(predicted, logits(run.model_dir))


@pytest.mark.slow
def test_90_megabytes_go_through_large_storage(hub, tiny_model, tmp_path):
    torch.manual_seed(3)
    big = tmp_path / "big"
    shutil.copytree(tiny_model, big)
    network = AutoModelForTokenClassification.from_pretrained(tiny_model)
    network.resize_token_embeddings(740_000, mean_resizing=False)
    network.save_pretrained(big)
    run = finished_run(big)
    size = (run.model_dir / "model.safetensors").stat().st_size
    assert size > 90 * 2**20
    seen = []
    publish(run, "me/ner", progress=seen.append)
    assert seen[1].size > size
    oid = hashlib.sha256((run.model_dir / "model.safetensors").read_bytes()).hexdigest()
    assert [*hub.stored] == [oid]
    _, predicted = load("me/ner", tmp_path / "cache")
    assert torch.equal(predicted, logits(run.model_dir))


def test_a_large_file_is_sent_in_parts_where_the_hub_asks_for_it(hub, run):
    hub.part_size = 20_000
    hub.fail("/large/", status=500, method="PUT", times=1)
    publish(run, "me/ner")
    pushed = hub.models["me/ner"].revisions["main"]["model.safetensors"]
    assert pushed == (run.model_dir / "model.safetensors").read_bytes()
    assert len(hub.parts) > 2


def test_a_second_time_sends_nothing_and_commits_nothing(hub, run):
    first = publish(run, "me/ner")
    hub.requests.clear()
    seen = []
    second = publish(run, "me/ner", progress=seen.append)
    assert second == Published(first.url, first.commit, None, "me/ner", changed=False, private=True)
    assert seen[-1].what == "nothing changed"
    assert not any("/large/" in request or "/commit/" in request for request in hub.requests)
    assert publish(run, "me/ner", pull_request=True) == second
    assert len(hub.models["me/ner"].commits) == 1


def test_only_what_differs_is_committed(hub, run):
    publish(run, "me/ner")
    (run.model_dir / "special.txt").write_text("x", encoding="utf-8")
    done = publish(run, "me/ner", message="  One more file ")
    assert done.changed
    assert hub.models["me/ner"].commits[1] == ("main", "One more file", ["special.txt"])


def test_what_is_there_keeps_its_visibility_and_other_files(hub, run):
    hub.models["acme/ner"] = Repo({"main": {"LICENSE": b"", "model-1-of-2.safetensors": b"x"}})
    assert publish(run, "acme/ner").visibility == "public"
    repo = hub.models["acme/ner"]
    assert not repo.private
    # Weights of before would be loaded in place of the new ones.
    assert set(repo.revisions["main"]) == {*PUSHED - {".gitattributes"}, "LICENSE"}
    publish(run, "me/open", private=False)
    assert not hub.models["me/open"].private


def test_what_the_owner_added_to_the_card_stays_and_the_rest_is_not_lost_in_silence(hub, run):
    publish(run, "me/ner")
    files = hub.models["me/ner"].revisions["main"]
    written = files["README.md"]
    files["README.md"] = written.replace(b"---\n", b"---\nextra_gated_prompt: Who?\n", 1) + b"Mine."
    done = publish(run, "me/ner")
    assert (done.changed, done.card_replaced) == (True, True)
    card = hub.models["me/ner"].revisions["main"]["README.md"]
    assert b"extra_gated_prompt: Who?\n" in card
    assert b"Mine." not in card
    again = publish(run, "me/ner")
    assert (again.changed, again.card_replaced) == (False, False)


BY_HAND = b"""---
license: mit
language: de
tags: [legal]
thumbnail: https://hub.example/a.png
---
Mine.
"""


@pytest.mark.parametrize("gives_cards", [True, False])
def test_what_the_owner_wrote_by_hand_stays_and_is_said(hub, run, gives_cards):
    """Also what the run would know better: it learned from the sample, which is English."""
    hub.gives_cards = gives_cards
    hub.models["me/ner"] = Repo({"main": {"README.md": BY_HAND}})
    done = publish(run, "me/ner")
    assert done.kept == ("language", "license", "tags", "thumbnail")
    card = hub.models["me/ner"].revisions["main"]["README.md"]
    data = front_matter(card)
    assert (data["license"], data["language"]) == ("mit", "de")
    assert data["tags"] == ["named-entity-recognition", "ner", "ner-studio", "legal"]
    assert data["thumbnail"] == "https://hub.example/a.png"
    assert data["pipeline_tag"] == "token-classification"
    assert publish(run, "me/ner").changed is False


def test_a_card_that_cannot_be_read_is_not_replaced(hub, run):
    broken = b"---\nlicense: [mit\n---\nMine."
    hub.gives_cards = False
    hub.models["me/ner"] = Repo({"main": {"README.md": broken}}, card={"no": "matter"})
    assert refusal(run, "me/ner") == (
        "Can't read the entries at the top of the README.md of me/ner, so publishing would lose "
        f"them. Correct them at {hub.url}/me/ner/edit/main/README.md, then publish."
    )
    assert hub.models["me/ner"].commits == []
    assert publish(run, "me/ner", pull_request=True).pull_request


@pytest.mark.parametrize(
    ("private", "wish", "now"), [(False, "private", "public"), (True, "public", "private")]
)
def test_a_wish_for_a_visibility_that_is_not_met_is_refused_before_anything_is_sent(
    hub, run, private, wish, now
):
    hub.models["me/ner"] = Repo(private=private)
    for pull_request in (False, True):
        assert refusal(run, "me/ner", private=not private, pull_request=pull_request) == (
            f"Nothing sent: me/ner is already {now}, but you asked for {wish}. Make it {wish} at "
            f"{hub.url}/me/ner/settings first, or don't ask for {wish}."
        )
    assert (hub.models["me/ner"].commits, hub.stored) == ([], {})
    done = publish(run, "me/ner", private=private)
    assert (done.private, hub.models["me/ner"].private) == (private, private)


def test_a_hub_that_makes_a_new_repository_public_against_the_wish_gets_nothing(
    hub, run, monkeypatch
):
    create_repo = HfApi.create_repo

    def create(self, *args, **options):
        return create_repo(self, *args, **{**options, "private": False})

    monkeypatch.setattr(HfApi, "create_repo", create)
    assert refusal(run, "me/ner").startswith("Nothing sent: me/ner is already public, but")
    assert (hub.models["me/ner"].commits, hub.stored) == ([], {})


def test_a_lost_answer_does_not_hide_that_a_card_was_replaced(hub, run, monkeypatch):
    """Nor are files deleted again which the first commit has deleted."""
    there = {"README.md": b"mine", "model-1-of-2.safetensors": b"x"}
    hub.models["me/ner"] = Repo({"main": there})
    create_commit, lost = HfApi.create_commit, []

    def lose_the_first(self, *args, **options):
        done = create_commit(self, *args, **options)
        if not lost:
            lost.append(done)
            raise httpx.ReadError("lost")
        return done

    monkeypatch.setattr(HfApi, "create_commit", lose_the_first)
    done = publish(run, "me/ner")
    assert (done.commit, done.card_replaced) == (lost[0].oid, True)
    assert len(hub.models["me/ner"].commits) == 1


def test_a_visitor_of_a_space_writes_to_what_was_made_from_there_only(hub, run, monkeypatch):
    monkeypatch.setenv("SPACE_ID", "me/space")
    ann = "hf_visitor"
    hub.tokens[ann] = Token("ann", "app")
    hub.models["ann/old"] = Repo()
    assert refusal(run, "ann/old", token=ann) == (
        "ann/old wasn't made from here, and signing in here lets you write only to repositories "
        "made from here. Choose a new name, or open a pull request."
    )
    assert publish(run, "ann/old", token=ann, pull_request=True).pull_request
    assert publish(run, "ann/new", token=ann).changed
    hub.models["ann/new"].revisions["main"]["README.md"] = b"mine"
    assert publish(run, "ann/new", token=ann).changed
    hub.fail(CREATE, status=403)
    assert refusal(run, "ann/newer", token=ann) == (
        "Your token can't write to ann/newer. Sign out and in again, and grant contribute-repos "
        "for ann."
    )


@pytest.mark.parametrize("phase", ["asking the Hub", "sending the files"])
@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_a_file_that_goes_meanwhile_is_a_sentence_without_its_path(hub, run, phase, name):
    def lose(progress):
        if progress.what == phase:
            (run.model_dir / name).unlink(missing_ok=True)

    assert refusal(run, "me/ner", progress=lose) == (
        "A file went missing while writing to me/ner (No such file or directory). If you renamed "
        "or deleted the files of run done, put them back and try again."
    )


def test_no_sentence_of_the_data_is_pushed_but_in_the_card(hub, run):
    assert b"Bo" in run.events_path.read_bytes()
    publish(run, "me/ner")
    pushed = hub.models["me/ner"].revisions["main"]
    assert b"Ann <b> met Bo" in pushed["README.md"].replace(b"\\", b"")
    events = [json.loads(line) for line in pushed["events.jsonl"].splitlines()]
    assert [event["kind"] for event in events] == ["started", "evaluated", "progress", "finished"]
    for event in events:
        assert "samples" not in event["data"]
    for name in ("events.jsonl", "report.json", "training_config.json", "config.json"):
        assert b'"met"' not in pushed[name], name


def test_a_pull_request_leaves_the_main_branch_alone(hub, run):
    hub.models["other/ner"] = Repo({"main": {"README.md": b"theirs"}})
    done = publish(run, "other/ner", pull_request=True)
    repo = hub.models["other/ner"]
    assert done.pull_request == f"{hub.url}/other/ner/discussions/1"
    assert not done.card_replaced
    assert done.commit == repo.commit("refs/pr/1")
    assert repo.revisions["main"] == {"README.md": b"theirs"}
    assert set(repo.revisions["refs/pr/1"]) == PUSHED - {".gitattributes"}


@pytest.fixture
def adapter_run(hub, tiny_encoder, tmp_path):
    """Return a run with an adapter for an encoder on the Hub."""
    files = {path.name: path.read_bytes() for path in tiny_encoder.iterdir()}
    hub.models["me/encoder"] = Repo({"main": files})
    labels = {"id2label": {0: "O", 1: "B-PER"}, "label2id": {"O": 0, "B-PER": 1}}
    network = AutoModelForTokenClassification.from_pretrained(tiny_encoder, **labels)
    adapted = add_adapter(network, ModelSource("me/encoder", "hub", "me/encoder"), 4)
    for name, weights in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weights)  # as if something had been learned
    model = tmp_path / "with-adapter"
    shutil.copytree(tiny_encoder, model)
    save_adapter(adapted, model / "adapter")
    merged(adapted).save_pretrained(model)
    return finished_run(model, "adapted")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
def test_a_run_with_an_adapter_is_pushed_either_way(hub, adapter_run, tmp_path):
    publish(adapter_run, "me/merged")
    assert set(hub.models["me/merged"].revisions["main"]) == PUSHED
    publish(adapter_run, "me/adapter", adapter=True)
    adapter = {"adapter_config.json", "adapter_model.safetensors"}
    files = {*PUSHED - {"model.safetensors"}, *adapter}
    assert set(hub.models["me/adapter"].revisions["main"]) == files
    _, whole = load("me/merged", tmp_path / "cache")
    network, predicted = load("me/adapter", tmp_path / "cache")
    assert torch.allclose(predicted, whole, atol=1e-4)
    assert network.config.id2label[1] == "B-PER"
    publish(adapter_run, "me/adapter")
    assert set(hub.models["me/adapter"].revisions["main"]) == PUSHED


def test_an_adapter_that_others_could_not_use_is_refused(hub, run, adapter_run):
    assert refusal(run, "me/ner", adapter=True) == (
        "Run done has no LoRA adapter, since it trained all weights. Publish the model, or train "
        "with the recipe adapter."
    )
    config = adapter_run.model_dir / "adapter" / "adapter_config.json"
    described = json.loads(config.read_text()) | {"base_model_name_or_path": "/home/ann/bert"}
    config.write_text(json.dumps(described))
    assert refusal(adapter_run, "me/ner", adapter=True) == (
        "The adapter of run adapted belongs to an encoder that is only on this machine (bert), "
        "not on the Hub. Publish the merged model."
    )
    assert hub.requests == []


def test_a_run_without_a_model_or_at_work_is_refused(hub):
    at_work = FakeRun("at-work").start()
    assert refusal(at_work.run, "me/ner") == (
        "Run at-work is running. Stop it, or wait for it to end, then publish it."
    )
    assert refusal(at_work.end("stopped"), "me/ner") == (
        "Run at-work has no model. A run has one once it finishes, or is stopped after its first "
        "evaluation."
    )


WHOAMI, CREATE, COMMIT = "/api/whoami-v2", "/api/repos/create", "/api/models/me/ner/commit"


def test_the_paths_of_this_machine_stay_here(hub, tiny_model, tmp_path):
    data = tmp_path / "uploads" / "a1" / "our secret plans.conll"
    data.parent.mkdir(parents=True)
    data.write_text("Ann B-PER\n", encoding="utf-8")
    encoder = tmp_path / "private" / "encoder"
    encoder.mkdir(parents=True)
    config = TrainConfig.from_values({"data": str(data), "model": str(encoder)})
    run = store.create(config, "mine")
    events = [
        {
            "v": 1,
            "time": 1.0,
            "kind": "started",
            "step": 0,
            "data": {"settings": config.model_dump(), "total": 10, "label_names": []},
        },
        {
            "v": 1,
            "time": 2.0,
            "kind": "failed",
            "step": 1,
            "data": {
                "message": f"Cannot read {data}, line 3; see {run.log_path}.",
                "note": f"{Path.home()}/x.py and/or https://hub.example/a/b",
            },
        },
    ]
    lines = "".join(json.dumps(event) + "\n" for event in events)
    run.events_path.write_text(lines + '{"torn', encoding="utf-8")
    shutil.copytree(tiny_model, run.model_dir)
    described = json.loads((run.model_dir / "config.json").read_text())
    described["_name_or_path"] = str(encoder)
    (run.model_dir / "config.json").write_text(json.dumps(described))
    run.report_path.write_text(json.dumps({"data": str(data), "settings": config.model_dump()}))
    publish(run, "me/ner")
    pushed = hub.models["me/ner"].revisions["main"]
    for name, content in pushed.items():
        for hidden in (str(tmp_path), str(Path.home()), "/uploads"):
            assert hidden.encode() not in content, name
    settings = json.loads(pushed["training_config.json"])
    assert (settings["data"], settings["model"]) == ("our secret plans.conll", "encoder")
    assert TrainConfig.model_validate(settings).seed == config.seed
    assert json.loads(pushed["report.json"])["data"] == "our secret plans.conll"
    assert json.loads(pushed["config.json"])["_name_or_path"] == "encoder"
    _, failed = pushed["events.jsonl"].splitlines()
    assert json.loads(failed)["data"] == {
        "message": "Cannot read our secret plans.conll, line 3; see output.log.",
        "note": "x.py and/or https://hub.example/a/b",
    }


def test_data_on_the_hub_and_words_keep_their_names(run):
    scrub = scrubber(run)
    for text in ("conll2003", "a/b@main", "either/or", "/", "3/4", "sample", "~", "."):
        assert scrub(text) == text
