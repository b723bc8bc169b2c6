"""Count the faults found while reading, by kind, and keep the first of each."""

from collections import Counter

from ner_core.data.readers.sentence import Fault, FaultCode

MOST_KEPT = 20


class FaultLog:
    """Counts faults by kind and keeps the first ``MOST_KEPT`` of each, so memory is bounded.

    ``remarks`` counts those of kind ``odd`` and ``guess`` that are kept by what they say.
    """

    def __init__(self) -> None:
        self.counts: Counter[FaultCode] = Counter()
        self.first: dict[FaultCode, list[Fault]] = {}
        self.remarks: Counter[str] = Counter()

    def add(self, fault: Fault, count: int = 1) -> None:
        """Add a fault, which counts ``count`` times if there are several in one place."""
        self.counts[fault.code] += count
        kept = self.first.setdefault(fault.code, [])
        if len(kept) < MOST_KEPT:
            kept.append(fault)
        if fault.code in ("odd", "guess") and (fault in kept or fault.message in self.remarks):
            self.remarks[fault.message] += count
