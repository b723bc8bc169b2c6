"""What could not be read, or had to be decided, counted by kind, with the first places."""

from collections import Counter

from ner_core.data.readers.sentence import Fault, FaultCode

MOST_KEPT = 20


class FaultLog:
    """Counts faults by kind and keeps the first ``MOST_KEPT`` of each: memory is bounded."""

    def __init__(self) -> None:
        self.counts: Counter[FaultCode] = Counter()
        self.first: dict[FaultCode, list[Fault]] = {}

    def add(self, fault: Fault, count: int = 1) -> None:
        """Take note of a fault; ``count`` of them, where one place has several."""
        self.counts[fault.code] += count
        kept = self.first.setdefault(fault.code, [])
        if len(kept) < MOST_KEPT:
            kept.append(fault)
