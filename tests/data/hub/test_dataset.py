import contextlib
import io
import json
import os
import socket
import subprocess
import sys

import huggingface_hub
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Dataset, Features, List, Value
from huggingface_hub import constants
from hypothesis import given
from hypothesis import strategies as st

from ner_core.data.corpus import load_as_it_is
from ner_core.data.hub.columns import options_from_features
from ner_core.data.hub.dataset import hub_splits
from ner_core.data.hub.layout import features_of_card, find_converted_layout, find_layout
from ner_core.data.provenance import provenance
from ner_core.data.readers.sentence import Fault, ReadOptions, Sentence
from ner_core.data.split_source import HubOrigin
from ner_core.errors import DataError
from ner_core.hub import client
from ner_core.hub.repository_ids import CONVERTED, HubDataset, parse_dataset
from tests.support.hub_server import Repo
from tests.support.places import REPOSITORY

DATASET = HubDataset("a/ner")
# The order of CoNLL-2003 on the Hub, which is that of the notebook.
CONLL = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC", "B-MISC", "I-MISC"]
WORDS = List(Value("string"))
NUMBERS = List(Value("int64"))
LABELS = List(ClassLabel(names=CONLL))
EU = {"tokens": ["EU", "rejects", "Peter", "Blackburn"], "ner_tags": [3, 0, 1, 2]}
EU_TAGS = ["B-ORG", "O", "B-PER", "I-PER"]
OSLO = {"tokens": ["Oslo", "wins"], "ner_tags": [5, 0]}
CARD_FEATURES = [
    {"name": "tokens", "sequence": "string"},
    {
        "name": "ner_tags",
        "sequence": {"class_label": {"names": {str(i): name for i, name in enumerate(CONLL)}}},
    },
]


def parquet(*rows, tags=LABELS, **more):
    """Write rows as the Hub has them, the names of the tags in the metadata of the schema."""
    file = io.BytesIO()
    features = Features({"tokens": WORDS, "ner_tags": tags, **more})
    Dataset.from_list(list(rows), features=features).to_parquet(file)
    return file.getvalue()


def plain_parquet(*rows):
    """Write rows without any metadata: what numbers mean is lost."""
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows)), file)
    return file.getvalue()


@pytest.fixture
def hub(server, monkeypatch, tmp_path):
    """Return a Hub without repositories, which the client in this process talks to."""
    server.datasets.clear()
    server.failures.clear()
    server.requests.clear()
    server.authorizations.clear()
    template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "ENDPOINT", server.url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(client, "ANSWER_SECONDS", 5.0)
    monkeypatch.setattr(client, "RETRY_SECONDS", 0.01)
    yield server
    huggingface_hub.close_session()


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


def test_a_split_knows_the_commit_it_is_read_at(hub):
    repo = Repo({"main": {"train.conll": b"Ann B-PER\n"}}, {"language": ["en", 7, "x" * 99]})
    hub.datasets["a/ner"] = repo
    splits, _ = hub_splits("a/ner", ReadOptions())
    commit = repo.commit("main")
    assert [split.hub for split in splits.values()] == [
        HubOrigin("a/ner", "default", commit, languages=("en",))
    ]
    again = load_as_it_is("hub:a/ner")
    assert provenance(again)["hub"] == {
        "repo": "a/ner",
        "config": "default",
        "revision": commit,
        "languages": ["en"],
    }


@pytest.mark.parametrize(
    ("source", "dataset"),
    [
        ("conll2003", HubDataset("eriktks/conll2003", revision=CONVERTED)),
        ("a/b", HubDataset("a/b")),
        ("a/b:en", HubDataset("a/b", "en")),
        ("a/b@main", HubDataset("a/b", revision="main")),
        ("a/b:en-US 2@refs/pr/1", None),
        ("a/b:en-US@refs/pr/1", HubDataset("a/b", "en-US", "refs/pr/1")),
        ("a-b.c/d_e", HubDataset("a-b.c/d_e")),
        ("", None),
        ("conll", None),
        ("a/b/c", None),
        ("/a/b", None),
        ("./a", None),
        ("../a", None),
        ("a/..", None),
        ("a/b..c", None),
        ("a/b--c", None),
        ("~/a", None),
        ("a/b:", None),
        ("a/b@", None),
        ("a/b\n", None),
        ("a/b@-x", None),
        ("ä/b", None),
        ("a/b.git", None),
        (f"a/{'b' * 97}", None),
    ],
)
def test_names_on_the_hub(source, dataset):
    assert parse_dataset(source) == dataset


