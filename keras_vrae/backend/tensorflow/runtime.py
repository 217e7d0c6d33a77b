"""Facts about TensorFlow for programs: its devices, its version, and the errors of its steps."""

import tensorflow as tf

package = "tensorflow"
title = "TensorFlow"
step_errors = (tf.errors.OpError,)


def gpu_names() -> list[str]:
    """Names of the GPUs, in order."""
    gpus = tf.config.list_physical_devices("GPU")
    return [str(tf.config.experimental.get_device_details(gpu).get("device_name")) for gpu in gpus]
