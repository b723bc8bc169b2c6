"""Whether this is ZeroGPU, and how many seconds it allows."""

import sys

import pytest

from ner_core.errors import ConfigError
from ner_core.system import zero_gpu


def test_elsewhere_the_package_is_not_looked_for(monkeypatch):
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)
    monkeypatch.setattr(zero_gpu, "import_module", lambda name: pytest.fail(f"imports {name}"))
    for value in (None, "", "false", "0"):
        if value is not None:
            monkeypatch.setenv("SPACES_ZERO_GPU", value)
        assert not zero_gpu.is_here()
        zero_gpu.use_zero_gpu()
        assert not zero_gpu.is_ready()
    assert "spaces" not in sys.modules


@pytest.mark.parametrize("value", ["0", "-5", "1.5", "much"])
def test_an_allowance_that_is_no_number_is_a_sentence(value, monkeypatch):
    monkeypatch.setenv("NER_GPU_SECONDS", value)
    with pytest.raises(ConfigError) as refused:
        zero_gpu.allowance()
    assert str(refused.value) == (
        f"NER_GPU_SECONDS can't be {value!r}. Set it to the GPU seconds a run may take, a whole "
        "number such as 300."
    )


def test_the_allowance_is_a_free_visitors_unless_it_is_set(monkeypatch):
    monkeypatch.delenv("NER_GPU_SECONDS", raising=False)
    assert zero_gpu.allowance() == 300
    monkeypatch.setenv("NER_GPU_SECONDS", " 2400 ")
    assert zero_gpu.allowance() == 2400


def test_on_its_own_machine_a_run_is_a_process(monkeypatch):
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")  # as in the terminal of such a Space
    assert not zero_gpu.is_ready()
