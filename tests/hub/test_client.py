import pytest
from huggingface_hub import HfApi, constants, get_session
from huggingface_hub.utils import httpx

from ner_core.errors import PublishError
from ner_core.hub import client
from ner_core.hub.failures import shortened
from ner_core.hub.sign_in import signed_in_token
from ner_core.publishing import permissions
from ner_core.publishing.outcome import RepoCheck
from ner_core.publishing.permissions import check_repo
from tests.support.hub_client import SECRET
from tests.support.hub_server import Repo, Token


def said(check):
    return check.can_write, check.message


def test_a_name_that_is_free_can_be_written(hub):
    for repo in ("me/ner", "acme/ner", " me/ner "):
        name = repo.strip()
        message = f"{name} is new: publishing creates it."
        assert check_repo(repo) == RepoCheck(name, False, None, True, message)


def test_a_repository_of_ones_own_can_be_written(hub):
    hub.models["me/ner"] = Repo(private=True)
    hub.models["acme/ner"] = Repo()
    assert check_repo("me/ner") == RepoCheck(
        "me/ner",
        True,
        True,
        True,
        "me/ner is there (private) and yours to write: publishing adds a commit to it.",
    )
    assert said(check_repo("acme/ner", SECRET)) == (
        True,
        "acme/ner is there (public) and yours to write: publishing adds a commit to it.",
    )


def test_whose_a_token_is_is_asked_once_a_minute(hub, monkeypatch):
    for repo in ("me/a", "me/b"):
        check_repo(repo)
    assert hub.requests.count("GET /api/whoami-v2") == 1
    monkeypatch.setattr(permissions, "KNOWN_SECONDS", -1.0)
    check_repo("me/c")
    assert hub.requests.count("GET /api/whoami-v2") == 2


def test_a_name_that_cannot_be_one(hub):
    assert check_repo("me/ner--x") == RepoCheck(
        "me/ner--x",
        False,
        None,
        False,
        "'me/ner--x' can't be the name of a repository. Write OWNER/NAME, each of letters, digits "
        "and _, inside also - and . (no -- or .., and no .git at its end), at most 96 characters "
        "long.",
    )
    assert hub.requests == []


def test_a_card_that_is_there_is_replaced_and_the_check_says_so(hub):
    hub.models["me/ner"] = Repo({"main": {"README.md": b"mine"}})
    assert said(check_repo("me/ner")) == (
        True,
        "me/ner is there (public) and yours to write: publishing adds a commit to it and replaces "
        "its README.md, but keeps entries that its owner wrote at the top, such as a license.",
    )


def test_a_repository_of_somebody_else(hub):
    hub.models["other/ner"] = Repo()
    rest = (
        "belongs to other. Signed in as me, you can write to repositories of me or acme only: "
        "choose me"
    )
    assert check_repo("other/ner") == RepoCheck(
        "other/ner",
        True,
        False,
        False,
        f"other/ner {rest}/ner, or open a pull request.",
    )
    assert said(check_repo("other/new")) == (
        False,
        f"other/new {rest}/new.",
    )
    assert not check_repo("readers/ner").can_write


MAKE_ONE = (
    "Your token can't write to me/ner. Make a write token at HUB/settings/tokens, or a "
    "fine-grained one with repo.write for me."
)


@pytest.mark.parametrize(
    ("token", "allowed"),
    [
        (Token("me", "read"), False),
        (Token("me", "fineGrained"), False),
        (Token("me", "fineGrained", grants={"me": ("repo.content.read",)}), False),
        (Token("me", "fineGrained", grants={"me/other": ("repo.write",)}), False),
        (Token("me", "fineGrained", grants={"me": ("repo.write",)}), True),
        (Token("me", "fineGrained", grants={"me/ner": ("repo.write",)}), True),
        (Token("me", "fineGrained", everywhere=("repo.write",)), True),
    ],
)
def test_what_a_token_is_for(hub, token, allowed):
    hub.tokens[SECRET] = token
    hub.models["me/ner"] = Repo()
    check = check_repo("me/ner")
    assert check.can_write is allowed
    if not allowed:
        assert check.message == MAKE_ONE.replace("HUB", hub.url)


def test_a_token_for_pull_requests(hub, monkeypatch):
    hub.models["other/ner"] = Repo()
    target = permissions.find_target("other/ner", SECRET)
    permissions.authorize(target, permissions.Account("me"), pull_request=True)
    reads = permissions.Account("me", role="read")
    with pytest.raises(PublishError) as caught:
        permissions.authorize(target, reads, pull_request=True)
    assert str(caught.value) == (
        "Your token can't open pull requests in other/ner. Make a write token at "
        f"{hub.url}/settings/tokens, or a fine-grained one with discussion.write for other."
    )
    monkeypatch.setenv("SPACE_ID", "me/space")
    with pytest.raises(PublishError) as caught:
        permissions.authorize(target, reads, pull_request=True)
    assert str(caught.value) == (
        "Your token can't open pull requests in other/ner. Sign out and in again, and grant "
        "write-discussions."
    )
    with pytest.raises(PublishError) as caught:
        permissions.authorize(permissions.Target("other/x", False), reads, pull_request=True)
    assert str(caught.value) == (
        "The Hub has no repository other/x that you can see, so you can't open a pull request "
        "there. Publish without one to create it, or correct the name."
    )


