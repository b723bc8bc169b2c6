"""The package as others install it: what it requires, what is in the wheel, and that it works."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
import venv
from email.parser import Parser
from zipfile import ZipFile

import pytest

from ner_core.cli.main import COMMANDS
from tests.support.places import REPOSITORY

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PACKAGES = ("ner_core", "ner_studio")
# Nothing outside this machine is reached: each request would go to a port where nobody listens.
NO_NETWORK = {
    "HF_HUB_OFFLINE": "1",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "127.0.0.1,localhost",
}


def project():
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))


def lines_of(name):
    """Return the lines of a requirements file without comments."""
    lines = (REPOSITORY / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_a_space_installs_what_the_package_depends_on():
    assert lines_of("requirements.txt") == project()["project"]["dependencies"]


def test_developers_install_the_group_dev():
    assert lines_of("requirements-dev.txt") == [
        "-r requirements.txt",
        *project()["dependency-groups"]["dev"],
    ]


def run(*command, cwd, **environment):
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel, with the backend that is installed here."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder)
    done = run(sys.executable, "-m", "pip", "wheel", *options, REPOSITORY, cwd=folder)
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Install the wheel into a fresh environment that sees our dependencies: its programs."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder)
    programs = folder / "bin"
    options = ("--python", programs / "python", "install", "--no-deps", "--no-index")
    done = run(sys.executable, "-m", "pip", *options, wheel, cwd=folder)
    assert done.returncode == 0, done.stderr
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return programs


@pytest.fixture
def program(installed, tmp_path):
    """Return a function that runs ``ner-studio`` in another folder, with a home elsewhere."""
    (tmp_path / "elsewhere").mkdir()
    environment = NO_NETWORK | {"NER_HOME": str(tmp_path / "home")}
    return lambda *arguments: run(
        installed / "ner-studio", *arguments, cwd=tmp_path / "elsewhere", **environment
    )


@pytest.mark.slow
def test_the_wheel_holds_every_file_of_the_packages(wheel):
    expected = {
        path.relative_to(REPOSITORY).as_posix()
        for package in PACKAGES
        for path in (REPOSITORY / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        described = Parser().parsestr(archive.read(metadata).decode())
    assert {name for name in names if ".dist-info/" not in name} == expected
    assert {f"{package}/py.typed" for package in PACKAGES} <= expected
    required = [line for line in described.get_all("Requires-Dist") if "extra ==" not in line]
    assert len(required) == len(project()["project"]["dependencies"])
    assert described["Requires-Python"] == "<3.13,>=3.10"
    assert set(described.get_all("Provides-Extra")) == {"tensorboard", "trackio"}


@pytest.mark.slow
def test_the_program_has_the_commands_of_the_package_and_serve(program):
    done = program("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: ner-studio ")
    listed = re.findall(r"^    (\w+)(?:  |$)", done.stdout, re.MULTILINE)
    assert listed == ["serve", *(command.name for command in COMMANDS)]


@pytest.mark.slow
def test_the_installed_program_predicts_with_the_starter_model(program):
    done = program("predict", "Angela Merkel flew from Berlin to Nairobi.", "--format", "json")
    assert done.returncode == 0, done.stderr
    found = [(entity["text"], entity["label"]) for entity in json.loads(done.stdout)["entities"]]
    assert found == [("Angela Merkel", "PER"), ("Berlin", "LOC"), ("Nairobi", "LOC")]


@pytest.mark.slow
def test_the_installed_program_reads_the_sample(program):
    done = program("check", "sample", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["splits"]["train"]["sentences"] == 3467


@pytest.mark.slow
def test_the_installed_program_is_no_repository_to_deploy(program):
    done = program("deploy", "ann/studio", "--dry-run")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert "clone" in done.stderr


@pytest.mark.slow
def test_the_installed_program_serves_the_page(installed, tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "elsewhere").mkdir()
    arguments = ("serve", "--port", str(port), "--host", "127.0.0.1", "--share-off")
    with (tmp_path / "log").open("wb") as log:
        page = subprocess.Popen(
            [installed / "ner-studio", *arguments],
            cwd=tmp_path / "elsewhere",
            env={**os.environ, **NO_NETWORK, "NER_HOME": str(tmp_path / "home")},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        served = _page_at(f"http://127.0.0.1:{port}/", page)
        assert "NER Studio" in served
        assert ".hl-legend" in served  # from a file of styles in the package
    finally:
        page.send_signal(signal.SIGINT)
        code = page.wait(60)
    assert code == 0, (tmp_path / "log").read_text()
    assert not list((tmp_path / "elsewhere").iterdir())


def _page_at(address, process, seconds=250):
    """Return the page once it is served."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError("the page was not served")
