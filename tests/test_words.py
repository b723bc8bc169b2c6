import random
import time
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ner_core.data.corpus import load_data
from ner_core.data.readers.conll import read_conll
from ner_core.data.readers.sentence import ReadOptions
from ner_core.word_joining import join_words
from ner_core.words import Word, paragraphs, readable, split_words


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
        # words that only a mark parts
        ("Paris,London and Rome", ["Paris", ",", "London", "and", "Rome"]),
        ("Angela Merkel(CDU) met", ["Angela", "Merkel", "(", "CDU", ")", "met"]),
        ("Ann Smith;Bob Jones", ["Ann", "Smith", ";", "Bob", "Jones"]),
        ("[Berlin]Angela", ["[", "Berlin", "]", "Angela"]),
        ('he said"Oslo"twice', ["he", "said", '"', "Oslo", '"', "twice"]),
        ("Berlin.Then Oslo...And…so", ["Berlin", ".", "Then", "Oslo", "...", "And", "…", "so"]),
        ("Contact:Angela!Now?Yes", ["Contact", ":", "Angela", "!", "Now", "?", "Yes"]),
        ("Ann's,Bob's;", ["Ann", "'s", ",", "Bob", "'s", ";"]),
        ("U.S.,Inc.;St.Petersburg", ["U.S.", ",", "Inc.", ";", "St.Petersburg"]),
        ("<b>Oslo</b>", ["<", "b", ">", "Oslo", "<", "/", "b", ">"]),
        ("see:https://a.org/x,y;z", ["see", ":", "https://a.org/x,y;z"]),
        ("Mail:ann@a.org,bob@b.org", ["Mail:ann@a.org", ",", "bob@b.org"]),
        ("IBM、Sony，Ltd。", ["IBM", "、", "Sony", "，", "Ltd", "。"]),
        ("سلام،دنیا", ["سلام", "،", "دنیا"]),
        # and what a mark is a part of
        ("1,000,000 3,5 1:3", ["1,000,000", "3,5", "1:3"]),
        ("EU:n USA:ssa 10:30", ["EU:n", "USA:ssa", "10:30"]),
        ("AT&amp;T", ["AT&amp;T"]),
        ("Ph.D U.S.A J.Smith example.Org", ["Ph.D", "U.S.A", "J.Smith", "example", ".", "Org"]),
        ("node.js v1.2b ann.o@x", ["node.js", "v1.2b", "ann.o@x"]),
        # inside other words nothing is split
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
        ("...and", ["...", "and"]),
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
        ("#हिन्दी है।", ["#हिन्दी", "है", "।"]),
        ("سلام، (دنیا)؟", ["سلام", "،", "(", "دنیا", ")", "؟"]),
        ("Cafe\u0301's", ["Cafe\u0301", "'s"]),
        ("U\u0308.S. Z\u0301.", ["U\u0308.S.", "Z\u0301."]),
        ("(\u0301a)", ["(\u0301", "a", ")"]),
        ("*\ufe0f\u20e3 #\ufe0f\u20e3", ["*\ufe0f\u20e3", "#\ufe0f\u20e3"]),
        # one cluster a word, as WikiAnn has Thai
        ("กรุงเทพ ๒๕๖๐", ["ก", "รุ", "ง", "เ", "ท", "พ", "๒๕๖๐"]),
        ("น้ำ", ["น้ำ"]),
        ("ຄຳລາວ", ["ຄຳ", "ລ", "າ", "ວ"]),
        ("ភ្នំពេញ។", ["ភ្នំ", "ពេ", "ញ", "។"]),
        ("မြန်မာ၊ ၁၂", ["မြ", "န်", "မာ", "၊", "၁၂"]),
        ("佐々木〇〆", ["佐", "々", "木", "〇", "〆"]),
        ("葛\U000e0100城か\u3099", ["葛\U000e0100", "城", "か\u3099"]),
        ("ｶﾞｷ、", ["ｶﾞ", "ｷ", "、"]),
        ("\U00030000\U00020000", ["\U00030000", "\U00020000"]),
        # an address stays whole, whatever stands in it or after it
        ("https://a.org/x--y_(z).", ["https://a.org/x--y_(z", ")", "."]),
        ("(https://a.org/x--y)", ["(", "https://a.org/x--y", ")"]),
        ("https://a.org。", ["https://a.org", "。"]),
        ("https://a.org/東", ["https://a.org/", "東"]),
        ("Awww.--no", ["Awww", ".", "--", "no"]),
        # what is not seen
        ("Ann\u200bBob\ufeffEve", ["Ann", "Bob", "Eve"]),
        ("\u200eOslo\u200f, \u2066(x)\u2069", ["Oslo", ",", "(", "x", ")"]),
        ("‏(שלום)‏ \u061c.", ["(", "שלום", ")", "."]),
        ("Ann\u200e's \u202aU.S.\u202c", ["Ann", "'s", "U.S."]),
        ("AT\u2060&\u200eT", ["AT\u2060&\u200eT"]),
        ("\u2060 \u200b \u202e", []),
        ("می\u200cروم #می\u200cروم Os\u00adlo", ["می\u200cروم", "#می\u200cروم", "Os\u00adlo"]),
        ("👩\u200d👧 👍🏽! 🇳🇴", ["👩\u200d👧", "👍🏽", "!", "🇳🇴"]),
        ("İstanbul'da", ["İstanbul", "'da"]),
        ("a\r\nb\u2028c\x85d", ["a", "b", "c", "d"]),
        ("a\ud800b \udfff", ["a\ud800b", "\udfff"]),
    ],
)
def test_text_is_split_as_annotated_corpora_are(text, words):
    assert split(text) == words


