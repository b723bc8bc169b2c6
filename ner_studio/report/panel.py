"""The report of a finished run: its scores, what explains them, and every error on validation."""

from collections.abc import Mapping
from typing import Any

import gradio as gr

from ner_core.errors import NerError
from ner_core.render.colours import EntityColours
from ner_studio.base import rights
from ner_studio.base.markup import empty, error, score_tables
from ner_studio.report import error_markup
from ner_studio.report import tables as report_tables
from ner_studio.report.error_index import ALL, ErrorIndex, index_of
from ner_studio.state.snapshots import SHARED

PAGE = 10
"""Sentences a page."""

CSS = (
    report_tables.CSS
    + error_markup.CSS
    + """
#errors-pager { flex-wrap: nowrap; align-items: center; gap: .6rem; }
#errors-pager button { flex: 0 0 auto; min-width: 6rem; }
#errors-position { flex: 1 1 auto; min-width: 0; text-align: center; }
#error-list .ner-errors { max-height: 42rem; overflow-y: auto; }
#error-kind .wrap { gap: .35rem; }
"""
)

_SPLIT = "validation"
_EXPLAINED = {"counts", "confusion", "seen", "rare_below", "rare_types"}
_HONEST = "The model was chosen by its validation score, so the test score is the one to believe."
_OLD = "This run was made before reports explained their errors. Train again to see them."
_NO_ERRORS = "No error on validation: every entity was found exactly, and nothing else."
_GONE = "The list of errors is not there any more: errors.jsonl is missing in the run’s folder."
_DELETED = "This run is not there any more: it was renamed or deleted."
_NONE_OF_THIS = "There is no such error."
_TO_LIST = "() => document.getElementById('error-list')?.scrollIntoView({block: 'start'})"


