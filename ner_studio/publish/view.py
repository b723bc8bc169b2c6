"""What the page shows of an upload, as values for templates: all of it escaped."""

from typing import Any
from urllib.parse import quote, urlsplit

from ner_core.publishing.outcome import Published
from ner_core.runs.view import RunView
from ner_studio.base import markup
from ner_studio.base.markup import escape
from ner_studio.publish.uploading import Upload

STATUS_TEMPLATE = """
<section class="ner-upload" aria-label="Publishing" data-state="${value.state}">
  <div class="ner-bar" role="progressbar" aria-label="Progress of the upload" aria-valuemin="0"
    aria-valuemax="100" aria-valuenow="${value.percent}">
    <div style="width: ${value.percent}%"></div></div>
  <div class="ner-facts">${value.facts}</div>
  <div role="status">${value.message}</div>
</section>
"""
CHECK_TEMPLATE = (
    '<p class="ner-check" role="status" data-state="${value.state}">${value.message}</p>'
)
CARD_TEMPLATE = '<div class="ner-card" tabindex="0"><pre>${value}</pre></div>'

CSS = """
.ner-check { margin: -.35rem 0 0; padding-left: 1.25rem; position: relative; font-size: .85rem;
  line-height: 1.45; overflow-wrap: anywhere; color: var(--body-text-color-subdued); }
.ner-check::before { content: ""; position: absolute; left: .2rem; top: .38em; width: .55em;
  height: .55em; border-radius: 50%; background: var(--border-color-primary); }
.ner-check[data-state=ok]::before { background: #1d9e6f; }
.ner-check[data-state=problem]::before { background: #c98500; }
.ner-check[data-state=problem], .ner-check[data-state=unsure] { color: var(--body-text-color); }
.ner-check[data-state=asking]::before { animation: ner-asking 1s ease-in-out infinite alternate; }
@keyframes ner-asking { from { opacity: .35; } to { opacity: 1; background: var(--primary-500); } }
.ner-upload[data-state=idle] { display: none; }
.ner-upload .ner-bar { margin-top: .1rem; }
.ner-upload[data-state=done] .ner-bar, .ner-upload[data-state=failed] .ner-bar,
.ner-upload .ner-facts:empty { display: none; }
.ner-upload .ner-facts { margin-bottom: .2rem; }
.ner-upload .ner-facts span { overflow-wrap: anywhere; }
.ner-done { border-radius: var(--radius-md); padding: .6rem .8rem; margin: 0; line-height: 1.45;
  overflow-wrap: anywhere; background: #d1f2e4; color: #0b5138; border-left: 3px solid #1d9e6f; }
.dark .ner-done { background: #0c2f23; color: #b5e8d3; }
.ner-done a { color: inherit; text-decoration: underline; font-weight: 600; }
.ner-card { max-height: 420px; overflow: auto; padding: .6rem .8rem;
  background: var(--background-fill-secondary); border-radius: var(--radius-md); }
.ner-card pre { margin: 0; font: .78rem/1.5 ui-monospace, monospace; white-space: pre-wrap;
  overflow-wrap: anywhere; color: var(--body-text-color); }
@media (prefers-reduced-motion: reduce) { .ner-check::before { animation: none !important; } }
"""


def note(state: str, message: str = "", exists: bool = False) -> dict[str, Any]:
    """Return the values of ``CHECK_TEMPLATE``: state is idle, asking, ok, unsure or problem."""
    return {"state": state, "message": escape(message), "exists": exists}


def warning(view: RunView) -> str:
    """Return what a public repository shows of data that somebody brought, if it shows any."""
    if not view.samples or view.settings.get("data") == "sample":
        return ""
    return (
        '<p class="ner-quiet">Everybody will read the sentences of your validation part that the '
        "card shows: look through its preview first.</p>"
    )


def status_value(upload: Upload | None) -> dict[str, str]:
    """Return the values of ``STATUS_TEMPLATE``."""
    state: str = upload.state if upload else "idle"  # asked once: it may end meanwhile
    percent, facts, message = 0.0, "", ""
    if upload and upload.published and state == "done":
        percent, message = 100.0, _done(upload.published)
    elif upload and upload.problem and state == "failed":
        message = markup.error(upload.problem)
    elif upload:
        now = upload.progress
        percent = 100 * now.phase / now.phases
        told = [("To", upload.request.repo), ("Now", now.what)]
        if now.size:
            told.insert(1, ("Size", f"{megabytes(now.size)} MB"))
        facts = "".join(f"<span>{name} <b>{escape(text)}</b></span>" for name, text in told)
    return {"state": state, "percent": f"{percent:.1f}", "facts": facts, "message": message}


def megabytes(count: int) -> str:
    """Return how many megabytes so many bytes are.

    >>> megabytes(0), megabytes(90_061_824)
    ('0.0', '90.1')
    """
    return f"{count / 1e6:.1f}"


def link(url: str, home: str, text: str) -> str:
    """Return a link to an address if it is on the Hub, as ``home`` is; else the text alone.

    >>> link("https://hub.example/a/b", "https://hub.example/a", "b")
    '<a href="https://hub.example/a/b" target="_blank" rel="noopener">b</a>'
    >>> link("javascript:alert(1)", "https://hub.example/a", "b")
    'b'
    """
    place, at = urlsplit(url), urlsplit(home)
    if place.scheme not in ("http", "https") or place[:2] != at[:2]:
        return escape(text)
    return f'<a href="{escape(url)}" target="_blank" rel="noopener">{escape(text)}</a>'


def _done(published: Published) -> str:
    repo = link(published.url, published.url, published.repo)
    commit = f"{published.url}/commit/{quote(published.commit)}"
    short = link(commit, published.url, published.commit[:8])
    if not published.changed:
        text = f"Nothing had changed: {repo} holds all of it already, as commit {short}."
    elif published.pull_request:
        number = published.pull_request.rstrip("/").rpartition("/")[2]
        opened = link(published.pull_request, published.url, f"pull request {number}")
        text = f"Proposed to {repo}: {opened}."
    else:
        text = f"Published as {repo}, commit {short}."
        if published.card_replaced:
            history = f"{published.url}/commits/main/README.md"
            before = link(history, published.url, "the one before")
            text += f" Its README.md is a new one; {before} is in its history."
    return f'<p class="ner-done">{text}</p>'
