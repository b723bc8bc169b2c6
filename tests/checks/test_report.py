import json

import pytest

from ner_core.checks.report import EXAMPLES, CheckReport, check_data
from ner_core.data.readers.sentence import ReadOptions
from ner_core.errors import DataError, ModelError
from ner_core.evaluation.scoring import score_tags, tag_names
from tests.conftest import write_conll


def people(count, prefix="Ann"):
    return [[(f"{prefix}{number}", "B-PER"), ("ran", "O")] for number in range(count)]


@pytest.fixture
def check(tmp_path):
    """Return a function that checks a folder with a file for each split."""

    def check(model=None, **splits):
        path = tmp_path / "corpus"
        path.mkdir()
        for name, sentences in splits.items():
            write_conll(path / f"{name}.conll", sentences)
        return check_data(str(path), model=model)

    return check


def test_sound_data_has_counts_and_no_findings(check, tmp_path):
    dev = [[("Bob", "B-PER"), ("Lee", "I-PER"), ("sat", "O")]]
    report = check(train=people(20), dev=dev)
    assert report.as_json() == {
        "source": str(tmp_path / "corpus"),
        "scheme": "IOB2",
        "formats": {"train": "CoNLL columns", "validation": "CoNLL columns"},
        "splits": {
            "train": {"sentences": 20, "tokens": 40, "entities": 20, "per_type": {"PER": 20}},
            "validation": {"sentences": 1, "tokens": 3, "entities": 1, "per_type": {"PER": 1}},
        },
        "findings": [],
        "examples": [
            {"text": f"Ann{number} ran", "entities": [{"start": 0, "end": 4, "label": "PER"}]}
            for number in range(EXAMPLES)
        ],
        "encoder": None,
    }
    assert isinstance(report, CheckReport)
    assert report.errors == []


def test_every_scheme_that_was_read_is_named(check):
    assert check(train=people(20), dev=[[("Bob", "S-PER")]]).scheme == "BIOES, IOB2"


def test_examples_are_text_and_spans_of_it(check):
    sentence = [("in", "O"), ("New", "B-LOC"), ("York", "I-LOC"), ("Zoë", "B-PER"), ("🙂", "O")]
    (example,) = check(train=[[("x", "O")], sentence], dev=people(1)).examples
    assert example["text"] == "in New York Zoë 🙂"
    found = [(example["text"][e["start"] : e["end"]], e["label"]) for e in example["entities"]]
    assert found == [("New York", "LOC"), ("Zoë", "PER")]


def test_the_encoder_is_measured_when_one_is_named(check, tiny_encoder):
    report = check(model=str(tiny_encoder), train=people(20), dev=people(1, "Bob"))
    assert report.encoder["sentences"] == 21
    assert report.as_json()["encoder"] == report.encoder
    assert report.findings == []


def test_a_model_that_is_not_there_is_an_error(check, tmp_path):
    with pytest.raises(ModelError):
        check(model=str(tmp_path / "nowhere"), train=people(20), dev=people(1, "Bob"))


def test_a_cut_part_has_the_source_and_the_format_of_train(tmp_path):
    path = write_conll(tmp_path / "my.conll", people(40) + people(40))
    report = check_data(str(path), seed=5)
    assert report.formats == {"train": "CoNLL columns", "validation": "CoNLL columns"}
    for finding in report.findings:
        for row in finding.rows:
            assert row["source"] == "my.conll"
            line = path.read_text().split("\n")[row["line"] - 1]
            assert line.split()[0] == row["text"].split()[0]


def test_the_gravest_comes_first(tmp_path):
    rows = [[("x", "O"), ("y", "O")]] * 20
    levels = [f.level for f in check_data(str(write_conll(tmp_path / "a.conll", rows))).findings]
    assert levels == ["error", "warning", "note", "note", "note"]


def test_errors_are_what_keeps_a_training_from_starting(check):
    broken = [[("Oslo", "B_LOC")]]
    report = check(train=people(20) + broken, dev=people(1))
    assert [finding.code for finding in report.errors] == ["unreadable"]
    assert [finding.code for finding in report.findings] == ["unreadable", "leak"]


