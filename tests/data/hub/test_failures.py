"""Hub datasets that cannot be read: one sentence each."""

import io
import socket

import pytest
from datasets import ClassLabel, Dataset, Features, List, Value
from huggingface_hub import constants

from ner_core.data.hub.dataset import hub_splits
from ner_core.data.readers.sentence import ReadOptions, Sentence
from ner_core.errors import DataError
from ner_core.hub import client
from tests.support.hub_server import Repo

# The order of CoNLL-2003 on the Hub, which is that of the notebook.
CONLL = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC", "B-MISC", "I-MISC"]


WORDS = List(Value("string"))


LABELS = List(ClassLabel(names=CONLL))


OSLO = {"tokens": ["Oslo", "wins"], "ner_tags": [5, 0]}


def parquet(*rows, tags=LABELS, **more):
    """Write rows as the Hub has them, the names of the tags in the metadata of the schema."""
    file = io.BytesIO()
    features = Features({"tokens": WORDS, "ner_tags": tags, **more})
    Dataset.from_list(list(rows), features=features).to_parquet(file)
    return file.getvalue()


def read(source, **options):
    """Read all splits: the words and tags of each sentence, and the notes."""
    splits, notes = hub_splits(source, ReadOptions(**options))
    return {split: shape(found.read()) for split, found in splits.items()}, notes


def shape(records):
    sentences = [record for record in records if isinstance(record, Sentence)]
    return [(" ".join(sentence.tokens), sentence.tags) for sentence in sentences]


def refusal(source, **options):
    with pytest.raises(DataError) as caught:
        read(source, **options)
    return str(caught.value)


def config(name, data_files=None, **more):
    entry = {"config_name": name, **more}
    return {**entry, "data_files": data_files} if data_files else entry


