"""What the files of a model on the Hub may name: nothing on this machine but each other.

transformers opens what ``tokenizer_config.json``, ``special_tokens_map.json`` and the index of
sharded weights name, wherever it lies, and peft does so with ``adapter_config.json``. A stranger's
model could name what others have trained here, or ``/proc/self/environ``, and give it away as its
own vocabulary. A model in a folder of this machine is its user's own, and is not looked at here.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ner_core.errors import ModelError
from ner_core.models.sources import ADAPTER_CONFIG

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
SHARD = re.compile(r"model-\d+-of-\d+\.safetensors")
SMALL = frozenset(
    {
        *("config.json", ADAPTER_CONFIG, "tokenizer.json", "tokenizer_config.json"),
        *("special_tokens_map.json", "added_tokens.json", "vocab.json", "vocab.txt", "merges.txt"),
        *("sentencepiece.bpe.model", "spiece.model", "spm.model", "tokenizer.model", "bpe.codes"),
    }
)
"""All that is read of a model beside its weights."""
_TOKENIZER = SMALL - {"config.json", ADAPTER_CONFIG}

# What a tokenizer reads from a file, or gives to what reads one. A bare name may be looked for
# where this process works, so it has to be one that only files of tokenizers have.
_READ = re.compile(r".*vocab|.*merges|.*_spm|init_inputs|.*_(?:files?|kwargs)")
_INLINE = re.compile(r".*vocab|.*merges")
_TEXT = re.compile(r".*_(?:tokens?|template|schema)|added_tokens_decoder|never_split")
# Set by transformers 5.23 itself, or not looked at: save_pretrained left its author's paths there.
_NOT_READ = {
    "tokenizer_config.json": {
        *("name_or_path", "_name_or_path", "special_tokens_map_file", "tokenizer_file"),
        "auto_map",  # code, which is never run
    },
    "special_tokens_map.json": set[str](),
    ADAPTER_CONFIG: {"base_model_name_or_path", "revision", "auto_mapping"},
}


def check_files(folder: Path, repo: str) -> None:
    """Raise ModelError if a file that was fetched of a model names one that is not the model's.

    Also for an adapter that is none of LoRA: other kinds load models of their own accord.
    """
    for file, not_read in _NOT_READ.items():
        content = _read(folder / file, repo) if (folder / file).is_file() else {}
        for key, value in content.items():
            if key not in not_read:
                _check(file, repo, key, value)
        if file == ADAPTER_CONFIG and content and content.get("peft_type") != "LORA":
            raise ModelError(
                f"Expected an adapter of the kind LORA in the model {repo}, found "
                f"{str(content.get('peft_type'))[:60]!r}; choose another model."
            )
    if (folder / INDEX).is_file():
        placed = _read(folder / INDEX, repo).get("weight_map")
        for place in placed.values() if isinstance(placed, dict) else ():
            if place != WEIGHTS and not SHARD.fullmatch(str(place)):
                raise _refused(INDEX, repo, "weight_map", str(place))


def _check(file: str, repo: str, key: str, value: Any) -> None:
    """Raise ModelError if a key names a file that is not the model's."""
    if _TEXT.fullmatch(key):
        return
    if _INLINE.fullmatch(key) and not isinstance(value, str):
        return  # the vocabulary itself
    for text in _texts(value):
        if text not in _TOKENIZER if _READ.fullmatch(key) else "/" in text:
            raise _refused(file, repo, key, text)


def _refused(file: str, repo: str, key: str, text: str) -> ModelError:
    return ModelError(
        f"Expected {file} of the model {repo} to name no files but the model's own, found {key}: "
        f"{text[:60]!r}; choose another model."
    )


def _read(path: Path, repo: str) -> dict[str, Any]:
    """Read a JSON object as transformers does."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise ModelError(
            f"Expected an object of JSON in {path.name} of the model {repo}, found none; choose "
            "another model."
        )
    return content


def _texts(value: Any) -> Iterator[str]:
    """Give all texts in a value of JSON, however deep they are."""
    left = [value]
    while left:
        part = left.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            left += part.values()
        elif isinstance(part, list):
            left += part
