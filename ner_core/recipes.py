"""The recipes: sets of settings for a run, each with what it is for."""

from typing import Any

RECIPES: dict[str, dict[str, Any]] = {
    "quick": {"auto_steps": 90, "max_train": 3000, "evaluations": 4},
    "balanced": {},
    "best": {
        "auto_steps": 600,
        "dropout": 0.1,
        "freeze_embeddings": False,
        "schedule": "cosine",
        "eval_sentences": 1000,
    },
    "adapter": {"lora_rank": 16, "head_rate": 3},
    "notebook": {
        "epochs": 1,
        "batch_size": 16,
        "learning_rate": 2e-5,
        "head_rate": 1,
        "sub_token_labels": "copy",
        "weight_decay": 0.01,
        "warmup": 0,
        "precision": "fp32",
        "freeze_embeddings": False,
        "dropout": 0.1,
        "group_by_length": False,
        "max_length": 512,
    },
}
"""The settings in which each recipe differs from the defaults."""

RECIPE_PURPOSE: dict[str, str] = {
    "quick": "A first look: at most 3,000 sentences, in under half the time of balanced.",
    "balanced": "The best balance of time and F1, as we measured.",
    "best": "Quality first: all weights learn. Takes about three times as long as balanced.",
    "adapter": "LoRA: a few MB to keep and share, beside an encoder that others have too.",
    "notebook": "The settings of the plain BERT notebook, for comparison.",
}
"""What each recipe is for, in one line."""
