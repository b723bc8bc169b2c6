import pytest

from ner_core.data.tag_spelling import spelling_of


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (["o", "b-per", "i-per"], {"o": "O", "b-per": "B-per", "i-per": "I-per"}),
        (["O", "B-PER", "M-PER", "E-PER"], {"M-PER": "I-PER"}),
        (["O", "PER-B", "PER-I"], {"PER-B": "B-PER", "PER-I": "I-PER"}),
        (["O", "B_PER", "I_PER"], {"B_PER": "B-PER", "I_PER": "I-PER"}),
        (["0", "B-PER"], {"0": "O"}),
        (["О", "PERSON"], {"О": "O"}),
        (["O", "В-PER"], {"В-PER": "B-PER"}),
        (["O", "B-PER|B-ART", "B-LOC"], {"B-PER|B-ART": "B-PER"}),
        (["O", "B-PER", "I-PER"], {}),
        (["O", "e-mail", "PER"], {}),
        (["O", "b-per", "PER"], {}),
        (["O", "B-PER", "B_PER"], {}),
        (["O", "B-PER", "X", "[PAD]"], {"X": "O", "[PAD]": "O"}),
        (["O", "B-PER", "None", "[CLS]"], {"None": "O", "[CLS]": "O"}),
        (["OTHER", "B-PER"], {"OTHER": "O"}),
        (["OTHER", "PER", "LOC"], {"OTHER": "O"}),
        (["O", "OTHER", "PER"], {}),  # it may be a type
        (["OTHER", "NONE", "PER"], {}),
        (["B-O", "I-O", "B-PER"], {"B-O": "O", "I-O": "O"}),
        (["O", "B-O", "B-PER"], {}),
        (["OTHER"], {}),
    ],
)
def test_tags_mean_what_all_of_them_together_say(written, meant):
    assert spelling_of(written).meant == meant


def test_what_was_read_otherwise_is_said():
    small, zero = spelling_of(["o", "b-per", "i-per"]), spelling_of(["0", "B-PER"])
    assert [fault.message for fault in zero.faults] == [
        "the tag '0' (Digit zero) was read as O. Write O instead"
    ]
    assert small.faults[1].message == "tags were read like this: b-per as B-per, i-per as I-per"
    assert [fault.code for fault in small.faults] == ["odd", "guess"]


def test_tags_that_were_read_as_outside_are_said():
    (fault,) = spelling_of(["O", "B-PER", "X", "[PAD]"]).faults
    assert (fault.code, fault.message) == (
        "odd",
        "words tagged X, [PAD] were read as outside entities. Write O there",
    )
