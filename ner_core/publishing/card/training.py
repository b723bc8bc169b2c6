"""The sections of a model card on its making: data, encoder, settings, time and hardware."""

from typing import Any

from ner_core.counting import many
from ner_core.publishing.card.facts import CardFacts
from ner_core.publishing.card.markup import fenced, listing, plain, table, text
from ner_core.runs.command import command_line, value_text

_LABELLING = {
    "first": "the first sub-token of a word has the word's tag, the others none",
    "all": "all sub-tokens of a word have its tag, a continued B- becoming I-",
    "copy": "all sub-tokens of a word have a copy of its tag",
}
_BYTES = 2**20


def data_phrase(facts: CardFacts) -> str:
    """Return the name of the data for the inside of a sentence."""
    hub = facts.on_hub
    if facts.of_sample:
        return "the sample corpus of NER Studio"
    if hub is None:
        return f"“{text(facts.data_name)}”"
    config = "" if hub["config"] == "default" else f", configuration {text(hub['config'])}"
    return f"[{text(hub['repo'])}](https://huggingface.co/datasets/{hub['repo']}){config}"


def base_phrase(facts: CardFacts) -> str:
    """Return the name of the encoder for the inside of a sentence, with its revision if known."""
    base = facts.base
    if not base.get("id"):
        where = "an earlier run" if base.get("kind") == "run" else "a model that is not on the Hub"
        return f"“{text(facts.base_name)}” ({where})" if base else f"“{text(facts.base_name)}”"
    said = f"[{text(base['id'])}](https://huggingface.co/{base['id']})"
    if base["revision"]:
        said += f" at revision `{text(base['revision'])}`"
    if base["kind"] == "starter":
        return f"the starter model of NER Studio, an adapter merged into {said}"
    if base["kind"] == "folder":
        return f"“{text(facts.base_name)}”, an adapter merged into {said}"
    return said


def data_section(facts: CardFacts) -> str:
    """Return from which data it learned, part by part, each with its fingerprint."""
    found = [_origin(facts)]
    rows = [
        (
            name,
            text(part["source"]),
            *(f"{part[key]:,}" for key in ("sentences", "words")),
            f"{sum(part['entities'].values()):,}",
            f"`{part['sha256']}`",
        )
        for name, part in facts.parts.items()
    ]
    if rows:
        header = ("part", "read from", "sentences", "words", "entities", "SHA-256")
        found.append(table(header, rows, left=(0, 1, 5)))
        found.append(
            "The SHA-256 is that of the part as a file written by `python -m ner_core convert "
            "DATA --to jsonl`: words and IOB2 tags, one sentence a line."
        )
    else:
        sizes = facts.started.get("sentences", {})
        said = [f"{many(size, 'sentence')} in {name}" for name, size in sizes.items()]
        sizes_told = f"Its sizes: {listing(said)}. " if said else ""
        found.append(f"{sizes_told}The run has no fingerprint of the data.")
    found += _decisions(facts)
    return "\n\n".join(found)


def _origin(facts: CardFacts) -> str:
    said = f"It learned from {data_phrase(facts)}"
    if facts.of_sample:
        said += ", which is under CC0"
    if facts.on_hub:
        said += f", at revision `{text(facts.on_hub['revision'])}`"
    formats = sorted({part["format"] for part in facts.parts.values()})
    schemes = sorted({part["scheme"] for part in facts.parts.values()})
    if not formats:
        return said + "."
    said += f", read as {text(listing(formats))}; its tags are {text(listing(schemes))}"
    return said + ("." if schemes == ["IOB2"] else ", converted to IOB2.")


def _decisions(facts: CardFacts) -> list[str]:
    """Return what was decided while the data were read, a point a line."""
    notes = [text(note) for note in facts.started.get("notes", [])]
    limit = facts.settings.get("max_train")
    if limit:
        seed = facts.settings["seed"]
        notes.append(f"It used at most {limit:,} training sentences, chosen by seed {seed}.")
    repaired = sum(part["repaired"] for part in facts.parts.values())
    if repaired:
        notes.append(f"Invalid tags that were repaired: {repaired:,}.")
    return ["\n".join(f"- Note: {note}" for note in notes)] if notes else []


