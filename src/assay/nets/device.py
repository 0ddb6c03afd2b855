"""Where networks compute: the CPU, or a GPU if there is one and it was asked for."""

from __future__ import annotations

import torch

from assay.core.errors import UsageError


def device_of(name: str) -> torch.device:
    """Give the device of a name.

    Parameters
    ----------
    name : str
        ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``, or ``"auto"``: a GPU where there is one.

    Raises
    ------
    UsageError
        If there is no such device here.

    Examples
    --------
    >>> device_of("cpu")
    device(type='cpu')
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        there = "cpu" if not torch.cuda.is_available() else f"cpu, cuda ({torch.cuda.device_count()} of them)"
        raise UsageError(f"device must be one of those here: {there}. Got {name!r}. Leave it out for the CPU.") from error
    return device
