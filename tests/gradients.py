"""Gradients on the backend of this process, and compiled functions."""

import keras
import numpy as np
from keras import ops


def value_and_gradients(function, variables):
    """A scalar and its gradients, as NumPy arrays.

    Args:
        function: makes the scalar; it may read any variable.
        variables: the Keras variables to differentiate by.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            value = function()
        gradients = tape.gradient(value, [variable.value for variable in variables])
    elif backend == "jax":
        import jax

        def stateless(values):
            with keras.StatelessScope(zip(variables, values, strict=True), collect_losses=True):
                return function()

        value, gradients = jax.jit(jax.value_and_grad(stateless))([v.value for v in variables])
    else:
        for variable in variables:
            variable.value.grad = None
        value = function()
        value.backward()
        gradients = [variable.value.grad for variable in variables]
    return to_numpy(value), [None if g is None else to_numpy(g) for g in gradients]


def compiled(function):
    """A function of arrays as the backend compiles it; PyTorch calls it as it is."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.function(function)
    if backend == "jax":
        import jax

        def stateless(*arguments):
            with keras.StatelessScope():
                return function(*arguments)

        return jax.jit(stateless)
    return function


def to_numpy(value):
    """A tensor as an array."""
    return np.asarray(ops.convert_to_numpy(ops.stop_gradient(value)))
