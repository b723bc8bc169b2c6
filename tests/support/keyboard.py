"""A page used without a mouse: Tab, arrow keys, Enter and typing, and nothing else."""

from tests.support.pages import assert_becomes
from tests.support.places import REPOSITORY

_PROBLEM = (
    (REPOSITORY / "tests" / "support" / "keyboard.js").read_text(encoding="utf-8").strip(";\n")
)
MOST_STOPS = 150  # until all of the page has had the focus


class Keyboard:
    """The keys that are pressed on a page. Wherever they lead, the focus can be seen."""

    def __init__(self, page):
        self.page = page
        self.used = False

    def assert_focus_is_seen(self):
        """Assert it; a moment later is soon enough, since the page may be scrolling."""
        assert_becomes(lambda: self.page.evaluate(_PROBLEM), "")

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
        self.assert_focus_is_seen()

    def type(self, text):
        self.page.keyboard.type(text)
        self.assert_focus_is_seen()

    def is_at(self, place):
        return place.count() == 1 and place.evaluate("found => found === document.activeElement")

    def go_to(self, place, key="Tab"):
        """Press Tab until this place has the focus.

        Between the last and the first stop the browser itself has the focus, once.
        """
        if self.used:
            self.assert_focus_is_seen()  # what happened since the last key has not taken it away
        self.used = True
        passed = []
        for _ in range(MOST_STOPS):
            self.page.keyboard.press(key)
            if self.is_at(place):
                self.assert_focus_is_seen()
                return
            stop = self.page.evaluate("document.activeElement.outerHTML.slice(0, 80)")
            if not stop.startswith("<body") or stop in passed:
                self.assert_focus_is_seen()
            passed.append(stop)
        raise AssertionError(f"{place} was not among {passed}")

    def back_to(self, place):
        """Press Shift and Tab until this place has the focus."""
        self.go_to(place, "Shift+Tab")
