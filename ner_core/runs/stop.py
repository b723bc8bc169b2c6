"""Stop: a file that asks a run's worker to end at its next step.

The worker then evaluates nothing more. It keeps the best model so far as ``model/``, and the last
checkpoint, from which the run can be resumed; there are no final scores. A run that is still queued
ends without a model.
"""

from ner_core.errors import RunError
from ner_core.runs.run import Run
from ner_core.runs.status import ACTIVE


def ask_to_stop(run: Run) -> None:
    """Ask a run's worker to stop at the next step. Raises RunError if none is at work."""
    status = run.status()
    if status not in ACTIVE:
        raise RunError(f"Run {run.id} is not at work: it is {status}.")
    run.stop_path.touch()
