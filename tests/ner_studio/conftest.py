"""What the tests of the page share: the served page, and a browser."""

import pytest


@pytest.hookimpl(trylast=True)  # after those that are not to run are left out
def pytest_collection_modifyitems(items):
    if any(item.get_closest_marker("browser") for item in items):
        from tests.support.forking_page import load_page

        load_page()


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    from tests.support.pages import App

    app = App(tmp_path_factory.mktemp("home"))
    app.start()
    yield app
    app.kill()


# Not for the whole session: while the browser is there, asyncio has a loop that runs.
@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    from tests.support.pages import CHROMIUM, CHROMIUM_ARGUMENTS, LONG

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS, timeout=LONG
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def context(browser):
    """Return one user of the browser, whose second page is shown in half the time.

    What a page keeps is in its tab (``sessionStorage``), and each test opens tabs of its own.
    """
    from tests.support.pages import LONG

    context = browser.new_context(reduced_motion="reduce")
    context.set_default_timeout(LONG)
    yield context
    context.close()


@pytest.fixture
def new_page(context, app):
    """Open the page in a new tab; a dialog or an error in the console fails the test."""
    opened, problems = [], []

    def open_page(width=1280, query=""):
        page = context.new_page()
        opened.append(page)
        page.set_viewport_size({"width": width, "height": 900})
        page.on("dialog", lambda dialog: (problems.append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(app.url + query)
        page.wait_for_selector("#text:visible, #start:visible, #watch:visible")
        return page

    yield open_page
    for page in opened:
        page.close()
    context.clear_cookies()
    assert problems == []
