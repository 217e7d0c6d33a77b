"""No finite input makes a figure or a weight that is no number."""

import keras
import numpy as np
import pytest

import keras_vrae as kv
from keras_vrae.models.checks import within
from keras_vrae.training import environment
from keras_vrae.training.experiment import ExperimentConfig
from keras_vrae.validation import SettingError

RNG = np.random.default_rng(0)
INPUTS = {
    "zeros": ("bernoulli", np.zeros((8, 4, 3))),
    "ones": ("bernoulli", np.ones((8, 4, 3))),
    "pixels on or off": ("bernoulli", RNG.integers(2, size=(8, 4, 3))),
    "one value": ("gaussian", np.full((8, 4, 3), -7.0)),
    "tiny": ("gaussian", RNG.choice([-1.0, 0.0, 1e-38], size=(8, 4, 3))),
}


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ["dense", "gru"])
def test_any_finite_input_and_a_learning_rate_of_ten(encoder):
    models = {
        name: kv.build(encoder, (4, 3), hidden_units=8, seed=0, likelihood=name)
        for name in ("bernoulli", "gaussian")
    }
    for model in models.values():
        model.compile(keras.optimizers.Adam(10.0, global_clipnorm=20.0))
    for name, (likelihood, x) in INPUTS.items():
        model = models[likelihood]
        history = model.fit(x, epochs=3, verbose=0).history
        assert np.isfinite(list(history.values())).all(), name
        assert np.isfinite(model.evaluate(x, verbose=0)).all(), name
        assert all(np.isfinite(weights).all() for weights in model.get_weights()), name
        assert np.isfinite(model.reconstruct(x)).all(), name


def test_the_largest_values():
    model = kv.build("gru", (4, 3), hidden_units=8, seed=0, likelihood="gaussian")
    model.compile()
    x = RNG.choice([-1e6, 1e6, 1.0], size=(8, 4, 3))
    assert np.isfinite(list(model.fit(x, epochs=3, verbose=0).history.values())).all()
    assert all(np.isfinite(weights).all() for weights in model.get_weights())


@pytest.mark.parametrize("value", [np.nan, np.inf, 2e6])
def test_values_too_large_for_sums_of_squares_are_refused(value):
    model = kv.build("dense", (3,), hidden_units=4, likelihood="gaussian")
    model.compile()
    with pytest.raises(SettingError, match=r"`x` must be an array of finite numbers from -1e\+06"):
        model.fit(np.full((4, 3), value), verbose=0)


@pytest.mark.parametrize(
    ("values", "expected"),
    [([0, 0.5, 1], True), ([0, 1.1], False), ([-0.1, 1], False), ([0, np.nan, 1], False)],
)
def test_what_lies_within_bounds_at_a_glance(values, expected):
    x = np.array(values)
    assert (
        within(x, (0, 1)) == expected == np.asarray(kv.likelihoods.Bernoulli().in_support(x)).all()
    )
    assert not within(x, None)


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ["dense", "lstm", "gru"])
def test_sixteen_bits_reach_the_bound_of_thirty_two(encoder):
    x = kv.datasets.load("digits").train.x
    x = (x > 0.5).astype("float32")
    losses = {}
    for precision in ("float32", "mixed_float16", "mixed_bfloat16"):
        # The same batches for each. With seed 0 roundings alone move the loss by 4 %.
        keras.utils.set_random_seed(2)
        with environment.numerics(ExperimentConfig(precision=precision)):
            model = kv.build(encoder, (8, 8), hidden_units=32, seed=2)
        assert model.encoder.compute_dtype == precision.removeprefix("mixed_")
        model.compile(keras.optimizers.Adam(5e-3))
        model.fit(x, epochs=20, batch_size=64, verbose=0)
        losses[precision] = model.evaluate(x, batch_size=512, verbose=0)[0]
    assert keras.config.dtype_policy().name == "float32"
    for loss in losses.values():
        assert loss == pytest.approx(losses["float32"], rel=0.02), losses
    assert losses["float32"] < 23.5  # The means of pixels alone give 24.4.
    assert len(set(losses.values())) == 3
