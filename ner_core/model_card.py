"""The card of a published model: its README.md."""

from ner_core.runs import Run


def model_card(run: Run, repo: str, adapter: bool = False) -> str:
    """Write the README.md of a run that is published as ``repo``: YAML, then Markdown."""
    library = "peft" if adapter else "transformers"
    head = ["---", f"library_name: {library}", "pipeline_tag: token-classification", "---"]
    return "\n".join([*head, "", f"# {repo}", "", f"Trained by the run {run.id}.", ""])
