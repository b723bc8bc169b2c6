"""Writing the files of a run: each appears whole or not at all."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

from peft import PeftModel
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ner_core.models.lora import merged, save_adapter
from ner_core.system import atomic


def save_trained(
    model: PreTrainedModel | PeftModel, tokenizer: PreTrainedTokenizerBase, folder: Path
) -> None:
    """Save model, config and tokenizer in ``folder``, as plain transformers can load them.

    With a LoRA adapter the merged weights are saved, and the adapter alone in ``folder/adapter``.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with atomic.staged(folder) as staging:
        if isinstance(model, PeftModel):
            save_adapter(model, staging / "adapter")
            model = merged(model)
        model.save_pretrained(staging, safe_serialization=True)
        tokenizer.save_pretrained(staging)


def replace_model(folder: Path, source: Path) -> None:
    """Put a copy of a saved model in place of ``folder``.

    The files are linked where the file system can, so that they take no room twice.
    """
    atomic.delete_leftovers(folder.parent)
    with atomic.staged(folder) as staging:
        shutil.copytree(source, staging, copy_function=_link)


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file."""
    atomic.write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def _link(source: str, target: str) -> None:
    """Hard-link a file, or copy it where the file system has no hard links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
