"""Models of strangers: every way to write labels, every length of windows, and what is refused."""

import json
import re
import shutil
from types import SimpleNamespace

import pytest
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import AutoConfig, AutoModelForTokenClassification

from ner_core.errors import ModelError
from ner_core.inference.predictor import Predictor
from ner_core.models.loading import load_tokenizer
from ner_core.models.sources import find_model
from ner_core.models.tokenizer import read_as_after_blanks
from ner_core.models.windows import max_window_length
from ner_core.tags import Span, encode
from tests.support.families import TAGS, check_same, check_sound, save_family

# One sub-token each, so that a table can say what the model makes of a word.
WORDS = list("abcdefgh")
SPANS = [(0, 2, "LOC"), (2, 3, "LOC"), (3, 6, "PER"), (7, 8, "PER")]


def predictor_of(tags, folder):
    """Make a predictor with a BERT that gives ``WORDS`` these tags, certain of them to 0.9."""
    names = sorted({*tags, "O", "B-LOC"})
    save_family("bert", folder, id2label=dict(enumerate(names)), label2id=None)
    predictor = Predictor.load(str(folder))
    tokenizer = predictor.tagger.tokenizer
    table = torch.full((len(tokenizer), len(names)), 0.1 / (len(names) - 1)).log()
    for word, tag in zip(WORDS, tags, strict=True):
        table[tokenizer.convert_tokens_to_ids(word), names.index(tag)] = torch.tensor(0.9).log()
    predictor.tagger.network = lambda input_ids, attention_mask: table[input_ids]
    return predictor


def spans_found(tags, folder):
    text = " ".join(WORDS)
    entities = predictor_of(tags, folder).predict(text)
    check_sound(text, entities)
    assert [entity.score for entity in entities] == pytest.approx([0.9] * len(entities))
    return [(entity.start // 2, entity.end // 2 + 1, entity.label) for entity in entities]


@pytest.mark.parametrize("scheme", ["IOB1", "IOB2", "BIOES", "BILOU"])
def test_labels_of_each_scheme_give_the_spans_they_stand_for(scheme, tmp_path):
    tags = encode([Span(*span) for span in SPANS], len(WORDS), scheme)
    assert spans_found(tags, tmp_path) == SPANS


@pytest.mark.parametrize("prefix", ["", "I-"], ids=["bare", "IO"])
def test_labels_without_borders_join_neighbours_of_one_type(prefix, tmp_path):
    tags = [tag if tag == "O" else prefix + tag for tag in (*["LOC"] * 3, *["PER"] * 3, "O", "PER")]
    assert spans_found(tags, tmp_path) == [(0, 3, "LOC"), (3, 6, "PER"), (7, 8, "PER")]


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("O E-LOC O I-PER E-PER O B-PER O", [(1, 2, "LOC"), (3, 5, "PER"), (6, 7, "PER")]),
        (
            "S-LOC I-LOC O O B-PER B-PER O O",
            [(0, 1, "LOC"), (1, 2, "LOC"), (4, 5, "PER"), (5, 6, "PER")],
        ),
        (
            "B-LOC I-PER O O U-LOC L-LOC O O",
            [(0, 1, "LOC"), (1, 2, "PER"), (4, 5, "LOC"), (5, 6, "LOC")],
        ),
        ("O O O O O O O O", []),
    ],
)
def test_labels_that_contradict_each_other_still_give_spans(tags, spans, tmp_path):
    assert spans_found(tags.split(), tmp_path) == spans


def test_names_that_are_given_are_those_of_the_entities(folders):
    names = ["O", "B-ORG", "I-ORG", "B-DATE", "I-DATE"]
    named = Predictor.load(str(folders("roberta")), names)
    own = Predictor.load(str(folders("roberta")))
    text = "Ann lives in Oslo and Bob works near the Paris city . " * 3
    assert named.entity_types == ["DATE", "ORG"]
    renamed = dict(zip(["LOC", "PER"], ["ORG", "DATE"], strict=True))
    expected = [entity._replace(label=renamed[entity.label]) for entity in own.predict(text)]
    assert expected
    assert named.predict(text) == expected


