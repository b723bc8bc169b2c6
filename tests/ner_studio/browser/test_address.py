"""The address of the page: in a frame as on a Space, and in links that carry what is shown."""

import json
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import expect

from tests.support.fake_runs import FakeRun
from tests.support.pages import LONG, App, assert_becomes, open_tab, write

PARENT = "https://huggingface.co"
# The page around a Space passes its query on, takes over the address from a message, and signs.
AROUND = """\
<!doctype html><body><script>
  window.heard = [];
  window.addEventListener("message", ({ data, origin }) => {
    window.heard.push({ ...data, origin });
    if ("queryString" in data) history.replaceState(null, "", `?${data.queryString}#${data.hash}`);
  });
  const frame = document.createElement("iframe");
  const query = new URLSearchParams(location.search);
  query.set("__sign", "secret");
  frame.src = `APP?${query}${location.hash}`;
  frame.width = 1200; frame.height = 900;
  document.body.append(frame);
</script></body>
"""

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NER_HOME", str(home))
        for name in ("older", "newer"):
            FakeRun(name).start().progress(9).evaluated(50).end("finished", train_seconds=1.0)
    served = App(home)
    served.start()
    yield served
    served.kill()


def around(browser, app, origin):
    """Return a user for whom pages of this origin hold ours in a frame; none is asked for."""
    context = browser.new_context(reduced_motion="reduce")
    context.set_default_timeout(LONG)
    # As people are asked for a page of the internet that shows one of their own machine.
    context.grant_permissions(["local-network-access"])
    body = AROUND.replace("APP", app.url)
    context.route(f"{origin}/**", lambda route: route.fulfill(body=body, content_type="text/html"))
    return context


def test_a_run_outlasts_a_reload_of_the_page_around_a_space(browser, app):
    context = around(browser, app, PARENT)
    page = context.new_page()
    page.goto(f"{PARENT}/spaces/me/ner?run=older")
    frame = page.frame_locator("iframe")
    frame.locator("#run-status h3", has_text="older").wait_for()
    choice = frame.get_by_role("combobox", name="Run", exact=True)
    choice.click()
    frame.get_by_role("option", name="newer").click()
    frame.locator("#run-status h3", has_text="newer").wait_for()
    page.wait_for_url(f"{PARENT}/spaces/me/ner?run=newer**")
    heard = page.evaluate("window.heard")
    assert "__sign" not in json.dumps(heard)
    assert {message["origin"] for message in heard} == {app.url.rstrip("/")}
    page.reload()
    frame.locator("#run-status h3", has_text="newer").wait_for()
    context.close()


def test_no_other_page_around_hears_the_address(browser, app):
    context = around(browser, app, "https://elsewhere.test")
    page = context.new_page()
    page.goto("https://elsewhere.test/?run=older")
    frame = page.frame_locator("iframe")
    frame.locator("#run-status h3", has_text="older").wait_for()
    open_tab(frame, "Highlight")
    inner = page.frames[1]
    inner.wait_for_function("() => !window.location.search.includes('run=')")
    assert "queryString" not in json.dumps(page.evaluate("window.heard"))
    context.close()


def test_a_link_carries_view_threshold_and_hidden_types(app, new_page):
    page = new_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_tab(page, "Highlight")
    write(page, "Angela Merkel went to Oslo.")
    page.wait_for_selector(".ner-text mark")
    page.get_by_label("Table", exact=True).last.check()
    page.wait_for_selector(".hl[data-view=Table] .hl-result")
    page.locator(".hl-chip", has_text="LOC").locator("input").uncheck()
    page.eval_on_selector(
        ".hl-threshold input",
        """slider => { slider.value = 0.25;
             slider.dispatchEvent(new Event('input', {bubbles: true})); }""",
    )
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_selector(".hl-said >> text=Copied a link")
    link = page.evaluate("navigator.clipboard.readText()")
    query = parse_qs(link.removeprefix(app.url).lstrip("?").split("#")[0])
    assert query == {
        "model": ["starter"],
        "view": ["Table"],
        "threshold": ["0.25"],
        "hidden": ["LOC"],
    }
    other = new_page(query=link.removeprefix(app.url))
    other.wait_for_selector(".hl[data-view=Table] .hl-result")
    expect(other.get_by_role("radio", name="Table")).to_be_checked()
    expect(other.locator(".hl-threshold output")).to_have_text("0.25")
    expect(other.locator(".hl-chip", has_text="LOC").locator("input")).not_to_be_checked()
    cells = other.locator("#highlighted tbody tr td:first-child")
    expect(cells).to_have_text(["Angela Merkel"])
    assert other.url == link
    other.locator(".hl-chip", has_text="LOC").locator("input").check()
    expect(cells).to_have_text(["Angela Merkel", "Oslo"])
    assert_becomes(lambda: other.url, app.url)
