"""Functions with a gradient of their own."""

from collections.abc import Callable
from typing import Any

import torch


def custom_gradient(function: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a function its own gradient, as `jax.custom_gradient` and `tf.custom_gradient` do.

    The one of `keras.ops` takes other arguments on PyTorch, and functions of one result alone.

    Args:
        function: takes tensors and returns its results, a tensor or a tuple, and a function from
            the gradients by them to those by its arguments.
    """
    return lambda *arguments: _WithGradient.apply(function, *arguments)


class _WithGradient(torch.autograd.Function):
    @staticmethod
    def forward(context, function, *arguments):
        results, context.gradient = function(*arguments)
        return results

    @staticmethod
    def backward(context, *upstream):
        gradients = context.gradient(*upstream)
        return None, *(gradients if isinstance(gradients, tuple) else (gradients,))
