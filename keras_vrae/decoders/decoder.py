"""The contract of a generative network `p(x|z)`."""

import keras

from keras_vrae.validation import check_event_shape, check_int


class Decoder(keras.layers.Layer):
    """Turns z into the parameters of the likelihood of x.

    A subclass's `call` maps `(..., Z)` to `(..., *event_shape)`: any number of leading axes, so
    that K samples of B examples are decoded in one go. What comes out is float32 under every dtype
    policy, and unbounded: logits stay logits. A decoder that works step by step says so by
    `sequential = True`, and implements what `keras_vrae.decoders.RecurrentDecoder` does.

    Args:
        event_shape: shape of one example of x.
        num_categories: for the `Categorical` likelihood, the number of categories V of each value;
            the parameters then have a last axis of that size more. None for all others.
    """

    sequential = False

    def __init__(self, event_shape, num_categories=None, **kwargs):
        super().__init__(**kwargs)
        self.event_shape = check_event_shape("event_shape", event_shape, self.sequential)
        if num_categories is not None:
            check_int("num_categories", num_categories, minimum=2)
        self.num_categories = num_categories

    @property
    def parameters_shape(self):
        """Shape of the parameters of one example."""
        return self.event_shape + ((self.num_categories,) if self.num_categories else ())

    def get_config(self):
        own = {"event_shape": self.event_shape, "num_categories": self.num_categories}
        return {**super().get_config(), **own}
