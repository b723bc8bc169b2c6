"""What a repository on the Hub may be called."""

import re

from ner_core.errors import PublishError

_PART = r"\w(?:[\w.-]{0,94}\w)?"
_NAME = re.compile(rf"(?!.*(?:--|\.\.|\.git$)){_PART}/{_PART}", re.ASCII)


def check_name(name: str, noun: str = "a repository") -> str:
    """Give the name of a repository, OWNER/NAME, without the blanks around it.

    The rules are those of ``huggingface_hub.utils.validate_repo_id``, and that there is an owner;
    the Hub is not asked. Raises PublishError, which calls it ``noun``, if it cannot be one.

    >>> check_name(" me/ner ")
    'me/ner'
    """
    name = name.strip()
    if not _NAME.fullmatch(name):
        raise PublishError(
            f"Expected {noun} as OWNER/NAME, found {name[:200]!r}; use letters, digits and _, and "
            "inside a name also - and . (no -- or .., and no .git at its end), at most 96 of them."
        )
    return name
