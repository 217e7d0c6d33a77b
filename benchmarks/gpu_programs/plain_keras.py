"""The same model of Keras's own layers, with its own loss and loop, on JAX or PyTorch."""

import math
import os


def make(task, variant):
    """Returns the turns of `harness.Contender`, compiled."""
    os.environ["KERAS_BACKEND"] = variant
    import keras
    from keras import layers, ops

    from benchmarks.gpu import data_of

    if task.precision != "float32":
        keras.config.set_dtype_policy(f"mixed_{task.precision}")

    class Sampling(layers.Layer):
        """Draws z from its posterior, and adds its KL to the loss."""

        def __init__(self, **kwargs):
            super().__init__(dtype="float32", **kwargs)
            self.seed_generator = keras.random.SeedGenerator(0)

        def call(self, inputs):
            z_mean, z_log_var = inputs
            kl = -0.5 * (1 + z_log_var - ops.square(z_mean) - ops.exp(z_log_var))
            self.add_loss(ops.mean(ops.sum(kl, axis=1)))
            noise = keras.random.normal(ops.shape(z_mean), seed=self.seed_generator)
            return z_mean + ops.exp(0.5 * z_log_var) * noise

    def bernoulli(x, logits):
        return ops.sum(ops.softplus(logits) - x * logits, axis=(1, 2))

    def gaussian(x, mean):
        # The padding counts too, as the mask ends with the encoder; the work is the same.
        return ops.sum(0.5 * (ops.square(x - mean) + math.log(2 * math.pi)), axis=2)

    def model_of(work):
        shape = tuple(work["shape"][1:])
        inputs = hidden = keras.Input(shape)
        if work["masked"]:
            hidden = layers.Masking()(hidden)
        if work["encoder"] == "dense":
            hidden = layers.Flatten()(hidden)
            for _ in range(2):
                hidden = layers.Dense(task.units, activation="relu")(hidden)
        else:
            kind = {"lstm": layers.LSTM, "gru": layers.GRU}[work["encoder"]]
            hidden = kind(task.units)(hidden)
        heads = [layers.Dense(2, dtype="float32", name=name)(hidden) for name in ("mean", "var")]
        hidden = Sampling()(heads)
        for _ in range(2):
            hidden = layers.Dense(task.units, activation="relu")(hidden)
        outputs = layers.Dense(math.prod(shape), dtype="float32")(hidden)
        model = keras.Model(inputs, layers.Reshape(shape, dtype="float32")(outputs))
        model.compile("adam", loss=gaussian if work["masked"] else bernoulli)
        return model

    turns = {}
    for name, work in task.works.items():
        x, _ = data_of(work)
        model = model_of(work)

        def train(model=model, x=x, size=work["batch_size"]):
            model.fit(x, x, batch_size=size, verbose=0)

        train()
        turns[name] = train
    return turns
