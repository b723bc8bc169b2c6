"""Publishing from the real page to a Hub on loopback: here, and on a Space as its visitor."""

import pytest
from playwright.sync_api import expect

from tests.support.hub_client import SECRET, contents, finished_run
from tests.support.hub_server import Repo, Token, serve
from tests.support.oauth_provider import serve_provider
from tests.support.pages import LONG, App, fill, open_tab

RUN = "20260102-153000-minilm-sample-a1b2"
OF_OLGA = "hf_of_olga_herself"

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def hub():
    with serve() as hub:
        yield hub


@pytest.fixture(scope="module")
def provider():
    with serve_provider() as provider:
        yield provider


def serve_run(app, hub, model, owner=None, **more):
    """Start a page with a finished run, whose Hub is the one on loopback."""
    hub_of_it = {"HF_ENDPOINT": hub.url, "HF_HUB_DISABLE_XET": "1", "HF_HUB_OFFLINE": "0"}
    app.environment.update(hub_of_it, HF_HOME=str(app.home / "hf"), **more)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NER_HOME", str(app.home))
        finished_run(model, RUN, owner=owner)
    app.start()


@pytest.fixture(scope="module")
def app(tmp_path_factory, hub, tiny_model):
    hub.tokens[SECRET] = Token("me")
    app = App(tmp_path_factory.mktemp("home"))
    serve_run(app, hub, tiny_model, HF_TOKEN=SECRET)
    yield app
    app.kill()


def open_form(page, repo):
    """Open the form; wait for the name that it suggests."""
    page.wait_for_selector("#publish:visible")
    page.click("#publish > button")
    page.wait_for_selector(f"#publish-check [data-state=ok] >> text={repo} is new")
    expect(page.locator("#publish-repo").locator("textarea, input")).to_have_value(repo)


def test_a_run_is_published_and_a_failure_is_tried_again(hub, app, new_page):
    hub.models["zoe/ner"] = Repo()
    page = new_page(query=f"?run={RUN}")
    open_form(page, "me/minilm-sample")
    fill(page, "#publish-repo", "zoe/ner")
    page.wait_for_selector(
        "#publish-check [data-state=problem] >> text=belongs to zoe. Signed in as me"
    )
    page.wait_for_selector("#publish-private input[disabled]:not(:checked)")
    page.get_by_label("Pull request", exact=True).check()
    page.wait_for_selector("#publish-check >> text=publishing opens a pull request in it.")
    page.get_by_label("New commit", exact=True).check()
    fill(page, "#publish-repo", "me/ner")
    page.wait_for_selector("#publish-check [data-state=ok] >> text=me/ner is new")
    page.wait_for_selector("#publish-private input:checked:not([disabled])")
    page.click("#publish-card > button")
    page.wait_for_selector(".ner-card >> text=library_name: transformers")

    hub.fail("/api/models/me/ner/commit", status=503, times=2)
    page.click("#publish-start")
    page.wait_for_selector("#publish-status [role=alert] >> text=The Hub failed with error 503")
    page.wait_for_selector("#run-status [data-status=finished]")
    hub.fail("/api/models/me/ner/preupload", status=500, hang_seconds=900, times=1)
    page.click("#publish-start >> text=Try again")
    page.wait_for_selector("#publish-status [data-state=uploading] >> text=sending the files")
    expect(page.locator("#publish-start")).to_be_disabled()

    page.reload()  # it goes on, and is shown again
    page.wait_for_selector("#publish-status [data-state=uploading]:visible")
    expect(page.locator("#publish-start")).to_be_disabled()
    with hub.released():
        page.wait_for_selector("#publish-status [data-state=done]:visible")
    link = page.locator("#publish-status a").first
    expect(link).to_have_attribute("href", f"{hub.url}/me/ner")
    page.wait_for_selector("#publish-check >> text=me/ner is there (private) and yours to write")
    page.wait_for_selector("#publish-start:not([disabled]) >> text=Publish again")
    page.set_viewport_size({"width": 390, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert hub.models["me/ner"].private
    assert [len(hub.models["me/ner"].commits), hub.models["zoe/ner"].commits] == [1, []]
    assert all(SECRET.encode() not in data for data in contents(app.home).values())


@pytest.fixture(scope="module")
def space(tmp_path_factory, hub, provider, tiny_model):
    """Serve the page as a Space of Olga's, whose token it has; Ann has a run there."""
    hub.tokens[OF_OLGA] = Token("olga")
    space = App(tmp_path_factory.mktemp("space"), fork=False)
    host = space.url.removeprefix("http://").rstrip("/")
    variables = provider.environment(host, owner="olga")
    serve_run(space, hub, tiny_model, owner="ann", HF_TOKEN=OF_OLGA, **variables)
    yield space
    space.kill()


def test_a_visitor_of_a_space_publishes_in_their_own_name(hub, provider, space, browser):
    hub.authorizations.clear()
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(LONG)
    page.goto(f"{space.url}?run={RUN}")
    provider.user = "ann"
    page.click("#sign-in")
    page.wait_for_selector("#sign-in:has-text('Sign out (ann)')")
    token = provider.tokens["ann"]
    hub.tokens[token] = Token("ann", "app")
    open_form(page, "ann/minilm-sample")
    page.click("#publish-start")
    page.wait_for_selector("#publish-status [data-state=done] >> text=Published as")
    assert "ann/minilm-sample" in hub.models
    assert hub.authorizations - {None} == {f"Bearer {token}"}
    assert token not in page.content()

    page.click("#sign-in")
    page.wait_for_selector("#sign-in:has-text('Sign in')")
    open_tab(page, "Train")
    page.wait_for_selector("body[data-runs=none]")
    expect(page.locator("#publish")).to_be_hidden()
    assert all(token.encode() not in data for data in contents(space.home).values())
    context.close()
