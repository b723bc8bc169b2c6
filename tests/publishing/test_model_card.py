"""The model card: whole against golden ones, read by the Hub's own parser, and its lines run."""

import json
import re
import string

import numpy as np
import pytest
import yaml
from huggingface_hub import ModelCard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ner_core import tags
from ner_core.config import TrainConfig
from ner_core.errors import DataError, RunError
from ner_core.publishing.card.document import model_card, taken_over
from ner_core.publishing.card.markup import plain, text
from ner_core.runs import store
from tests.support.card_runs import LABELS, MINILM, card_run, corpus, finish
from tests.support.places import REPOSITORY

GOLDEN = REPOSITORY / "tests" / "golden"
FOLDER = {"kind": "folder", "name": "my-bert", "id": None, "revision": None}
BERT = {"kind": "hub", "name": "google-bert/bert-base-cased", "revision": "b" * 40}
BERT["id"] = BERT["name"]
CONLL = {
    "repo": "eriktks/conll2003",
    "config": "conll2003",
    "revision": "c" * 40,
    "languages": ["en"],
}
HOSTILE = "|<script>alert(1)</script>`x`\n---\n# **B** [a](javascript:b) $x$"


def sample_run():
    fake = card_run("full", {"max_train": 3000}, corpus("sample", "sample"), MINILM)
    return finish(fake)


def adapter_run(base=None):
    config = {"data": "hub:conll2003", "recipe": "adapter", "model": (base or BERT)["name"]}
    origin = corpus("hub", CONLL["repo"], CONLL, ("train", "validation"), scheme="IOB1", repaired=2)
    notes = ["The Hub's conversion of it to Parquet was read instead (refs/convert/parquet)."]
    fake = card_run("adapter", config, origin, base or BERT, adapter=True, notes=notes)
    return finish(fake, test=False)


def stopped_run():
    """Stop a run on files of the owner, whose folders are nobody's business."""
    config = {"data": "/home/ann/secret/my_news.conll", "model": "/home/ann/secret/my-bert"}
    fake = card_run("stopped", config, corpus("files", "my_news.conll"), FOLDER)
    fake.evaluated(40, f1=0.5, sentences=200, support=431, accuracy=0.9, f1_lenient=0.6)
    return fake.end("stopped")


@pytest.mark.parametrize(
    ("name", "make", "adapter"),
    [
        ("model_card_full.md", sample_run, False),
        ("model_card_adapter.md", adapter_run, True),
        ("model_card_stopped.md", stopped_run, False),
    ],
)
def test_a_card_is_the_golden_one(name, make, adapter):
    card = model_card(make(), "ann/my-model", adapter)
    assert card == (GOLDEN / name).read_text(encoding="utf-8")


def blocks(card):
    """Return the metrics of each block of scores, as the Hub's parser finds them in a card."""
    found = {}
    for row in ModelCard(card).data.eval_results or ():
        assert type(row.metric_value) is float
        found.setdefault((row.dataset_type, row.dataset_split), {})[row.metric_type] = row
    return found


def test_the_hub_finds_the_scores_of_each_part():
    run = sample_run()
    found = blocks(model_card(run, "ann/my-model"))
    report = run.report
    assert set(found) == {("ner-studio-sample", "test"), ("ner-studio-sample", "validation")}
    for (_, split), rows in found.items():
        assert list(rows) == ["precision", "recall", "f1", "accuracy"]
        for metric, row in rows.items():
            assert row.metric_value == round(report[split][metric], 4)
            assert row.task_type == "token-classification"
            strict = {"mode": "strict", "scheme": "IOB2"}
            assert row.metric_args == (None if metric == "accuracy" else strict)


def test_the_metadata_say_what_is_known():
    data = ModelCard(model_card(sample_run(), "ann/my-model")).data.to_dict()
    assert data["license"] == "apache-2.0"
    assert data["language"] == ["en"]
    assert data["library_name"] == "transformers"
    assert data["pipeline_tag"] == "token-classification"
    assert data["base_model"] == MINILM["id"]
    assert data["base_model_relation"] == "finetune"
    assert data["widget"][0] == {"text": "Ann met Bo Li in New York ."}
    assert data["model-index"][0]["name"] == "my-model"
    assert "datasets" not in data  # the sample is not on the Hub