class ReportPanel:
    """The components of a report, and what happens when they are used.

    A poll calls ``update`` with the run that is shown and ``seen``, and sends its result to
    ``outputs``. It answers with nothing but ``gr.skip()`` until the run or its report is another,
    so a visitor's filter and page stay.
    """

    def __init__(self) -> None:
        with gr.Column(visible=False, elem_id="report") as self.column:
            self.report = gr.HTML("", apply_default_css=False, elem_id="report-scores")
            with gr.Column(visible=False) as self.browser:
                self.kind = gr.Radio(
                    [("All", ALL)], value=ALL, label="Kind of error", elem_id="error-kind"
                )
                self.type = gr.Dropdown(
                    [("All", ALL)], value=ALL, label="Entity type", elem_id="error-type"
                )
                self.listing = gr.HTML("", apply_default_css=False, elem_id="error-list")
                with gr.Row(elem_id="errors-pager"):
                    self.previous = gr.Button("Previous", size="sm", elem_id="errors-previous")
                    self.position = gr.HTML("", apply_default_css=False, elem_id="errors-position")
                    self.next = gr.Button("Next", size="sm", elem_id="errors-next")
        self.page = gr.State(0)
        self.seen = gr.State(None)

    @property
    def outputs(self) -> list[Any]:
        """The components that ``update`` changes, in the order of its result."""
        return [self.column, self.report, self.browser, *self._browsed, self.seen]

    @property
    def _browsed(self) -> list[Any]:
        """The components that show a page of errors, in the order of ``_shown``."""
        turning = [self.position, self.previous, self.next, self.page]
        return [self.kind, self.type, self.listing, *turning]

    def wire(self) -> None:
        """Connect the components with each other."""
        quiet: dict[str, Any] = {
            "show_progress": "hidden",
            "api_visibility": "private",
            "queue": False,
        }
        for choice in (self.kind, self.type):
            choice.input(
                self.choose,
                [self.seen, self.kind, self.type],
                self._browsed,
                trigger_mode="always_last",
                **quiet,
            )
        for button, turn in ((self.previous, self.back), (self.next, self.forward)):
            button.click(
                turn, [self.seen, self.kind, self.type, self.page], self._browsed, **quiet
            ).then(None, js=_TO_LIST, **quiet)

    def update(self, run_id: str | None, seen: list[Any] | None) -> list[Any]:
        """Show the report of a run, or nothing as long as there is none."""
        version = _version(run_id)
        if version == seen:
            return [gr.skip()] * len(self.outputs)
        unchanged = [gr.skip()] * len(self._browsed)
        if version is None:
            return [gr.update(visible=False), "", gr.update(visible=False), *unchanged, None]
        try:
            report = rights.find(version[0]).report() or {}
            index, colours = _index(version), _colours(version)
        except NerError as problem:
            hidden = gr.update(visible=False)
            return [gr.update(visible=True), error(str(problem)), hidden, *unchanged, version]
        shown = self._shown(index, ALL, ALL, 0, colours)
        # Another run, or another report: what was chosen in the one before does not apply.
        for number in (0, 1):
            shown[number] = {**shown[number], "value": ALL}
        return [
            gr.update(visible=True),
            _report(report, index, colours),
            gr.update(visible=bool(index.rows)),
            *shown,
            version,
        ]

    def choose(self, seen: list[Any] | None, kind: str, label: str) -> list[Any]:
        """Show the first page of the errors of this kind and type."""
        return self._turned(seen, kind, label, 0)

    def back(self, seen: list[Any] | None, kind: str, label: str, page: int) -> list[Any]:
        """Show the page before."""
        return self._turned(seen, kind, label, page - 1)

    def forward(self, seen: list[Any] | None, kind: str, label: str, page: int) -> list[Any]:
        """Show the next page."""
        return self._turned(seen, kind, label, page + 1)

    def _turned(self, seen: list[Any] | None, kind: str, label: str, page: int) -> list[Any]:
        try:
            if seen is not None:
                return self._shown(_index(seen), kind, label, page, _colours(seen))
        except NerError:
            return [*[gr.skip()] * 2, error(_DELETED), *[gr.skip()] * 4]
        return [gr.skip()] * len(self._browsed)

    def _shown(
        self,
        index: ErrorIndex,
        kind: str | None,
        label: str | None,
        page: int,
        colours: EntityColours,
    ) -> list[Any]:
        """Give one page of errors; a choice keeps its value, its counts follow the other one's."""
        kind, label = kind or ALL, label or ALL
        found = index.sentences(kind, label)
        pages = max(1, -(-len(found) // PAGE))
        page = min(max(0, page), pages - 1)
        rows = [index.rows[number] for number in found[page * PAGE : (page + 1) * PAGE]]
        drawn = error_markup.error_list(rows, kind, label, colours)
        listing = drawn if rows else empty(_NONE_OF_THIS)
        return [
            gr.update(
                choices=[
                    (_named(it.capitalize(), index.count(it, label)), it)
                    for it in (ALL, *index.kinds)
                ]
            ),
            gr.update(
                choices=[(_named(it, index.count(kind, it)), it) for it in (ALL, *index.types)]
            ),
            error_markup.LEGEND + listing,
            _position(page, pages, len(found)),
            gr.update(interactive=page > 0),
            gr.update(interactive=page + 1 < pages),
            page,
        ]


def _version(run_id: str | None) -> list[Any] | None:
    """Give something that differs whenever another report is to be shown; None without a report."""
    try:
        run = rights.find(run_id)
        report = run.report_path.stat().st_mtime_ns
    except (NerError, OSError):
        return None
    try:
        errors = run.errors_path.stat().st_mtime_ns
    except OSError:
        errors = 0
    return [run.id, run.created_ns(), report, errors]


def _index(version: list[Any]) -> ErrorIndex:
    return index_of(rights.find(version[0]).errors_path, version)


def _colours(version: list[Any]) -> EntityColours:
    """Give the colours of a run's types: those that its charts and its samples have, too."""
    return EntityColours(SHARED.find(version[0]).view.types)


def _report(report: Mapping[str, Any], index: ErrorIndex, colours: EntityColours) -> str:
    scores = {name: report.get(name) for name in ("test", _SPLIT)}
    tables = score_tables(_given(scores), colours)
    parts = [f'<h3>Scores</h3><div class="ner-scores">{tables}</div>']
    if scores["test"]:
        parts.append(f'<p class="ner-quiet">{_HONEST}</p>')
    analysis = (report.get("analysis") or {}).get(_SPLIT) or {}
    if not analysis.keys() >= _EXPLAINED:
        parts.append(empty(_OLD))
    else:
        per_type = (scores[_SPLIT] or {}).get("per_type", {})
        parts += [
            "<h3>What is taken for what, on validation</h3>",
            report_tables.confusion_table(analysis["confusion"], colours),
            "<h3>What the validation score depends on</h3>",
            report_tables.explanations(analysis, per_type, colours),
            "<h3>Errors on validation</h3>",
        ]
        if not index.rows:
            wrong = sum(count for kind, count in analysis["counts"].items() if kind != "correct")
            parts.append(empty(_GONE if wrong else _NO_ERRORS))
    return f'<div class="ner-report">{"".join(parts)}</div>'


def _given(scores: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values for name, values in scores.items() if values}


def _named(name: str, count: int) -> str:
    return f"{name or 'All'} ({count:,})"


def _position(page: int, pages: int, sentences: int) -> str:
    noun = "sentence" if sentences == 1 else "sentences"
    return f'<p class="ner-quiet">Page {page + 1:,} of {pages:,} · {sentences:,} {noun}</p>'
