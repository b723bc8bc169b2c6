"""What an encoder's tokenizer makes of a corpus, held against what training makes of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from ner_core.checks.finding import Finding
from ner_core.checks.tokenization import _windows, measure
from ner_core.config import TrainConfig
from ner_core.data.corpus import load_data
from ner_core.errors import ModelError
from ner_core.models import windows
from tests.conftest import write_conll

LONG = [("ann", "B-PER"), *[("the", "O")] * 300]


@pytest.fixture
def corpus(tmp_path):
    """Return a function that reads a corpus of these sentences."""

    def corpus(train, dev=None):
        write_conll(tmp_path / "train.conll", train)
        write_conll(tmp_path / "dev.conll", dev or [[("bob", "B-PER")]])
        return load_data(str(tmp_path))

    return corpus


def test_lengths_count_special_sub_tokens(corpus, tiny_encoder):
    sentences = [[("ann", "B-PER")] + [("the", "O")] * more for more in range(10)]
    figures = measure(corpus(sentences), str(tiny_encoder))
    lengths = [3, *range(3, 13)]
    assert (figures.sentences, figures.windows, figures.over_window) == (11, 11, 0)
    assert (figures.median, figures.longest) == (float(np.median(lengths)), 12)
    assert figures.p95 == float(np.percentile(lengths, 95))
    assert (figures.max_length, figures.unknown_words) == (TrainConfig().max_length, 0)


def test_as_json_is_plain_and_has_no_places(corpus, tiny_encoder):
    found = measure(corpus([LONG]), str(tiny_encoder)).as_json()
    assert found.keys() == {
        *{"model", "max_length", "sentences", "windows", "median", "p95", "longest"},
        *{"over_window", "unknown_words", "unknown_characters", "alignment"},
        "dropped_words",
    }
    assert all(type(value) in (str, int, float, list) for value in found.values())


def test_the_first_sentence_with_an_entity_is_laid_out(corpus, tiny_encoder):
    found = measure(corpus([[("the", "O")], [("Maria", "B-PER"), ("in", "O")]]), str(tiny_encoder))
    rows = [(row["sub_token"], row["word"], row["label"]) for row in found.alignment]
    assert rows == [
        ("[CLS]", "", ""),
        ("m", "Maria", "B-PER"),
        ("##a", "Maria", ""),
        ("##r", "Maria", ""),
        ("##i", "Maria", ""),
        ("##a", "Maria", ""),
        ("in", "in", "O"),
        ("[SEP]", "", ""),
    ]


def test_without_entities_nothing_is_laid_out(corpus, tiny_encoder):
    assert measure(corpus([[("the", "O")]]), str(tiny_encoder)).alignment == []


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (
            1,
            "1 sentence is longer than the window of 256 sub-tokens, so the 3 sentences are read "
            "in 4 windows. Nothing is cut off.",
        ),
        (
            25,
            "25 sentences are longer than the window of 256 sub-tokens, so the 27 sentences are "
            "read in 52 windows. Nothing is cut off.",
        ),
    ],
)
def test_long_sentences_are_a_note(corpus, tiny_encoder, count, message):
    found = corpus([[("ann", "B-PER")], *[LONG] * count])
    (finding,) = measure(found, str(tiny_encoder)).findings(found)
    assert (finding.level, finding.code, finding.count) == ("note", "long_sentences", count)
    assert finding.message == message
    assert len(finding.rows) == min(count, 20)
    assert finding.rows[0] == {
        "split": "train",
        "source": "train.conll",
        "unit": "line",
        "line": 3,
        "text": ("ann" + " the" * 300)[:200],
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["日本"],
            "{} doesn't know some characters in 1 word (日 本). If they matter, choose an encoder "
            "made for this script.",
        ),
        # What can be read is not named, though it stands in the same word.
        (
            ["☃☃☃a", "b☃日"],
            "{} doesn't know some characters in 2 words (☃ 日). If they matter, choose an encoder "
            "made for this script.",
        ),
        (["x" * 101], "1 word is too long for {}. Split it if it matters."),
        (
            ["x" * 101, "y" * 101],
            "2 words are too long for {}. Split them if they matter.",
        ),
    ],
)
def test_words_that_cannot_be_read_are_a_warning(corpus, tiny_encoder, words, message):
    found = corpus([[("ann", "B-PER")], [(word, "O") for word in words]])
    figures = measure(found, str(tiny_encoder))
    row = {
        "split": "train",
        "source": "train.conll",
        "unit": "line",
        "line": 3,
        "text": " ".join(words)[:200],
    }
    assert list(figures.findings(found)) == [
        Finding("warning", "unknown_words", message.format(figures.model), len(words), [row])
    ]


def test_unknown_words_of_many_sentences_are_counted_all(corpus, tiny_encoder):
    found = corpus([[("ann", "B-PER"), ("日", "O"), ("本", "O")]] * 30)
    (finding,) = measure(found, str(tiny_encoder)).findings(found)
    assert (finding.count, len(finding.rows)) == (60, 20)


def test_a_folder_without_a_fast_tokenizer_is_a_sentence(corpus, tiny_encoder, tmp_path):
    folder = tmp_path / "slow"
    folder.mkdir()
    (folder / "config.json").write_text((tiny_encoder / "config.json").read_text())
    (folder / "model.safetensors").write_bytes((tiny_encoder / "model.safetensors").read_bytes())
    found = corpus([[("ann", "B-PER")]])
    for content in (None, "{"):
        if content:
            (folder / "tokenizer.json").write_text(content)
        with pytest.raises(ModelError) as caught:
            measure(found, str(folder))
        assert str(caught.value).startswith(
            f"{folder} has no fast tokenizer (tokenizer.json or a SentencePiece model)"
        )


@given(sizes=st.lists(st.integers(0, 120), min_size=1, max_size=5), overlap=st.integers(0, 8))
def test_windows_are_counted_as_training_cuts_them(tiny_encoder, sizes, overlap):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_encoder)
    texts = [["ann"] * size for size in sizes if size] or [["ann"]]
    plain = Tokenizer.from_file(str(tiny_encoder / "tokenizer.json"))
    lengths = [len(plain.encode(words, is_pretokenized=True)) for words in texts]
    counted = _windows(np.array(lengths), 20, overlap, 2)
    assert counted.sum() == len(windows.split_into_windows(tokenizer, texts, 20, overlap))


@pytest.mark.slow
def test_long_documents_are_counted_as_training_cuts_them(corpus, tiny_encoder):
    from transformers import AutoTokenizer

    found = corpus([[("ann", "B-PER"), *[("paris", "O")] * more] for more in range(0, 2000, 97)])
    settings = TrainConfig()
    tokenizer = AutoTokenizer.from_pretrained(tiny_encoder)
    texts = [words for split in found.dataset.values() for words in split["tokens"]]
    cut = windows.split_into_windows(tokenizer, texts, settings.max_length, settings.overlap)
    assert measure(found, str(tiny_encoder)).windows == len(cut)
