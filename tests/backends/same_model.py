"""The same models, weights, data and noise on the backend of this process, and their results.

    python same_model.py FOLDER

writes `FOLDER/<backend>/<model>.npz` with losses, gradients and weights after training, and
`<model>.keras`; a second call also reads the models that other backends have written there.
"""

import sys
from pathlib import Path

import keras
import numpy as np
from gradients import to_numpy, value_and_gradients
from keras import ops

import keras_vrae as kv

ROWS, BATCH = 20, 8
EPOCHS = {"dense": 34, "masked_lstm_with_dreg": 34}  # 3 steps an epoch: 102 steps.
FEW_EPOCHS = 4
NOISE = np.random.default_rng(1).normal(size=(3, ROWS, 6)).astype("float32")


def fixed_noise(model_class):
    """The class with noise that depends on the place in a batch alone."""

    @keras.saving.register_keras_serializable("tests", name=f"Fixed{model_class.__name__}")
    class Fixed(model_class):
        def elbo_terms(self, batch, num_samples=1, noise=None, **options):
            rows = ops.shape(batch.target)[0]
            noise = ops.convert_to_tensor(NOISE[:num_samples, :, : self.latent_dim])[:, :rows]
            return super().elbo_terms(batch, num_samples, noise, **options)

    return Fixed


FixedVAE, FixedSupervisedVAE = map(fixed_noise, (kv.VAE, kv.SupervisedVAE))


def sequences(steps, features):
    generator = np.random.default_rng(2)
    lengths = generator.integers(2, steps + 1, ROWS)
    lengths[0] = steps
    return {
        "x": generator.normal(size=(ROWS, steps, features)).astype("float32"),
        "lengths": lengths,
    }


def images():
    return (np.random.default_rng(3).random((ROWS, 5, 4)) < 0.4).astype("float32")


def dense():
    return FixedVAE(kv.DenseEncoder(2, 6), kv.DenseDecoder((5, 4), 6)), (images(),)


def masked_lstm_with_dreg():
    model = FixedVAE(
        kv.LSTMEncoder(2, 5, bidirectional=True),
        kv.GRUDecoder((None, 3), 5, inputs="teacher"),
        kv.Gaussian(scale="per_value"),
        kv.IWAE(3, doubly_reparameterized=True),
    )
    return model, (sequences(7, 3),)


def two_grus_under_a_vamp_prior():
    model = FixedVAE(
        kv.GRUEncoder(3, 5, num_layers=2, reverse=True),
        kv.LSTMDecoder((6, 2), 5, inputs="own"),
        "gaussian",
        kv.ELBO(kv.schedules.LinearWarmup(50), num_samples=2),
        prior=kv.VampPrior(4),
    )
    return model, (np.random.default_rng(4).normal(size=(ROWS, 6, 2)).astype("float32"),)


def labels_and_weights_under_a_mixture():
    model = FixedSupervisedVAE(
        kv.DenseEncoder(3, 6),
        kv.DenseDecoder((5, 4), 6),
        num_classes=3,
        private_dim=1,
        prior=kv.MixtureOfGaussians(3),
    )
    y = np.arange(ROWS) % 4 - 1
    return model, (images(), y, np.linspace(0.5, 1.5, ROWS).astype("float32"))


def long_lstm():
    model = FixedVAE(
        kv.LSTMEncoder(2, 4), kv.GRUDecoder((None, 1), 4, z_at_every_step=True), "gaussian"
    )
    return model, (sequences(70, 1),)


MODELS = {
    function.__name__: function
    for function in (
        dense,
        masked_lstm_with_dreg,
        two_grus_under_a_vamp_prior,
        labels_and_weights_under_a_mixture,
        long_lstm,
    )
}


def set_fixed_weights(model):
    """Weights that no backend draws; small, so that nothing saturates."""
    generator = np.random.default_rng(5)
    for variable in model.trainable_variables:
        variable.assign(0.3 * generator.normal(size=variable.shape))


def outputs(model, data):
    """Returns the codes and decoded values of a trained model."""
    z = np.linspace(-1, 1, 4 * model.latent_dim).reshape(4, -1).astype("float32")
    length = 7 if model.event_shape[0] is None else None
    posterior = model.encode(data[0])
    return {
        "z_mean": posterior.z_mean,
        "z_log_var": posterior.z_log_var,
        "decoded": model.decode(z, length=length),
    }


def after_saving(model, data, trains_on):
    """Returns the values that a saved model and a loaded one must share."""
    found = outputs(model, data)
    if trains_on:
        config = model.get_compile_config()
        assert config["jit_compile"] == "auto"
        assert "torch" not in str(config)
        model.fit(*data, batch_size=BATCH, shuffle=False, verbose=0)
        found |= {f"weight {n}, later": w for n, w in enumerate(model.get_weights())}
    return found


def found_here(make, path):
    """Losses, gradients, and weights after some training."""
    model, data = make()
    set_fixed_weights(model)
    head = keras.tree.map_structure(lambda part: part[:BATCH], data)

    def loss():
        batch = model.batch_of(keras.tree.map_structure(ops.convert_to_tensor, head))
        return ops.sum(model.training_losses(batch, 10)[0])

    total, gradients = value_and_gradients(loss, model.trainable_variables)
    found = {f"gradient {n}": gradient for n, gradient in enumerate(gradients)}
    model.compile(keras.optimizers.Adam(1e-2))
    history = model.fit(
        *data[:2],
        sample_weight=data[2] if len(data) > 2 else None,
        batch_size=BATCH,
        epochs=EPOCHS.get(path.stem, FEW_EPOCHS),
        shuffle=False,
        verbose=0,
    ).history
    found |= {f"weight {n}": to_numpy(w) for n, w in enumerate(model.trainable_variables)}
    found |= {"loss": total, **{f"history {name}": values for name, values in history.items()}}
    found["evaluation"] = model.evaluate(*data[:2], batch_size=ROWS, verbose=0)
    model.save(path.with_suffix(".keras"))
    found |= after_saving(model, data, trains_on=path.stem == "dense")
    np.savez(path, **found)


def main(folder):
    own = folder / keras.backend.backend()
    first = not own.exists()
    own.mkdir(exist_ok=True)
    for name, make in MODELS.items():
        if first:
            found_here(make, own / name)
            continue
        for path in folder.glob(f"*/{name}.keras"):
            if path.parent != own:
                model = keras.saving.load_model(path)
                found = after_saving(model, make()[1], trains_on=name == "dense")
                np.savez(own / f"{name} of {path.parent.name}", **found)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
