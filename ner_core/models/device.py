"""Choose the device that models compute on, and the number format of the forward pass."""

import torch

from ner_core.config import Precision
from ner_core.system import zero_gpu


def best_device() -> torch.device:
    """Return the first CUDA GPU if there is one, otherwise the CPU.

    On ZeroGPU, torch reports a GPU in every process, but only a process that ZeroGPU has given one
    to can use it.
    """
    if zero_gpu.is_here() and not zero_gpu.has_gpu():
        return torch.device("cpu")
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def supports_bf16(device: torch.device) -> bool:
    """Return whether the device computes in bfloat16 natively, which makes it the faster format."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        # AVX-512 without its bf16 extension emulates the format, and is slower than float32.
        return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    return False


def use_bf16(precision: Precision, device: torch.device) -> bool:
    """Return whether the forward pass runs in bfloat16 rather than float32."""
    return precision == "bf16" or (precision == "auto" and supports_bf16(device))
