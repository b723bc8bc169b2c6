import pytest
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id
from hypothesis import given
from hypothesis import strategies as st

from ner_core.errors import PublishError
from ner_core.hub.repository_ids import check_repository
from ner_core.publishing.card.document import model_card
from ner_core.publishing.permissions import check_repo
from ner_core.publishing.space import deploy
from tests.support.fake_runs import FakeRun

TOO_LONG = "a" * 97
NAMES = [
    *(
        "",
        "ner",
        "me/",
        "/ner",
        "a/b/c",
        "../x",
        "a/..",
        "a b/c",
        'a/b"',
        "me/ä",
        "a/-b",
        "me/b\nc",
    ),
    *("me/ner--x", "me/ner..x", "me/ner.git", "me/ner.", "me/ner-", f"me/{TOO_LONG}"),
]


@pytest.mark.parametrize("name", NAMES)
def test_what_no_repository_can_be_called_is_refused_by_all_who_take_a_name(name):
    rules = (
        "Write OWNER/NAME, each of letters, digits and _, inside also - and . (no -- or .., and no "
        ".git at its end), at most 96 characters long."
    )
    run = FakeRun().end()
    for noun, take in (
        ("a repository", check_repository),
        ("a repository", lambda name: model_card(run, name)),
        ("a Space", deploy),
    ):
        with pytest.raises(PublishError) as caught:
            take(name)
        assert str(caught.value) == f"{name!r} can't be the name of {noun}. {rules}"
    assert check_repo(name).message == f"{name!r} can't be the name of a repository. {rules}"


@pytest.mark.parametrize("name", ["me/ner", "Me_1/a.b-c_d", "1/2", f"me/{TOO_LONG[1:]}"])
def test_what_one_can_be_called_is_given_back(name):
    assert check_repository(f" {name}\n") == name


PIECES = [*"ab1_-.Z", ".git", "--", "ä", "\n", " "]
PARTS = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)


@given(owner=PARTS, name=PARTS)
def test_names_are_those_that_the_client_of_the_hub_takes(owner, name):
    repo = f"{owner}/{name}"
    try:
        validate_repo_id(repo.strip())
        allowed = True
    except HFValidationError:
        allowed = False
    try:
        assert check_repository(repo) == repo.strip()
    except PublishError:
        assert not allowed
    else:
        assert allowed
