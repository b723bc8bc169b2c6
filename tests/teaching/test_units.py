"""Texts in pieces: nothing is lost, and no piece is longer than people read at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_core.teaching.units import LONGEST, UNITS, cut

TEXT = "Dr. Ann Kay left. She met\nMr. Smith!\n \nIn Oslo.\n"


@pytest.mark.parametrize(
    ("unit", "pieces"),
    [
        ("sentences", ["Dr. Ann Kay left.", "She met\nMr. Smith!", "In Oslo."]),
        ("paragraphs", ["Dr. Ann Kay left. She met\nMr. Smith!", "In Oslo."]),
        ("lines", ["Dr. Ann Kay left. She met", "Mr. Smith!", "In Oslo."]),
        ("rows", ["Dr. Ann Kay left. She met\nMr. Smith!\n \nIn Oslo."]),
    ],
)
def test_a_text_is_cut(unit, pieces):
    assert list(cut([TEXT, " ", ""], unit)) == pieces


def test_sentences_of_another_language_are_cut_by_its_rules():
    assert list(cut(["Das ist z. B. Bonn. Dort lebt er."], "sentences", "de")) == [
        "Das ist z. B. Bonn.",
        "Dort lebt er.",
    ]
    assert list(cut(["日本語です。はい。"], "sentences", "ja")) == ["日本語です。", "はい。"]
    assert list(cut(["One. Two."], "sentences", "no such language")) == ["One.", "Two."]


def test_what_is_too_long_is_cut_between_words():
    pieces = list(cut(["word " * 1000, "x" * (LONGEST + 5)], "rows"))
    assert [len(piece) for piece in pieces] == [1999, 1999, 999, LONGEST + 5]
    assert {word for piece in pieces[:3] for word in piece.split()} == {"word"}


def test_half_a_surrogate_pair_ends_nothing():
    assert list(cut(["Ann \ud800. Bob."], "sentences")) == ["Ann ?.", "Bob."]


@given(st.text(st.sampled_from("aB.?! \n\t|\"'1日。🎉\u200d\u0301"), max_size=300))
def test_nothing_but_blanks_is_lost(text):
    for unit in UNITS:
        pieces = list(cut([text], unit))
        assert "".join("".join(pieces).split()) == "".join(text.split())
        assert all(piece == piece.strip() != "" for piece in pieces)
