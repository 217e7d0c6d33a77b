"""The matrix products of the models are those of automatic differentiation."""

import itertools
import math

import keras
import pytest
import tensorflow as tf

from benchmarks import limit

ENCODERS = ("dense", "lstm", "gru")


def flops_in(function):
    """Multiplications and additions of the matrix products in a concrete function without loops."""
    total = 0
    for operation in function.graph.get_operations():
        if operation.type == "MatMul":
            shape = operation.inputs[0].shape
            inner = shape[0] if operation.get_attr("transpose_a") else shape[1]
            total += 2 * inner * math.prod(operation.outputs[0].shape)
    return total


def gradient_flops(model, x_shape):
    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model(x) ** 2)
        return tape.gradient(loss, model.trainable_weights)

    return flops_in(step.get_concrete_function(tf.TensorSpec(x_shape, "float32")))


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_products_of_a_recurrent_layer_are_those_of_automatic_differentiation(kind):
    batch, steps, features, units = 3, 6, 5, 4
    layer = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[kind](units, unroll=True)
    inputs = keras.Input((steps, features))
    counted = gradient_flops(keras.Model(inputs, layer(inputs)), (batch, steps, features))
    gates = limit.GATES[kind]
    forward, backward = limit.recurrent_products(batch, steps, features, units, gates)
    # Keras multiplies the first state, which is zero, too: forward and for the weights' gradient.
    of_first_state = 2 * (2 * batch * units * gates * units)
    assert sum(p.flops for p in forward + backward) == counted - of_first_state


def test_products_of_dense_layers_are_those_of_automatic_differentiation():
    inputs = keras.Input((6,))
    layers = [keras.layers.Dense(size) for size in (5, 4)]
    model = keras.Model(inputs, layers[1](layers[0](inputs)))
    products = [
        *limit.dense_products(3, 6, 5, first=True),
        *limit.dense_products(3, 5, 4),
    ]
    ours = sum(product.flops for product in itertools.chain(*products))
    assert ours == gradient_flops(model, (3, 6))


def test_flops_of_the_models_on_mnist():
    flops = {encoder: limit.training_flops(encoder, (28, 28)) / 1e6 for encoder in ENCODERS}
    assert flops["dense"] == pytest.approx(6.938)
    assert flops["lstm"] == pytest.approx(172.142)
    assert flops["gru"] == pytest.approx(130.074)
    encoding, _ = limit.model_products("dense", (28, 28), batch=7)
    assert encoding[0] == (7, 784, 500, 1)
    assert sum(product.flops for product in encoding) == 7 * 2 * (784 * 500 + 500 * 500 + 2000)
