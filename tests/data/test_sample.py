"""The bundled corpus keeps its own guideline, and its datasheet tells the truth about it."""

import re
from collections import Counter, defaultdict
from itertools import chain

import pytest

from ner_core.data.corpus import load_data
from ner_core.data.sources import SAMPLE
from ner_core.data.splits import find_splits
from ner_core.tags import decode

ROW = re.compile(r"\| (?:`(\w+)\.txt`|Total) " + r"\| (\d+) " * 8 + r"\|")
COLUMNS = ("sentences", "without", "tokens", "entities", "PER", "ORG", "LOC", "MISC")
TYPES = COLUMNS[4:]
NEAR = 0.5
"""Two sentences are nearly the same if they share this part of their word trigrams."""


@pytest.fixture(scope="module")
def corpus():
    return load_data("sample")


@pytest.fixture(scope="module")
def sentences(corpus):
    names = corpus.label_names
    return {
        name: [(row["tokens"], [names[number] for number in row["ner_tags"]]) for row in split]
        for name, split in corpus.dataset.items()
    }


@pytest.fixture(scope="module")
def everything(sentences):
    return [*chain.from_iterable(sentences.values())]


@pytest.fixture(scope="module")
def datasheet():
    return (SAMPLE / "README.md").read_text(encoding="utf-8")


def counts(rows):
    spans = [decode(tags) for _, tags in rows]
    labels = [span.label for span in chain.from_iterable(spans)]
    return {
        "sentences": len(rows),
        "without": sum(not row for row in spans),
        "tokens": sum(len(words) for words, _ in rows),
        "entities": len(labels),
        **{label: labels.count(label) for label in TYPES},
    }


def names_of(rows):
    """Return what each name is called, ignoring case: the set of its labels."""
    labels = defaultdict(set)
    for words, tags in rows:
        for span in decode(tags):
            labels[" ".join(words[span.start : span.end]).lower()].add(span.label)
    return labels


def trigrams(words):
    padded = ["^", *words, "$"]
    return {tuple(padded[place : place + 3]) for place in range(len(padded) - 2)}


def nearly_the_same(texts):
    """List pairs of texts whose word trigrams overlap by ``NEAR`` (Jaccard) or more."""
    shingles = [trigrams(words) for words in texts]
    where = defaultdict(list)
    for number, found in enumerate(shingles):
        for trigram in found:
            where[trigram].append(number)
    pairs = []
    for number, found in enumerate(shingles):
        shared = Counter(other for part in found for other in where[part] if other > number)
        for other, size in shared.items():
            if size / len(found | shingles[other]) >= NEAR:
                pairs.append((" ".join(texts[number]), " ".join(texts[other])))
    return pairs


def test_the_sample_has_all_splits_and_the_four_types(corpus):
    assert list(corpus.dataset) == ["train", "validation", "test"]
    assert corpus.entity_types == ["LOC", "MISC", "ORG", "PER"]
    assert set(corpus.schemes.values()) == {"IOB2"}
    assert not any(corpus.repaired.values())


def test_it_is_large_enough_to_learn_from(sentences, everything):
    assert len(sentences["train"]) >= 800
    assert len(sentences["validation"]) >= 100
    assert len(sentences["test"]) >= 100
    assert counts(everything)["entities"] >= 1600


def test_no_type_is_rare_in_any_split(sentences):
    for rows in sentences.values():
        found = counts(rows)
        assert all(found[label] >= 0.12 * found["entities"] for label in TYPES)


def test_a_quarter_has_no_entity_and_many_of_these_have_capitals(sentences):
    for rows in sentences.values():
        without = [words for words, tags in rows if not decode(tags)]
        assert 0.2 <= len(without) / len(rows) <= 0.3
        capitals = [words for words in without if any(word[:1].isupper() for word in words[1:])]
        assert len(capitals) >= 0.3 * len(without)


def test_sentences_are_short_and_long(sentences):
    for rows in sentences.values():
        lengths = [len(words) for words, _ in rows]
        assert min(lengths) <= 4
        assert 45 <= max(lengths) <= 65
        assert sum(length >= 20 for length in lengths) >= 0.2 * len(lengths)


def test_the_documented_counts_are_true(sentences, everything, datasheet):
    documented = {
        match[1] or "total": dict(zip(COLUMNS, map(int, match.groups()[1:]), strict=True))
        for match in ROW.finditer(datasheet)
    }
    found = {name: counts(rows) for name, rows in sentences.items()}
    assert documented == {**found, "total": counts(everything)}


def test_the_documented_part_of_unseen_names_is_true(sentences, datasheet):
    seen = {
        (name, label) for name, found in names_of(sentences["train"]).items() for label in found
    }
    for split in ("validation", "test"):
        names = {(n, label) for n, found in names_of(sentences[split]).items() for label in found}
        part = f"{len(names - seen) / len(names):.0%}"
        assert re.search(rf"`{split}\.txt`[^.]*?\b{part}", datasheet), part


def test_names_with_several_labels_are_the_intended_ones(everything, datasheet):
    listed = {}
    section = datasheet.split("### Names with several labels")[1].split("\n## ")[0]
    for line in re.findall(r"^- \*\*[A-Z, ]+\*\*: .+(?:\n  .+)*", section, re.MULTILINE):
        labels, names = re.fullmatch(
            r"- \*\*([A-Z, ]+)\*\*: (.+)\.", " ".join(line.split())
        ).groups()
        listed |= {name: set(labels.split(", ")) for name in names.split("; ")}
    found = {name: labels for name, labels in names_of(everything).items() if len(labels) > 1}
    assert listed == found


@pytest.mark.slow
def test_no_sentence_occurs_twice_or_nearly_twice(everything):
    assert nearly_the_same([[word.lower() for word in words] for words, _ in everything]) == []


@pytest.mark.slow
def test_no_sentence_is_another_with_other_names(everything):
    texts = []
    for words, tags in everything:
        masked, end = [], 0
        for span in decode(tags):
            masked += [*words[end : span.start], span.label]
            end = span.end
        texts.append([word.lower() for word in [*masked, *words[end:]]])
    assert nearly_the_same(texts) == []


def test_a_sentence_with_another_word_would_be_found():
    one = "the mayor of PER opened the new bridge in LOC on friday ."
    other = "the mayor of PER opened the old bridge in LOC on friday ."
    texts = [text.split() for text in (one, other, "nothing of the kind .")]
    assert nearly_the_same(texts) == [(one, other)]


def test_words_are_split_as_the_guideline_says(everything):
    for words, _ in everything:
        assert not any(re.fullmatch(r"\w.*(?:'s|’s|[,;:!?\"()])", word) for word in words), words


def test_the_files_are_plain():
    for path in find_splits(SAMPLE).values():
        raw = path.read_bytes()
        assert raw.endswith(b"\n")
        assert b"\r" not in raw
        assert not raw.startswith(b"\xef\xbb\xbf")
        lines = raw.decode("utf-8").split("\n")[:-1]
        assert all(re.fullmatch(r"\S+(?: \S+)*", line) for line in lines)
