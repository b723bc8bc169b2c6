"""The saved model gives anybody with plain transformers the tags that are scored here."""

import json

import pytest
import torch
from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline

from ner_core.data.corpus import load_data
from ner_core.data.readers.conll import read_conll
from ner_core.data.readers.sentence import ReadOptions
from ner_core.inference.tagger import load_tagger
from tests.conftest import SHARED_DATA
from tests.support import toy

SENTENCES = 200


@pytest.fixture(scope="module")
def plain(toy_run):
    model = AutoModelForTokenClassification.from_pretrained(toy_run.model_dir)
    return model.eval(), AutoTokenizer.from_pretrained(toy_run.model_dir)


def real_sentences():
    """Return sentences of people: those of WNUT-17 where it is at hand, otherwise the sample's."""
    path = SHARED_DATA / "wnut17" / "train.conll"
    if path.is_file():
        return [sentence.tokens for sentence in read_conll(path, ReadOptions())]
    return load_data("sample").dataset["train"]["tokens"][:]


def tags_by_plain_transformers(model, tokenizer, words):
    """Tag words by the argmax of their first sub-token, with nothing of this project."""
    encoded = tokenizer(words, is_split_into_words=True, return_tensors="pt")
    with torch.no_grad():
        best = model(**encoded).logits[0].argmax(-1).tolist()
    tags = ["O"] * len(words)
    seen = set()
    for place, word in enumerate(encoded.word_ids()):
        if word is not None and word not in seen:
            tags[word] = model.config.id2label[best[place]]
            seen.add(word)
    return tags


@pytest.mark.slow
def test_the_first_sub_tokens_of_plain_transformers_give_the_same_tags(toy_run, plain):
    model, tokenizer = plain
    tagger = load_tagger(str(toy_run.model_dir))
    fitting = [
        words
        for words in real_sentences()
        if len(tokenizer(words, is_split_into_words=True)["input_ids"]) <= tagger.max_length
    ][: SENTENCES - 10]
    texts = fitting + [[word for word, _ in text] for text in toy.toy_sentences(10, 5)]
    assert len(texts) == SENTENCES
    expected = [tags_by_plain_transformers(model, tokenizer, words) for words in texts]
    assert tagger.tag(texts).tags == expected
    seen = {tag for tags in expected for tag in tags}
    assert seen == {"O", "B-LOC", "I-LOC", "B-PER", "I-PER"}


def test_the_saved_model_carries_its_labels(plain):
    model, tokenizer = plain
    assert list(model.config.id2label.values()) == ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
    assert type(model).__name__ == "BertForTokenClassification"
    assert tokenizer.is_fast


def test_the_pipeline_of_transformers_takes_the_model(toy_run):
    ner = pipeline("ner", model=str(toy_run.model_dir), device="cpu")
    found = [(row["entity"], row["word"]) for row in ner("Ann K lives in the Oslo city.")]
    assert found == [("B-PER", "ann"), ("I-PER", "k"), ("B-LOC", "oslo"), ("I-LOC", "city")]


def test_the_pipeline_joins_entities_as_the_predictor_does(toy_run):
    from ner_core.inference.predictor import Predictor

    text = "ann k works near paris , and bob lives in oslo city ."
    ner = pipeline("ner", model=str(toy_run.model_dir), aggregation_strategy="first", device="cpu")
    joined = [(row["start"], row["end"], row["entity_group"]) for row in ner(text)]
    entities = Predictor.load(str(toy_run.model_dir)).predict(text)
    assert joined == [(entity.start, entity.end, entity.label) for entity in entities]
    assert len(joined) == 4


def test_weights_are_safetensors_and_nothing_else(toy_run):
    assert sorted(path.name for path in toy_run.model_dir.iterdir()) == [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    assert "auto_map" not in json.loads((toy_run.model_dir / "config.json").read_text())
