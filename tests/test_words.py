import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ner_core.words import Word, split_words


def split(text):
    return [text[word.start : word.end] for word in split_words(text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" \t\n ", []),
        ("Ann", ["Ann"]),
        ("Ann lives in Oslo.", ["Ann", "lives", "in", "Oslo", "."]),
        ("Hello, world!", ["Hello", ",", "world", "!"]),
        ("(see Kenya)", ["(", "see", "Kenya", ")"]),
        ("[Kenya]", ["[", "Kenya", "]"]),
        # abbreviations and their period
        ("the U.S. army", ["the", "U.S.", "army"]),
        ("J. R. Smith", ["J.", "R.", "Smith"]),
        ("J.R.R. Tolkien", ["J.R.R.", "Tolkien"]),
        ("Dr. Who, Inc.", ["Dr.", "Who", ",", "Inc."]),
        ("Mrs. Ross", ["Mrs.", "Ross"]),
        ("e.g. this", ["e.g.", "this"]),
        ("a cat.", ["a", "cat", "."]),
        ("Say no.", ["Say", "no", "."]),
        ("(in the U.S.)", ["(", "in", "the", "U.S.", ")"]),
        ("i.", ["i", "."]),
        # inside a chunk nothing is split
        ("O'Brien", ["O'Brien"]),
        ("AT&T", ["AT&T"]),
        ("e-mail", ["e-mail"]),
        ("3.5", ["3.5"]),
        ("1,000.50", ["1,000.50"]),
        ("3-1", ["3-1"]),
        ("and/or", ["and/or"]),
        ("3.5%", ["3.5", "%"]),
        ("$5m", ["$5m"]),
        # clitics
        ("don't", ["do", "n't"]),
        ("Don’t", ["Do", "n’t"]),
        ("CAN'T", ["CA", "N'T"]),
        (
            "I'm she's we'll they've you'd",
            ["I", "'m", "she", "'s", "we", "'ll", "they", "'ve", "you", "'d"],
        ),
        ("Reuters's", ["Reuters", "'s"]),
        ("Ann’s", ["Ann", "’s"]),
        ("the boys' toys", ["the", "boys", "'", "toys"]),
        ("Ann 's", ["Ann", "'s"]),
        ("Ann's.", ["Ann", "'s", "."]),
        # quotes
        ('"Hi," she said.', ['"', "Hi", ",", '"', "she", "said", "."]),
        ("“Quoted”", ["“", "Quoted", "”"]),
        ("''Hi''", ["''", "Hi", "''"]),
        ("``Hi''", ["``", "Hi", "''"]),
        ("'Hi'", ["'", "Hi", "'"]),
        ("«Hallo»", ["«", "Hallo", "»"]),
        ("„Hallo“", ["„", "Hallo", "“"]),
        # runs of a mark
        ("...", ["..."]),
        ("Wait...", ["Wait", "..."]),
        ("Wait…", ["Wait", "…"]),
        ("...and", ["...and"]),
        ("What?!", ["What", "?", "!"]),
        ("No!!!", ["No", "!!!"]),
        ("--", ["--"]),
        ("yes—no", ["yes", "—", "no"]),
        ("***bold***", ["***", "bold", "***"]),
        ("Paris--Oslo", ["Paris", "--", "Oslo"]),
        ("2019–2020", ["2019–2020"]),
        # marks that are no emoticons
        ("(Malcolm X) spoke", ["(", "Malcolm", "X", ")", "spoke"]),
        ("8) Item", ["8", ")", "Item"]),
        ("XP-based", ["XP-based"]),
        # clitics and abbreviations together
        ("U.S.'s", ["U.S.", "'s"]),
        ("'s-Hertogenbosch", ["'s-Hertogenbosch"]),
        # the web
        ("#hashtag", ["#hashtag"]),
        ("#cop28!", ["#cop28", "!"]),
        ("@user", ["@user"]),
        ("@nina_k:", ["@nina_k", ":"]),
        ("(@user)", ["(", "@user", ")"]),
        ("https://example.org/a?b=c#d", ["https://example.org/a?b=c#d"]),
        ("see https://example.org/a.", ["see", "https://example.org/a", "."]),
        ("(www.example.org)", ["(", "www.example.org", ")"]),
        ("ann.o-neil@example.co.uk, bob", ["ann.o-neil@example.co.uk", ",", "bob"]),
        ("<ann@example.org>", ["<", "ann@example.org", ">"]),
        # emoticons
        ("fine :)", ["fine", ":)"]),
        ("fine :-( ok", ["fine", ":-(", "ok"]),
        ("=D", ["=D"]),
        (":Paris", [":", "Paris"]),
        ("x3d", ["x3d"]),
        ("I <3 Oslo", ["I", "<3", "Oslo"]),
        ("nice 🎉🎉", ["nice", "🎉🎉"]),
        # scripts without blanks
        ("東京タワー", ["東", "京", "タ", "ワ", "ー"]),
        ("IBM東京。", ["IBM", "東", "京", "。"]),
        ("한국 사람", ["한국", "사람"]),
        # other scripts
        ("Москва, Россия.", ["Москва", ",", "Россия", "."]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("São Paulo", ["São", "Paulo"]),
        ("Sa\u0303o", ["Sa\u0303o"]),
        ("a\u00a0b\u2003c\u3000d", ["a", "b", "c", "d"]),
    ],
)
def test_text_is_split_as_annotated_corpora_are(text, words):
    assert split(text) == words


def test_offsets_are_into_the_text_itself():
    assert split_words(" 🎉 Ann's") == [Word(1, 2), Word(3, 6), Word(6, 8)]


TEXTS = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="aB1.,'’\"()[]:;-_@#&%/=<>3 nts東\u200b\u00a0\n", max_size=40),
)


@given(TEXTS)
@example("'s")
@example("n't")
@example("'s's's.")
@example(".'.'")
@example("\x1c\x85\u2028")
def test_each_character_that_is_no_blank_is_in_exactly_one_word(text):
    words = split_words(text)
    covered = [place for word in words for place in range(word.start, word.end)]
    assert covered == [place for place, letter in enumerate(text) if not letter.isspace()]
    assert all(word.start < word.end for word in words)


@given(TEXTS, TEXTS)
def test_texts_joined_by_a_blank_are_split_as_each_alone(left, right):
    assert split(f"{left} {right}") == split(left) + split(right)


@pytest.mark.parametrize(
    "unit", ["x", "(", "'", "a.", ".", "-", ":)", ".)", ".'", "'.", "+.", "'s", "a@", "a--"]
)
def test_a_megabyte_is_split_in_seconds(unit):
    text = unit * (1_000_000 // len(unit))
    start = time.process_time()
    words = split_words(text)
    assert time.process_time() - start < 5
    assert words[0].start == 0
    assert words[-1].end in (len(text), len(text) - 1)
