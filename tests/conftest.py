"""What all tests share: a home of their own, no network, and models small enough to make here."""

import gc
import ipaddress
import json
import os
import signal
import socket
import string
from functools import cache
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
# Before NumPy and torch load: two processes of tests share two cores, and threads that wait for
# each other lose much where others compute. Pages and workers inherit it.
os.environ["OMP_NUM_THREADS"] = "1"
# All that tests speak to speaks plain HTTP. Reading the machine's certificates takes a tenth of a
# second for each client that is made; in this folder there are none.
os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = str(Path(__file__).parent)

import pytest
from hypothesis import HealthCheck, settings

from tests.support.places import REPOSITORY

# What a shell starts in the background ignores Ctrl-C, and so does all that it starts. A handler
# ends this, also for the pages and commands that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

SHARED_DATA = REPOSITORY.parent / "shared" / "data"

settings.register_profile(
    "ner", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ner")

TINY_LABELS = ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
TINY_WORDS = ["ann", "bob", "lives", "works", "in", "near", "the", "and", "oslo", "paris", "city"]


class NetworkUsedError(AssertionError):
    """A test tried to reach beyond this machine."""


def _is_local(address):
    if not isinstance(address, tuple):
        return True
    host = str(address[0])
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


# Nothing that collecting the tests makes is garbage.
gc.disable()


def pytest_collection_finish():
    """Leave the modules and the tests out of garbage collections, which took half a second each."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items):
    """Put the files of slow tests first, since long ones at the end would end alone.

    Those with a browser come last: beside a browser a worker, which gives way, gets on slowly.
    """
    fast = {item.path for item in items if not item.get_closest_marker("slow")}
    browser = {item.path for item in items if item.get_closest_marker("browser")}
    items.sort(key=lambda item: (item.path in browser, item.path in fast))


@pytest.fixture(autouse=True)
def ner_home(tmp_path, monkeypatch):
    monkeypatch.setenv("NER_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def guard(original):
        def connect(self, address):
            if not _is_local(address):
                raise NetworkUsedError(f"a test connects to {address!r}")
            return original(self, address)

        return connect

    monkeypatch.setattr(socket.socket, "connect", guard(socket.socket.connect))
    monkeypatch.setattr(socket.socket, "connect_ex", guard(socket.socket.connect_ex))


@pytest.fixture(scope="session")
def shared_data():
    if not SHARED_DATA.is_dir():
        pytest.skip("the corpora of ../shared/data are not there")
    return SHARED_DATA


def write_conll(path, sentences):
    """Write sentences, each a list of (word, tag), as two columns; give the path."""
    blocks = ["".join(f"{word} {tag}\n" for word, tag in sentence) for sentence in sentences]
    path.write_text("\n".join(blocks), encoding="utf-8", newline="")
    return path


def _tiny_config(**more):
    from transformers import BertConfig

    return BertConfig(
        vocab_size=len(tiny_vocabulary()),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
        **more,
    )


def tiny_vocabulary():
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = list(string.ascii_lowercase + string.digits)
    marks = list(string.punctuation) + list("“”‘’–—…")
    pieces = special + letters + [f"##{letter}" for letter in letters] + marks + TINY_WORDS
    return {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}


def _save_tiny(folder, model):
    from transformers import BertTokenizerFast

    model.save_pretrained(folder)
    BertTokenizerFast(
        vocab=tiny_vocabulary(), do_lower_case=True, model_max_length=128
    ).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory):
    """Return a folder with a random BERT, 32 wide, without a head."""
    import torch
    from transformers import BertModel

    torch.manual_seed(1)
    return _save_tiny(tmp_path_factory.mktemp("tiny-encoder"), BertModel(_tiny_config()))


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory):
    """Return a folder with a random BERT, 32 wide, and a random head for LOC and PER."""
    import torch
    from transformers import AutoModelForTokenClassification

    torch.manual_seed(2)
    config = _tiny_config(
        id2label=dict(enumerate(TINY_LABELS)),
        label2id={label: number for number, label in enumerate(TINY_LABELS)},
    )
    model = AutoModelForTokenClassification.from_config(config)
    return _save_tiny(tmp_path_factory.mktemp("tiny-model"), model)


@pytest.fixture(scope="session")
def toy_run(tmp_path_factory, tiny_encoder):
    """Return a run that has learned the toy corpus."""
    from tests.support import toy

    return toy.toy_run(tmp_path_factory, tiny_encoder)


@pytest.fixture
def toy_data(tmp_path):
    """Return a folder with a toy corpus of a few steps."""
    from tests.support import toy

    return toy.write_toy(tmp_path / "toy", train=32, validation=8, test=8)


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """Return a function that makes the model folder of a family once."""
    from tests.support.families import save_family

    return cache(lambda name: save_family(name, tmp_path_factory.mktemp(name)))


@pytest.fixture
def asks(monkeypatch):
    """Return a function that says whose event is being handled."""
    from ner_studio.base import rights

    return lambda visitor: monkeypatch.setattr(rights, "current_visitor", lambda: visitor)


@pytest.fixture
def forked_workers(monkeypatch):
    """Let workers be forked, which spares each the seconds in which torch is loaded."""
    from ner_core.jobs import process
    from tests.support.processes import spawn

    monkeypatch.setattr(process, "_spawn", spawn)


@pytest.fixture
def call(capsys):
    """Return a function that runs a command here: exit code, stdout, stderr."""

    def run_command(*arguments):
        from ner_core.cli import main

        capsys.readouterr()
        try:
            code = main.main([str(argument) for argument in arguments])
        except SystemExit as left:
            code = left.code
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run_command


@pytest.fixture
def document(call):
    """Return a function that runs a command with --json and reads stdout as one document."""

    def run_command(*arguments):
        code, out, _ = call(*arguments, "--json")
        assert code == 0
        assert out.endswith("\n")
        return json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))

    return run_command


@pytest.fixture
def refusal(call):
    """Return a function that runs a command that is refused: its sentence."""

    def run_command(*arguments):
        code, out, err = call(*arguments)
        assert code == 2
        assert out == ""
        assert err.startswith("error: ")
        assert err.endswith("\n")
        assert err.count("\n") == 1
        assert "Traceback" not in err
        return err[len("error: ") : -1]

    return run_command


@pytest.fixture(scope="module")
def server():
    """Return a Hub on loopback."""
    from tests.support.hub_server import serve

    with serve() as hub:
        yield hub


@pytest.fixture
def hub(server, monkeypatch, tmp_path_factory):
    """Return the Hub on loopback, to which the client of huggingface_hub is turned."""
    import huggingface_hub

    from tests.support.hub_client import turn_to

    turn_to(server, monkeypatch, tmp_path_factory.mktemp("hf"))
    yield server
    huggingface_hub.close_session()
