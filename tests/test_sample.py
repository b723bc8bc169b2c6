import re
from itertools import chain

import pytest

from ner_core import data
from ner_core.data.corpus import SAMPLE
from ner_core.data.splits import find_splits
from ner_core.tags import decode

ROW = re.compile(r"\| (?:`(\w+)\.txt`|Total) " + r"\| (\d+) " * 8 + r"\|")
COLUMNS = ("sentences", "without", "tokens", "entities", "PER", "ORG", "LOC", "MISC")


@pytest.fixture(scope="module")
def corpus():
    return data.load("sample")


@pytest.fixture(scope="module")
def sentences(corpus):
    names = corpus.label_names
    return {
        name: [(row["tokens"], [names[number] for number in row["ner_tags"]]) for row in split]
        for name, split in corpus.dataset.items()
    }


def counts(rows):
    spans = [decode(tags) for _, tags in rows]
    labels = [span.label for span in chain.from_iterable(spans)]
    return {
        "sentences": len(rows),
        "without": sum(not row for row in spans),
        "tokens": sum(len(words) for words, _ in rows),
        "entities": len(labels),
        **{label: labels.count(label) for label in COLUMNS[4:]},
    }


def documented():
    text = (SAMPLE / "README.md").read_text(encoding="utf-8")
    return {
        match[1] or "total": dict(zip(COLUMNS, map(int, match.groups()[1:]), strict=True))
        for match in ROW.finditer(text)
    }


def test_the_sample_has_all_splits_and_the_four_types(corpus):
    assert list(corpus.dataset) == ["train", "validation", "test"]
    assert corpus.entity_types == ["LOC", "MISC", "ORG", "PER"]
    assert set(corpus.schemes.values()) == {"IOB2"}
    assert not any(corpus.repaired.values())
    assert corpus.dataset["train"].num_rows >= 120


def test_every_split_has_every_type(sentences):
    for rows in sentences.values():
        assert all(counts(rows)[label] for label in COLUMNS[4:])


def test_the_documented_counts_are_true(sentences):
    found = {name: counts(rows) for name, rows in sentences.items()}
    everything = counts([*chain.from_iterable(sentences.values())])
    assert documented() == {**found, "total": everything}


def test_no_sentence_occurs_twice(sentences):
    texts = [" ".join(words).lower() for rows in sentences.values() for words, _ in rows]
    assert len(set(texts)) == len(texts)


def test_the_files_are_plain():
    for path in find_splits(SAMPLE).values():
        raw = path.read_bytes()
        assert raw.endswith(b"\n")
        assert b"\r" not in raw
        assert not raw.startswith(b"\xef\xbb\xbf")
        lines = raw.decode("utf-8").split("\n")[:-1]
        assert all(re.fullmatch(r"\S+(?: \S+)*", line) for line in lines)
