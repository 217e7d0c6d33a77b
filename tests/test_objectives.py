import keras
import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from keras_vrae import ELBO, IWAE, ElboTerms, build
from keras_vrae.layers import GradientGate
from keras_vrae.objectives import schedules
from keras_vrae.validation import SettingError

TERMS = ElboTerms(
    log_likelihood=np.array([[-10.0, -20.0], [-14.0, -22.0]], "float32"),
    log_posterior=np.array([[0.0, 1.0], [-1.0, 3.0]], "float32"),
    log_prior=np.array([[-1.0, -1.0], [-2.0, -1.0]], "float32"),
    kl=np.array([1.0, 2.0], "float32"),
    kl_per_dimension=np.array([[0.25, 0.75], [0.5, 1.5]], "float32"),
    z=None,
)


def terms_with(kl, log_likelihood=None):
    """Terms of two examples or more, of which the KL of each dimension is of interest."""
    log_likelihood = tf.zeros((1, kl.shape[0])) if log_likelihood is None else log_likelihood
    return ElboTerms(log_likelihood, None, None, tf.reduce_sum(kl, axis=-1), kl, z=None)


def test_terms():
    np.testing.assert_allclose(TERMS.reconstruction, [12.0, 21.0])
    np.testing.assert_allclose(TERMS.kl, [1.0, 2.0])
    np.testing.assert_allclose(TERMS.elbo, [-13.0, -23.0])
    np.testing.assert_allclose(TERMS.log_weights, [[-11, -22], [-15, -26]])


@pytest.mark.parametrize(
    ("options", "loss"),
    [
        ({}, [13.0, 23.0]),
        ({"beta": 0.0}, [12.0, 21.0]),
        ({"beta": 4}, [16.0, 29.0]),
        # The mean KL of the dimensions is 0.375 and 1.125.
        ({"free_bits": 0.5}, [12 + 0.5 + 0.75, 21 + 0.5 + 1.5]),
        ({"free_bits": 2.0, "beta": 3.0}, [12 + 12, 21 + 12]),
        # The mean KL is 1.5, below or above the capacity.
        ({"capacity": 2.0, "beta": 10.0}, [12 + 10 * (2 - 1), 21 + 10 * (2 - 2)]),
        ({"capacity": 1.0, "beta": 10.0}, [12 + 10 * (1 - 1), 21 + 10 * (2 - 1)]),
    ],
)
def test_elbo_changes_the_kl_term(options, loss):
    np.testing.assert_allclose(ELBO(**options)(TERMS), loss, rtol=1e-6)


def test_mean_loss_with_free_bits_is_the_formula_of_the_paper():
    rng = np.random.default_rng(0)
    kl = rng.gamma(0.7, size=(50, 6)).astype("float32")
    terms = terms_with(kl, rng.normal(size=(1, 50)).astype("float32"))
    expected = -terms.log_likelihood.mean() + np.maximum(0.75, kl.mean(axis=0)).sum()
    loss = np.mean(ELBO(free_bits=0.75)(terms))
    assert 0 < np.sum(kl.mean(axis=0) < 0.75) < 6
    assert loss == pytest.approx(expected, rel=1e-5)


def test_free_bits_stop_the_gradient_of_cheap_dimensions_only():
    kl = tf.Variable([[0.1, 2.0], [0.2, 0.0]])
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(ELBO(free_bits=0.5)(terms_with(kl)))
    np.testing.assert_allclose(tape.gradient(loss, kl), [[0, 0.5], [0, 0.5]])


def test_capacity_pulls_from_both_sides():
    for capacity, sign in ((1.0, 1.0), (5.0, -1.0)):
        kl = tf.Variable([[2.0], [3.0]])
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(ELBO(4.0, capacity=capacity)(terms_with(kl)))
        assert float(loss) == pytest.approx(4.0 * abs(2.5 - capacity))
        np.testing.assert_allclose(tape.gradient(loss, kl), [[2.0 * sign], [2.0 * sign]])


def test_iwae_is_a_log_mean_of_weights():
    weights = np.array([[-11.0, -22.0], [-15.0, -26.0]])
    expected = -(scipy.special.logsumexp(weights, axis=0) - np.log(2))
    np.testing.assert_allclose(IWAE(2)(TERMS), expected, rtol=1e-6)


