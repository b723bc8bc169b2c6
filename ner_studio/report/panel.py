"""The report of a finished run: its scores, what explains them, and every error on validation."""

from collections.abc import Mapping
from typing import Any

import gradio as gr

from ner_core.errors import NerError
from ner_core.render.colours import EntityColours
from ner_studio.base import assets, rights
from ner_studio.base.events import QUICK
from ner_studio.base.markup import empty, error, score_tables
from ner_studio.report.confusion import confusion_table
from ner_studio.report.error_index import ALL, ErrorIndex, index_of
from ner_studio.report.error_list import LEGEND, error_list
from ner_studio.report.explanations import explanations
from ner_studio.state.snapshots import SHARED

PAGE = 10
"""Sentences per page."""

_SPLIT = "validation"
_EXPLAINED = {"counts", "confusion", "seen", "rare_below", "rare_types"}
_WHICH_SCORE = "The model was chosen by its validation score, so the test score is the fair one."
_OLD = "This run was made before reports explained their errors. Train again to see them."
_NO_ERRORS = "No errors on validation: the model found every entity exactly, and nothing else."
_GONE = "The errors cannot be listed: errors.jsonl is missing in the run’s folder."
_DELETED = "This run is gone: it was renamed or deleted. Choose another one."
_NONE_OF_THIS = "There is no such error."


class ReportPanel:
    """The components of a report, and what happens when they are used.

    ``update`` is called with the watched run and ``seen`` when either may have changed. It updates
    ``outputs``, and skips all of them unless the run or its report is another one, so that the
    visitor's filter and page are kept.
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
        """The components that ``update`` updates."""
        return [self.column, self.report, self.browser, *self._browsed, self.seen]

    @property
    def _browsed(self) -> list[Any]:
        """The components that show a page of errors."""
        pager = [self.position, self.previous, self.next, self.page]
        return [self.kind, self.type, self.listing, *pager]

    def wire(self) -> None:
        """Connect the components with each other."""
        filters = [self.seen, self.kind, self.type]
        for choice in (self.kind, self.type):
            choice.input(self.choose, filters, self._browsed, trigger_mode="always_last", **QUICK)
        for button, turn in ((self.previous, self.back), (self.next, self.forward)):
            turned = button.click(turn, [*filters, self.page], self._browsed, **QUICK)
            turned.then(None, js=assets.read("report/scroll_to_errors.js"), **QUICK)

    def update(self, run_id: str | None, seen: list[Any] | None) -> Any:
        """Show the report of a run, or hide the panel if the run has none."""
        version = _version(run_id)
        if version == seen:
            return gr.skip()
        hidden = gr.update(visible=False)
        if version is None:
            return {self.column: hidden, self.report: "", self.browser: hidden, self.seen: None}
        shown = {self.column: gr.update(visible=True), self.seen: version}
        try:
            run = rights.find(version[0])
            report = run.report if run.has_report else {}
            index, colours = _index(version), _colours(version)
        except NerError as problem:
            return {**shown, self.report: error(str(problem)), self.browser: hidden}
        # What the visitor chose for the report before does not apply to this one.
        browsed = self._shown(index, ALL, ALL, 0, colours)
        for filtered in (self.kind, self.type):
            browsed[filtered]["value"] = ALL
        return {
            **shown,
            self.report: _report(report, index, colours),
            self.browser: gr.update(visible=bool(index.rows)),
            **browsed,
        }

    def choose(self, seen: list[Any] | None, kind: str, label: str) -> Any:
        """Show the first page of the errors of this kind and type."""
        return self._turned(seen, kind, label, 0)

    def back(self, seen: list[Any] | None, kind: str, label: str, page: int) -> Any:
        """Show the previous page."""
        return self._turned(seen, kind, label, page - 1)

    def forward(self, seen: list[Any] | None, kind: str, label: str, page: int) -> Any:
        """Show the next page."""
        return self._turned(seen, kind, label, page + 1)

    def _turned(self, seen: list[Any] | None, kind: str, label: str, page: int) -> Any:
        if seen is None:
            return gr.skip()
        try:
            return self._shown(_index(seen), kind, label, page, _colours(seen))
        except NerError:
            return {self.listing: error(_DELETED)}

    def _shown(
        self,
        index: ErrorIndex,
        kind: str | None,
        label: str | None,
        page: int,
        colours: EntityColours,
    ) -> dict[Any, Any]:
        """Return the updates that show a page of errors.

        The counts of each filter are those with the other one applied. The filters keep their
        values.
        """
        kind, label = kind or ALL, label or ALL
        found = index.sentences(kind, label)
        pages = max(1, -(-len(found) // PAGE))
        page = min(max(0, page), pages - 1)
        rows = [index.rows[number] for number in found[page * PAGE : (page + 1) * PAGE]]
        listing = error_list(rows, kind, label, colours) if rows else empty(_NONE_OF_THIS)
        kinds = [
            (_named(it.capitalize(), index.count(it, label)), it) for it in (ALL, *index.kinds)
        ]
        types = [(_named(it, index.count(kind, it)), it) for it in (ALL, *index.types)]
        return {
            self.kind: gr.update(choices=kinds),
            self.type: gr.update(choices=types),
            self.listing: LEGEND + listing,
            self.position: _position(page, pages, len(found)),
            self.previous: gr.update(interactive=page > 0),
            self.next: gr.update(interactive=page + 1 < pages),
            self.page: page,
        }


def _version(run_id: str | None) -> list[Any] | None:
    """Return a value that changes whenever the report to show does; None without a report."""
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
    """Return the colours of a run's types, which its charts and sample sentences have too."""
    return EntityColours(SHARED.find(version[0]).view.types)


def _report(report: Mapping[str, Any], index: ErrorIndex, colours: EntityColours) -> str:
    scores = {name: report[name] for name in ("test", _SPLIT) if report.get(name)}
    parts = [f'<h3>Scores</h3><div class="ner-scores">{score_tables(scores, colours)}</div>']
    if "test" in scores:
        parts.append(f'<p class="ner-quiet">{_WHICH_SCORE}</p>')
    analysis = (report.get("analysis") or {}).get(_SPLIT) or {}
    if not analysis.keys() >= _EXPLAINED:
        parts.append(empty(_OLD))
    else:
        per_type = scores.get(_SPLIT, {}).get("per_type", {})
        parts += [
            "<h3>Confusion matrix (validation)</h3>",
            confusion_table(analysis["confusion"], colours),
            "<h3>What the validation score depends on</h3>",
            explanations(analysis, per_type, colours, report.get("steps")),
            "<h3>Errors (validation)</h3>",
        ]
        if not index.rows:
            wrong = sum(count for kind, count in analysis["counts"].items() if kind != "correct")
            parts.append(empty(_GONE if wrong else _NO_ERRORS))
    return f'<div class="ner-report">{"".join(parts)}</div>'


def _named(name: str, count: int) -> str:
    return f"{name or 'All'} ({count:,})"


def _position(page: int, pages: int, sentences: int) -> str:
    noun = "sentence" if sentences == 1 else "sentences"
    return f'<p class="ner-quiet">Page {page + 1:,} of {pages:,} · {sentences:,} {noun}</p>'
