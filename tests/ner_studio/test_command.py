"""The program ``ner-studio``, as far as it is more than the command line of the package."""

import os
import socket

import gradio as gr
import pytest

from ner_core.cli.main import COMMANDS
from ner_studio import command, page


@pytest.fixture
def launched(monkeypatch):
    """Let the page be launched no further than to what gradio is given: a list of that."""
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    monkeypatch.setattr(page, "build", gr.Blocks)
    seen = []

    def launch(self, **settings):
        seen.append({name: settings[name] for name in ("server_name", "server_port", "share")})
        raise KeyboardInterrupt

    monkeypatch.setattr(gr.Blocks, "launch", launch)
    return seen


def test_it_has_all_commands(capsys):
    with pytest.raises(SystemExit) as left:
        command.main(["--help"])
    assert left.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith("usage: ner-studio ")
    for name in ("serve", *(row.name for row in COMMANDS)):
        assert f"\n    {name} " in text


def test_the_page_is_served_where_the_environment_says_unless_arguments_do(launched):
    assert command.main(["serve"]) == 0
    given = ["--host", "0.0.0.0", "--port", "8123", "--share-off"]  # noqa: S104
    assert command.main(["serve", *given]) == 0
    assert launched == [
        {"server_name": None, "server_port": None, "share": None},
        {"server_name": "0.0.0.0", "server_port": 8123, "share": False},  # noqa: S104
    ]


def test_threads_that_wait_give_their_core_up_soon(launched):
    command.main(["serve"])
    assert os.environ["GOMP_SPINCOUNT"] == "1000"


@pytest.mark.parametrize("port", ["x", "-1", "65536", "1.5"])
def test_a_port_that_is_none_is_refused(capsys, port):
    with pytest.raises(SystemExit) as left:
        command.main(["serve", f"--port={port}"])
    assert left.value.code == 2
    assert capsys.readouterr().err == (
        f"error: argument --port: expected a number from 0 to 65535, found {port!r}; "
        "`ner-studio serve --help` shows what there is.\n"
    )


def test_a_port_that_is_in_use_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setattr(page, "build", gr.Blocks)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert command.main(["serve", "--port", str(port), "--host", "127.0.0.1"]) == 2
    assert capsys.readouterr().err == (
        "error: The port of the page is in use by another program. Choose another one with --port "
        "or GRADIO_SERVER_PORT.\n"
    )