def test_the_metadata_of_an_adapter_name_what_it_belongs_to_and_the_data_s_commit():
    card = model_card(adapter_run(), "ann/my-model", adapter=True)
    data = ModelCard(card).data.to_dict()
    assert (data["library_name"], data["base_model_relation"]) == ("peft", "adapter")
    assert data["datasets"] == ["eriktks/conll2003"]
    assert "license" not in data
    (row,) = [row for rows in blocks(card).values() for row in rows.values()][:1]
    assert (row.dataset_config, row.dataset_revision) == ("conll2003", "c" * 40)
    merged = ModelCard(model_card(store.get("adapter"), "ann/my-model")).data.to_dict()
    assert (merged["library_name"], merged["base_model_relation"]) == ("transformers", "finetune")


def test_what_is_not_known_is_left_out_and_nothing_of_the_owner_s_folders_is_in_it():
    card = model_card(stopped_run(), "ann/my-model")
    data = ModelCard(card).data.to_dict()
    assert not {"license", "language", "datasets", "base_model", "model-index"} & set(data)
    assert not {"base_model_relation", "metrics"} & set(data)
    assert "/home" not in card
    assert "secret" not in card
    assert "my\\_news" not in card  # it reads well
    assert "my_news.conll" in card


def test_a_run_of_before_origins_were_kept_has_a_card_too():
    fake = card_run("old", {"data": "/home/ann/news.conll"}, None, None, sentences={"train": 9})
    card = model_card(finish(fake), "ann/my-model")
    assert "Its sizes: 9 sentences in train. The run has no fingerprint of the data." in card
    assert "| PER | Ann | 3 | 3 |" in card
    assert "/home" not in card


def test_numbers_of_numpy_leave_no_trace():
    run = sample_run()
    report = run.report
    report["test"]["f1"] = 1
    run.report_path.write_text(json.dumps(report))
    card = model_card(run, "ann/my-model")
    assert "value: 1.0\n" in card
    assert "!!python" not in card
    assert "!!python" in yaml.dump(np.float64(1))  # what it would be


def test_what_the_owner_wrote_at_the_top_of_the_card_before_is_taken_over():
    before = ModelCard(model_card(sample_run(), "ann/my-model")).data.to_dict()
    before |= {"license": "cc-by-4.0", "language": ["de"], "extra_gated_prompt": "Who are you?"}
    run = stopped_run()
    card = model_card(run, "ann/my-model", before=before)
    data = ModelCard(card).data.to_dict()
    assert (data["license"], data["language"]) == ("cc-by-4.0", ["de"])
    assert data["extra_gated_prompt"] == "Who are you?"
    # What was said because of the other run is not said of this one.
    assert not {"datasets", "base_model", "model-index", "base_model_relation", "metrics"} & {*data}
    assert "## Licence\n\ncc-by-4.0, as this repository said before.\n" in card
    to_do = card[card.index("<!--") : card.index("-->")]
    assert "Check the entries at the top: they are kept from the old card" in to_do
    assert "license:" not in to_do
    assert "language:" not in to_do
    # The same again changes nothing, and what follows from a run does not replace it.
    assert model_card(run, "ann/my-model", before=data) == card
    later = model_card(store.get("full"), "ann/my-model", before=data)
    assert "license: cc-by-4.0\n" in later
    assert "## Licence\n\ncc-by-4.0, as this repository said before.\n" in later


def test_lists_of_the_card_before_keep_what_the_owner_added():
    run = sample_run()
    first = model_card(run, "ann/my-model")
    before = ModelCard(first).data.to_dict()
    assert taken_over(run, "ann/my-model", False, before) == ()
    before["tags"] = ["legal", *before["tags"], "lora"]
    before["metrics"] = [*before["metrics"], "cer"]
    before["datasets"] = ["ann/by-hand", before["model-index"][0]["results"][0]["dataset"]["type"]]
    card = model_card(run, "ann/my-model", before=before)
    data = ModelCard(card).data.to_dict()
    assert data["tags"] == ["named-entity-recognition", "ner", "ner-studio", "legal"]
    assert data["metrics"] == ["precision", "recall", "f1", "accuracy", "cer"]
    assert data["datasets"] == ["ann/by-hand"]
    assert taken_over(run, "ann/my-model", False, before) == ("datasets", "metrics", "tags")
    assert model_card(run, "ann/my-model", before=data) == card


def test_a_hostile_entry_of_the_card_before_is_text():
    before = {"license": HOSTILE, HOSTILE: [HOSTILE], "model-index": HOSTILE}
    card = model_card(stopped_run(), "ann/my-model", before=before)
    parsed = check_harmless(card)
    assert parsed.data[HOSTILE] == [HOSTILE]