@pytest.mark.parametrize("name", ["a/b", "a/b:en", "a/b@main", "a/b:en@v1.0"])
def test_a_name_is_written_as_it_is_read(name):
    assert str(parse_dataset(name)) == name


@pytest.mark.parametrize(("space", "sent"), [(None, "Bearer hf_secret"), ("me/space", None)])
def test_a_space_reads_without_its_owner_s_token(hub, monkeypatch, space, sent):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    if space:
        monkeypatch.setenv("SPACE_ID", space)
    hub.datasets["a/ner"] = Repo({"main": {"train.parquet": parquet(OSLO)}})
    read("a/ner")
    assert hub.authorizations == {sent}


def test_class_labels_become_their_names(hub):
    hub.datasets["a/ner"] = Repo(
        {
            "main": {
                "data/train-00000-of-00002.parquet": parquet(EU, {"tokens": [], "ner_tags": []}),
                "data/train-00001-of-00002.parquet": parquet(OSLO),
                "data/dev-00000-of-00001.parquet": parquet(OSLO),
                "data/test-00000-of-00001.parquet": parquet(OSLO),
                "README.md": b"---\n---\n",
                ".gitattributes": b"",
            }
        }
    )
    splits, notes = hub_splits("a/ner", ReadOptions())
    assert notes == ()
    assert list(splits) == ["train", "validation", "test"]
    train = splits["train"]
    assert (train.name, train.format, train.unit) == ("a/ner (train)", "Parquet", "row")
    # No data are downloaded before they are read; the card, of which the API says nothing, is.
    asked, card = hub.requests
    assert (asked, card.split("/")[-1]) == ("GET /api/datasets/a/ner", "README.md")
    assert shape(train.read()) == [
        ("EU rejects Peter Blackburn", EU_TAGS),
        ("Oslo wins", ["B-LOC", "O"]),
    ]
    first, empty, last = train.read()
    assert (first.lines, last.lines) == ([1] * 4, [3] * 2)
    assert empty == Fault("empty", 2, "", "")
    downloads = [request for request in hub.requests if request.startswith("GET /datasets/")]
    assert len(downloads) == 3
    before = len(hub.requests)
    assert [*map(type, train.read())] == [Sentence, Fault, Sentence]
    assert len(hub.requests) == before  # the second pass asks for nothing


def test_documents_are_numbered_through_the_files(hub):
    more = {"document_id": Value("string")}
    hub.datasets["a/ner"] = Repo(
        {
            "main": {
                "train-0.parquet": parquet({**EU, "document_id": "x"}, **more),
                "train-1.parquet": parquet({**OSLO, "document_id": "y"}, **more),
            }
        }
    )
    splits, _ = hub_splits("a/ner", ReadOptions())
    assert [record.document for record in splits["train"].read()] == [1, 2]


def test_a_script_is_read_from_the_conversion_of_the_hub(hub):
    hub.datasets["a/ner"] = Repo(
        {
            "main": {"ner.py": b"raise SystemExit", "README.md": b""},
            CONVERTED: {"ner/train/0000.parquet": plain_parquet(EU)},
        },
        # The names of the tags stand only in the card, which the conversion does not have.
        card={"dataset_info": {"config_name": "ner", "features": CARD_FEATURES}},
    )
    assert read("a/ner") == (
        {"train": [("EU rejects Peter Blackburn", EU_TAGS)]},
        (
            "a/ner is a script, which NER Studio never runs. It read the Hub's conversion to "
            "Parquet instead (refs/convert/parquet).",
        ),
    )
    assert read("a/ner@main") == read("a/ner")


def test_conll2003_has_the_tags_of_the_notebook(hub):
    rows = [
        {"tokens": [f"word{number}"], "ner_tags": [number], "pos_tags": [1], "chunk_tags": [0]}
        for number in range(len(CONLL))
    ]
    other = List(ClassLabel(names=["NN", "VB"]))
    content = parquet(*rows, pos_tags=other, chunk_tags=other)
    names = {"train": "train", "validation": "validation", "test": "test"}
    hub.datasets["eriktks/conll2003"] = Repo(
        {
            "main": {"conll2003.py": b""},
            CONVERTED: {f"conll2003/{name}/0000.parquet": content for name in names},
        }
    )
    splits, notes = read("conll2003")
    assert notes == ()
    assert list(splits) == ["train", "validation", "test"]
    assert [tags for _, tags in splits["train"]] == [[name] for name in CONLL]


