"""What a person does in the editor of the Highlight tab, and what is saved then."""

from ner_core.annotations.annotation_set import AnnotationSet
from tests.support.pages import assert_becomes, write

TEXT = ".ed-text"


def open_editor(page, text):
    """Write a text and correct it; the mouse stays out of it."""
    write(page, text)
    page.locator("#correct").focus()
    page.keyboard.press("Enter")
    wait_for_text(page, text)


def wait_for_text(page, text):
    """Wait until the editor shows this text and has the focus."""
    assert_becomes(lambda: page.locator(TEXT).is_visible() and written(page), text)
    assert_becomes(lambda: page.evaluate("document.activeElement.className"), "ner-text ed-text")


def written(page):
    """Return the text of the editor, without the notes of its marks."""
    return page.eval_on_selector(
        TEXT,
        """box => {
          const copy = box.cloneNode(true);
          for (const note of copy.querySelectorAll("small")) note.remove();
          return copy.textContent;
        }""",
    )


def open_next(page, text):
    """Type the next text and open it."""
    assert_becomes(lambda: page.evaluate("document.activeElement.dataset.do"), "next-text")
    page.keyboard.insert_text(text)
    page.keyboard.press("Enter")
    wait_for_text(page, text)


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def new_type(page, name):
    """Mark what is selected as a new type, with the keyboard."""
    page.keyboard.press("n")
    page.keyboard.insert_text(name)
    page.keyboard.press("Enter")


def without_types(page):
    """Remove all types, with the keyboard."""
    page.keyboard.press("n")
    for _ in page.locator(".ed-type").all():
        press(page, "Shift+Tab", "Enter")
    assert_becomes(page.locator(".ed-type").count, 0)
    page.locator(TEXT).focus()


def name_set(page, title):
    """Save to the set with this title from now on."""
    page.get_by_label("Save to").fill(title)
    page.get_by_label("Save to").press("Tab")


def marked(page):
    """Return the marks of the editor: their words, types, and whether they are only suggested."""
    return page.eval_on_selector_all(
        f"{TEXT} mark",
        """marks => marks.map(mark => [mark.firstChild.data, mark.dataset.label,
          mark.classList.contains("suggested")])""",
    )


def heard(page):
    """Return what a screen reader has heard last."""
    return page.locator("#editor [data-part=heard]").text_content().strip()


class Word:
    """A place in the text of the editor, which the mouse or a finger finds where it is shown."""

    def __init__(self, page, text, number=0):
        self.page, self.text, self.number = page, text, number

    def box(self):
        return self.page.evaluate(WORD, [self.text, self.number])

    def middle(self):
        left, top, width, height = self.box()
        return left + width / 2, top + height / 2

    def click(self):
        self.page.mouse.click(*self.middle())

    def dblclick(self):
        self.page.mouse.dblclick(*self.middle())

    def tap(self):
        self.page.touchscreen.tap(*self.middle())


WORD = """([wanted, number]) => {
  const texts = document.createTreeWalker(document.querySelector(".ed-text"), NodeFilter.SHOW_TEXT);
  let seen = -1;
  while (texts.nextNode()) {
    const node = texts.currentNode;
    if (node.parentElement.closest("small")) continue;
    for (let at = node.data.indexOf(wanted); at >= 0; at = node.data.indexOf(wanted, at + 1)) {
      seen += 1;
      if (seen < number) continue;
      node.parentElement.scrollIntoView({ block: "nearest" });
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + wanted.length);
      const box = range.getBoundingClientRect();
      return [box.x, box.y, box.width, box.height];
    }
  }
}"""


def saved(home, set_id):
    """Return what a set has on the disk: each text with its entities as (words, type)."""
    found = AnnotationSet(set_id, home / "annotations" / set_id).read()
    return {
        one.text: [(one.text[span.start : span.end], span.label) for span in one.entities]
        for one in found.decisions.values()
    }


def records(home, set_id):
    """Return the lines of the file of a set."""
    return (home / "annotations" / set_id / "decisions.jsonl").read_bytes().splitlines()
