"""Make the pictures of README.md: ``.venv/bin/python docs/pictures.py``.

It serves the page in a temporary folder, trains on the bundled sample with the recipe ``quick``,
and takes both pictures with Chromium. It needs what the tests need, and some minutes.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

REPOSITORY = Path(__file__).parents[1]
CHROMIUM = "/usr/bin/chromium"
TEXT = (
    "Angela Merkel flew from Berlin to Nairobi to meet officials of the African Union.\n\n"
    "Reuters heard of it in London, and Barack Obama tweeted about Apple's new iPhone."
)


def main() -> None:
    """Serve the page, train, and take the pictures."""
    with tempfile.TemporaryDirectory() as home, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        environment = {**os.environ, "NER_HOME": home, "GRADIO_SERVER_PORT": str(port)}
        environment["PYTHONPATH"] = str(REPOSITORY)
        train = [sys.executable, "-m", "ner_core", "train", "--data", "sample"]
        subprocess.run(  # noqa: S603 - our own command
            [*train, "--recipe", "quick", "--run-id", "sample-quick"], env=environment, check=True
        )
        server = subprocess.Popen(  # noqa: S603 - our own page
            [sys.executable, str(REPOSITORY / "app.py")], cwd=home, env=environment
        )
        try:
            url = f"http://127.0.0.1:{port}/"
            wait_until_served(url)
            with sync_playwright() as playwright:
                chromium = playwright.chromium.launch(
                    executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
                )
                highlight(chromium.new_page(viewport={"width": 1180, "height": 760}), url)
                train_tab(chromium.new_page(viewport={"width": 1280, "height": 1320}), url)
                chromium.close()
        finally:
            server.kill()
            server.wait()


def wait_until_served(url: str, seconds: float = 60.0) -> None:
    """Return once the page answers; raise TimeoutError if it does not."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - on loopback
                return
        except urllib.error.URLError:
            time.sleep(0.1)
    raise TimeoutError(f"{url} did not answer within {seconds:.0f} s")


def highlight(page: Page, url: str) -> None:
    """Take the picture of a text with its entities marked."""
    page.goto(url)
    page.fill("#text textarea", TEXT)
    page.locator("#highlighted mark", has_text="iPhone").wait_for()
    page.locator("#text textarea").blur()
    page.screenshot(path=REPOSITORY / "docs" / "highlight.png")


def train_tab(page: Page, url: str) -> None:
    """Take the picture of a finished run beside the form."""
    page.goto(f"{url}?run=sample-quick")
    page.locator("[data-status=finished]").wait_for()
    page.locator("#data-summary table").wait_for()
    page.get_by_text("What it finds in sentences it does not learn from").wait_for()
    page.locator("#scores svg path[d^=M]").first.wait_for()
    page.screenshot(path=REPOSITORY / "docs" / "screenshot.png")


if __name__ == "__main__":
    main()