def training_section(facts: CardFacts) -> str:
    """Return how it was made: encoder, labelling, windows, steps, time, hardware and versions."""
    windows = facts.windows
    points = [
        f"**Encoder:** {base_phrase(facts)}{_architecture(facts.model)}.",
        f"**Method:** {_method(facts)}.",
        f"**Scheme:** IOB2; {_LABELLING[windows['sub_token_labels']]}. When the model is used, a "
        "word gets the tag of its first sub-token.",
        f"**Windows:** it reads texts in windows of {many(windows['max_length'], 'sub-token')} "
        f"that share {windows['overlap']:,} with their neighbours, so nothing is cut off.",
        f"**Steps:** {_steps(facts)}.",
        f"**Time:** {_time(facts.report)}.",
        f"**Hardware:** {_hardware(facts)}.",
        f"**Versions:** {_versions(facts)}.",
    ]
    return "\n".join(f"- {point}" for point in points)


def _architecture(model: dict[str, Any]) -> str:
    keys = ("model_type", "num_hidden_layers", "hidden_size")
    if not all(isinstance(model.get(key), (str, int)) for key in keys):
        return ""
    kind, layers, width = (text(model[key]) for key in keys)
    return f" (architecture {kind}, {layers} layers, {width} wide)"


def _method(facts: CardFacts) -> str:
    settings = facts.settings
    frozen = settings.get("freeze_layers", 0)
    if facts.adapted:
        kept = "kept apart" if facts.adapter else "merged into the encoder's weights"
        return (
            f"a LoRA adapter of rank {settings['lora_rank']} beside the frozen encoder, "
            f"{kept}, and a head on top"
        )
    if frozen:
        return f"fine-tuning, without the embeddings and the lowest {many(frozen, 'layer')}"
    if settings.get("freeze_embeddings"):
        return "fine-tuning of all weights but the word embeddings"
    return "fine-tuning of all weights"


def _steps(facts: CardFacts) -> str:
    settings, report, best = facts.settings, facts.report or {}, facts.best
    steps = report.get("steps", facts.view.step)
    said = f"{steps:,} of {facts.view.total:,}, each of {settings['batch_size']} windows"
    if settings["gradient_accumulation"] > 1:
        said += f" times {settings['gradient_accumulation']}"
    said += f", with a peak learning rate of {value_text(settings['learning_rate'])}"
    kept = report.get("best_step") or (best["step"] if best else None)
    if kept is not None:
        said += f"; the model kept is that of step {kept:,}"
    return said + (", and it stopped early" if report.get("stopped_early") else "")


def _time(report: dict[str, Any] | None) -> str:
    if report is None or "train_seconds" not in report:
        return "not known"
    training, evaluating = report["train_seconds"], report.get("evaluation_seconds", 0)
    said = f"{_duration(training)}, of which evaluations took {_duration(evaluating)}"
    if "memory_peak" in report:
        said += f"; at most {report['memory_peak'] / _BYTES:,.0f} MiB of memory"
    return said


def _duration(seconds: float) -> str:
    whole = round(seconds)
    hours, minutes = whole // 3600, whole % 3600 // 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {whole % 60} s" if minutes else f"{whole} s"


def _hardware(facts: CardFacts) -> str:
    found = facts.started.get("hardware")
    if not found:
        return "not known"
    device = "CPU" if found["device"] == "cpu" else "GPU"
    cores = f" with {many(found['cpus'], 'CPU core')}" if found.get("cpus") else ""
    return f"{device} {text(found['name'])}{cores}, in {text(facts.settings['precision'])}"


def _versions(facts: CardFacts) -> str:
    versions = facts.started.get("versions", {})
    return ", ".join(f"{name} {text(number)}" for name, number in versions.items()) or "not known"


def settings_table(facts: CardFacts) -> str:
    """Return a table of all settings with the automatic ones decided."""
    rows = [(name, text(value_text(value))) for name, value in facts.settings.items()]
    return table(("setting", "value"), rows, left=(0, 1))


def command(facts: CardFacts) -> str:
    """Return the command that makes the run again, with files by their names."""
    values = facts.config.model_dump().items()
    public = {name: plain(value) for name, value in values if isinstance(value, str)}
    public |= {"data": facts.data_name or "DATA", "model": facts.base_name or "MODEL"}
    return fenced(command_line(facts.config.model_copy(update=public)), "sh")