def test_offsets_are_into_the_text_itself():
    assert split_words(" 🎉 Ann's") == [Word(1, 2), Word(3, 6), Word(6, 8)]


LANGUAGES = {
    "English": "Ann|'s| friend| O'Brien| did|n't| play| rock'n'roll| in| St.| Paul|,| Minn|.",
    "French": "L'|Académie| d'|Espagne| salue| qu'|Anne| Martin| vive| à| l’|Haÿ| aujourd'hui|.",
    "French names": "d'Artagnan| et| Valéry| Giscard| d'Estaing| :| c'|est| jusqu'|à| Lyon| !",
    "Italian": "Dall'|Italia| all'|Aquila|,| un'|ora| dell'|Università| (|L'|Espresso|)|.",
    "Catalan": "L'|Ajuntament| d'|Olot| i| s'|Agaró|,| l’|Anna| n'|és| la| directora|.",
    "Turkish": "Oslo|'da| Ankara|’nın| 1990|'da| Ahmet|'e| Türkiye|'deki| Hawai'i| evi|.",
    "Greek": "Η| Άννα| έφυγε| απ'|την| Αθήνα| κι| ο| Νίκος| σ'|αυτήν|.",
    "German": "Die| Donaudampfschifffahrtsgesellschaft| in| Nord-| und| Südkorea|,| z.B.| Bonn|.",
    "Dutch": "'s-Hertogenbosch| en| 't| Harde| in| 's-Gravenhage|,| zegt| Anne-Marie|.",
    "Spanish": "¿|Vive| Ana| en| San| Sebastián|?| ¡|Sí|!| «|Ya|»|,| dijo|.",
    "Portuguese": "A| Ana| foi-se| de| São| Paulo|.",
    "Polish": "Łódź|,| Kraków| i| „|Solidarność|”|.",
    "Russian": "«|Газпром|»| и| Санкт-Петербург| —| в| России|.",
    "Ukrainian": "Лук'яненко| з| Кам'янця-Подільського|.",
    "Hebrew": 'ארה"ב| וצה"ל|,| ג\'ורג\'| אמר| "|שלום|"|.',
    "Arabic": "سافرت| آن| إلى| الدار| البيضاء|،| والقاهرة|؟",
    "Persian": "آن| می‌رود| تهران|.",
    "Hindi": "ऐन| दिल्ली| में| है|।",
    "Chinese": "安|娜|住|在|北|京|。",
    "Japanese": "ア|ン|ナ|は|東|京|に|い|る|。",
    "Korean": "안나는| 서울에| 산다|.",
    "Thai": "แ|อ|น|อ|ยู่|ที่|ก|รุ|ง|เ|ท|พ",
    "Vietnamese": "Ann| sống| ở| Hà| Nội|.",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_those_of_the_corpora_of_the_language(language):
    words = LANGUAGES[language].split("|")
    assert split("".join(words)) == [word.strip() for word in words]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Paris/London", ["Paris", "/", "London"]),
        ("USA/Paris/UN-Oslo", ["USA", "/", "Paris", "/", "UN-Oslo"]),
        ("Oslo–Paris", ["Oslo", "–", "Paris"]),
        ("Oslo+Paris", ["Oslo", "+", "Paris"]),
        ("name=Ann Kay&city=Oslo", ["name", "=", "Ann", "Kay", "&", "city", "=", "Oslo"]),
        ("Ann@Siemens", ["Ann", "@", "Siemens"]),
        ("Paris->", ["Paris", "->"]),
        ("Paris->Oslo=>Rome<-Bonn", ["Paris", "->", "Oslo", "=>", "Rome", "<-", "Bonn"]),
        ("Ann Kay\tOslo|Siemens", ["Ann", "Kay", "Oslo", "|", "Siemens"]),
        ("AC/DC TCP/IP and/or km/h 24/7", ["AC/DC", "TCP/IP", "and/or", "km/h", "24/7"]),
        ("Q&A 1990–1995 a+b me@home", ["Q&A", "1990–1995", "a+b", "me@home"]),
        # mark-up that is glued to an address
        (
            '<a href="https://x.example">Paris</a>',
            [
                "<",
                "a",
                "href",
                "=",
                '"',
                "https://x.example",
                '"',
                ">",
                "Paris",
                "<",
                "/",
                "a",
                ">",
            ],
        ),
        ("<https://x.example>Rome", ["<", "https://x.example", ">", "Rome"]),
        # titles without a blank
        ("Mr.Tim Dr.Ann Lt.Col", ["Mr.", "Tim", "Dr.", "Ann", "Lt.", "Col"]),
        ("J.-P. Ray", ["J.-P.", "Ray"]),
        # pictures and signs at the edge of a name
        ("Ann Kay🎉", ["Ann", "Kay", "🎉"]),
        ("🎉🎉Ann👍🏽Bob", ["🎉🎉", "Ann", "👍🏽", "Bob"]),
        ("Oslo🇳🇴Rome🇮🇹🇫🇷", ["Oslo", "🇳🇴", "Rome", "🇮🇹", "🇫🇷"]),
        ("Oslo☀\ufe0f.", ["Oslo", "☀\ufe0f", "."]),
        ("Siemens® Ann† Bonn¹² 5km²", ["Siemens", "®", "Ann", "†", "Bonn", "¹²", "5km²"]),
        # what is not seen, at the end of a word
        ("Oslo\u00ad Oslo\u200d Oslo\ufe0f Oslo\x00.", ["Oslo"] * 4 + ["."]),
        # names that are no elisions
        ("D'Angelo N'Golo M'Bala C'mon", ["D'Angelo", "N'Golo", "M'Bala", "C'mon"]),
        ("C'est J'ai S'il", ["C'", "est", "J'", "ai", "S'", "il"]),
        ("AT&amp;T &lt; &amp;", ["AT&amp;T", "&lt;", "&amp;"]),
    ],
)
def test_no_entity_is_glued_to_what_it_is_written_next_to(text, words):
    assert split(text) == words


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], ""),
        (
            ["Ann", "'s", "flight", "(", "to", "Oslo", ")", "left", "."],
            "Ann's flight (to Oslo) left.",
        ),
        (["l'", "Italie", ",", "qu'", "Anne", "aime"], "l'Italie, qu'Anne aime"),
        (['"', "Hi", ",", '"', "she", "said"], '"Hi," she said'),
        (["“", "Hi", "”", "!", "!"], "“Hi”! !"),
        (["Thomas", "D", ".", "Then", "Inc.", "."], "Thomas D . Then Inc. ."),
        (["do", "n't", "0", "%"], "don't 0%"),
    ],
)
def test_words_are_joined_as_people_write(words, text):
    joined, places = join_words(words)
    assert joined == text
    assert [joined[place.start : place.end] for place in places] == words


