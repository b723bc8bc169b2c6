"""What a visitor does with a set as a whole: rename, merge, take home, delete, bring back."""

import threading
from typing import Any

from ner_core.annotations import export, store
from ner_core.annotations.annotation_set import AnnotationSet
from ner_core.counting import many
from ner_core.errors import AnnotationError
from ner_studio.base import set_rights
from ner_studio.highlight.editor.asked import Asked

MOST_EXPORTED = 20_000_000
"""Characters of a file that the browser is given."""


def act(asked: Asked) -> dict[str, Any]:
    """Do what is asked of a set. Return what to say as ``done``, and what undoes it as ``back``.

    ``back`` is a request without its key. Raises AnnotationError, and ConfigError for what can't be
    written.
    """
    if asked.do == "restore":
        restored = store.restore(set_rights.find_deleted(asked.set_id))
        return {"done": f"{restored.title} is back.", "title": restored.title}
    found = set_rights.find_set(asked.set_id)
    if asked.do == "rename":
        before = found.title
        title = store.rename(found, asked.new)
        return {"done": f"Renamed to {title}.", "title": title, "back": _back("rename", new=before)}
    if asked.do == "rename-type":
        found.rename_type(asked.old, asked.new, asked.key)
        said = f"{asked.old} is now {asked.new}."
        return {"done": said, "back": _back("undo", of=asked.key)}
    if asked.do == "merge":
        other = set_rights.find_set(asked.old)
        found.merge(other.read().decisions.values(), other.id, asked.key)
        said = f"The texts of {other.title} are in {found.title} now, and stay in {other.title}."
        return {"done": said, "back": _back("undo", of=asked.key)}
    if asked.do == "delete":
        title = found.title
        store.delete(found)
        later = threading.Timer(store.KEPT_SECONDS + 1, store.sweep)
        later.daemon = True
        later.start()
        return {"done": f"Deleted {title}.", "deleted": True, "back": _back("restore")}
    return _exported(found)


def _exported(found: AnnotationSet) -> dict[str, Any]:
    contents = found.read()
    lines = export.lines(contents)
    text = "".join(lines)
    if len(text) > MOST_EXPORTED:
        raise AnnotationError(
            f"The set is too large to download here. Run `python -m ner_core annotations export "
            f"{found.id} --output {found.id}.jsonl` instead."
        )
    said = f"{many(len(lines), 'text')} in {found.id}.jsonl."
    if left_out := len(contents.decisions) - len(lines):
        said += f" {many(left_out, 'text')} annotated only in part left out: the file can't say so."
    return {"done": said, "file": {"name": f"{found.id}.jsonl", "text": text}}


def _back(do: str, **more: str) -> dict[str, str]:
    return {"do": do, **more}
