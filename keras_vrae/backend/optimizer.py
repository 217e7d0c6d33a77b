"""Adam of Keras, under the name that models are saved with."""

import keras


@keras.saving.register_keras_serializable(package="keras_vrae")
class Adam(keras.optimizers.Adam):
    """`keras.optimizers.Adam`. On TensorFlow it is one operation for each weight.

    Example:
        >>> optimizer = keras_vrae.optimizers.Adam(learning_rate=1e-3, global_clipnorm=20.0)

    Reference:
        Kingma and Ba, 2014, arXiv 1412.6980.
    """
