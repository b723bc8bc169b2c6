"""Check that the files of a model from the Hub name no other files on this machine.

transformers opens the files that ``tokenizer_config.json``, ``special_tokens_map.json`` and the
index of sharded weights name, wherever they are, and peft does so with ``adapter_config.json``. A
stranger's model could name a model that somebody else trained here, or ``/proc/self/environ``, and
show it as its own vocabulary. A model in a folder of this machine belongs to its user and is not
checked.
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
"""All files of a model that are read besides its weights."""
_TOKENIZER = SMALL - {"config.json", ADAPTER_CONFIG}

# Keys whose values a tokenizer opens as files, or passes to code that does. A bare name may be
# opened in the working directory, so only names of tokenizer files are allowed.
_READ = re.compile(r".*vocab|.*merges|.*_spm|init_inputs|.*_(?:files?|kwargs)")
_INLINE = re.compile(r".*vocab|.*merges")
_TEXT = re.compile(r".*_(?:tokens?|template|schema)|added_tokens_decoder|never_split")
# transformers 5.23 sets or ignores these; save_pretrained writes paths of the author into them.
_NOT_READ = {
    "tokenizer_config.json": {
        *("name_or_path", "_name_or_path", "special_tokens_map_file", "tokenizer_file"),
        "auto_map",  # names code, which is never run
    },
    "special_tokens_map.json": set[str](),
    ADAPTER_CONFIG: {"base_model_name_or_path", "revision", "auto_mapping"},
}


def check_files(folder: Path, repo: str) -> None:
    """Raise ModelError if a file of a model in this folder names one outside of the model.

    Also for an adapter that is not a LoRA adapter: other kinds load further models by themselves.
    """
    for file, not_read in _NOT_READ.items():
        content = _read(folder / file, repo) if (folder / file).is_file() else {}
        for key, value in content.items():
            if key not in not_read:
                _check(file, repo, key, value)
        if file == ADAPTER_CONFIG and content and content.get("peft_type") != "LORA":
            raise ModelError(
                f"The adapter {repo} is of the kind {str(content.get('peft_type'))[:60]!r}, but "
                "only LORA works here. Choose another model."
            )
    if (folder / INDEX).is_file():
        placed = _read(folder / INDEX, repo).get("weight_map")
        for place in placed.values() if isinstance(placed, dict) else ():
            if place != WEIGHTS and not SHARD.fullmatch(str(place)):
                raise _refused(INDEX, repo, "weight_map", str(place))


def _check(file: str, repo: str, key: str, value: Any) -> None:
    """Raise ModelError if the value of a key names a file outside of the model."""
    if _TEXT.fullmatch(key):
        return
    if _INLINE.fullmatch(key) and not isinstance(value, str):
        return  # the vocabulary itself
    for text in _texts(value):
        if text not in _TOKENIZER if _READ.fullmatch(key) else "/" in text:
            raise _refused(file, repo, key, text)


def _refused(file: str, repo: str, key: str, text: str) -> ModelError:
    return ModelError(
        f"{file} of the model {repo} names a file outside the model, {key}: {text[:60]!r}. "
        "Choose another model."
    )


def _read(path: Path, repo: str) -> dict[str, Any]:
    """Return the JSON object in a file, read as transformers reads it."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise ModelError(
            f"{path.name} of the model {repo} has no JSON object. Choose another model."
        )
    return content


def _texts(value: Any) -> Iterator[str]:
    """Yield all strings in a JSON value, at any depth."""
    left = [value]
    while left:
        part = left.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            left += part.values()
        elif isinstance(part, list):
            left += part