def test_numbers_need_names(hub):
    hub.datasets["a/ner"] = Repo({"main": {"train.parquet": plain_parquet(EU)}})
    assert refusal("a/ner") == (
        "The tags of a/ner are numbers without names, in the column ner_tags. Name them in order "
        "from 0 with --label-names O,B-PER,I-PER,... (the dataset's page should list them)."
    )
    splits, _ = read("a/ner", label_names=tuple(CONLL))
    assert splits == {"train": [("EU rejects Peter Blackburn", EU_TAGS)]}


def test_json_lines_with_spans(hub):
    row = {"text": "Oslo wins", "spans": [{"start": 0, "end": 4, "label": "LOC"}]}
    hub.datasets["a/ner"] = Repo({"main": {"all.jsonl": json.dumps(row).encode() + b"\n"}})
    splits, _ = hub_splits("a/ner", ReadOptions())
    assert splits["all"].unit == "line"
    assert shape(splits["all"].read()) == [("Oslo wins", ["B-LOC", "O"])]


def test_parquet_with_spans(hub):
    row = {"text": "Oslo wins", "spans": [{"start": 0, "end": 4, "label": "LOC"}]}
    hub.datasets["a/ner"] = Repo({"main": {"test.parquet": plain_parquet(row)}})
    assert read("a/ner") == ({"test": [("Oslo wins", ["B-LOC", "O"])]}, ())


def test_the_card_names_the_numbers_of_json(hub):
    hub.datasets["a/ner"] = Repo(
        {"main": {"train.jsonl": json.dumps(OSLO).encode()}},
        card={"dataset_info": {"features": CARD_FEATURES}},
    )
    assert read("a/ner") == ({"train": [("Oslo wins", ["B-LOC", "O"])]}, ())


CONFIGS = b"""---
language: no
configs:
- config_name: old
  data_files: [{split: train, path: a.jsonl}]
- config_name: new
  default: true
  data_files: [{split: train, path: b.jsonl}]
---
"""


@pytest.mark.parametrize("gives_cards", [True, False])
def test_configurations_are_read_from_the_card_where_the_api_does_not_tell_them(
    hub, monkeypatch, gives_cards
):
    monkeypatch.setattr(hub, "gives_cards", gives_cards)
    row = b'{"tokens": ["%s"], "ner_tags": ["B-PER"]}\n'
    files = {"README.md": CONFIGS, "a.jsonl": row % b"Ann", "b.jsonl": row % b"Bo"}
    hub.datasets["a/ner"] = Repo({"main": files})
    for source, word in (("a/ner", "Bo"), ("a/ner:old", "Ann")):
        splits, _ = hub_splits(source, ReadOptions())
        assert [record.tokens for record in splits["train"].read()] == [[word]]


def test_a_number_without_a_name_is_a_fault(hub):
    hub.datasets["a/ner"] = Repo(
        {"main": {"train.parquet": parquet(OSLO, {**OSLO, "ner_tags": [-1, 0]})}}
    )
    splits, _ = hub_splits("a/ner", ReadOptions())
    _, fault = splits["train"].read()
    assert isinstance(fault, Fault)
    assert (fault.code, fault.line) == ("unreadable", 2)


@pytest.mark.parametrize(
    "content", [b"", b"PAR1", b"no Parquet at all", b"PAR1" + b"\0" * 99 + b"PAR1"]
)
def test_a_broken_file_is_one_sentence(hub, content):
    hub.datasets["a/ner"] = Repo({"main": {"train.parquet": content}})
    assert refusal("a/ner") == (
        "a/ner, train.parquet: the Parquet file is damaged. Download or write it again."
    )


@pytest.mark.parametrize(
    "card",
    [
        {"configs": "en", "dataset_info": "x"},
        {"configs": [1, {"config_name": 2}, {}], "dataset_info": [1]},
        {"configs": [{"config_name": "x", "data_files": 3}], "dataset_info": {"features": [3]}},
        {"configs": [{"config_name": "x", "data_files": [{"path": None}, 4]}]},
        {"dataset_info": {"features": [{"name": "ner_tags", "sequence": {"class_label": 3}}]}},
        {"dataset_info": {"features": [{"name": "ner_tags", "sequence": "nothing"}]}},
        {"dataset_info": {"features": [{"name": "tokens", "dtype": "string"}]}},
    ],
)
def test_a_card_that_makes_no_sense_changes_nothing(hub, card):
    hub.datasets["a/ner"] = Repo({"main": {"train.parquet": parquet(OSLO)}}, card=card)
    assert read("a/ner") == ({"train": [("Oslo wins", ["B-LOC", "O"])]}, ())


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(
        [
            "x",
            "train",
            "**",
            "*.json",
            "string",
            "int64",
            "List",
            "ClassLabel",
            "data_files",
            "path",
        ]
    )
)
KEYS = st.sampled_from(
    ["config_name", "data_files", "data_dir", "default", "split", "path", "features", "name"]
    + ["sequence", "list", "class_label", "names", "0", "dtype", "struct", "splits"]
)
ENTRIES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4)
)


