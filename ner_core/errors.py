"""Errors whose messages are for users.

::

    NerError
    ├── ConfigError   a setting has a value that cannot work
    ├── DataError     data that cannot be read, or has nothing to learn from
    ├── ModelError    an encoder or a trained model that cannot be found or used
    │   └── UnnamedLabelsError  a trained model that does not say what its labels are called
    ├── RunError      a run that does not exist, or is not in the state an action needs
    ├── AnnotationError  an annotation set that does not exist, or can't be changed so
    ├── TrainingError training that cannot go on (a loss that is not a number, no memory)
    └── PublishError  something that the Hub does not let us write, or cannot take now

Each message is one sentence or two: what was expected, what was found, what to do. The command
line prints it and exits with 2; the page shows it; neither ever shows a traceback for these.
"""


class NerError(Exception):
    """Base of every error a user can mend."""


class ConfigError(NerError):
    """A setting has a value that cannot work."""


class DataError(NerError):
    """Data that cannot be read, or has nothing to learn from."""


class ModelError(NerError):
    """An encoder or a trained model that cannot be found or used."""


class UnnamedLabelsError(ModelError):
    """A trained model whose labels have no names, or names that are unclear.

    ``count`` is how many there are to give; ``problem`` is what is wrong if ``found`` is not it,
    and afterwards in any case.
    """

    def __init__(self, model: str, found: str, count: int, problem: str | None = None) -> None:
        unnamed = f"The model {model} doesn't name its labels, it only has {found}."
        self.problem = problem or unnamed
        super().__init__(
            f"{self.problem} Name its {count} labels in their order: --model-labels O,B-PER,... on "
            "the command line, label_names in Python and over the network, “Names of its labels” "
            "on the page."
        )
        self.count = count


class RunError(NerError):
    """A run that does not exist, or is not in the state an action needs."""


class AnnotationError(NerError):
    """An annotation set that does not exist, or can't be changed in this way."""


class TrainingError(NerError):
    """Training that cannot go on."""


class PublishError(NerError):
    """Something that the Hub does not let us write, or cannot take now."""


class NerWarning(UserWarning):
    """Something that makes the scores or the model of a run other than one expects."""
