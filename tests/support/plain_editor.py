"""A plain model of the state of the editor: what each step does, as simply as it can be said."""

import copy
import re

BLANK = re.compile("[\t\n\v\f\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]")
"""What the browser takes for blank."""


def joined(text):
    """Return a text as a browser has it: two halves of a surrogate pair that meet are one."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


class PlainEditor:
    """One text. A span is (start, end, label, score) in code points; score may be None."""

    def __init__(self, text, words, suggested):
        self.text, self.words = text, [tuple(word) for word in words]
        self.spans, self.at, self.start_of_selection, self.picked = [], 0, 0, None
        self.past, self.future = [], []
        for start, end, label, score in suggested:
            if range_ := self.trimmed(start, end):
                self.spans = self.with_span((*range_, label, score))

    def trimmed(self, start, end):
        places = [at for at in range(start, end) if not BLANK.fullmatch(self.text[at])]
        return (places[0], places[-1] + 1) if places else None

    def selected(self):
        if self.picked or not self.words:
            return self.picked
        first, last = sorted((self.at, self.start_of_selection))
        return self.words[first][0], self.words[last][1]

    @property
    def is_extended(self):
        return self.picked is not None or self.at != self.start_of_selection

    def touched(self):
        chosen = self.selected()
        return [one for one in self.spans if chosen and set(range(*one[:2])) & set(range(*chosen))]

    def with_span(self, made):
        kept = [made]
        for start, end, label, score in self.spans:
            if end <= made[0] or made[1] <= start:
                kept.append((start, end, label, score))
                continue
            rest = self.trimmed(start, made[0]) or self.trimmed(made[1], end)
            if rest:
                kept.append((*rest, label, None))
        return sorted(kept, key=lambda span: span[0])

    def moment(self):
        return copy.deepcopy((self.spans, self.at, self.start_of_selection, self.picked))

    def change(self, spans):
        if spans != self.spans:
            self.past.append(self.moment())
            self.future.clear()
            self.spans = spans
            self.start_of_selection, self.picked = self.at, None

    # The steps, by the names that the script has for them.

    def moveTo(self, word, extend=False):  # noqa: N802
        self.at = max(0, min(word, len(self.words) - 1))
        self.picked = None
        if not extend:
            self.start_of_selection = self.at

    def move(self, step, extend=False):
        if self.is_extended and not extend:
            ends = sorted((self.at, self.start_of_selection))
            self.moveTo(ends[0] if step < 0 else ends[1])
        else:
            self.moveTo(self.at + step, extend)

    def selectWords(self, first, last):  # noqa: N802
        self.moveTo(first)
        self.moveTo(last, True)

    def selectCharacters(self, one, other):  # noqa: N802
        ends = sorted(max(0, min(at, len(self.text))) for at in (one, other))
        if range_ := self.trimmed(*ends):
            before = [number for number, (start, _) in enumerate(self.words) if start <= range_[0]]
            self.moveTo(before[-1] if before else 0)
            self.picked = range_

    def unselect(self):
        self.moveTo(self.at)

    def mark(self, label):
        chosen = self.selected()
        if chosen:
            at_caret = self.touched()[:1] if not self.is_extended else []
            self.change(self.with_span((*(at_caret or [chosen])[0][:2], label, None)))

    def relabel(self, number, label):
        if self.spans:
            span = self.spans[number % len(self.spans)]
            self.change(self.with_span((*span[:2], label, None)))

    def stretch(self, number, edge, step):
        if not self.spans:
            return
        span = self.spans[number % len(self.spans)]
        side = 0 if edge == "start" else 1
        edges = [word[side] for word in self.words]
        beyond = [at for at in edges if (at < span[side] if step < 0 else at > span[side])]
        if not beyond:
            return
        ends = [*span[:2]]
        ends[side] = beyond[-1] if step < 0 else beyond[0]
        if ends[0] < ends[1]:
            rest = PlainEditor(self.text, self.words, [])
            rest.spans = [one for one in self.spans if one is not span]
            self.change(rest.with_span((*ends, span[2], None)))

    def remove(self):
        gone = self.touched()
        self.change([one for one in self.spans if one not in gone])

    def undo(self):
        self._swap(self.past, self.future)

    def redo(self):
        self._swap(self.future, self.past)

    def _swap(self, source, target):
        if source:
            target.append(self.moment())
            self.spans, self.at, self.start_of_selection, self.picked = source.pop()