def lost_when_joined(sentences):
    """Return the share of words that are no words any more once a sentence is written and split.

    Words that the rules split also when they stand alone, as the "I'm" of some corpora, are left
    out: no way to join them could keep them.
    """
    kept = lost = 0
    for words in sentences:
        text, places = join_words(words)
        found = set(split_words(text))
        alone = [place for word, place in zip(words, places, strict=True) if split(word) == [word]]
        kept += len(found.intersection(alone))
        lost += len(set(alone) - found)
    return lost / (kept + lost)


def test_the_sample_is_split_again_as_it_was_joined():
    sentences = [row for split in load_data("sample").dataset.values() for row in split["tokens"]]
    assert lost_when_joined(sentences) < 0.001


@pytest.mark.parametrize("corpus", ["wikigold/wikigold.conll.txt", "wnut17/train.conll"])
def test_corpora_are_split_again_as_they_were_joined(shared_data, corpus):
    options = ReadOptions(token_column=None)
    rows = read_conll(shared_data / corpus, options)
    assert lost_when_joined([row.tokens for row in rows]) < 0.001


def test_no_sentence_goes_on_beyond_the_border_of_a_cell():
    text = "Ann Kay\tOslo|Rome | Bonn\nParis\n\tis\nhere"
    found = [[text[w.start : w.end] for w in part] for part in paragraphs(text, split_words(text))]
    assert found == [["Ann", "Kay"], ["Oslo"], ["Rome"], ["Bonn"], ["Paris", "is", "here"]]


