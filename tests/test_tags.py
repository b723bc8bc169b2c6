import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_core.errors import DataError
from ner_core.tags import (
    SCHEMES,
    Span,
    decode,
    decode_predicted,
    detect_scheme,
    encode,
    is_bare_type,
    label_names,
    split_tag,
    to_iob2,
    unknown_tag,
)

LOC2_PER1 = [Span(0, 2, "LOC"), Span(2, 3, "PER")]
LOC1_LOC2 = [Span(0, 1, "LOC"), Span(1, 3, "LOC")]
ORG3_AMID = [Span(1, 4, "ORG")]

TABLE = [
    ("IO", LOC2_PER1, "I-LOC I-LOC I-PER", "B-LOC I-LOC B-PER"),
    ("IOB1", LOC2_PER1, "I-LOC I-LOC I-PER", "B-LOC I-LOC B-PER"),
    ("IOB2", LOC2_PER1, "B-LOC I-LOC B-PER", "B-LOC I-LOC B-PER"),
    ("BIOES", LOC2_PER1, "B-LOC E-LOC S-PER", "B-LOC I-LOC B-PER"),
    ("BILOU", LOC2_PER1, "B-LOC L-LOC U-PER", "B-LOC I-LOC B-PER"),
    ("IOB1", LOC1_LOC2, "I-LOC B-LOC I-LOC", "B-LOC B-LOC I-LOC"),
    ("IOB2", LOC1_LOC2, "B-LOC B-LOC I-LOC", "B-LOC B-LOC I-LOC"),
    ("BIOES", LOC1_LOC2, "S-LOC B-LOC E-LOC", "B-LOC B-LOC I-LOC"),
    ("BILOU", LOC1_LOC2, "U-LOC B-LOC L-LOC", "B-LOC B-LOC I-LOC"),
    ("IO", ORG3_AMID, "O I-ORG I-ORG I-ORG O", "O B-ORG I-ORG I-ORG O"),
    ("IOB1", ORG3_AMID, "O I-ORG I-ORG I-ORG O", "O B-ORG I-ORG I-ORG O"),
    ("IOB2", ORG3_AMID, "O B-ORG I-ORG I-ORG O", "O B-ORG I-ORG I-ORG O"),
    ("BIOES", ORG3_AMID, "O B-ORG I-ORG E-ORG O", "O B-ORG I-ORG I-ORG O"),
    ("BILOU", ORG3_AMID, "O B-ORG I-ORG L-ORG O", "O B-ORG I-ORG I-ORG O"),
    *((scheme, [], "O O", "O O") for scheme in SCHEMES),
    *((scheme, [], "", "") for scheme in SCHEMES),
]


@pytest.mark.parametrize(("scheme", "spans", "written", "iob2"), TABLE)
def test_tags_and_spans_and_iob2_say_the_same(scheme, spans, written, iob2):
    tags = written.split()
    assert encode(spans, len(tags), scheme) == tags
    assert decode(tags) == spans
    assert to_iob2(tags, scheme) == (iob2.split(), 0)


def test_io_cannot_tell_neighbours_of_one_type_apart():
    assert encode(LOC1_LOC2, 3, "IO") == ["I-LOC"] * 3
    assert decode(["I-LOC"] * 3) == [Span(0, 3, "LOC")]


def test_encode_takes_spans_in_any_order():
    assert encode(LOC2_PER1[::-1], 3) == encode(LOC2_PER1, 3)


@pytest.mark.parametrize(
    ("scheme", "written", "iob2", "repaired"),
    [
        ("IOB2", "O I-PER", "O B-PER", 1),
        ("IOB2", "I-PER I-PER", "B-PER I-PER", 1),
        ("IOB2", "B-PER I-LOC I-LOC", "B-PER B-LOC I-LOC", 1),
        ("IOB2", "I-PER O I-LOC", "B-PER O B-LOC", 2),
        ("IOB1", "B-PER O", "B-PER O", 1),
        ("IOB1", "I-PER B-LOC", "B-PER B-LOC", 1),
        ("BIOES", "B-PER O", "B-PER O", 1),
        ("BIOES", "B-PER I-PER O", "B-PER I-PER O", 1),
        ("BIOES", "E-PER O", "B-PER O", 1),
        ("BIOES", "I-PER E-PER", "B-PER I-PER", 1),
        ("BIOES", "S-PER I-PER", "B-PER B-PER", 1),
        ("BIOES", "S-PER E-PER S-PER", "B-PER B-PER B-PER", 1),
        ("BIOES", "B-PER B-PER E-PER", "B-PER B-PER I-PER", 1),
        ("BILOU", "B-PER U-PER", "B-PER B-PER", 1),
        ("BILOU", "I-PER L-LOC", "B-PER B-LOC", 2),
        ("IO", "I-PER I-LOC", "B-PER B-LOC", 0),
    ],
)
def test_invalid_sequences_are_repaired_and_counted(scheme, written, iob2, repaired):
    assert to_iob2(written.split(), scheme) == (iob2.split(), repaired)


