"""Writing the files of a run: each appears whole or not at all."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

from peft import PeftModel
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ner_core.models.lora import merged, save_adapter


def save_trained(
    model: PreTrainedModel | PeftModel, tokenizer: PreTrainedTokenizerBase, folder: Path
) -> None:
    """Save model, config and tokenizer in ``folder``, as plain transformers can load them.

    With a LoRA adapter the merged weights are saved, and the adapter alone in ``folder/adapter``.
    """
    staging = folder.with_name(folder.name + ".new")
    for leftover in (staging, folder):
        shutil.rmtree(leftover, ignore_errors=True)
    if isinstance(model, PeftModel):
        save_adapter(model, staging / "adapter")
        model = merged(model)
    model.save_pretrained(staging, safe_serialization=True)
    tokenizer.save_pretrained(staging)
    staging.rename(folder)


def replace_model(folder: Path, source: Path) -> None:
    """Put a copy of a saved model in place of the one in ``folder``, if there is one.

    The files are linked where the file system can, so that they take no room twice.
    """
    staging, before = (folder.with_name(f".{folder.name}-{name}") for name in ("new", "old"))
    for leftover in (staging, before):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(source, staging, copy_function=_link)
    if folder.exists():  # from before the run was resumed
        folder.rename(before)
    staging.rename(folder)
    shutil.rmtree(before, ignore_errors=True)


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file."""
    staging = path.with_name(path.name + ".new")
    staging.write_text(
        json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
    )
    staging.replace(path)


def _link(source: str, target: str) -> None:
    """Hard-link a file, or copy it where the file system has no hard links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