@given(st.fixed_dictionaries({}, optional={"configs": ENTRIES, "dataset_info": ENTRIES}))
def test_any_card_gives_a_layout_or_a_sentence(card):
    assert isinstance(features_of_card(card, "x"), dict)
    with contextlib.suppress(DataError):
        assert find_layout(DATASET, ["train.json", "x/test.json", "../up.json"], card).splits


TOKENS = {"tokens": WORDS}


@pytest.mark.parametrize(
    ("features", "columns"),
    [
        ({**TOKENS, "ner_tags": LABELS}, ("tokens", "ner_tags")),
        (
            {**TOKENS, "pos_tags": LABELS, "chunk_tags": LABELS, "ner_tags": LABELS},
            ("tokens", "ner_tags"),
        ),
        ({**TOKENS, "pos_tags": LABELS, "marks": LABELS}, ("tokens", "marks")),
        ({"words": WORDS, "tags": WORDS}, ("words", "tags")),
        ({**TOKENS, "ner_tags": LABELS, "langs": WORDS, "spans": WORDS}, ("tokens", "ner_tags")),
        ({**TOKENS, "tags": NUMBERS, "ner": WORDS}, ("tokens", "ner")),
        ({"a": WORDS, "ner_tags": LABELS}, ("a", "ner_tags")),
        ({"id": Value("string"), "a": WORDS, "b": LABELS}, ("a", "b")),
        ({**TOKENS, "a": WORDS}, ("tokens", "a")),
        ({"text": Value("string"), "spans": List({"start": Value("int64")})}, (None, None)),
        ({**TOKENS}, (None, None)),
        ({}, (None, None)),
    ],
)
def test_columns_are_told_by_kind_and_name(features, columns):
    options = options_from_features(features, ReadOptions(), "a/ner")
    assert (options.token_column, options.tag_column) == columns


def test_what_a_person_chose_stays():
    features = {
        **TOKENS,
        "lemmas": WORDS,
        "ner_tags": LABELS,
        "fine": List(ClassLabel(names=["O"])),
    }
    chosen = ReadOptions("lemmas", "fine")
    assert options_from_features(features, chosen, "a/ner") == ReadOptions("lemmas", "fine", ("O",))
    unknown = ReadOptions(None, "nothing")
    assert options_from_features(features, unknown, "a/ner") == unknown


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (
            {**TOKENS, "coarse": LABELS, "fine": LABELS},
            "a/ner has more than one column of tags: coarse, fine. Choose one with --tag-column.",
        ),
        (
            {"left": WORDS, "right": WORDS, "ner_tags": LABELS},
            "a/ner has more than one column of words: left, right. Choose one with --token-column.",
        ),
        (
            {**TOKENS, "a": NUMBERS, "b": NUMBERS},
            "a/ner has more than one column of tags: a, b. Choose one with --tag-column.",
        ),
    ],
)
def test_several_columns_are_named(features, message):
    with pytest.raises(DataError) as caught:
        options_from_features(features, ReadOptions(), "a/ner")
    assert str(caught.value) == message


def config(name, data_files=None, **more):
    entry = {"config_name": name, **more}
    return {**entry, "data_files": data_files} if data_files else entry


