"""Facts about JAX for programs: its devices, its version, and the errors of its steps."""

import jax

package = "jax"
title = "JAX"
step_errors = (jax.errors.JaxRuntimeError,)


def gpu_names() -> list[str]:
    """Names of the accelerators, in order."""
    return [device.device_kind for device in jax.devices() if device.platform != "cpu"]
