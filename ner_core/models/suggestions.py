"""A short choice of encoders on the Hub; any other id works as well.

What is said of each comes from its page: the model card, or the size of the weights. Its files are
checked when it is loaded, as those of any other: it is refused if it has no safetensors or wants
code of its own.
"""

from typing import NamedTuple


class Suggestion(NamedTuple):
    """An encoder on the Hub: its id, its millions of parameters, and what its page says of it."""

    name: str
    millions: int
    languages: str
    licence: str
    good_for: str

    @property
    def label(self) -> str:
        """Return all of it in one line.

        >>> Suggestion("owner/name", 66, "English", "MIT", "quick runs").label
        'owner/name · quick runs · English · 66 M · MIT'
        """
        size = f"{self.millions} M"
        return " · ".join((self.name, self.good_for, self.languages, size, self.licence))


SUGGESTIONS = (
    Suggestion("distilbert/distilbert-base-uncased", 66, "English", "Apache 2.0", "small"),
    Suggestion("google-bert/bert-base-cased", 110, "English", "Apache 2.0", "reads capitals"),
    Suggestion("answerdotai/ModernBERT-base", 149, "English", "Apache 2.0", "larger"),
    Suggestion("FacebookAI/xlm-roberta-base", 278, "100 languages", "MIT", "also mixed languages"),
    Suggestion("l3cube-pune/hing-bert", 110, "Hindi, English", "CC BY 4.0", "code-switching"),
    Suggestion("thomas-sounack/BioClinical-ModernBERT-base", 150, "English", "MIT", "biomedical"),
)
