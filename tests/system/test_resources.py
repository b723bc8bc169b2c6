import subprocess
import sys

import pytest

from ner_core.system import resources


@pytest.fixture
def container(tmp_path, monkeypatch):
    """Return a function that writes files of a control group of version 1 or 2."""
    monkeypatch.setattr(resources, "_CGROUP_V2", tmp_path / "v2")
    monkeypatch.setattr(resources, "_CGROUP_V1", tmp_path / "v1")

    def write(version, **files):
        folder = tmp_path / version
        folder.mkdir()
        for name, text in files.items():
            (folder / name.replace("__", ".")).write_text(text)

    return write


def test_what_this_process_takes():
    assert 2**24 < resources.memory_used() <= resources.memory_peak() * 1.1
    assert resources.memory_free() <= resources.memory_limit()


def test_without_a_container_the_machine_is_the_limit(container):
    total = resources.memory_limit()
    assert 2**28 < total < sys.maxsize
    assert 0 < resources.memory_free() <= total
    assert resources.memory_kills() == 0


def test_a_container_of_version_2(container):
    container(
        "v2",
        memory__max="268435456\n",
        memory__current="100000000\n",
        memory__events="low 0\nhigh 0\nmax 4\noom 2\noom_kill 3\n",
    )
    assert resources.memory_limit() == 268435456
    assert resources.memory_free() == 168435456
    assert resources.memory_kills() == 3


def test_a_container_of_version_1(container):
    container(
        "v1",
        **{
            "memory__limit_in_bytes": "268435456\n",
            "memory__usage_in_bytes": "300000000\n",
            "memory__oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
        },
    )
    assert (resources.memory_limit(), resources.memory_free()) == (268435456, 0)
    assert resources.memory_kills() == 1


def test_a_container_without_a_limit(container):
    total = resources.memory_limit()
    container("v2", memory__max="max\n", memory__current="100\n", memory__events="damaged")
    assert resources.memory_limit() == total
    assert resources.memory_kills() == 0


@pytest.mark.parametrize("leads_its_session", [True, False])
def test_a_process_that_gives_way_says_so_for_itself_and_its_own_session(leads_its_session):
    # The file is not there without the feature, and empty in a group that no session leads.
    code = (
        "import os; from pathlib import Path\n"
        "from ner_core.system.resources import lower_priority\n"
        "group = Path('/proc/self/autogroup')\n"
        "def niceness():\n"
        "    words = group.read_text().split() if group.exists() else []\n"
        "    return words[-1] if words else None\n"
        "print(os.nice(0), niceness()); lower_priority(); print(os.nice(0), niceness())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        start_new_session=leads_its_session,
    )
    before, after = (line.split() for line in done.stdout.splitlines())
    assert int(after[0]) == min(int(before[0]) + 10, 19)
    groups_by_session = before[1] != "None"
    expected = "10" if leads_its_session and groups_by_session else before[1]
    assert after[1] == expected
