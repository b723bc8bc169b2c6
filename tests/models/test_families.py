"""Each family of tokenizers, down to the character."""

import shutil

import pytest
import sentencepiece
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ner_core.checks.tokenization import measure
from ner_core.data.corpus import load_data
from ner_core.errors import ModelError
from ner_core.inference.predictor import Predictor
from ner_core.models.loading import load_for_training, load_tokenizer, load_trained
from ner_core.models.sources import find_model
from ner_core.models.windows import max_window_length
from ner_core.words import split_words
from tests.support.families import CORPUS, FAMILIES, LIMIT, TAGS, check_same, check_sound

PIECES = st.one_of(
    st.sampled_from(
        ["Ann", "OSLO", "Bob's", "(Paris)", "U.S.", "@user", "https://a.org/x", "3.5%"]
    ),
    st.sampled_from(
        [
            *(
                "İ",
                "ß",
                "ﬁ",
                "Å",
                "e\u0301",
                "\u0301",
                "東京",
                "กรุงเทพ",
                "हिन्दी",
                "한국",
                "شرق",
                "ΑΣ",
            ),
            *(
                "👩\u200d👧",
                "👍🏽",
                "🇳🇴",
                "\ufe0f",
                "\u200b",
                "\ufeff",
                "\u202e",
                "\u200f",
                "\u00ad",
            ),
            *("\r\n", "\ud83d", "\udfff", "\u0000", "\ufffd", "\u2028", "▁", "Ġ"),
            *("[SEP]", "[PAD]", "<s>", "</s>", "<pad>", "<mask>", "[MASK]", "##s"),
        ]
    ),
    st.text(st.characters(), max_size=6),
)
TEXTS = st.lists(st.tuples(PIECES, st.sampled_from(["", " ", "\n", "\u00a0"])), max_size=24).map(
    lambda parts: "".join(piece + blank for piece, blank in parts)
)


@pytest.fixture(scope="module", params=FAMILIES)
def family(request, folders):
    """Return a family's name and folder."""
    return request.param, folders(request.param)


@pytest.fixture(scope="module")
def predictor(family):
    # Rounded to bfloat16, two labels of a random model may be equally likely.
    return Predictor.load(str(family[1]), precision="fp32")


@pytest.mark.slow
def test_any_text_gives_sound_entities_and_sub_tokens(predictor):
    found = 0

    @settings(max_examples=40)
    @given(TEXTS)
    @example("İ" * 300)
    @example("\ud83d" * 70)
    @example("\r\n\u0000\u200b")
    @example("▁ Ġ ## a▁b")
    @example("Ann<s>(Paris)[SEP](Oslo)")
    @example("Ann<mask>\u200cOslo<mask>Oslo[MASK]\u200c")
    def check(text):
        nonlocal found
        entities = predictor.predict(text)
        check_sound(text, entities)
        found += len(entities)
        words = split_words(text)
        sub_tokens = predictor.sub_tokens(text)
        assert [one.index for one in sub_tokens] == list(range(1, len(sub_tokens) + 1))
        assert [one.start for one in sub_tokens] == sorted(one.start for one in sub_tokens)
        for one in sub_tokens:
            assert any(word.start <= one.start <= one.end <= word.end for word in words)
            assert one.tag in TAGS
            assert 0 <= one.score <= 1

    check()
    assert found > 30


