"""Suggest entities from examples of each type, before there is a model that knows them.

An example is found wherever its words stand, whatever their case, and also with an ending that it
has not itself ("Oslos", "Berlins", "Müllern"): a word counts as the same if it begins with all of
the other and has at most ``ENDING`` letters more, where both have ``STEM`` letters.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from ner_core.annotations.decisions import Decision, Suggestion
from ner_core.words import Word, split_words

STEM = 4
ENDING = 2
SAME, INFLECTED = 0.9, 0.6
"""The scores of an example as it is written, and of one with another ending or case."""


class WordLists:
    """Examples of entity types, which suggest entities of texts."""

    def __init__(self, examples: Mapping[str, Iterable[str]]) -> None:
        """``examples`` has the examples of each type."""
        # By the beginning of their first word, the longest first.
        self._phrases: defaultdict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        for label, phrases in examples.items():
            for phrase in phrases:
                words = tuple(phrase[place.start : place.end] for place in split_words(phrase))
                if words and any(map(str.isalnum, phrase)):
                    self._phrases[_key(words[0])].append((words, label))
        for found in self._phrases.values():
            found.sort(key=lambda one: -len(one[0]))

    def suggest(self, text: str) -> list[Suggestion]:
        """Return the entities that the examples suggest, sorted and disjoint."""
        places = split_words(text)
        words = [text[place.start : place.end] for place in places]
        found: list[Suggestion] = []
        number = 0
        while number < len(words):
            suggestion = self._at(number, words, places)
            if suggestion is None:
                number += 1
            else:
                found.append(suggestion[0])
                number += suggestion[1]
        return found

    def _at(
        self, number: int, words: Sequence[str], places: Sequence[Word]
    ) -> tuple[Suggestion, int] | None:
        """Return what is suggested at a word, and its number of words: the longest, the best."""
        best: tuple[int, float, str] | None = None
        for phrase, label in self._phrases.get(_key(words[number]), ()):
            here = words[number : number + len(phrase)]
            if len(here) < len(phrase) or (best and len(phrase) < best[0]):
                continue
            score = min(map(_likeness, phrase, here))
            if score and (best is None or score > best[1]):
                best = (len(phrase), score, label)
        if best is None:
            return None
        count, score, label = best
        start, end = places[number].start, places[number + count - 1].end
        return Suggestion(start, end, label, score), count


def examples_of(decisions: Iterable[Decision]) -> dict[str, list[str]]:
    """Return the entities of annotated texts as examples of their types, each once.

    An entity that stands elsewhere without being marked, or with another type, is an example of the
    type that it has most often, if that is more often than not.

    >>> from ner_core.tags import Span
    >>> examples_of([Decision("Ann in Oslo", (Span(0, 3, "PER"), Span(7, 11, "LOC")))])
    {'PER': ['Ann'], 'LOC': ['Oslo']}
    """
    marked: dict[str, Counter[str]] = defaultdict(Counter)
    rejected: Counter[str] = Counter()
    for decision in decisions:
        for span in decision.entities:
            marked[decision.text[span.start : span.end]][span.label] += 1
        for one in decision.rejected:
            rejected[decision.text[one.start : one.end]] += 1
    found: defaultdict[str, list[str]] = defaultdict(list)
    for text, labels in marked.items():
        label, times = labels.most_common(1)[0]
        if 2 * times > labels.total() + rejected[text]:
            found[label].append(text)
    return dict(found)


def merged(first: Sequence[Suggestion], second: Sequence[Suggestion]) -> list[Suggestion]:
    """Return all of the first suggestions, and those of the second that overlap none of them.

    >>> one, two = Suggestion(0, 3, "PER", 0.9), Suggestion(2, 5, "LOC", 0.5)
    >>> [found.label for found in merged([one], [two, Suggestion(5, 6, "DISH", 0.5)])]
    ['PER', 'DISH']
    """
    free = [
        one
        for one in second
        if not any(one.start < other.end and other.start < one.end for other in first)
    ]
    return sorted([*first, *free])


def _key(word: str) -> str:
    return word.casefold()[:STEM]


def _likeness(wanted: str, word: str) -> float:
    """Return how much a word is like that of an example: 0 if they are two words."""
    if wanted == word:
        return SAME
    one, other = wanted.casefold(), word.casefold()
    # "apple" is not "Apple", while "APPLE" may be, and "Apple" at the start of a sentence "apple".
    if wanted[:1].isupper() and word.islower():
        return 0.0
    if one == other:
        return INFLECTED
    short, long = sorted((one, other), key=len)
    related = len(short) >= STEM and long.startswith(short) and len(long) - len(short) <= ENDING
    return INFLECTED if related and long[len(short) :].isalpha() else 0.0