# Types that number positions from their padding id on, and some that do not. All are made as small
# as can be; positions beyond the last one raise.
SMALL = {
    **{"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8},
    **{"vocab_size": 20, "max_position_embeddings": 12, "pad_token_id": 1, "entity_vocab_size": 5},
    **{"dim": 8, "n_layers": 1, "n_heads": 2, "hidden_dim": 8, "embedding_size": 8},
    **{"attention_window": 4, "languages": ["en_XX"], "default_language": "en_XX"},
}


@pytest.mark.parametrize(
    ("model_type", "limit"),
    [
        *((kind, 10) for kind in ("camembert", "data2vec-text", "esm", "ibert", "longformer")),
        *((kind, 10) for kind in ("luke", "mpnet", "roberta", "roberta-prelayernorm")),
        *((kind, 10) for kind in ("xlm-roberta", "xlm-roberta-xl", "xmod")),
        *((kind, 12) for kind in ("albert", "bert", "big_bird", "convbert", "deberta-v2")),
        *((kind, 12) for kind in ("distilbert", "electra", "ernie", "nystromformer", "rembert")),
        *((kind, 12) for kind in ("roformer", "squeezebert")),
    ],
)
def test_the_limit_of_a_window_is_the_longest_that_runs(model_type, limit):
    default = AutoConfig.for_model(model_type)
    kept = {name: value for name, value in SMALL.items() if hasattr(default, name)}
    config = AutoConfig.for_model(model_type, **kept)
    model = AutoModelForTokenClassification.from_config(config).eval()
    assert max_window_length(config, SimpleNamespace(model_max_length=512)) == limit
    with torch.inference_mode():
        assert model(torch.full((1, limit), 3)).logits.shape == (1, limit, 2)
        with pytest.raises((RuntimeError, IndexError)):
            model(torch.full((1, limit + 1), 3))


def changed_tokenizer(folder, target, change):
    """Copy a model folder with its tokenizer.json changed."""
    shutil.copytree(folder, target)
    path = target / "tokenizer.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    return target


def test_what_a_tokenizer_was_saved_with_does_not_cut_texts(folders, tmp_path):
    def change(content):
        content["truncation"] = {
            **{"direction": "Left", "max_length": 8, "strategy": "LongestFirst", "stride": 0}
        }
        content["padding"] = {
            **{"strategy": {"Fixed": 20}, "direction": "Left", "pad_to_multiple_of": None},
            **{"pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"},
        }

    text = "Ann lives in Oslo and Bob works near the Paris city . " * 20
    folder = changed_tokenizer(folders("bert"), tmp_path / "bert", change)
    expected = Predictor.load(str(folders("bert"))).predict(text)
    assert expected[-1].end > len(text) - 60
    check_same(Predictor.load(str(folder)).predict(text), expected)


def test_a_byte_level_tokenizer_in_several_parts_reads_words_as_after_a_blank(folders, tmp_path):
    def change(content):
        split = {
            **{"type": "Split", "pattern": {"Regex": r" ?\p{L}+| ?[^\s\p{L}]+|\s+"}},
            **{"behavior": "Isolated", "invert": False},
        }
        level = {**content["pre_tokenizer"], "use_regex": False}
        content["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [split, level]}

    folder = changed_tokenizer(folders("modernbert"), tmp_path / "modernbert", change)
    tokenizer = load_tokenizer(find_model(str(folder)))
    encoded = tokenizer([["Ann", "Oslo", "in.a"]], is_split_into_words=True)
    assert encoded.tokens(0) == ["[CLS]", "ĠAnn", "ĠOslo", "Ġin", ".", "a", "[SEP]"]


def test_a_tokenizer_that_writes_blanks_by_its_normalizer_reads_words_as_after_one():
    tokenizer = Tokenizer(models.BPE(vocab={"▁": 0, "a": 1, "b": 2, "▁a": 3}, merges=[("▁", "a")]))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    assert tokenizer.encode(["a", "ba"], is_pretokenized=True).tokens == ["a", "b", "a"]
    for _ in range(2):  # once is enough, and twice is not too much
        read_as_after_blanks(tokenizer)
        encoded = tokenizer.encode(["a", "ba"], is_pretokenized=True)
        assert encoded.tokens == ["▁a", "▁", "b", "a"]
        assert encoded.word_ids == [0, 1, 1, 1]


def test_a_tokenizer_without_a_pad_token_is_padded_all_the_same(folders, tmp_path):
    folder = tmp_path / "bert"
    shutil.copytree(folders("bert"), folder)
    path = folder / "tokenizer_config.json"
    settings = json.loads(path.read_text())
    settings["pad_token"] = None
    path.write_text(json.dumps(settings))
    predictor, own = Predictor.load(str(folder)), Predictor.load(str(folders("bert")))
    texts = ["Ann", "Bob lives in Oslo and works near the Paris city"]
    for found, expected in zip(predictor.predict_all(texts), own.predict_all(texts), strict=True):
        check_same(found, expected)


def refusal(folder):
    with pytest.raises(ModelError) as caught:
        Predictor.load(str(folder))
    return str(caught.value)


def test_a_tokenizer_that_knows_more_than_its_model_is_refused(tmp_path):
    folder = save_family("bert", tmp_path, vocab_size=50)
    known = len(load_tokenizer(find_model(str(folder))))
    assert refusal(folder) == (
        f"{folder} has embeddings for only 50 of the {known} sub-tokens of its tokenizer. Save the "
        "tokenizer that it was trained with beside it."
    )


def test_a_window_without_room_for_a_word_is_refused(folders, tmp_path):
    folder = tmp_path / "bert"
    shutil.copytree(folders("bert"), folder)
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "model_max_length": 2}))
    assert refusal(folder) == (
        f"{folder} reads only 2 sub-tokens at a time, but needs at least 3. Correct "
        "model_max_length in its tokenizer_config.json."
    )


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("tokenizer_config.json", {"model_max_length": "abc"}),
        ("tokenizer_config.json", {"model_max_length": [1]}),
        ("tokenizer_config.json", {"cls_token": None}),
        ("config.json", {"pad_token_id": None}),
        ("config.json", {"max_position_embeddings": "x"}),
        ("config.json", {"id2label": [1]}),
        ("config.json", {"id2label": {"a": "O"}}),
        ("config.json", {"id2label": {}}),
    ],
)
def test_settings_that_make_no_sense_are_a_sentence(folders, tmp_path, name, settings):
    folder = tmp_path / "roberta"
    shutil.copytree(folders("roberta"), folder)
    path = folder / name
    path.write_text(json.dumps({**json.loads(path.read_text()), **settings}))
    assert re.match(
        rf"{re.escape(str(folder))} (can't be|has no|has 5 labels, and 0 names)", refusal(folder)
    )


def test_a_model_that_wants_more_than_text_is_refused(folders, tmp_path):
    folder = tmp_path / "bros"
    shutil.copytree(folders("bert"), folder)
    names = {"id2label": dict(enumerate(TAGS)), "vocab_size": 400}
    config = AutoConfig.for_model("bros", **{**SMALL, **names})
    AutoModelForTokenClassification.from_config(config).save_pretrained(folder)
    assert refusal(folder) == (
        f"{folder} can't be run on text alone (You have to specify bbox). Choose another model."
    )
