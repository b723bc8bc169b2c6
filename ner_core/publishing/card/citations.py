"""The works to cite for a model: those that went into it, and no others."""

import re

from ner_core.models.sources import MINILM_ID
from ner_core.publishing.card.facts import CardFacts
from ner_core.publishing.card.markup import fenced

_BERT = re.compile(r"(google-bert/)?bert-(base|large)-[\w-]+")

_ENTRIES = {
    "bert": """\
@inproceedings{devlin-etal-2019-bert,
  title = {{BERT}: Pre-training of Deep Bidirectional Transformers for Language Understanding},
  author = {Devlin, Jacob and Chang, Ming-Wei and Lee, Kenton and Toutanova, Kristina},
  booktitle = {Proceedings of NAACL-HLT 2019, Volume 1 (Long and Short Papers)},
  pages = {4171--4186},
  year = {2019},
  doi = {10.18653/v1/N19-1423}
}""",
    "minilm": """\
@inproceedings{wang-etal-2020-minilm,
  title = {{MiniLM}: Deep Self-Attention Distillation for Task-Agnostic Compression of
    Pre-Trained Transformers},
  author = {Wang, Wenhui and Wei, Furu and Dong, Li and Bao, Hangbo and Yang, Nan and Zhou, Ming},
  booktitle = {Advances in Neural Information Processing Systems 33},
  year = {2020},
  url = {https://arxiv.org/abs/2002.10957}
}""",
    "sentence-bert": """\
@inproceedings{reimers-gurevych-2019-sentence,
  title = {Sentence-{BERT}: Sentence Embeddings using {Siamese} {BERT}-Networks},
  author = {Reimers, Nils and Gurevych, Iryna},
  booktitle = {Proceedings of EMNLP-IJCNLP 2019},
  pages = {3982--3992},
  year = {2019},
  doi = {10.18653/v1/D19-1410}
}""",
    "lora": """\
@inproceedings{hu-etal-2022-lora,
  title = {{LoRA}: Low-Rank Adaptation of Large Language Models},
  author = {Hu, Edward J. and Shen, Yelong and Wallis, Phillip and Allen-Zhu, Zeyuan and
    Li, Yuanzhi and Wang, Shean and Wang, Lu and Chen, Weizhu},
  booktitle = {International Conference on Learning Representations},
  year = {2022},
  url = {https://arxiv.org/abs/2106.09685}
}""",
    "seqeval": """\
@misc{seqeval,
  title = {{seqeval}: A {Python} framework for sequence labeling evaluation},
  author = {Nakayama, Hiroki},
  year = {2018},
  url = {https://github.com/chakki-works/seqeval}
}""",
}


def citations(facts: CardFacts) -> str:
    """Return the BibTeX of encoder, method and metric, as far as they are known."""
    names = []
    base = facts.base.get("id") or ""
    if base == MINILM_ID:
        names += ["minilm", "sentence-bert"]
    elif _BERT.fullmatch(base):
        names.append("bert")
    if facts.adapted:
        names.append("lora")
    block = fenced("\n\n".join(_ENTRIES[name] for name in [*names, "seqeval"]), "bibtex")
    if facts.of_sample:
        return block
    return f"Cite also whoever made the data.\n\n{block}"
