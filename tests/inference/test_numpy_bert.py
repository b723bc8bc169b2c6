"""NumpyBert finds what the Predictor finds with the starter."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner_core.data.corpus import load_data
from ner_core.inference.numpy_bert import NumpyBert, _gelu
from ner_core.inference.predictor import Predictor
from tests.support.places import REPOSITORY


@pytest.fixture(scope="module")
def numpy_bert():
    return NumpyBert()


@pytest.fixture(scope="module")
def starter():
    return Predictor.load("starter", precision="fp32")  # the format that NumPy computes in


def assert_same(found, wanted):
    assert [entity[:3] for entity in found] == [entity[:3] for entity in wanted]
    assert [entity.text for entity in found] == [entity.text for entity in wanted]
    for one, other in zip(found, wanted, strict=True):
        assert one.score == pytest.approx(other.score, abs=1e-4)


@pytest.mark.slow
def test_it_finds_what_the_starter_finds(numpy_bert, starter):
    texts = [" ".join(words) for words in load_data("sample").dataset["test"][:60]["tokens"]]
    for text in texts:
        assert_same(numpy_bert.predict(text), starter.predict(text))
    assert numpy_bert.entity_types == starter.entity_types == ["LOC", "MISC", "ORG", "PER"]


@pytest.mark.parametrize(
    "text",
    [
        "Angela Merkel flew\nto Berlin.\n\nReuters heard of it in London.\r\n\r\nOslo",
        "Ann \ud800 lives in Oslo \udc00",
    ],
)
def test_paragraphs_and_half_characters_are_read_alike(numpy_bert, starter, text):
    found = numpy_bert.predict(text)
    assert len(found) >= 2
    assert_same(found, starter.predict(text))


# Texts of letters and marks: near a tie between two tags the two could differ by rounding.
@pytest.mark.slow
@settings(max_examples=60)
@given(st.text(max_size=80))
def test_any_text_is_read_and_offsets_are_its_own(numpy_bert, text):
    for entity in numpy_bert.predict(text):
        assert text[entity.start : entity.end] == entity.text
        assert 0 < entity.score <= 1


@pytest.mark.parametrize("text", ["", " \n ", "\u200b"])
def test_a_text_without_words_has_no_entities(numpy_bert, text):
    assert numpy_bert.predict(text) == []


@pytest.mark.slow
def test_a_text_longer_than_a_window_is_left_to_the_starter(numpy_bert, starter):
    assert numpy_bert.predict("Oslo " * 254) is not None
    assert numpy_bert.predict("Oslo " * 255) is None
    assert len(starter.predict("Oslo " * 255)) > 0


def test_gelu_is_the_exact_one():
    import torch

    values = np.linspace(-6, 6, 1001, dtype=np.float32)
    wanted = torch.nn.functional.gelu(torch.from_numpy(values)).numpy()
    np.testing.assert_allclose(_gelu(values), wanted, atol=2e-6)


@pytest.mark.slow
def test_it_needs_neither_torch_nor_transformers():
    code = (
        "import sys; from ner_core.inference.numpy_bert import NumpyBert;"
        "print(len(NumpyBert().predict('Oslo')));"
        "assert not {'torch', 'transformers', 'peft', 'gradio'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")
