"""Tiny random token-classification models, one of each family of tokenizers, as folders.

Each is saved by the real classes of transformers, so that its files look like those on the Hub:
how words are cut, and which windows fit, depends on what is in them.
"""

import io
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
import sentencepiece
import torch
import transformers
from tokenizers import (
    AddedToken,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import AutoModelForTokenClassification, PreTrainedTokenizerBase

from ner_core.words import split_words

TAGS = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
LIMIT = 64
"""Sub-tokens that each model reads at most."""

CORPUS = """Ann lives in Oslo and works near the Paris city hall with Bob O'Brien of AT&T.
The U.S. army isn't in São Paulo; e-mail ann.o-neil@example.org or see https://example.org/a?b=c.
3.5% of 1,000 people (mostly in Zürich, Łódź and İstanbul) said: “No!” – #hashtag @user
Москва, Россия. Αθήνα. 東京タワー 北京市 한국 사람 हिन्दी में กรุงเทพ القاهرة ירושלים
naïve café Ann Oslo Bob Paris lives works near in the and city
""".splitlines()
_TEXTS = CORPUS + CORPUS[-1:] * 9
"""What tokenizers are trained on: some words are frequent enough to be whole sub-tokens."""


Maker = Callable[[Path], PreTrainedTokenizerBase]
"""Makes a tokenizer; the folder is the model's, for files that it has to be made from."""


class Family(NamedTuple):
    """How a tiny model of a family is made."""

    model_type: str
    tokenizer: Maker
    settings: dict[str, object]


_SMALL = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "max_position_embeddings": LIMIT,
}
_UNKNOWN = {"unk_token": "[UNK]"}
_BERT_SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
_ROBERTA_SPECIALS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


def _word_piece(kind: str, lower_case: bool) -> Maker:
    def make(_: Path) -> PreTrainedTokenizerBase:
        tokenizer = Tokenizer(models.WordPiece(**_UNKNOWN))
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lower_case)
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer = trainers.WordPieceTrainer(
            vocab_size=300, special_tokens=_BERT_SPECIALS, show_progress=False
        )
        tokenizer.train_from_iterator(_TEXTS, trainer)
        return getattr(transformers, kind)(
            vocab=tokenizer.get_vocab(), do_lower_case=lower_case, model_max_length=512
        )

    return make


def _byte_level_bpe(specials: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=specials,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_TEXTS, trainer)
    return tokenizer


def _vocabulary_and_merges(tokenizer: Tokenizer) -> dict[str, object]:
    model = json.loads(tokenizer.to_str())["model"]
    return {"vocab": model["vocab"], "merges": [tuple(merge) for merge in model["merges"]]}


def _byte_level(kind: str, specials: list[str]) -> Maker:
    def make(_: Path) -> PreTrainedTokenizerBase:
        trained = _vocabulary_and_merges(_byte_level_bpe(specials))
        return getattr(transformers, kind)(**trained, model_max_length=512)

    return make


def _modern_bert(_: Path) -> PreTrainedTokenizerBase:
    """As of answerdotai/ModernBERT-base: the generic class, NFC, no prefix space, no trimming."""
    tokenizer = _byte_level_bpe(_BERT_SPECIALS)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True)
    numbers = [(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=numbers
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=8192,
        model_input_names=["input_ids", "attention_mask"],
        clean_up_tokenization_spaces=True,
        **{f"{name.lower()}_token": f"[{name}]" for name in ("UNK", "PAD", "CLS", "SEP")},
        mask_token=AddedToken("[MASK]", lstrip=True),
    )


def _sentence_piece(kind: str, **specials: object) -> Maker:
    """As on the Hub where there is no tokenizer.json: SentencePiece's own file, converted."""

    def make(folder: Path) -> PreTrainedTokenizerBase:
        folder.mkdir(exist_ok=True)
        file = folder / getattr(transformers, kind).vocab_files_names["vocab_file"]
        file.write_bytes(sentence_piece_model(**specials))
        return getattr(transformers, kind).from_pretrained(folder)

    return make


def sentence_piece_model(**specials: object) -> bytes:
    """Train a tiny SentencePiece model with SentencePiece itself."""
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(_TEXTS),
        model_writer=written,
        vocab_size=300,
        hard_vocab_limit=False,
        minloglevel=2,
        **specials,
    )
    return written.getvalue()


def _unigram(kind: str, specials: list[str], unknown: str) -> Maker:
    def make(_: Path) -> PreTrainedTokenizerBase:
        tokenizer = Tokenizer(models.Unigram())
        tokenizer.normalizer = normalizers.NFKC()
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        trainer = trainers.UnigramTrainer(
            vocab_size=300, special_tokens=specials, unk_token=unknown, show_progress=False
        )
        tokenizer.train_from_iterator(_TEXTS, trainer)
        vocabulary = [tuple(piece) for piece in json.loads(tokenizer.to_str())["model"]["vocab"]]
        # The trainer keeps few whole words of so small a text.
        known = {piece for piece, _ in vocabulary}
        words = sorted({f"▁{word}" for word in CORPUS[-1].split()} - known)
        vocabulary += [(word, -4.0) for word in words]
        return getattr(transformers, kind)(vocab=vocabulary, model_max_length=512)

    return make