def test_without_a_model_there_is_no_card():
    run = store.create(TrainConfig(), "bare")
    with pytest.raises(RunError) as caught:
        model_card(run, "ann/my-model")
    assert str(caught.value) == (
        "Run bare has no model: it is interrupted. A run has one once it finishes, or is stopped "
        "after its first evaluation."
    )


def test_without_an_adapter_there_is_no_card_of_one():
    with pytest.raises(RunError) as caught:
        model_card(sample_run(), "ann/my-model", adapter=True)
    assert str(caught.value) == (
        "Run full has no LoRA adapter, since it trained all weights. Publish its whole model, or "
        "train with the recipe adapter."
    )


# What comes from strangers.


def tables(body):
    """Return the tables of a text, each as rows of cells."""
    found, rows = [], []
    for line in [*body.splitlines(), ""]:
        if line.startswith("|"):
            rows.append(line.strip()[1:-1].split("|"))
        elif rows:
            found.append(rows)
            rows = []
    return found


def outside_code(body):
    """Leave out code blocks, in which nothing is mark-up."""
    return re.sub(r"^(`{3,})\w*\n.*?^\1$", "", body, flags=re.M | re.S)


def check_harmless(card):
    parsed = ModelCard(card)
    start = card.index("\n---\n", 4)
    assert parsed.data.to_dict() == yaml.safe_load(card[4:start])
    body = outside_code(parsed.text)
    found = tables(body)
    assert len(found) >= 5
    for rows in found:
        assert len({len(row) for row in rows}) == 1
    tags = re.findall("<[^>\n]*>", body)
    assert set(tags) == {"<details>", "</details>", "<summary>", "</summary>"}
    headings = [line for line in body.splitlines() if line.startswith("#")]
    wanted = ["Use it", "What it finds", "Scores", "Limits", "Data", "Training"]
    assert [line[3:] for line in headings if line.startswith("## ")] == [
        *wanted,
        "Licence",
        "Citation",
    ]
    return parsed


def hostile_run(name, label, word, file):
    label = label.replace("\n", " ")  # with one it is no tag, and refused when data are read
    labels = ["O", "B-LOC", "I-LOC", f"B-{label}", f"I-{label}"]
    samples = [{"tokens": ["Ann", word, "."], "gold": [[0, 1, label], [1, 2, "LOC"]]}]
    origin = corpus("files", file)
    for part in origin["splits"].values():
        part.update(source=file, scheme=word, entities={label: 1})
    base = {**FOLDER, "name": file}
    # Settings are checked before: they hold no half of a surrogate pair.
    path, names = (value.replace("\ud800", "?") for value in (f"/home/{file}", word))
    config = {"data": path, "model": path, "label_names": names}
    fake = card_run(
        *(name, config, origin, base), labels=labels, samples=samples, notes=[f"Note of {word}"]
    )
    return finish(fake, rename={"PER": label})


def test_labels_words_and_file_names_are_text_in_a_card():
    card = model_card(hostile_run("bad", HOSTILE, HOSTILE, HOSTILE), "ann/my-model")
    parsed = check_harmless(card)
    assert parsed.data.widget == [{"text": plain(f"Ann {HOSTILE} .")}]
    assert "<script" not in outside_code(parsed.text)
    assert not re.search(r"(?<!\\)\]\(javascript", outside_code(parsed.text))


STRANGE = st.text(
    st.sampled_from([*string.punctuation, *"ab \n\r\t\0\x85\u2028\u202e\ud800é😀"]), min_size=1
)


def is_label(label):
    """Return whether reading data would let an entity type be called so."""
    try:
        tags.split_tag(f"B-{label}")
    except DataError:
        return False
    return True


@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(label=STRANGE.filter(is_label), word=STRANGE, file=STRANGE)
def test_no_text_of_strangers_breaks_a_card(label, word, file):
    file = file.replace("/", "-")
    name = f"run-{len(store.list_runs())}"
    parsed = check_harmless(model_card(hostile_run(name, label, word, file), "ann/my-model"))
    assert parsed.data.widget == [{"text": plain(f"Ann {word} .")}]


@given(st.text())
def test_escaped_text_is_one_line_without_a_mark(value):
    shown = text(value)
    assert shown == " ".join(shown.split())
    assert not set(shown) & set("|`<>$\n")
    assert not re.search(r"(?<!\\)[*\[\]~]", shown)