# Longer than a window in every family: a word is at least one sub-token.
FILLER = " and the city works in Oslo near Bob Paris ." * (2 * LIMIT // 10)


def test_a_far_away_paragraph_changes_nothing(predictor):
    @settings(max_examples=10)
    @given(TEXTS, st.one_of(TEXTS, st.just("Ann lives in Oslo. " * 40)))
    def check(text, far):
        known = predictor.predict(text + FILLER)
        longer = predictor.predict(f"{text}{FILLER}\n{far}")
        within = len(text)
        check_same(
            [entity for entity in longer if entity.end <= within],
            [entity for entity in known if entity.end <= within],
        )

    check()


def test_texts_in_one_batch_do_not_disturb_each_other(predictor):
    texts = ["Ann", "Bob lives in Oslo " * 30, "", "東京 (Paris)", "İ e\u0301 " * 50, "Ann"]
    together = predictor.predict_all(texts, batch_size=3)
    for text, entities in zip(texts, together, strict=True):
        predictor.tagger.cache = None
        check_same(entities, predictor.predict(text))


def test_a_word_is_read_as_after_a_blank(family):
    tokenizer = load_tokenizer(find_model(str(family[1])))
    given_apart = tokenizer(
        [["Ann", "Oslo", "Bob"]], is_split_into_words=True, add_special_tokens=False
    )
    # The first word of a text has a blank before it in some families, and in others it has not.
    text = tokenizer(["Ann Ann Oslo Bob"], add_special_tokens=False)["input_ids"][0]
    found = given_apart["input_ids"][0]
    assert text[-len(found) :] == found


def test_places_are_those_of_the_letters(predictor):
    text = "Ann lives in Oslo"
    places = [(one.start, one.end) for one in predictor.sub_tokens(text)]
    covered = [place for start, end in places for place in range(start, end)]
    assert covered == [place for place, letter in enumerate(text) if letter != " "]


def test_a_window_as_long_as_the_limit_can_be_read(family):
    model, tokenizer = load_trained(str(family[1]))
    limit = max_window_length(model.config, tokenizer)
    assert limit == LIMIT
    with torch.inference_mode():
        assert model(torch.full((2, limit), 9)).logits.shape == (2, limit, len(TAGS))


def test_each_family_can_be_trained_further(family, tmp_path):
    names = ["O", "B-X", "I-X"]
    model, tokenizer = load_for_training(find_model(str(family[1])), names)
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    again, _ = load_trained(str(tmp_path))
    assert [again.config.id2label[number] for number in range(3)] == names
    words = ["Ann", "Oslo", ".", "東"]
    options = {"is_split_into_words": True}
    assert (
        load_tokenizer(find_model(str(tmp_path)))(words, **options)["input_ids"]
        == tokenizer(words, **options)["input_ids"]
        == load_tokenizer(find_model(str(family[1])))(words, **options)["input_ids"]
    )


SPECIALS = {"[CLS]", "[SEP]", "<s>", "</s>"}


@pytest.mark.parametrize("name", [name for name in FAMILIES if name.endswith("-spm")])
def test_a_converted_tokenizer_cuts_words_as_sentence_piece_itself_does(name, folders):
    folder = folders(name)
    assert not (folder / "tokenizer.json").exists()
    (file,) = folder.glob("*.model")
    own = sentencepiece.SentencePieceProcessor(model_file=str(file))
    tokenizer = load_tokenizer(find_model(str(folder)))
    for line in CORPUS[:4]:
        words = line.split()
        encoded = tokenizer(words, is_split_into_words=True)
        pieces = tokenizer.convert_ids_to_tokens(encoded["input_ids"])
        assert [piece for piece in pieces if piece not in SPECIALS] == own.encode(
            line, out_type=str
        )


@pytest.mark.slow
def test_a_corpus_is_measured_with_a_converted_tokenizer(folders):
    folder = folders("deberta-v3-spm")
    figures = measure(load_data("sample"), str(folder))
    tokenizer = load_tokenizer(find_model(str(folder)))
    first = figures.alignment
    words = [row["word"] for row in first if row["label"]]
    encoded = tokenizer(words, is_split_into_words=True)
    assert [row["sub_token"] for row in first] == encoded.tokens()


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"", b"no SentencePiece"])
def test_a_sentence_piece_file_that_cannot_be_read_is_named_as_the_cause(
    folders, tmp_path, content
):
    folder = shutil.copytree(folders("deberta-v3-spm"), tmp_path / "damaged")
    (folder / "spm.model").write_bytes(content)
    for call in (load_trained, lambda name: measure(load_data("sample"), name)):
        with pytest.raises(ModelError) as caught:
            call(str(folder))
        assert str(caught.value).startswith(
            f"{folder} has no fast tokenizer (tokenizer.json or a SentencePiece model)"
        )