@pytest.mark.parametrize(
    ("name", "files", "card", "message"),
    [
        (
            "a/ner",
            ["d.json"],
            {"configs": [config("de"), config("en")]},
            "The dataset a/ner has 2 configurations (de, en). Choose one: write a/ner:de, for "
            "instance.",
        ),
        (
            "a/ner:fr",
            ["d.json"],
            {"configs": [config("de"), config("en")]},
            "a/ner has no configuration 'fr', only de, en. Write a/ner:de for instance.",
        ),
        (
            "a/ner:fr",
            ["d.json"],
            {},
            "a/ner has no configuration 'fr', only default. Write a/ner:default for instance.",
        ),
        (
            "a/ner",
            ["README.md", "model.pkl"],
            {},
            "a/ner has no files that NER Studio can read (.parquet, .jsonl, .json, .csv). Choose "
            "another dataset, or a file or a folder.",
        ),
        (
            "a/ner",
            ["x.json"],
            {"configs": [config("x", "/etc/passwd")]},
            "a/ner has no files that NER Studio can read (.parquet, .jsonl, .json, .csv). Choose "
            "another dataset, or a file or a folder.",
        ),
        (
            "a/ner",
            ["x.json", "y.json"],
            {"configs": [config("x", [{"split": s, "path": f"{s}.json"} for s in "xy"])]},
            "a/ner has no splits named train, validation or test, only x, y. Choose another "
            "dataset or configuration.",
        ),
        (
            "a/ner@v1",
            ["ner.py"],
            {},
            "The data of a/ner@v1 come from a script (ner.py), which NER Studio never runs. Leave "
            "out @v1 to read the Hub's conversion to Parquet.",
        ),
        (
            "a/ner",
            ["ner.py"],
            {},
            "The data of a/ner come from a script (ner.py), which NER Studio never runs, and the "
            "Hub has no conversion to Parquet. Choose another dataset, or a file or a folder.",
        ),
        (
            "a/ner@v2",
            [],
            {},
            "a/ner has no revision 'v2'. Leave it out, or choose a branch, a tag or a commit.",
        ),
        (
            "a/other",
            [],
            {},
            "The Hub has no dataset a/other that you can see. Check the name, or if it is "
            "private, log in with hf auth login or set HF_TOKEN.",
        ),
        (
            "nonsense",
            [],
            {},
            "'nonsense' can't be a dataset on the Hub. Write it as owner/name, "
            "owner/name:configuration or owner/name@revision.",
        ),
    ],
)
def test_what_cannot_be_read_is_one_sentence(hub, name, files, card, message):
    held = dict.fromkeys(files, b"{}")
    hub.datasets["a/ner"] = Repo({"main": held, "v1": held}, card=card)
    assert refusal(name) == message


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/api/datasets/a/ner", "/datasets/a/ner/resolve"])
@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (
            {"status": 403, "headers": {"X-Error-Code": "GatedRepo"}},
            "Access to the dataset a/ner is by request. Ask its owners at HUB/datasets/a/ner, "
            "then log in with hf auth login or set HF_TOKEN.",
        ),
        (
            {"status": 401},
            "The dataset a/ner needs a valid log-in (401): log in with hf auth login or set "
            "HF_TOKEN.",
        ),
        (
            {"status": 403, "headers": {"X-Error-Message": "No"}},
            "You can't read the dataset a/ner with this log-in (403): log in with hf auth login "
            "or set HF_TOKEN.",
        ),
        (
            {"status": 403, "headers": {"X-Error-Message": "Access to this resource is disabled."}},
            "The Hub has disabled the dataset a/ner. Choose another one.",
        ),
        (
            {"status": 503},
            "The Hub answered with error 503 when asked for the dataset a/ner. Try again in a "
            "few minutes, or choose a file or a folder.",
        ),
        (
            {"status": 429},
            "Too many requests to the Hub (429): can't read the dataset a/ner now. Try again in a "
            "few minutes, or choose a file or a folder.",
        ),
        (
            {"hang_seconds": 60},
            "HUB did not answer about the dataset a/ner within 2 seconds. Check your network "
            "and try again, or choose a file or a folder.",
        ),
    ],
)
def test_each_failure_is_one_sentence(hub, monkeypatch, path, failure, message):
    if "hang_seconds" in failure:  # all other calls have the time that they need
        monkeypatch.setattr(client, "ANSWER_SECONDS", 2)
    hub.datasets["a/ner"] = Repo({"main": {"train.parquet": parquet(OSLO)}})
    hub.fail(path, **failure)
    assert refusal("a/ner") == message.replace("HUB", hub.url)


@pytest.mark.parametrize("path", ["/api/datasets/a/ner", "/datasets/a/ner/resolve"])
def test_a_single_failure_of_the_hub_passes(hub, path):
    hub.datasets["a/ner"] = Repo({"main": {"train.parquet": parquet(OSLO)}})
    hub.fail(path, status=500, times=1)
    assert read("a/ner") == ({"train": [("Oslo wins", ["B-LOC", "O"])]}, ())


def test_an_answer_that_is_none_of_the_hubs(hub):
    hub.fail("/api/datasets/a/ner", status=200)
    assert refusal("a/ner") == (
        f"Can't use the answer of {hub.url} about the dataset a/ner (JSONDecodeError: Expecting "
        "value: line 1 column 1 (char 0)). Check your network and try again, or choose a file or "
        "a folder."
    )


def test_a_dataset_that_has_gone_is_not_read_from_the_cache(hub):
    hub.datasets["a/ner"] = Repo({"main": {"train.parquet": parquet(OSLO)}})
    read("a/ner")
    del hub.datasets["a/ner"]
    assert refusal("a/ner").startswith("The Hub has no dataset a/ner that you can see.")


def test_offline(hub, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert refusal("a/ner") == (
        "Offline: can't get the dataset a/ner from the Hub. Unset HF_HUB_OFFLINE, or choose a "
        "file or a folder."
    )


def test_no_network(hub, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    monkeypatch.setattr(constants, "ENDPOINT", url)
    assert refusal("a/ner") == (
        f"Can't connect to {url} to get the dataset a/ner. Check your network and try again, or "
        "choose a file or a folder."
    )
