import pytest
from hypothesis import given
from hypothesis import strategies as st

from ner_core.data.readers.inline import looks_like_inline, read_inline
from ner_core.data.readers.sentence import Fault, ReadOptions
from ner_core.errors import DataError
from ner_core.tags import Span, decode, encode
from tests.support.columns import golden, read_golden

PLAIN = ReadOptions()


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "my.txt"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return [(" ".join(s.tokens), " ".join(s.tags)) for s in read_inline(path, PLAIN)]

    return read


@pytest.mark.parametrize(
    ("line", "words", "tags"),
    [
        ("[Ann](PER) ran", "Ann ran", "B-PER O"),
        ("in [New York](LOC) .", "in New York .", "O B-LOC I-LOC O"),
        ("in [New York](LOC).", "in New York .", "O B-LOC I-LOC O"),
        ("([Ann](PER))", "( Ann )", "O B-PER O"),
        ("[Ann](PER)[Bob](PER)", "Ann Bob", "B-PER B-PER"),
        ("no entity here", "no entity here", "O O O"),
        ("f(x) = (y)", "f(x) = (y)", "O O O"),
        ("[It](creative-work)", "It", "B-creative-work"),
        ("[ Ann  Lee ](PER)", "Ann Lee", "B-PER I-PER"),
        ("[Zürich 東京](LOC)", "Zürich 東京", "B-LOC I-LOC"),
        ("a]b", "a]b", "O"),
        # White space of any kind separates, so that no word holds a blank.
        ("[New\u00a0York](LOC)\x0bran\x0con", "New York ran on", "B-LOC I-LOC O O"),
    ],
)
def test_mark_up_becomes_words_and_tags(read, line, words, tags):
    assert read(f"{line}\n") == [(words, tags)]


@pytest.mark.parametrize(
    "raw",
    [
        "[Ann](PER) ran\n[Bob](PER) sat\n",
        "[Ann](PER) ran\r\n[Bob](PER) sat",
        "\ufeff[Ann](PER) ran\n\n \t\n\u200b\n[Bob](PER) sat\n\n",
    ],
)
def test_a_line_is_a_sentence(read, raw):
    assert read(raw) == [("Ann ran", "B-PER O"), ("Bob sat", "B-PER O")]


def test_each_word_knows_its_line(tmp_path):
    path = tmp_path / "my.txt"
    path.write_text("[Ann](PER) ran\n\nBob\n")
    assert [sentence.lines for sentence in read_inline(path, PLAIN)] == [[1, 1], [3]]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("in [New York .", "in [New York ."),
        ("[Ann](PER) saw [Bob", "saw [Bob"),
        ("[Ann] (PER)", "[Ann] (PER)"),
        ("[Ann]() ran", "[Ann]() ran"),
        ("[](PER)", "[](PER)"),
        ("Ann](PER)", "Ann](PER)"),
        ("[[Ann](PER) Lee](PER)", "["),
        ("[Ann](PER LOC)", "[Ann](PER LOC)"),
        (f"[{'x' * 60}", f"[{'x' * 39}…"),
    ],
)
def test_brackets_that_are_no_mark_up_are_a_fault_of_their_line(tmp_path, line, found):
    path = tmp_path / "my.txt"
    path.write_text(f"[Ann](PER) ran\n{line}\nBob\n")
    before, fault, after = read_inline(path, PLAIN)
    assert (before.lines, after.lines) == ([1, 1], [3])
    assert fault == Fault(
        "unreadable",
        2,
        f"the brackets in {found!r} don't mark an entity, as in [Nairobi](LOC). Close the "
        "brackets, or leave them out.",
        line if len(line) <= 40 else line[:40] + "…",
    )


@pytest.mark.parametrize("name", golden("inline"))
def test_the_golden_files(name):
    found, expected = read_golden(name, read_inline)
    assert found == expected


@pytest.mark.parametrize(
    ("text", "is_inline"),
    [
        ("[Ann](PER) ran\n", True),
        ("\n\nno entity\nonce [Ann](PER) ran\n", True),
        ("\ufeff[Ann](PER)", True),
        ("Ann B-PER\n", False),
        ("[Ann](PER) O\nran O\n", False),
        ("[a](b)\tNN\tB-PER\n", False),
        ("# made by [tool](https://example.org)\nAnn B-PER\n", False),
        ("", False),
        ("Ann ran\n", False),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_format_is_recognised(text, encoding, is_inline):
    assert looks_like_inline(text.encode(encoding)) is is_inline


WORDS = st.text(alphabet="aZ9.,'é東#(", min_size=1, max_size=6)


@given(
    st.lists(
        st.tuples(st.lists(WORDS, min_size=1, max_size=3), st.sampled_from(["", "PER", "a-b"])),
        min_size=1,
        max_size=6,
    )
)
def test_what_is_marked_up_is_read_back(tmp_path_factory, parts):
    words, spans, shown = [], [], []
    for part, label in parts:
        if label:
            spans.append(Span(len(words), len(words) + len(part), label))
        shown.append(f"[{' '.join(part)}]({label})" if label else " ".join(part))
        words += part
    path = tmp_path_factory.mktemp("inline") / "my.txt"
    path.write_text(" ".join(shown) + "\n", encoding="utf-8")
    (sentence,) = read_inline(path, PLAIN)
    assert sentence.tokens == words
    assert decode(sentence.tags) == spans
    assert sentence.tags == encode(spans, len(words))


@pytest.mark.parametrize("marked", ["[Ann](B-PER)", "[Ann](O)", "[ ](PER)"])
def test_mark_up_that_names_no_type_or_no_words_is_a_sentence(tmp_path, marked):
    path = tmp_path / "x.txt"
    path.write_text(f"{marked} left .\n")
    with pytest.raises(DataError) as caught:
        list(read_inline(path, PLAIN))
    assert str(caught.value) == (
        f"x.txt, line 1: '{marked}' doesn't mark words with an entity type, as [Nairobi](LOC) "
        "does. Correct it."
    )
