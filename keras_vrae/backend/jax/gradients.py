"""Functions with a gradient of their own."""

from collections.abc import Callable
from typing import Any

import jax


def custom_gradient(function: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a function its own gradient.

    Args:
        function: takes tensors and returns its results, a tensor or a tuple, and a function from
            the gradients by them, one argument each, to those by its arguments.
    """

    @jax.custom_gradient
    def with_gradient(*arguments):
        results, gradient = function(*arguments)
        several = isinstance(results, tuple)
        return results, lambda upstream: gradient(*upstream) if several else gradient(upstream)

    return with_gradient
