"""The contract of a generative network `p(x|z)`."""

import keras

from keras_vrae.validation import check_event_shape


class Decoder(keras.layers.Layer):
    """Turns z into the parameters of the likelihood of x.

    A subclass's `call` maps `(..., Z)` to `(..., *event_shape)`: any number of leading axes, so
    that K samples of B examples are decoded in one go. What comes out is float32 under every dtype
    policy, and unbounded: logits stay logits.

    Args:
        event_shape: shape of one example of x.
    """

    def __init__(self, event_shape, **kwargs):
        super().__init__(**kwargs)
        self.event_shape = check_event_shape("event_shape", event_shape)

    def get_config(self):
        return {**super().get_config(), "event_shape": self.event_shape}