def test_a_report_is_plain_json(check, tiny_encoder):
    report = check(model=str(tiny_encoder), train=people(20) * 2, dev=people(2))
    assert json.loads(json.dumps(report.as_json(), allow_nan=False)) == report.as_json()


def test_data_that_cannot_be_read_is_an_error():
    with pytest.raises(DataError) as caught:
        check_data("nowhere")
    assert str(caught.value) == (
        "Found no data at 'nowhere'. Choose sample, a file, a folder or a Hub dataset (owner/name)."
    )


def test_data_of_which_no_row_can_be_read_are_an_error(tmp_path):
    path = write_conll(tmp_path / "my.conll", [[("Ann", "B_PER")], [("Bob", "B_PER")]])
    with pytest.raises(DataError) as caught:
        check_data(str(path))
    assert str(caught.value) == (
        "my.conll, line 1: 'B_PER' is not a tag such as O, B-PER or I-PER. Write it as B-PER."
    )


@pytest.mark.slow
def test_the_sample_has_nothing_wrong():
    serious = [f for f in check_data("sample").findings if f.level != "note"]
    assert serious == []


LENGTH = 5000


def long_document(seed):
    """Return a line of spans JSONL: a text of 5,000 words, an entity in every seven of them."""
    words, spans, at = [], [], 0
    for number in range(LENGTH):
        word = ("ann", "oslo", "paris", "the", "lives", "in", "near")[(number + seed) % 7]
        if word == "ann":
            spans.append({"start": at, "end": at + 3, "label": "PER"})
        if word == "oslo" and number + 1 < LENGTH:
            spans.append({"start": at, "end": at + len("oslo paris"), "label": "LOC"})
        words.append(word)
        at += len(word) + 1
    return json.dumps({"text": " ".join(words), "spans": spans}) + "\n", len(spans)


@pytest.mark.slow
def test_no_entity_of_a_long_document_is_lost_on_any_way(tmp_path, tiny_encoder):
    from ner_core.config import TrainConfig
    from ner_core.training.setup import load_corpus, make_windows
    from tests.support.toy import toy_config

    expected = {}
    for seed, name in enumerate(("train", "validation", "test")):
        line, expected[name] = long_document(seed)
        (tmp_path / f"{name}.jsonl").write_text(line)
    report = check_data(str(tmp_path))
    assert {name: counts.entities for name, counts in report.splits.items()} == expected
    assert {name: counts.tokens for name, counts in report.splits.items()} == dict.fromkeys(
        expected, LENGTH
    )

    config: TrainConfig = toy_config(tmp_path, tiny_encoder)
    corpus = load_corpus(config)
    for name in expected:
        gold = tag_names(corpus.dataset[name])
        assert score_tags(gold, gold)["support"] == expected[name]
        assert score_tags(gold, [["O"] * LENGTH])["support"] == expected[name]

    from transformers import AutoTokenizer

    windows = make_windows(corpus, AutoTokenizer.from_pretrained(tiny_encoder), config)
    assert windows.num_rows > LENGTH // config.max_length
    assert max(windows["length"]) == config.max_length
    begins = {number for number, tag in enumerate(corpus.label_names) if tag.startswith("B-")}
    labelled = [label for row in windows["labels"] for label in row if label != -100]
    # Every word is labelled in one window only, although neighbouring windows share sub-tokens.
    assert len(labelled) == LENGTH
    assert sum(label in begins for label in labelled) == expected["train"]


def test_options_are_handed_on(tmp_path):
    path = tmp_path / "my.csv"
    rows = "".join(f"{n},Ann{n},1\n{n},ran,0\n" for n in range(30))
    path.write_text("sentence_id,word,mark\n" + rows)
    options = ReadOptions("word", "mark", ("O", "B-PER"))
    report = check_data(str(path), options=options)
    assert report.formats["train"] == "CSV"
    assert sum(counts.entities for counts in report.splits.values()) == 30