_DEBERTA_V2 = {
    **_SMALL,
    "type_vocab_size": 0,
    "relative_attention": True,
    "pos_att_type": ["p2c", "c2p"],
    "position_biased_input": False,
    "position_buckets": 16,
    "share_att_key": True,
    "norm_rel_ebd": "layer_norm",
    "max_relative_positions": -1,
}
_XLM_ROBERTA = {**_SMALL, "max_position_embeddings": LIMIT + 2, "type_vocab_size": 1}

FAMILIES = {
    "bert": Family("bert", _word_piece("BertTokenizerFast", True), _SMALL),
    "bert-cased": Family("bert", _word_piece("BertTokenizerFast", False), _SMALL),
    "distilbert": Family(
        "distilbert",
        _word_piece("DistilBertTokenizerFast", True),
        {
            "dim": 32,
            "n_layers": 2,
            "n_heads": 2,
            "hidden_dim": 48,
            "max_position_embeddings": LIMIT,
        },
    ),
    "electra": Family(
        "electra", _word_piece("ElectraTokenizerFast", True), {**_SMALL, "embedding_size": 32}
    ),
    "roberta": Family(
        "roberta",
        _byte_level("RobertaTokenizerFast", _ROBERTA_SPECIALS),
        {**_SMALL, "max_position_embeddings": LIMIT + 2, "type_vocab_size": 1},
    ),
    "deberta": Family(
        "deberta",
        _byte_level("DebertaTokenizerFast", ["[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]"]),
        {
            **_SMALL,
            "type_vocab_size": 0,
            "relative_attention": True,
            "pos_att_type": ["c2p", "p2c"],
            "position_biased_input": False,
            "max_relative_positions": -1,
        },
    ),
    "deberta-v2": Family(
        "deberta-v2",
        _unigram("DebertaV2TokenizerFast", ["[PAD]", "[CLS]", "[SEP]", "[UNK]"], "[UNK]"),
        _DEBERTA_V2,
    ),
    "deberta-v3-spm": Family(
        "deberta-v2",
        _sentence_piece(
            "DebertaV2TokenizerFast",
            **{"pad_id": 0, "bos_id": 1, "eos_id": 2, "unk_id": 3},
            **{"pad_piece": "[PAD]", "bos_piece": "[CLS]"},
            **{"eos_piece": "[SEP]", "unk_piece": "[UNK]"},
        ),
        _DEBERTA_V2,
    ),
    "xlm-roberta": Family(
        "xlm-roberta",
        _unigram("XLMRobertaTokenizerFast", ["<s>", "<pad>", "</s>", "<unk>"], "<unk>"),
        _XLM_ROBERTA,
    ),
    "xlm-roberta-spm": Family(
        "xlm-roberta",
        _sentence_piece("XLMRobertaTokenizerFast", unk_id=0, bos_id=1, eos_id=2, pad_id=-1),
        _XLM_ROBERTA,
    ),
    "camembert-spm": Family(
        "camembert",
        _sentence_piece("CamembertTokenizerFast", unk_id=0, bos_id=1, eos_id=2, pad_id=-1),
        _XLM_ROBERTA,
    ),
    "modernbert": Family(
        "modernbert",
        _modern_bert,
        {**_SMALL, "local_attention": 16, "reference_compile": False},
    ),
}


def save_family(name: str, folder: Path, **settings: object) -> Path:
    """Save the tiny model of a family into a folder; ``settings`` are put into its config."""
    family = FAMILIES[name]
    tokenizer = family.tokenizer(folder)
    numbers = {
        f"{role}_token_id": getattr(tokenizer, f"{role}_token_id")
        for role in ("pad", "cls", "sep", "bos", "eos")
    }
    config = transformers.AutoConfig.for_model(
        family.model_type,
        **{
            "vocab_size": len(tokenizer),
            "id2label": dict(enumerate(TAGS)),
            "label2id": {tag: number for number, tag in enumerate(TAGS)},
            **numbers,
            **family.settings,
            **settings,
        },
    )
    torch.manual_seed(7)
    model = AutoModelForTokenClassification.from_config(config)
    # Random weights as small as at the start of a training say the same of every word.
    for weights in model.parameters():
        if weights.dim() > 1:
            torch.nn.init.normal_(weights, std=0.4)
    model.save_pretrained(folder)
    if not any(folder.glob("*.model")):
        tokenizer.save_pretrained(folder)
    return folder


def check_sound(text, entities):
    """Assert that entities are sorted, disjoint, whole words of the text, and named."""
    words = split_words(text)
    starts, ends = {word.start for word in words}, {word.end for word in words}
    for before, after in pairwise(entities):
        assert before.end <= after.start
    for entity in entities:
        assert 0 <= entity.start < entity.end <= len(text)
        assert text[entity.start : entity.end] == entity.text
        assert entity.start in starts
        assert entity.end in ends
        assert 0 <= entity.score <= 1
        assert entity.label in ("LOC", "PER")


def check_same(found, expected):
    """Assert that entities are the same, with nearly the same scores."""
    assert [entity[:3] for entity in found] == [entity[:3] for entity in expected]
    assert [entity.score for entity in found] == pytest.approx(
        [entity.score for entity in expected], abs=1e-4
    )