@pytest.mark.parametrize(
    ("sentences", "scheme"),
    [
        ([], "IOB2"),
        ([[]], "IOB2"),
        (["O O"], "IOB2"),
        (["B-PER I-PER O B-LOC"], "IOB2"),
        (["B-PER"], "IOB2"),
        (["I-PER I-PER O I-LOC"], "IO"),
        (["I-PER B-PER", "I-LOC"], "IOB1"),
        (["I-PER B-PER", "B-LOC O B-LOC"], "IOB2"),
        (["I-PER", "B-LOC"], "IOB2"),
        (["I-PER", "I-LOC", "B-LOC"], "IOB1"),
        (["O", "S-PER"], "BIOES"),
        (["B-PER E-PER"], "BIOES"),
        (["B-PER I-PER E-PER S-LOC"], "BIOES"),
        (["U-PER"], "BILOU"),
        (["B-PER L-PER"], "BILOU"),
    ],
)
def test_the_scheme_is_recognised(sentences, scheme):
    assert detect_scheme([s if isinstance(s, list) else s.split() for s in sentences]) == scheme


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            "S-PER U-PER",
            "The tags mix two schemes, S- (BIOES) and U- (BILOU). Write all files in the same "
            "scheme.",
        ),
        (
            "B-PER L-PER O S-LOC B-PER E-PER U-LOC",
            "The tags mix two schemes, E-, S- (BIOES) and L-, U- (BILOU). Write all files in the "
            "same scheme.",
        ),
    ],
)
def test_letters_of_two_schemes_are_refused(written, message):
    with pytest.raises(DataError) as caught:
        detect_scheme([written.split()])
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("tag", "parts"),
    [
        ("O", ("O", "")),
        ("B-PER", ("B", "PER")),
        ("I-creative-work", ("I", "creative-work")),
        ("E-a", ("E", "a")),
        ("S-Ä", ("S", "Ä")),
        ("L-1", ("L", "1")),
        ("U-B-PER", ("U", "B-PER")),
    ],
)
def test_a_tag_is_split_at_its_first_dash(tag, parts):
    assert split_tag(tag) == parts


@pytest.mark.parametrize("read", [split_tag, lambda tag: decode([tag])])
@pytest.mark.parametrize(
    ("tag", "message"),
    [
        (
            "B_PER",
            "'B_PER' is not a tag such as O, B-PER or I-PER. Write it as B-PER.",
        ),
        (
            "I:LOC",
            "'I:LOC' is not a tag such as O, B-PER or I-PER. Write it as I-LOC.",
        ),
        (
            "0",
            "'0' is not a tag such as O, B-PER or I-PER. Is the tag in the last column of the "
            "line?",
        ),
        (
            "B-",
            "'B-' is not a tag such as O, B-PER or I-PER. It has no entity type: add one (B-PER), "
            "or write O.",
        ),
        (
            "",
            "'' is not a tag such as O, B-PER or I-PER. Is the tag in the last column of the line?",
        ),
        (
            "PER-B",
            "'PER-B' is not a tag such as O, B-PER or I-PER. Is the tag in the last column of the "
            "line?",
        ),
        (
            "1" * 50,
            f"'{'1' * 40}…' is not a tag such as O, B-PER or I-PER. Is the tag in the last column "
            "of the line?",
        ),
    ],
)
def test_a_tag_of_no_scheme_is_refused(read, tag, message):
    assert unknown_tag(tag) == message
    with pytest.raises(DataError) as caught:
        read(tag)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("tag", "bare"),
    [
        ("PER", True),
        ("creative-work", True),
        ("R&D", True),
        ("Geo.Pol", True),
        ("Ort", True),
        ("O", False),
        ("B", False),
        ("I", False),
        ("B-PER", False),
        ("B_PER", False),
        ("PER-I", False),
        ("1", False),
        ("_", False),
        ("", False),
        (".", False),
        ("two words", False),
    ],
)
def test_bare_types_are_told_from_tags(tag, bare):
    assert is_bare_type(tag) is bare


def test_bare_types_read_as_inside():
    assert decode(["LOC", "LOC", "O", "PER", "LOC"]) == [
        Span(0, 2, "LOC"),
        Span(3, 4, "PER"),
        Span(4, 5, "LOC"),
    ]


@pytest.mark.parametrize(
    ("written", "spans"),
    [
        ("", []),
        ("O O", []),
        ("B-LOC I-LOC O B-PER", [Span(0, 2, "LOC"), Span(3, 4, "PER")]),
        ("B-LOC B-LOC", [Span(0, 1, "LOC"), Span(1, 2, "LOC")]),
        ("B-LOC I-PER I-LOC", [Span(0, 3, "LOC")]),
        ("I-PER I-PER O B-PER", [Span(3, 4, "PER")]),
        ("B-PER O I-PER", [Span(0, 1, "PER")]),
        ("I-LOC B-LOC I-PER B-PER", [Span(1, 3, "LOC"), Span(3, 4, "PER")]),
    ],
)
def test_what_a_model_contradicts_itself_in_is_read_by_its_first_word(written, spans):
    assert decode_predicted(written.split()) == spans


