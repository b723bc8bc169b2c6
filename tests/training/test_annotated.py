"""Training on an annotation set, from its texts to a model."""

import pytest

from ner_core.annotations import store
from ner_core.entities import as_text
from ner_core.tags import decode
from ner_core.training.setup import load_corpus, make_windows
from tests.support import toy

pytestmark = pytest.mark.slow


@pytest.fixture
def made():
    made = store.create("Toy")
    for number, sentence in enumerate(toy.toy_sentences(60, 1)):
        words, tags = zip(*sentence, strict=True)
        text, spans = as_text(words, decode(tags))
        people = [span for span in spans if span.label == "PER"]
        complete = number % 3 > 0
        made.accept(text, spans if complete else people, complete=complete)
    return made


def test_a_run_learns_from_a_set_and_says_where_the_data_came_from(made, tiny_encoder):
    from ner_core.data.sources import canonical_source

    config = toy.toy_config(canonical_source("annotations:toy"), tiny_encoder, epochs=4)
    run = toy.fit(config)
    assert run.status() == "finished"
    corpus = run.report["corpus"]
    assert (corpus["kind"], corpus["name"]) == ("annotations", "toy")
    sizes = {name: split["sentences"] for name, split in corpus["splits"].items()}
    assert set(sizes) == {"train", "validation"}
    assert sum(sizes.values()) == len(made.read().decisions)
    assert run.report["validation"]["f1"] > 0.5
    assert run.title == "Toy · balanced"


def test_the_words_of_texts_annotated_in_part_are_not_learned_as_outside(made, tiny_encoder):
    from ner_core.models.loading import load_tokenizer
    from ner_core.models.sources import find_model

    config = toy.toy_config("annotations:toy", tiny_encoder)
    corpus = load_corpus(config)
    windows = make_windows(corpus, load_tokenizer(find_model(str(tiny_encoder))), config)
    outside = corpus.label_names.index("O")
    partial = [
        row["labels"]
        for row, undecided in zip(windows, corpus.dataset["train"]["undecided"], strict=True)
        if undecided
    ]
    assert len(partial) > 5
    assert all(outside not in labels for labels in partial)
    assert all(any(label > 0 for label in labels) for labels in partial)