SEPARATORS = "\u200b\ufeff" + "".join(
    letter for letter in map(chr, range(160)) if unicodedata.category(letter) == "Cc"
)
INVISIBLE = (
    "\u2060\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c"
    "\u00ad\u200c\u200d\ufe0e\ufe0f"
)
TEXTS = st.one_of(
    st.text(max_size=60),
    st.text(st.characters(categories=["Mn", "Mc", "Cf", "Lo", "Po", "Cs"]), max_size=40),
    st.text(
        alphabet="aB1.,'’\"()[]:;-_@#&%/=<>3 nts東กั\u0301\u200b\u200e\u200d\u00a0\n", max_size=40
    ),
)


@given(TEXTS)
@example("'s")
@example("n't")
@example("'s's's.")
@example(".'.'")
@example("\x1c\x85\u2028")
@example("\u200e\u200b\u0301")
@example("https://\u200e")
def test_each_character_that_is_seen_is_in_exactly_one_word(text):
    words = split_words(text)
    assert all(word.start < word.end for word in words)
    assert all(before.end <= after.start for before, after in pairwise(words))
    covered = {place for word in words for place in range(word.start, word.end)}
    for place, letter in enumerate(text):
        if letter.isspace() or letter in SEPARATORS:
            assert place not in covered
        elif letter not in INVISIBLE:
            assert place in covered
    for word in words:
        assert text[word.start] not in INVISIBLE
        assert text[word.end - 1] not in INVISIBLE


@given(TEXTS, st.sampled_from([" ", "\n", *SEPARATORS]), TEXTS)
def test_texts_joined_by_a_blank_are_split_as_each_alone(left, blank, right):
    assert split(f"{left}{blank}{right}") == split(left) + split(right)


@given(st.text(st.characters(categories=["Lo", "Mn", "Mc"]), min_size=1, max_size=20))
def test_no_word_begins_with_a_mark_but_where_the_text_does(text):
    for word in split_words(text)[1:]:
        assert not unicodedata.category(text[word.start]).startswith("M")


@given(TEXTS)
def test_words_can_be_read_by_a_tokenizer(text):
    places = split_words(text)
    words = readable(text, places)
    assert [len(word) for word in words] == [place.end - place.start for place in places]
    assert "".join(words).encode().decode() == "".join(words)  # half of a surrogate pair raises


UNITS = [
    *("x", "(", "'", "a.", ".", "-", ":)", ".)", ".'", "'.", "+.", "'s", "a@", "a--", "_+", "東"),
    *(
        "ก\u0e31",
        "\u0301",
        "\u200e(",
        "\u200ea",
        "(\u0301",
        "https://)",
        "www.",
        "👩\u200d",
        "\ud800",
    ),
]


def growth(work, small, large):
    """Return how many times as long some work takes with a large input as with a small one.

    Processor time, the shortest of three tries: the ratio does not depend on the machine, nor on
    what else it does.
    """

    def seconds(given):
        start = time.process_time()
        work(given)
        return time.process_time() - start

    return min(seconds(large) for _ in range(3)) / min(seconds(small) for _ in range(3))


@pytest.mark.slow
@pytest.mark.parametrize("unit", UNITS)
def test_one_thing_many_times_is_split_in_time_that_grows_with_its_length(unit):
    text = unit * (24_000 // len(unit))
    words = split_words(text)
    assert words[0].start in (0, 1)
    assert words[-1].end in (len(text), len(text) - 1)
    # 8 times the text takes about 8 times as long; 64 times if the time grew with the square.
    assert growth(split_words, text[: len(text) // 8], text) < 24


@pytest.mark.slow
def test_a_long_text_of_all_sorts_is_split_in_time_that_grows_with_its_length():
    letters = "".join(random.Random(1).choices("".join(UNITS), k=100_000))
    assert len(split_words(letters)) > 10_000
    assert growth(split_words, letters[:12_500], letters) < 24


@pytest.mark.slow
def test_many_paragraphs_are_read_in_time_that_grows_with_their_number():
    def read(count):
        text = "Ann lives in Oslo .\n\n" * count
        return [readable(text, part) for part in paragraphs(text, split_words(text))]

    assert read(5_000) == [["Ann", "lives", "in", "Oslo", "."]] * 5_000
    assert growth(read, 500, 4_000) < 24  # 64 if each paragraph looked at the whole text
