"""Casing, accents and words without a sub-token: one path for the data check, training and use."""

import json
import shutil
import unicodedata

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from ner_core.checks.report import check_data
from ner_core.checks.tokenization import measure
from ner_core.data.corpus import load_data
from ner_core.inference.predictor import Predictor
from ner_core.inference.tagger import Tagger
from ner_core.models.loading import load_tokenizer, load_trained
from ner_core.models.sources import find_model
from ner_core.models.tokenizer import casing_problem, composed, place_in_word
from tests.conftest import write_conll
from tests.support import toy

CASED = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "Ann",
    "Oslo",
    "Jos\u00e9",
    "in",
    "a",
    "lives",
]


@pytest.fixture
def with_vocabulary(tiny_model, tmp_path):
    """Return a function that makes a model folder with a vocabulary and other tokenizer files."""

    def make(pieces=CASED, lower_case=None, content=None):
        folder = tmp_path / "cased"
        shutil.copytree(tiny_model, folder)
        (folder / "tokenizer.json").unlink()
        (folder / "tokenizer_config.json").unlink()
        (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
        if lower_case is not None:
            settings = {"do_lower_case": lower_case}
            (folder / "tokenizer_config.json").write_text(json.dumps(settings))
        if content is not None:
            (folder / "tokenizer.json").write_text(content)
        return folder

    return make


def pieces_of(folder, words):
    tokenizer = load_tokenizer(find_model(str(folder)))
    return tokenizer(words, is_split_into_words=True, add_special_tokens=False).tokens()


def test_a_cased_vocabulary_alone_is_read_with_its_capitals(with_vocabulary, tmp_path):
    folder = with_vocabulary()
    assert pieces_of(folder, ["Ann", "in", "Oslo"]) == ["Ann", "in", "Oslo"]
    tokenizer = load_tokenizer(find_model(str(folder)))
    tokenizer.save_pretrained(tmp_path / "saved")
    shutil.copy(folder / "config.json", tmp_path / "saved")
    assert pieces_of(tmp_path / "saved", ["Ann"]) == ["Ann"]


def test_an_uncased_vocabulary_alone_is_lower_cased(with_vocabulary):
    folder = with_vocabulary([piece if "[" in piece else piece.lower() for piece in CASED])
    assert pieces_of(folder, ["Ann", "in", "OSLO"]) == ["ann", "in", "oslo"]


def test_a_cased_tokenizer_file_is_read_as_it_says_by_check_and_training(with_vocabulary, tmp_path):
    from transformers import BertTokenizerFast

    vocabulary = {piece: number for number, piece in enumerate(CASED)}
    cased = BertTokenizerFast(vocab=vocabulary, do_lower_case=False).backend_tokenizer.to_str()
    folder = with_vocabulary(content=cased)
    assert Tokenizer.from_file(str(folder / "tokenizer.json")).encode("Ann").tokens[1] == "Ann"
    assert pieces_of(folder, ["Ann"]) == ["Ann"]
    data = write_conll(tmp_path / "train.conll", [[("Ann", "B-PER"), ("in", "O")]] * 3)
    found = measure(load_data(str(data)), str(folder))
    assert [row["sub_token"] for row in found.alignment] == ["[CLS]", "Ann", "in", "[SEP]"]
    assert found.unknown_words == 0


@pytest.mark.parametrize(
    ("pieces", "lower_case", "sentence"),
    [
        (CASED, False, None),
        ([piece.lower() if "[" not in piece else piece for piece in CASED], True, None),
        (
            CASED,
            True,
            "m has capitals in its vocabulary, but its tokenizer lower-cases all text, so it "
            "never sees them. Set do_lower_case to false in its tokenizer_config.json if it was "
            "trained on text with capitals.",
        ),
        (
            [piece.lower() if "[" not in piece else piece for piece in CASED],
            False,
            "m has no capitals in its vocabulary, but its tokenizer doesn't lower-case text, so "
            "it doesn't know words with capitals. Set do_lower_case to true in its "
            "tokenizer_config.json.",
        ),
    ],
)
def test_a_vocabulary_and_a_tokenizer_that_contradict_each_other(
    with_vocabulary, tmp_path, pieces, lower_case, sentence
):
    folder = with_vocabulary(pieces, lower_case)
    tokenizer = load_tokenizer(find_model(str(folder)))
    assert casing_problem(tokenizer.backend_tokenizer, "m") == sentence
    data = write_conll(tmp_path / "train.conll", [[("a", "B-PER"), ("in", "O")]] * 3)
    report = check_data(str(data), model=str(folder))
    found = [each.message for each in report.findings if each.code == "casing"]
    assert found == ([] if sentence is None else [sentence.replace("m has", f"{folder} has")])


@pytest.mark.parametrize("name", ["starter", "minilm"])
def test_the_models_that_come_along_are_consistent(name):
    tokenizer = load_tokenizer(find_model(name))
    assert casing_problem(tokenizer.backend_tokenizer, name) is None


def test_the_families_are_consistent(folders):
    for name in ("bert", "bert-cased", "roberta", "xlm-roberta-spm", "modernbert"):
        tokenizer = load_tokenizer(find_model(str(folders(name))))
        assert casing_problem(tokenizer.backend_tokenizer, name) is None


def test_decomposed_accents_are_read_as_composed_ones(with_vocabulary):
    folder = with_vocabulary()
    predictor = Predictor.load(str(folder), precision="fp32")
    text = "Ann in Jose\u0301 lives in Oslo"
    same = unicodedata.normalize("NFC", text)
    found, expected = predictor.predict(text), predictor.predict(same)
    assert expected
    assert [(each.label, each.text) for each in expected] == [
        (each.label, unicodedata.normalize("NFC", each.text)) for each in found
    ]
    for each in found:
        assert text[each.start : each.end] == each.text
    assert [one.sub_token for one in predictor.sub_tokens(text)].count("[UNK]") == 0


@pytest.mark.parametrize("name", ["minilm", None])
def test_decomposed_accents_count_as_composed_ones_in_the_check(with_vocabulary, tmp_path, name):
    files = []
    for number, word in enumerate(("Jose\u0301", "Jos\u00e9")):
        path = tmp_path / f"{number}.conll"
        files.append(str(write_conll(path, [[(word, "B-PER"), ("in", "O")]] * 3)))
    model = name or str(with_vocabulary())
    one, other = (measure(load_data(file), model).as_json() for file in files)
    del one["alignment"], other["alignment"]
    assert one == other


@given(st.text("ae\u0301\u0327\u1100\u1161\u11a8\u0958\u00e9x", max_size=8))
def test_places_in_a_word_grow_and_cover_it(word):
    (whole,) = composed([word])
    places = [place_in_word(word, n, n + 1) for n in range(len(whole))]
    assert all(0 <= start <= end <= len(word) for start, end in places)
    assert places == sorted(places)
    if whole:
        assert places[0][0] == 0
        assert max(end for _, end in places) == len(word)


# Words without a sub-token

ZERO = "\u200b"


@pytest.fixture
def fixed_tags(tiny_model):
    """Return a Tagger whose model gives each sub-token the tag that its word stands for."""

    def make(max_length=128):
        model, tokenizer = load_trained(str(tiny_model))
        model.config.id2label = {0: "O", 1: "B-LOC", 2: "I-LOC", 3: "B-PER", 4: "I-PER"}
        numbers = {"ann": 3, "bob": 4, "oslo": 1, "city": 2}
        table = torch.full((len(tokenizer), 5), -9.0)
        table[:, 0] = 0.0
        for word, number in numbers.items():
            table[tokenizer.convert_tokens_to_ids(word), number] = 9.0
        return Tagger(
            model, tokenizer, max_length, 2, network=lambda input_ids, mask: table[input_ids]
        )

    return make


@pytest.mark.parametrize(
    ("words", "tags"),
    [
        (["ann", ZERO, "bob"], ["B-PER", "I-PER", "I-PER"]),
        (["ann", ZERO, ZERO, "bob"], ["B-PER", "I-PER", "I-PER", "I-PER"]),
        (["ann", ZERO, "in"], ["B-PER", "O", "O"]),
        (["ann", ZERO, "city"], ["B-PER", "O", "I-LOC"]),
        (["ann", ZERO, "oslo"], ["B-PER", "O", "B-LOC"]),
        ([ZERO, "ann"], ["O", "B-PER"]),
        (["ann", ZERO], ["B-PER", "O"]),
        ([ZERO], ["O"]),
    ],
)
def test_a_word_without_a_sub_token_goes_by_those_around_it(fixed_tags, words, tags):
    tagger = fixed_tags()
    assert tagger.tag([words, ["in"], words]).tags == [tags, ["O"], tags]
    assert [tag for step, _ in tagger.tag_in_steps(words) for tag in step] == tags


@pytest.mark.parametrize("filler", range(8))
def test_a_word_without_a_sub_token_at_the_border_of_two_steps(fixed_tags, filler, monkeypatch):
    monkeypatch.setattr("ner_core.inference.tagger.threads.num_threads", lambda: 1)
    tagger = fixed_tags(max_length=8)
    words = [*["in"] * filler, *["ann", ZERO, "bob", ZERO, "in", ZERO, "ann", "bob", ZERO] * 6]
    whole = tagger.tag([words]).tags[0]
    steps = [step for step, _ in tagger.tag_in_steps(words, batch_size=1)]
    assert len(steps) > 2
    assert [tag for step in steps for tag in step] == whole
    assert whole[filler : filler + 6] == ["B-PER", "I-PER", "I-PER", "O", "O", "O"]


def test_the_starter_in_numpy_reads_them_alike():
    from ner_core.inference.numpy_bert import NumpyBert

    text = f"Ann {ZERO} Smith lives in {ZERO} Oslo ."
    fast = NumpyBert().predict(text)
    plain = Predictor.load("starter", precision="fp32").predict(text)
    assert [(each.start, each.end, each.label) for each in fast] == [
        (each.start, each.end, each.label) for each in plain
    ]
    assert {each.label for each in fast} == {"PER", "LOC"}


def test_training_starts_the_entity_after_a_word_that_is_dropped(tiny_encoder, tmp_path):
    from ner_core.training.setup import make_windows

    sentence = [(ZERO, "B-PER"), ("ann", "I-PER"), (ZERO, "I-PER"), ("bob", "I-PER"), ("in", "O")]
    data = write_conll(tmp_path / "train.conll", [sentence] * 3)
    corpus = load_data(str(data))
    tokenizer = load_tokenizer(find_model(str(tiny_encoder)))
    windows = make_windows(corpus, tokenizer, toy.toy_config(data, tiny_encoder))
    names = [corpus.label_names[number] for number in windows[0]["labels"] if number >= 0]
    assert names == ["B-PER", "I-PER", "O"]


@pytest.mark.parametrize("name", ["minilm", None])
def test_the_check_names_words_without_a_sub_token(tiny_encoder, tmp_path, name):
    sentence = [("ann", "B-PER"), (ZERO, "I-PER"), ("in", "O")]
    data = write_conll(tmp_path / "train.conll", [sentence, *[[("bob", "O")]] * 3])
    model = name or str(tiny_encoder)
    report = check_data(str(data), model=model)
    (found,) = [each for each in report.findings if each.code == "dropped_words"]
    assert found.message == (
        f"1 word has no character that {model} reads (only invisible ones, perhaps): it goes by "
        "the words around it. Remove it if that is wrong."
    )
    assert (found.count, len(found.rows), found.rows[0]["line"]) == (1, 1, 1)
