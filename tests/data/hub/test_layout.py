"""Which file and column of a Hub dataset is what: from its card, names and features."""

import contextlib

import pytest
from datasets import ClassLabel, List, Value
from hypothesis import given
from hypothesis import strategies as st

from ner_core.data.hub.columns import options_from_features
from ner_core.data.hub.layout import features_of_card, find_converted_layout, find_layout
from ner_core.data.readers.sentence import ReadOptions
from ner_core.errors import DataError
from ner_core.hub.repository_ids import HubDataset

DATASET = HubDataset("a/ner")


# The order of CoNLL-2003 on the Hub, which is that of the notebook.
CONLL = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC", "B-MISC", "I-MISC"]


WORDS = List(Value("string"))


NUMBERS = List(Value("int64"))


LABELS = List(ClassLabel(names=CONLL))


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
