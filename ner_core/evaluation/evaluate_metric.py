"""The strict entity scores as a metric of the ``evaluate`` library, without a download.

``evaluate.load("seqeval")`` downloads a script; this class needs no network. It is not in
``metrics`` because importing evaluate 0.4.6 imports the pipelines of transformers, and so torch.
"""

from typing import Any

import datasets
import evaluate

from ner_core.evaluation.metrics import entity_scores

_DESCRIPTION = "Strict (exact span and type, IOB2) entity precision, recall and F1, by seqeval."
_CITATION = """\
@misc{seqeval,
  title={{seqeval}: A Python framework for sequence labeling evaluation},
  author={Hiroki Nakayama},
  year={2018},
  url={https://github.com/chakki-works/seqeval}
}
"""


class StrictEntityMetric(evaluate.Metric):
    """Strict entity scores over IOB2 tags, one list per sentence; see ``metrics.entity_scores``.

    >>> metric = StrictEntityMetric()
    >>> metric.compute(references=[["B-PER", "O"]], predictions=[["B-PER", "O"]])["f1"]
    1.0
    """

    def __init__(self, **kwargs: Any) -> None:
        # In memory, so that two runs do not share files in a cache.
        super().__init__(keep_in_memory=True, **kwargs)

    def _info(self) -> evaluate.MetricInfo:
        tags = datasets.Sequence(datasets.Value("string"))
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description="predictions and references: lists of lists of IOB2 tags",
            features=datasets.Features({"predictions": tags, "references": tags}),
            reference_urls=["https://github.com/chakki-works/seqeval"],
        )

    def _compute(self, predictions: list[list[str]], references: list[list[str]]) -> dict[str, Any]:
        return entity_scores(references, predictions)
