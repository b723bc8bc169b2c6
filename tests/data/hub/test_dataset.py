import io
import json
import os
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Dataset, Features, List, Value

from ner_core.data.corpus import load_as_it_is
from ner_core.data.hub.dataset import hub_splits
from ner_core.data.provenance import provenance
from ner_core.data.readers.sentence import Fault, ReadOptions, Sentence
from ner_core.data.split_source import HubOrigin
from ner_core.errors import DataError
from ner_core.hub.repository_ids import CONVERTED, HubDataset, parse_dataset
from tests.support.hub_server import Repo
from tests.support.places import REPOSITORY

# The order of CoNLL-2003 on the Hub, which is that of the notebook.
CONLL = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC", "B-MISC", "I-MISC"]
WORDS = List(Value("string"))
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