# Real runs, and the lines that a card tells people to run.


def python_of(card):
    """Return the Python that a card shows: plain transformers, then NER Studio."""
    return re.findall(r"^```python\n(.*?)^```$", card, flags=re.M | re.S)


def test_a_real_run_has_a_card_and_its_lines_work(toy_run, capsys):
    card = model_card(toy_run, "ann/toy")
    check_harmless(card)
    origin = toy_run.report["corpus"]
    for part in origin["splits"].values():
        assert f"`{part['sha256']}`" in card
    assert str(toy_run.path.parent) not in card
    assert blocks(card)[("toy", "test")]["f1"].metric_value == round(
        toy_run.report["test"]["f1"], 4
    )
    plain_lines, own_lines = python_of(card)
    assert len(plain_lines.split("\n\n")) == 2
    for lines in (plain_lines, own_lines):
        exec(lines.replace("ann/toy", str(toy_run.model_dir)), {})  # noqa: S102
        assert "PER" in capsys.readouterr().out


def test_with_a_stride_the_pipeline_reads_all_of_a_long_text(toy_run):
    from transformers import pipeline

    overlap = re.search(r"`stride=(\d+)`", model_card(toy_run, "ann/toy"))[1]
    assert overlap == "16"
    long = "ann lives in oslo . " * 60
    find = {"model": str(toy_run.model_dir), "aggregation_strategy": "first"}
    cut = pipeline("ner", **find)(long)
    whole = pipeline("ner", **find, stride=int(overlap))(long)
    assert cut[-1]["end"] < len(long) / 2
    assert whole[-1]["end"] > len(long) - 10


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
def test_the_lines_for_an_adapter_work(tiny_encoder, tmp_path, monkeypatch, capsys):
    import torch

    from ner_core.models.loading import load_for_training
    from ner_core.models.lora import add_adapter, merged, save_adapter
    from ner_core.models.sources import find_model

    torch.manual_seed(5)
    source = find_model(str(tiny_encoder))
    model, _ = load_for_training(source, LABELS)
    model = add_adapter(model, source, 4).eval()
    with torch.no_grad():  # it finds people everywhere
        model.base_model.model.classifier.modules_to_save["default"].bias[5] = 9
    folder = tmp_path / "ann-toy"
    save_adapter(model, folder)

    base = {**BERT, "name": "ann/base", "id": "ann/base", "revision": "main"}
    card = model_card(adapter_run(base), "ann/toy", adapter=True)
    plain_lines, own_lines = (
        code.replace("ann/toy", str(folder)).replace("ann/base", str(tiny_encoder))
        for code in python_of(card)
    )
    names = {}
    exec(plain_lines, names)  # noqa: S102
    assert "'entity_group': 'PER'" in capsys.readouterr().out
    ids = torch.tensor([[2, 7, 8, 9, 3]])
    with torch.no_grad():
        wanted, found = (each(input_ids=ids).logits for each in (merged(model), names["model"]))
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)
    assert names["model"].config.id2label == dict(enumerate(LABELS))

    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda repo: repo)
    exec(own_lines, {})  # noqa: S102
    assert "Ann PER 0 3 " in capsys.readouterr().out


def test_an_adapter_for_a_folder_says_so():
    card = model_card(adapter_run(FOLDER), "ann/toy", adapter=True)
    assert 'encoder = {"pretrained_model_name_or_path": "ENCODER"}\n' in card
    assert (
        "`ENCODER` is the folder of the encoder it was trained with, “my-bert”, which is not on "
        "the Hub."
    ) in card


# The command.


def test_the_command_prints_the_card(call, document):
    run = sample_run()
    code, out, err = call("card", "full", "--repo", "ann/my-model")
    assert (code, err) == (0, "")
    assert out == model_card(run, "ann/my-model")
    assert document("card", "full") == {"run": "full", "card": model_card(run, "OWNER/NAME")}


def test_the_command_prints_the_card_of_the_adapter(document):
    run = adapter_run()
    shown = document("card", "adapter", "--repo", "ann/a", "--adapter")
    assert shown["card"] == model_card(run, "ann/a", adapter=True)


def test_the_command_refuses_a_run_that_is_not_there(refusal):
    assert refusal("card", "nowhere") == (
        "There is no run 'nowhere'. List your runs with `python -m ner_core runs`."
    )
