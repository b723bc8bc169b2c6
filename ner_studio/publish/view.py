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
    seen = escape(published.visibility)
    if not published.changed:
        text = f"Nothing had changed: {repo} ({seen}) holds all of it already, as commit {short}."
    elif published.pull_request:
        number = published.pull_request.rstrip("/").rpartition("/")[2]
        opened = link(published.pull_request, published.url, f"pull request {number}")
        text = f"Proposed to {repo} ({seen}): {opened}."
    else:
        text = f"Published as {repo} ({seen}), commit {short}."
        if published.card_replaced:
            history = f"{published.url}/commits/main/README.md"
            before = link(history, published.url, "the one before")
            text += f" Its README.md is a new one; {before} is in its history."
    if published.changed and published.kept:
        kept = escape(", ".join(published.kept))
        text += f" Taken over from the README.md before: {kept}."
    return f'<p class="ner-done">{text}</p>'