@pytest.mark.parametrize("tag", ["PER", "B_PER", "", "0"])
def test_a_model_that_predicts_no_tags_is_refused(tag):
    with pytest.raises(DataError):
        decode_predicted(["O", tag])


@pytest.mark.parametrize(
    ("spans", "length", "message"),
    [
        (
            [Span(0, 2, "A"), Span(1, 3, "B")],
            3,
            "spans overlap: Span(start=0, end=2, label='A') and Span(start=1, end=3, label='B')",
        ),
        (
            [Span(0, 3, "A")],
            2,
            "Span(start=0, end=3, label='A') does not lie within 2 words",
        ),
        ([Span(1, 1, "A")], 2, "Span(start=1, end=1, label='A') does not lie within 2 words"),
        ([Span(-1, 1, "A")], 2, "Span(start=-1, end=1, label='A') does not lie within 2 words"),
    ],
)
def test_impossible_spans_are_a_value_error(spans, length, message):
    with pytest.raises(ValueError, match=r"[Ss]pan") as caught:
        encode(spans, length)
    assert str(caught.value) == message


def test_labels_are_outside_first_then_by_type():
    assert label_names(["PER", "LOC", "PER"]) == ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
    assert label_names([]) == ["O"]


TYPES = ("LOC", "PER", "creative-work")
TAGS = st.sampled_from(["O", *(f"{prefix}-{kind}" for prefix in "BIESLU" for kind in TYPES)])


@st.composite
def annotations(draw):
    """Spans over some words, sorted and disjoint, and the number of words."""
    spans, position = [], 0
    for gap, length, label in draw(
        st.lists(
            st.tuples(st.integers(0, 2), st.integers(1, 4), st.sampled_from(TYPES)), max_size=6
        )
    ):
        start = position + gap
        spans.append(Span(start, start + length, label))
        position = start + length
    return spans, position + draw(st.integers(0, 2))


def merge_neighbours(spans):
    merged = []
    for span in spans:
        if merged and merged[-1].end == span.start and merged[-1].label == span.label:
            merged[-1] = merged[-1]._replace(end=span.end)
        else:
            merged.append(span)
    return merged


@pytest.mark.slow
@pytest.mark.parametrize("scheme", [scheme for scheme in SCHEMES if scheme != "IO"])
@given(annotation=annotations())
def test_spans_survive_a_scheme(scheme, annotation):
    spans, length = annotation
    assert decode(encode(spans, length, scheme)) == spans


@given(annotations())
def test_spans_survive_io_but_for_neighbours_of_one_type_which_merge(annotation):
    spans, length = annotation
    assert decode(encode(spans, length, "IO")) == merge_neighbours(spans)


@pytest.mark.parametrize("scheme", SCHEMES)
@given(annotation=annotations())
def test_what_encode_writes_needs_no_repair(scheme, annotation):
    spans, length = annotation
    kept = merge_neighbours(spans) if scheme == "IO" else spans
    assert to_iob2(encode(spans, length, scheme), scheme) == (encode(kept, length), 0)


@given(annotations())
def test_valid_predictions_are_read_as_they_are(annotation):
    spans, length = annotation
    assert decode_predicted(encode(spans, length)) == spans


@given(st.lists(st.one_of(TAGS, st.sampled_from(TYPES)), max_size=12))
def test_decode_gives_sorted_disjoint_spans_that_cover_every_annotated_word(tags):
    spans = decode(tags)
    covered = [place for span in spans for place in range(span.start, span.end)]
    assert covered == [place for place, tag in enumerate(tags) if tag != "O"]
    assert all(span.start < span.end for span in spans)
    for span in spans:
        assert all(tags[place].endswith(span.label) for place in range(span.start, span.end))


@pytest.mark.parametrize("scheme", SCHEMES)
@given(tags=st.lists(TAGS, max_size=12))
def test_to_iob2_is_idempotent(scheme, tags):
    once, _ = to_iob2(tags, scheme)
    assert to_iob2(once, "IOB2") == (once, 0)


@given(st.lists(annotations(), min_size=1, max_size=4))
def test_detect_scheme_recognises_what_can_be_told_apart(corpus):
    spans = [span for sentence, _ in corpus for span in sentence]
    if not spans:
        return
    written = {s: [encode(spans, length, s) for spans, length in corpus] for s in SCHEMES}
    letters = {tag[0] for tags in written["BIOES"] for tag in tags}
    # Every entity ends in E- or S-: these two can always be told.
    assert letters & set("ES")
    assert detect_scheme(written["BIOES"]) == "BIOES"
    assert detect_scheme(written["BILOU"]) == "BILOU"
    assert detect_scheme(written["IOB2"]) == "IOB2"
    assert detect_scheme(written["IO"]) == "IO"
    # IOB1 without neighbours of one type is IO, letter by letter; its B- never starts an entity
    # for detection, whose first tags are those after O or another type.
    touching = written["IOB1"] != written["IO"]
    assert detect_scheme(written["IOB1"]) == ("IOB1" if touching else "IO")
