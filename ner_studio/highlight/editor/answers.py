"""What the editor is answered: a text to correct, or that something was saved."""

import time
from collections.abc import Sequence
from typing import Any

from ner_core.annotations.annotation_set import AnnotationSet
from ner_core.annotations.decisions import Contents, Decision, Suggestion, text_id
from ner_core.annotations.reader import SetReader
from ner_core.errors import NerError
from ner_core.render.colours import EntityColours
from ner_core.render.type_names import meaning
from ner_core.teaching.queue import Queue
from ner_core.teaching.units import cut
from ner_core.teaching.word_lists import WordLists, examples_of, merged
from ner_core.words import split_words
from ner_studio.base import set_rights
from ner_studio.base.theme import colour_class
from ner_studio.highlight import reading
from ner_studio.highlight.editor.asked import DEFAULT_TITLE, ON_SETS, Asked, key_of, read
from ner_studio.highlight.editor.set_actions import act
from ner_studio.highlight.reading import Wanted
from ner_studio.highlight.tables import DIGITS
from ner_studio.highlight.view import MOST_CHARACTERS

MARKED_BEFORE = "marked before"
"""What suggests in the place of a model: texts that were annotated before."""

_Answer = dict[str, Any]
_reader = SetReader()


def answer(sent: object, wanted: Wanted) -> _Answer:
    """Return the answer to a request of the editor; ``wanted`` is the model that suggests.

    It has the ``key`` of the request, and ``at`` makes it another value each time. There is a
    ``problem`` if what was asked could not be done.
    """
    stamp = {"key": key_of(sent), "at": str(time.time_ns())}
    try:
        asked = read(sent)
        if asked.do == "open":
            return {**stamp, **_open(asked, wanted)}
        set_rights.check_saving()
        if asked.do in ON_SETS:
            return {**stamp, **_of_set(asked)}
        return {**stamp, **_saved(_set_to_save_to(asked), asked)}
    except NerError as error:
        return {**stamp, "problem": str(error)}


def _of_set(asked: Asked) -> _Answer:
    done = act(asked)
    found = None if done.get("deleted") else set_rights.find_set(asked.set_id)
    contents = _reader.read(found) if found else Contents()
    about = _about(found, contents, DEFAULT_TITLE)
    return {**done, **about, **_types(contents.types), "sets": _listed()}


def _open(asked: Asked, wanted: Wanted) -> _Answer:
    found = _set_to_read(asked)
    contents = _reader.read(found) if found else Contents()
    about = {**_about(found, contents, asked.title), "sets": _listed()}
    text = asked.text
    if text is None and found:
        text = next(iter(Queue(found).waiting(contents)), None)
    if text is None or not text.strip():
        return {**about, **_types(contents.types), "text": None}
    if len(text) > MOST_CHARACTERS:
        about["notice"] = (
            f"The text has {len(text):,} characters, and only the first {MOST_CHARACTERS:,} are "
            "opened."
        )
        text = text[:MOST_CHARACTERS]
    opened: _Answer = {
        "text": text,
        "id": text_id(text),
        "words": [[word.start, word.end] for word in split_words(text)],
    }
    if decision := contents.decisions.get(text_id(text)):
        return {**about, **_types(contents.types), **opened, **_decided(decision)}
    return {**about, **opened, **_suggested(text, wanted, contents)}


def _decided(decision: Decision) -> _Answer:
    """Return what was decided on a text before, to go on from there."""
    return {
        "entities": [list(span) for span in decision.entities],
        "suggested": [list(one) for one in decision.suggested],
        "model": decision.model,
    }


def _suggested(text: str, wanted: Wanted, contents: Contents) -> _Answer:
    """Return what model and annotated texts suggest: of the set's types or, without any, its own.

    What was marked before is suggested wherever it stands again: so there are suggestions before
    there is a model that knows the types.
    """
    outcome = reading.read(wanted, text, tokens=False)
    marked = WordLists(examples_of(contents.decisions.values())).suggest(text)
    types = contents.types
    if outcome is None or isinstance(outcome, NerError):
        state = {"loading": True} if outcome is None else {"notice": str(outcome)}
        return {**_types(types), **_offered(marked, MARKED_BEFORE if marked else ""), **state}
    offered = types or outcome.types
    found = [
        Suggestion(entity.start, entity.end, entity.label, round(entity.score, DIGITS))
        for entity in outcome.entities
        if entity.label in offered
    ]
    return {**_types(offered), **_offered(merged(found, marked), outcome.model)}


def _offered(found: Sequence[Suggestion], model: str) -> _Answer:
    return {"suggested": [list(one) for one in found], "model": model}


def _saved(found: AnnotationSet, asked: Asked) -> _Answer:
    about: _Answer = {"saved": asked.key}
    if asked.do == "accept":
        found.accept(
            asked.text or "",
            asked.entities,
            asked.suggested,
            asked.model,
            asked.complete,
            record=asked.key,
        )
    elif asked.do == "skip":
        found.skip(asked.text or "", record=asked.key)
    elif asked.do == "types":
        found.append("types", {"types": list(asked.types)}, record=asked.key)
    elif asked.do == "queue":
        about["added"] = Queue(found).add(cut([asked.text or ""], asked.unit))
    else:  # what was undone is redone by undoing that
        found.undo(asked.of, record=asked.key)
    contents = _reader.read(found)
    about |= _about(found, contents, asked.title)
    return {**about, **_types(asked.types or contents.types)}


def _set_to_read(asked: Asked) -> AnnotationSet | None:
    """Return the set that is meant; None if the visitor has none with this title yet."""
    return (
        set_rights.find_set(asked.set_id) if asked.set_id else set_rights.find_titled(asked.title)
    )


def _set_to_save_to(asked: Asked) -> AnnotationSet:
    return _set_to_read(asked) or set_rights.open_titled(asked.title, asked.types)


def _about(found: AnnotationSet | None, contents: Contents, title: str) -> _Answer:
    named = {"id": found.id, "title": found.title} if found else {"id": "", "title": title}
    counts = {"texts": len(contents.decisions), "held_out": contents.held_out}
    progress = Queue(found).progress(contents) if found else None
    queue = {**vars(progress)} if progress and progress.added else None
    return {"set": {**named, **counts}, "queue": queue}


def _listed() -> list[dict[str, str]]:
    return [{"id": one.id, "title": one.title} for one in set_rights.own_sets()]


def _types(types: Sequence[str]) -> _Answer:
    """Return the types, and how each of them looks: its colour, and its meaning in plain words."""
    # One after the other, so that a new type changes no colour of those before it.
    colours = EntityColours(*([label] for label in types))
    looks = {
        label: {"colour": colour_class(label, colours), "meaning": meaning(label)}
        for label in types
    }
    return {"types": list(types), "looks": looks}
