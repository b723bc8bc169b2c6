"""The command ``annotations``: what can be done with annotation sets."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ner_core.annotations import export as export_file
from ner_core.annotations import store
from ner_core.annotations.annotation_set import AnnotationSet
from ner_core.cli import output
from ner_core.cli.arguments import add_columns, names, read_options
from ner_core.cli.publish import add_destination, destination, emit_published
from ner_core.counting import many


def annotations(options: argparse.Namespace) -> int:
    """List, show, create, export, publish, merge, rename and delete annotation sets."""
    act: Callable[[argparse.Namespace], int] = options.act
    return act(options)


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add what can be done with annotation sets."""
    actions = command.add_subparsers(required=True, metavar="ACTION")

    def add(act: Callable[[argparse.Namespace], int], *sets: str) -> argparse.ArgumentParser:
        text = (act.__doc__ or "").strip()
        added: argparse.ArgumentParser = actions.add_parser(
            act.__name__.strip("_").replace("_", "-"), help=text, description=text
        )
        added.set_defaults(act=act)
        # Also after the action, where people write it; unset it leaves what stood before.
        added.add_argument(
            "--json",
            action="store_true",
            default=argparse.SUPPRESS,
            help="print one JSON document on stdout",
        )
        for name in sets:
            added.add_argument(name.lower(), metavar=name, help="the name of a set in addresses")
        return added

    add(_list)
    add(show, "NAME")
    created = add(create)
    created.add_argument("title", help="the name that people read")
    created.add_argument("--types", help="entity types, separated by commas")
    created.add_argument("--data", help="start from these data: a file, a folder, a Hub dataset …")
    add_columns(created)
    add(export, "NAME").add_argument("--output", required=True, type=Path, help="a new file")
    add_destination(add(publish, "NAME"))
    add(merge, "NAME", "OTHER")
    add(rename, "NAME").add_argument("title", help="the new name that people read")
    renamed = add(rename_type, "NAME")
    renamed.add_argument("old", help="the type to rename")
    renamed.add_argument("new", help="its new name; that of another type makes them one")
    add(undo, "NAME").add_argument("record", help="what to take back, as another command named it")
    add(delete, "NAME")
    add(restore, "NAME")


def _list(options: argparse.Namespace) -> int:
    """List all annotation sets."""
    rows = [_summary(found) for found in store.list_sets()]
    output.emit(options.json, {"sets": rows}, lambda: "\n".join(map(_line, rows)) or "No sets yet.")
    return 0


def show(options: argparse.Namespace) -> int:
    """Show one set: its types, and how many texts and entities it has."""
    found = store.get(options.name)
    document = {**_summary(found), "path": str(found.path), "owner": found.owner}
    output.emit(options.json, document, lambda: _line(document))
    return 0


def create(options: argparse.Namespace) -> int:
    """Create a set, empty or with the texts of other data, which stay as they are."""
    decisions = []
    if options.data:
        from ner_core.annotations.importing import decisions_from  # late: loads datasets

        decisions = list(decisions_from(options.data, read_options(options), output.say))
    made = store.create(
        options.title, names(options.types) or (), decisions=decisions, source=options.data or ""
    )
    document = _summary(made)
    output.emit(options.json, document, lambda: _line(document))
    return 0


def export(options: argparse.Namespace) -> int:
    """Write a set as span JSON Lines, for Prodigy, doccano and this project."""
    contents = store.get(options.name).read()
    written = export_file.write(contents, options.output)
    left_out = len(contents.decisions) - written
    if left_out:
        output.say(
            f"{many(left_out, 'text')} annotated only in part left out: the file can't say so."
        )
    document = {"file": str(options.output), "texts": written, "left_out": left_out}
    output.emit(options.json, document, lambda: str(options.output))
    return 0


def publish(options: argparse.Namespace) -> int:
    """Push a set to the Hub as a dataset, from which `create --data hub:OWNER/NAME` opens it."""
    found = store.get(options.name)
    from ner_core.publishing.dataset import publish_set  # late: loads datasets

    published = publish_set(found, **destination(options))
    emit_published(options, {"set": found.id}, published)
    return 0


def merge(options: argparse.Namespace) -> int:
    """Take the texts of OTHER into NAME; OTHER stays as it is."""
    into, other = store.get(options.name), store.get(options.other)
    record = into.merge(other.read().decisions.values(), other.id)
    return _changed(options, into, record, f"{other.title} is now in {into.title}")


def rename(options: argparse.Namespace) -> int:
    """Rename a set; its name in addresses stays."""
    found = store.get(options.name)
    store.rename(found, options.title)
    document = _summary(found)
    output.emit(options.json, document, lambda: _line(document))
    return 0


def rename_type(options: argparse.Namespace) -> int:
    """Rename an entity type, or make two types one."""
    found = store.get(options.name)
    record = found.rename_type(options.old, options.new)
    return _changed(options, found, record, f"{options.old} is now {options.new}")


def undo(options: argparse.Namespace) -> int:
    """Take back one change; taking that back brings it back."""
    found = store.get(options.name)
    return _changed(options, found, found.undo(options.record), "Taken back")


def delete(options: argparse.Namespace) -> int:
    """Delete a set; for ten minutes `restore` brings it back."""
    found = store.get(options.name)
    store.delete(found)
    document = {"set": found.id, "deleted": True}
    back = f"python -m ner_core annotations restore {found.id}"
    output.emit(options.json, document, lambda: f"{found.id} deleted. Bring it back with `{back}`.")
    return 0


def restore(options: argparse.Namespace) -> int:
    """Bring a deleted set back."""
    document = _summary(store.restore(store.find_deleted(options.name)))
    output.emit(options.json, document, lambda: _line(document))
    return 0


def _changed(options: argparse.Namespace, found: AnnotationSet, record: str, said: str) -> int:
    document = {**_summary(found), "record": record}
    back = f"python -m ner_core annotations undo {found.id} {record}"
    output.emit(options.json, document, lambda: f"{said}. Undo it with `{back}`.")
    return 0


def _summary(found: AnnotationSet) -> dict[str, Any]:
    contents = found.read()
    return {
        "set": found.id,
        "title": found.title,
        "types": list(contents.types),
        "texts": len(contents.decisions),
        "held_out": contents.held_out,
        "partial": sum(not one.complete for one in contents.decisions.values()),
        "entities": contents.entities,
        "skipped": len(contents.skipped),
        "damaged": contents.damaged,
    }


def _line(row: dict[str, Any]) -> str:
    texts, entities = many(row["texts"], "text"), many(row["entities"], "entity")
    types = ", ".join(row["types"]) or "none"
    damaged = f", {many(row['damaged'], 'damaged line')} left out" if row["damaged"] else ""
    return (
        f"{row['set']}  {row['title']}: {texts} ({row['held_out']:,} held out), {entities}, "
        f"types: {types}{damaged}"
    )
