"""Label Studio: the JSON and JSON-MIN exports of a project in which spans of a text were labelled.

The formats: https://labelstud.io/guide/export and https://labelstud.io/guide/task_format
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from ner_core.data.readers.json_lines import looks_like_json
from ner_core.data.readers.json_values import decoded, json_values
from ner_core.data.readers.remarks import Remarks
from ner_core.data.readers.sentence import Fault, ReadOptions, Record
from ner_core.data.readers.span_offsets import Annotated, tagged
from ner_core.data.readers.spans import CharSpan, UnreadableError, shown, whole_number
from ner_core.data.readers.text import shorten
from ner_core.errors import DataError

_ANNOTATION_KEYS = ("annotations", "completions")  # the second before version 1.0
_MIN_KEYS = ("annotation_id", "annotator")
_STRING = r"\"(?:[^\"\\]|\\.)*\""
_ANNOTATIONS = re.compile(r"\"(?:annotations|completions)\"\s*:\s*\[")
_TASK = re.compile(r"\"data\"\s*:\s*\{|\"result\"\s*:\s*\[|\"was_cancelled\"\s*:")
_MIN = re.compile(
    r"\"annotation_id\"\s*:\s*\d|\"start\"\s*:\s*\d+\s*,\s*\"end\"\s*:\s*\d+\s*,\s*"
    rf"(?:\"text\"\s*:\s*{_STRING}\s*,\s*)?\"labels\"\s*:\s*\["
)

_SEVERAL = (
    "some tasks have several annotations. The ground truth of each was read, or the first that "
    "wasn't cancelled. Remove the others if that is wrong"
)

Task = dict[str, Any]


class _Annotated(NamedTuple):
    """The text of a task and the values of its regions: start, end, labels, text.

    ``several``: whether it has other annotations, too.
    """

    text: str
    regions: list[dict[str, Any]]
    several: bool = False


def looks_like_label_studio(head: bytes) -> bool:
    """Return whether a file is an export of Label Studio, judged by its first bytes (64 KiB).

    >>> looks_like_label_studio(b'[{"id": 1, "annotations": [{"result": []}], "data": {}}]')
    True
    >>> looks_like_label_studio(b'[{"text": "Ann left", "label": [[0, 3, "PER"]]}]')
    False
    """
    if not looks_like_json(head):
        return False
    text = decoded(head)
    return bool((_ANNOTATIONS.search(text) and _TASK.search(text)) or _MIN.search(text))


def read_label_studio(path: Path, options: ReadOptions) -> Iterator[Record]:
    """Read the tasks of a Label Studio export (JSON or JSON-MIN), each as one sentence.

    Of the annotations that were not cancelled, that marked as ground truth counts, else the first;
    a Fault ``odd`` says so. Tasks without one are passed over, so are predictions: if there is
    nothing else, DataError is raised. Its regions of type ``labels`` are the entities, every label
    of a region as a span of its own: the rule for spans that overlap keeps the first.
    ``options.token_column`` names the field of ``data`` with the text, which is needed if there are
    several and none is called ``text`` or as the regions' ``to_name`` says. If there are several
    controls, ``options.tag_column`` chooses the regions of one by its ``from_name``.

    Offsets are code points in newer exports; older ones count as JavaScript does, in UTF-16 code
    units (https://github.com/HumanSignal/label-studio/issues/1347). The two differ behind a
    character beyond U+FFFF, an emoji for one. In a text that has one, offsets are converted if more
    of the task's regions then hold what their own ``text`` says.

    Raises DataError as ``json_values`` does.
    """
    yield from tagged(_records(path, options), options.span_offsets)


def _records(path: Path, options: ReadOptions) -> Iterator[Annotated | Record]:
    remarks = Remarks()
    annotated = predicted = False
    for row in json_values(path):
        if isinstance(row, Fault):
            yield row
            continue
        number, task = row.number, row.value
        try:
            found = _annotated(task, options)
            predicted = predicted or (isinstance(task, dict) and bool(task.get("predictions")))
            if found is not None:
                annotated = True
                if found.several:
                    yield from remarks.once("odd", number, _SEVERAL)
                convert = options.span_offsets == "auto"
                yield Annotated(found.text, _spans(found, convert), number)
        except UnreadableError as error:
            annotated = True
            yield Fault("unreadable", number, str(error), shorten(_excerpt(task)))
    if predicted and not annotated:
        raise DataError(
            f"{path.name}: the tasks have only a model's predictions, no annotations by people. "
            "Accept or correct them in Label Studio, then export the project again."
        )


def _annotated(task: Any, options: ReadOptions) -> _Annotated | None:
    """Return text and regions of a task, None if it was not annotated."""
    if not isinstance(task, dict):
        raise UnreadableError(
            f"there is {shown(task)} instead of a task. Export the project as JSON."
        )
    annotations = next((task[key] for key in _ANNOTATION_KEYS if key in task), None)
    if annotations is None:
        return None if isinstance(task.get("data"), dict) else _of_min(task, options)
    kept: list[Task] = []
    for annotation in _list(annotations, "annotations"):
        if not isinstance(annotation, dict):
            raise UnreadableError(
                f"there is {shown(annotation)} instead of an annotation with its result. Export "
                "the project as JSON."
            )
        if not annotation.get("was_cancelled"):
            kept.append(annotation)
    if not kept:
        return None
    chosen = next((one for one in kept if one.get("ground_truth") is True), kept[0])
    return _of_annotation(task, chosen, options)._replace(several=len(kept) > 1)


def _of_annotation(task: Task, annotation: Task, options: ReadOptions) -> _Annotated:
    regions, targets = [], set()
    for item in _list(annotation.get("result"), "result"):
        kind = item.get("type") if isinstance(item, dict) else None
        if kind == "labels" and options.tag_column in (None, item.get("from_name")):
            if not isinstance(item.get("value"), dict):
                raise UnreadableError(
                    f"there is {shown(item.get('value'))} instead of a region's value. Export the "
                    "project as JSON."
                )
            regions.append(item["value"])
            targets.add(str(item.get("to_name")))
        elif kind != "labels" and str(kind).endswith("labels"):
            # If it were skipped, training would learn that its words are not entities.
            raise UnreadableError(
                f"the labels are {shown(kind)} instead of labels of plain text. Export a project "
                "whose labels are on a Text tag."
            )
    if len(targets) > 1:
        raise UnreadableError(
            f"there are labels on more than one text: {' and '.join(sorted(targets))}. Choose the "
            "control to read with --tag-column."
        )
    data = task.get("data")
    return _Annotated(_text(data if isinstance(data, dict) else {}, targets, options), regions)


def _of_min(task: Task, options: ReadOptions) -> _Annotated | None:
    """Read a task of JSON-MIN: data, and the regions under the name of their control."""
    found = {key: value for key, value in task.items() if _are_regions(value)}
    if options.tag_column is not None:
        found = {key: value for key, value in found.items() if key == options.tag_column}
    if not found and not any(key in task for key in _MIN_KEYS):
        return None
    regions = [region for value in found.values() for region in value]
    return _Annotated(_text(task, set(), options), regions)


def _are_regions(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, dict) and "labels" in item and "start" in item for item in value
    )


def _text(data: Task, targets: set[str], options: ReadOptions) -> str:
    """Return the text that was labelled among the fields of a task."""
    texts = {key: value for key, value in data.items() if isinstance(value, str)}
    if options.token_column is not None:
        names = [options.token_column]
    else:
        only = texts if len(texts) == 1 else ()
        names = [*targets, "text", *only]
    for name in names:
        if name in texts:
            return texts[name]
    raise UnreadableError(
        "can't tell which text was labelled: the task has "
        f"{shorten(', '.join(texts)) or 'no text'}. Name its field with --token-column."
    )


def _list(value: Any, name: str) -> list[Any]:
    if isinstance(value, list):
        return value
    raise UnreadableError(
        f"there is {shown(value)} under {name} instead of a list. Export the project as JSON."
    )


def _spans(found: _Annotated, convert: bool) -> list[CharSpan]:
    """Return every label of every region as a span, in code points if it may ``convert`` them."""
    regions = found.regions
    if convert and any(character > "\uffff" for character in found.text):
        converted = _in_code_points(found)
        if _agreeing(found.text, converted) > _agreeing(found.text, regions):
            regions = converted
    return [
        CharSpan(region.get("start"), region.get("end"), label)  # type: ignore[arg-type]
        for region in regions
        for label in _labels(region)
    ]


def _labels(region: dict[str, Any]) -> list[Any]:
    labels = region.get("labels")
    # A region without a label is left to the check of labels: it was forgotten, not meant.
    return labels if isinstance(labels, list) and labels else [None]


def _in_code_points(found: _Annotated) -> list[dict[str, Any]]:
    """Return the regions with offsets converted from UTF-16 code units; other values stay."""
    units = [0, *accumulate(2 if character > "\uffff" else 1 for character in found.text)]

    def convert(offset: Any) -> Any:
        number = whole_number(offset)
        return offset if number is None or number > units[-1] else bisect_left(units, number)

    return [
        {**region, "start": convert(region.get("start")), "end": convert(region.get("end"))}
        for region in found.regions
    ]


def _agreeing(text: str, regions: list[dict[str, Any]]) -> int:
    """Return the number of regions whose offsets select the text that they say they have."""
    return sum(
        start is not None and end is not None and text[start:end] == region.get("text")
        for region in regions
        for start, end in [(whole_number(region.get("start")), whole_number(region.get("end")))]
    )


def _excerpt(task: Any) -> str:
    fields = task.get("data", task) if isinstance(task, dict) else {}
    text = fields.get("text") if isinstance(fields, dict) else None
    return text if isinstance(text, str) else ""
