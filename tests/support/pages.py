"""The real page for browser tests: a server of its own, and what a person does on the page."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from playwright.sync_api import expect

from tests.support.places import REPOSITORY

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

LONG = 300_000  # milliseconds: only what is broken, or a busy machine, needs them
expect.set_options(timeout=LONG)

NEWS = "Angela Merkel flew from Berlin to Nairobi to meet officials of the African Union. "


class App:
    """A served page, and the folder its runs are in.

    It is forked from a process that has loaded all it needs, unless ``fork`` is False: then it is
    ``python app.py``. It measures no time and memory unless it is allowed to: that takes the cores
    for ten seconds and more, whenever somebody looks at the settings.
    """

    def __init__(self, home, *arguments, fork=True):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.home = home
        self.fork = fork
        self.arguments = ["--port", str(port), *map(str, arguments)]
        self.url = f"http://127.0.0.1:{port}/"
        self.environment = {
            **os.environ,
            "NER_HOME": str(home),
            "HF_HUB_OFFLINE": "1",
        }
        self.process = None
        estimates = home / "cache" / "estimates"
        estimates.mkdir(parents=True, exist_ok=True)
        # As if another process measured, which is waited for.
        self._measuring = (estimates / "lock").open("w")
        fcntl.flock(self._measuring, fcntl.LOCK_EX)

    def may_measure(self):
        """Let it measure what a run will take, as it does for people."""
        self._measuring.close()

    def start(self):
        """Start it; give the seconds until the page is served."""
        began = time.monotonic()
        self.process = self._fork() if self.fork else self._run()
        while time.monotonic() - began < LONG / 1000:
            try:
                with urllib.request.urlopen(self.url, timeout=LONG / 1000) as answer:
                    assert b"NER Studio" in answer.read()
                return time.monotonic() - began
            except urllib.error.URLError:
                if self.process.poll() is not None:
                    self._measuring.close()
                    raise AssertionError((self.home / "app.log").read_text()) from None
                time.sleep(0.05)
        self.kill()
        raise AssertionError(f"the page was not served within {LONG / 1000:.0f} seconds")

    def _fork(self):
        from tests.support.forking_page import start_page  # loads torch

        return start_page(self.environment, self.arguments, self.home / "app.log")

    def _run(self):
        with (self.home / "app.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "app.py", *self.arguments],
                cwd=REPOSITORY,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def interrupt(self):
        """End it as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(LONG / 1000)
        self._measuring.close()

    def kill(self):
        """End it at once, and the runs that it started."""
        for run in self.runs():
            (run / "stop").touch()
        self.process.kill()
        self.process.wait()
        self._measuring.close()

    def runs(self):
        return sorted((self.home / "runs").glob("2*")) if (self.home / "runs").is_dir() else []


def open_shared(context, url):
    """Open a page that several tests share; what goes wrong on it is in its ``problems``."""
    page = context.new_page()
    page.problems = []
    page.on("dialog", lambda dialog: (page.problems.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.goto(url)
    return page


def open_tab(page, name):
    page.get_by_role("tab", name=name).click()


def assert_becomes(read, expected):
    """Assert that ``read`` returns this, at the latest after ``LONG``: a page may be drawing."""
    deadline = time.monotonic() + LONG / 1000
    while (found := read()) != expected and time.monotonic() < deadline:
        time.sleep(0.02)
    assert found == expected, f"{found!r} did not become {expected!r}"


def wait_until_idle(page):
    """Wait until the page has nothing left to compute or to draw."""
    page.evaluate("() => new Promise(done => requestIdleCallback(() => done()))")


def marks(page, within="#highlighted"):
    """Return the entities that are marked: as they are written, and their labels."""
    found = page.eval_on_selector_all(
        f"{within} mark:not(.off)",
        "marks => marks.map(mark => [mark.firstChild.textContent, mark.dataset.label])",
    )
    return {(text, label) for text, label in found}


def fill(page, field, value):
    page.fill(f"{field} textarea, {field} input", value)


def open_settings(page):
    """Open the advanced settings. What is typed before they are drawn would be lost."""
    page.click("#more-settings > button")
    page.locator("#epochs").locator("input, textarea").wait_for()
    wait_until_idle(page)


def open_group(page, name):
    """Open a group of the advanced settings, as ``open_settings`` opens all of them."""
    page.locator("#more-settings .ner-group > button", has_text=name).click()
    wait_until_idle(page)


def upload(page, *files):
    page.get_by_label("My files").check()
    page.set_input_files("#upload input[type=file]", [str(file) for file in files])


def take_away(page):
    """Remove the uploaded files."""
    page.get_by_label("Remove this file").or_(page.get_by_label("Clear")).first.click()
    page.wait_for_selector("#data-summary table", state="detached")


def write(page, text):
    page.fill("#text textarea", text)


def find_in(page, path):
    page.set_input_files("#file-upload input[type=file]", str(path))
    page.locator("#file-find:enabled").click()
