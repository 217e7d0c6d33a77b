"""Facts about PyTorch for programs: its devices, its version, and the errors of its steps."""

import torch

package = "torch"
title = "PyTorch"
step_errors = (torch.OutOfMemoryError,)


def gpu_names() -> list[str]:
    """Names of the GPUs, in order."""
    return [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