def test_a_space_uses_only_the_token_of_its_visitor(hub, monkeypatch):
    monkeypatch.setenv("SPACE_ID", "me/space")
    assert said(check_repo("me/ner")) == (
        False,
        "Not signed in. Sign in on the page.",
    )
    assert hub.requests == []
    hub.tokens["hf_visitor"] = Token("guest", "read")
    assert check_repo("guest/ner", "hf_visitor").message == (
        "Your token can't write to guest/ner. Sign out and in again, and grant contribute-repos "
        "for guest."
    )
    assert hub.authorizations == {"Bearer hf_visitor"}


def test_of_a_repository_that_is_there_a_space_says_what_it_cannot_know(hub, monkeypatch):
    """The scope contribute-repos is for those made with it; the Hub does not tell which are."""
    monkeypatch.setenv("SPACE_ID", "me/space")
    hub.tokens["hf_visitor"] = Token("ann", "app")
    hub.models |= {"ann/old": Repo({"main": {"README.md": b""}}), "ann/bare": Repo(private=True)}
    assert check_repo("ann/old", "hf_visitor") == RepoCheck(
        "ann/old",
        True,
        False,
        None,
        "ann/old is there (public) and yours. If it was made from here, publishing adds a commit "
        "to it and replaces its README.md, but keeps entries that its owner wrote at the top, "
        "such as a license. But signing in here lets you write only to repositories made from "
        "here: for any other choose a new name, or open a pull request.",
    )
    assert said(check_repo("ann/bare", "hf_visitor")) == (
        None,
        "ann/bare is there (private) and yours. If it was made from here, publishing adds a "
        "commit to it. But signing in here lets you write only to repositories made from here: "
        "for any other choose a new name, or open a pull request.",
    )
    assert check_repo("ann/new", "hf_visitor").can_write is True
    assert check_repo("ann/old", "hf_visitor", pull_request=True).can_write is True
    assert check_repo("bob/new", "hf_visitor").can_write is False


def test_nobody_is_signed_in(hub, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    assert said(check_repo("me/ner")) == (
        False,
        "Not signed in. Run `hf auth login` or set HF_TOKEN.",
    )


def test_a_login_of_hf_is_used(hub, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    with open(constants.HF_TOKEN_PATH, "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write(SECRET)
    assert check_repo("me/ner").can_write


@pytest.mark.parametrize("token", ["hf_x\nAuthorization: y", "hf_ä", " hf_x"])
def test_a_token_that_cannot_be_one_is_not_repeated(token):
    with pytest.raises(PublishError) as caught:
        signed_in_token(token)
    assert str(caught.value) == ("Your Hub token has characters that no token has. Copy it again.")


def test_a_token_in_a_strange_error_is_left_out():
    error = ValueError(f"header 'authorization: Bearer oauth.x.y' and {SECRET} failed")
    assert shortened(
        error
    ) == "ValueError: header 'authorization: Bearer … and hf_… failed".replace("hf_…", "…")


def test_an_unknown_token(hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    assert said(check_repo("me/ner")) == (
        False,
        "The Hub doesn't accept your token (401): run hf auth login, or set HF_TOKEN.",
    )


def test_who_is_signed_in_on_a_page_is_trusted_until_the_hub_refuses():
    told = {"name": "ann", "orgs": [{"name": "acme"}], "auth": {"type": "app_token_as_user"}}
    account = permissions._read_account(told)
    assert account.may("repo.write", "ann/x")
    assert account.namespaces == ("ann", "acme")


def test_a_hub_that_hangs_is_given_up(hub, monkeypatch):
    monkeypatch.setattr(client, "ANSWER_SECONDS", 0.2)
    hub.fail("/api/whoami-v2", hang_seconds=60)
    assert said(check_repo("me/ner")) == (
        False,
        "127.0.0.1 did not answer within 0.2 seconds while writing to me/ner. Try again later: "
        "files already stored aren't sent again.",
    )


def test_no_call_of_the_client_waits_for_ever(hub, monkeypatch):
    monkeypatch.setattr(client, "SILENT_SECONDS", 0.2)
    hub.fail("/api/models/me/ner", hang_seconds=60)
    with pytest.raises(httpx.ReadTimeout):  # asks for no limit
        HfApi().model_info("me/ner", timeout=None)
    with pytest.raises(httpx.ReadTimeout):
        get_session().get(f"{hub.url}/api/models/me/ner")
