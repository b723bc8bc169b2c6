"""The program ``ner-studio``, as far as it is more than the command line of the package."""

import os
import re

import pytest

from ner_core.cli.main import COMMANDS
from ner_studio import command, page
from tests.support.panels import build


@pytest.fixture
def launch(monkeypatch):
    """Return a function that lets the page be launched by another function than gradio's."""
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    blank, _ = build(lambda: None)
    monkeypatch.setattr(page, "build", lambda: blank)

    return lambda function: monkeypatch.setattr(
        blank, "launch", lambda **settings: function(settings)
    )


def test_it_has_all_commands(capsys):
    with pytest.raises(SystemExit) as left:
        command.main(["--help"])
    assert left.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith("usage: ner-studio ")
    for name in ("serve", *(row.name for row in COMMANDS)):
        assert re.search(rf"\n    {name}\s", text)  # a long name has a line of its own


def test_the_page_is_served_where_the_environment_says_unless_arguments_do(launch):
    launched = []

    def served(settings):
        names = ("server_name", "server_port", "share")
        launched.append(tuple(settings[name] for name in names))
        raise KeyboardInterrupt

    launch(served)
    assert command.main(["serve"]) == 0
    given = ["--host", "0.0.0.0", "--port", "8123", "--share-off"]  # noqa: S104
    assert command.main(["serve", *given]) == 0
    assert launched == [(None, None, None), ("0.0.0.0", 8123, False)]  # noqa: S104
    assert os.environ["GOMP_SPINCOUNT"] == "1000"


@pytest.mark.parametrize("port", ["x", "-1", "65536", "1.5"])
def test_a_port_that_is_none_is_refused(capsys, port):
    with pytest.raises(SystemExit) as left:
        command.main(["serve", f"--port={port}"])
    assert left.value.code == 2
    assert capsys.readouterr().err == (
        f"error: argument --port: can't be {port!r}. Use a number from 0 to 65535. "
        "Run `ner-studio serve --help` to see the options.\n"
    )


def test_a_port_that_is_in_use_is_one_sentence(launch, capsys):
    def refused(_):
        # What gradio 6.31 raises; its sockets stay open then, which is an error in tests.
        raise OSError("Cannot find empty port in range: 7860-7860. You can specify a different …")

    launch(refused)
    assert command.main(["serve", "--port", "7860"]) == 2
    assert capsys.readouterr().err == (
        "error: The port of the page is in use by another program. Choose another one with --port "
        "or GRADIO_SERVER_PORT.\n"
    )