@pytest.mark.parametrize(
    ("configs", "wanted", "files", "splits"),
    [
        ([], None, ["train.json", "dev.json"], {"train": "train.json", "validation": "dev.json"}),
        ([], None, ["data.csv", "README.md", "LICENSE.txt"], {"all": "data.csv"}),
        ([], None, ["en/train/0.parquet", "x.json"], {"train": "en/train/0.parquet"}),
        ([], None, ["train.parquet", "train.json", "test.json"], {"train": "train.parquet"}),
        ([], None, ["train.json", "label.json"], {"train": "train.json"}),
        ([], None, ["b.json", "a.csv"], {"all": "b.json"}),
        ([config("en", "x/*")], None, ["x/a.json", "x/b.parquet"], {"train": "x/b.parquet"}),
        ([], None, ["train.txt", ".cache/test.txt"], {"train": "train.txt"}),
        ([config("en", "a.json")], None, ["a.json", "b.json"], {"train": "a.json"}),
        ([config("en", ["*/a.json"])], None, ["a.json", "x/a.json"], {"train": "x/a.json"}),
        (
            [
                config(
                    "en",
                    [{"split": "train", "path": "data/t-*"}, {"split": "val", "path": ["v/**"]}],
                )
            ],
            None,
            ["data/t-1.json", "t-2.json", "v/w/x.json"],
            {"train": "data/t-1.json", "validation": "v/w/x.json"},
        ),
        (
            [config("de", "d.json"), config("en", "e.json", default=True)],
            None,
            ["d.json", "e.json"],
            {"train": "e.json"},
        ),
        (
            [config("de", "d.json"), config("default", "e.json")],
            None,
            ["e.json"],
            {"train": "e.json"},
        ),
        ([config("de", "d.json"), config("en", "e.json")], "de", ["d.json"], {"train": "d.json"}),
        (
            [config("de", data_dir="d"), config("en", "*.json", data_dir="e")],
            "en",
            ["d/x.json", "e/x.json"],
            {"train": "e/x.json"},
        ),
        (
            [config("de", data_dir="d")],
            None,
            ["d/test.json", "train.json"],
            {"test": "d/test.json"},
        ),
        ([config("de", [{"split": "half", "path": "*"}])], None, ["x.json"], {"all": "x.json"}),
        (
            [config("de", "../*"), config("default", "**/**/x.json")],
            None,
            ["x.json"],
            {"train": "x.json"},
        ),
    ],
)
def test_the_card_and_the_names_tell_which_file_is_which(configs, wanted, files, splits):
    dataset = HubDataset("a/ner", wanted)
    found = find_layout(dataset, files, {"configs": configs})
    assert {split: ", ".join(paths) for split, paths in found.splits.items()} == splits
    assert found.notes == ()


def test_splits_that_have_no_use_are_named():
    names = ["train", "train_small", "dev", "validation", "extra"]
    patterns = [{"split": name, "path": f"{name}.json"} for name in names]
    card = {"configs": [config("x", patterns)]}
    found = find_layout(DATASET, [f"{name}.json" for name in names], card)
    assert found.splits == {"train": ("train.json",), "validation": ("validation.json",)}
    assert found.notes == ("The splits train_small, dev, extra of a/ner aren't used.",)


def test_a_partial_conversion_says_so():
    found = find_converted_layout(
        DATASET, ["x/partial-train/1.parquet", "x/partial-train/0.parquet"]
    )
    assert found.splits == {"train": ("x/partial-train/0.parquet", "x/partial-train/1.parquet")}
    assert found.notes == (
        "The Hub converted only the first part of a/ner, so only that was read.",
    )


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
            {"hang_seconds": 2},
            "HUB did not answer about the dataset a/ner within 0.5 seconds. Check your network "
            "and try again, or choose a file or a folder.",
        ),
    ],
)
def test_each_failure_is_one_sentence(hub, monkeypatch, path, failure, message):
    monkeypatch.setattr(client, "ANSWER_SECONDS", 0.5)
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


CLIENT = """
import json
from ner_core.data.hub.dataset import hub_splits
from ner_core.data.readers.sentence import ReadOptions
splits, notes = hub_splits("conll2003", ReadOptions())
rows = {name: [(r.tokens, r.tags) for r in split.read()] for name, split in splits.items()}
print(json.dumps([rows, notes]))
"""


@pytest.mark.slow
def test_a_process_of_its_own_needs_only_the_address(server, tmp_path):
    """The other tests change the client's constants; this one uses it as people do."""
    server.requests.clear()
    server.authorizations.clear()
    server.failures.clear()
    server.datasets["eriktks/conll2003"] = Repo(
        {"main": {}, CONVERTED: {"conll2003/test/0000.parquet": parquet(OSLO)}}
    )
    environment = {name: value for name, value in os.environ.items() if "OFFLINE" not in name}
    environment |= {"HF_ENDPOINT": server.url, "HF_HOME": str(tmp_path / "hf")}
    done = subprocess.run(
        [sys.executable, "-c", CLIENT],
        cwd=REPOSITORY,
        env={**environment, "HF_HUB_DISABLE_XET": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert json.loads(done.stdout) == [{"test": [[["Oslo", "wins"], ["B-LOC", "O"]]]}, []]
    assert done.stderr == ""
    assert server.requests[0] == f"GET /api/datasets/eriktks/conll2003/revision/{CONVERTED}"
    assert [request.split("/")[0] for request in server.requests[1:]] == ["HEAD ", "HEAD ", "GET "]