def test_gate_changes_the_gradient_alone():
    z = tf.Variable([[[1.0, 2.0]], [[3.0, 4.0]]])
    with tf.GradientTape() as tape:
        gate = GradientGate()
        out = gate(z)
        nothing = gate.multiply(tf.reduce_sum(out, axis=-1))
        total = 3.0 * tf.reduce_sum(out * out) + 3.0 * tf.reduce_sum(nothing)
    np.testing.assert_array_equal(out, z)
    np.testing.assert_array_equal(nothing, [0.0])
    expected = 6 * z.numpy() * z.numpy().sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(tape.gradient(total, z), expected)


EVERY = {
    "elbo": lambda: ELBO(),
    "warmup": lambda: ELBO(schedules.LinearWarmup(4), free_bits=0.1, num_samples=2),
    "capacity": lambda: ELBO(10.0, capacity=schedules.LinearWarmup(4, end=3.0)),
    "sampled_kl": lambda: ELBO(analytic_kl=False),
    "iwae": lambda: IWAE(3),
    "dreg": lambda: IWAE(3, doubly_reparameterized=True),
}


@pytest.mark.parametrize("name", EVERY)
def test_config_round_trip(name):
    objective = EVERY[name]()
    restored = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(objective))
    assert type(restored) is type(objective)
    assert restored.get_config() == objective.get_config()


# An objective sees nothing of the encoder but the terms; the gradients of some are changed in it.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "encoder"),
    [
        ("elbo", "gru"),
        ("warmup", "dense"),
        ("capacity", "dense"),
        ("sampled_kl", "gru"),
        ("iwae", "dense"),
        ("dreg", "gru"),
    ],
)
def test_training_moves_every_weight_and_evaluation_gives_the_bound(name, encoder, tmp_path):
    x = (np.random.default_rng(0).random((24, 4, 3)) < 0.5).astype("float32")
    model = build(encoder, (4, 3), hidden_units=8, objective=EVERY[name](), seed=0)
    before = [weight.numpy() for weight in model.trainable_weights]
    model.compile(keras.optimizers.Adam(0.01))
    history = model.fit(x, epochs=2, batch_size=8, validation_data=x, verbose=0).history
    for old, weight in zip(before, model.trainable_weights, strict=True):
        assert np.abs(old - weight.numpy()).max() > 0, weight.path
    np.testing.assert_allclose(
        history["val_loss"], np.add(history["val_reconstruction"], history["val_kl"]), rtol=1e-5
    )
    changing = {"warmup": {"beta"}, "capacity": {"capacity"}}.get(name, set())
    assert {n for n in history if not n.startswith("val_")} == {
        *("loss", "reconstruction", "kl"),
        *changing,
    }
    model.save(tmp_path / "model.keras")
    restored = keras.saving.load_model(tmp_path / "model.keras")
    assert restored.objective.get_config() == model.objective.get_config()
    assert restored.train_on_batch(x) == model.train_on_batch(x)


def test_schedules_follow_the_steps_of_the_optimizer_across_calls_of_fit():
    x = np.zeros((8, 4, 3), "float32")
    model = build("dense", (4, 3), hidden_units=8, objective=ELBO(schedules.LinearWarmup(10)))
    model.compile("adam", steps_per_execution=2)
    found = [model.fit(x, batch_size=2, verbose=0).history["beta"][-1] for _ in range(3)]
    # After 4, 8 and 12 steps: the weight of the last step of each epoch.
    np.testing.assert_allclose(found, [0.3, 0.7, 1.0], rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: ELBO(beta=-1), "beta"),
        (lambda: ELBO(beta=np.nan), "beta"),
        (lambda: ELBO(num_samples=0), "num_samples"),
        (lambda: ELBO(free_bits=-0.5), "free_bits"),
        (lambda: ELBO(free_bits=0.5, capacity=3.0), "free_bits"),
        (lambda: ELBO(capacity="much"), "capacity"),
        (lambda: IWAE(0), "num_samples"),
        (lambda: build("dense", (4,), objective="nothing"), "objective"),
    ],
)
def test_wrong_settings(make, name):
    with pytest.raises(SettingError, match=f"`{name}` must be"):
        make()


def test_iwae_takes_no_free_bits():
    with pytest.raises(TypeError, match="free_bits"):
        IWAE(5, free_bits=0.5)
