"""Label guidance: what it adds to the loss, and what it leaves alone."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.metrics import log_loss

import keras_vrae as kv
from keras_vrae.validation import SettingError


def make(**options):
    return kv.SupervisedVAE(
        encoder=kv.DenseEncoder(latent_dim=3, hidden_units=8),
        decoder=kv.DenseDecoder((5,), hidden_units=8),
        **{"num_classes": 4, "seed": 1, **options},
    )


@pytest.fixture
def x():
    return (np.random.default_rng(0).random((6, 5)) > 0.5).astype("float32")


def test_the_label_term_is_the_cross_entropy_of_labelled_rows(x):
    vae, y = make(weight=3.0), np.array([0, 3, -1, 2, -1, 1])
    losses, terms = vae.training_losses(vae.batch_of((x, y)), 0)
    added = losses - vae.objective(terms, 0)
    logits = np.asarray(vae.label_logits(terms.z))[0]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    rows = y >= 0
    assert np.asarray(added)[~rows].tolist() == [0, 0]
    mean = log_loss(y[rows], shares[rows], labels=range(4))
    assert np.asarray(added)[rows].mean() == pytest.approx(3 * mean, rel=1e-4)
    losses, terms = vae.training_losses(vae.batch_of((x, np.full(6, -1))), 0)
    np.testing.assert_array_equal(losses, vae.objective(terms, 0))


def test_several_labels_are_bernoullis(x):
    vae = make(multi_label=True)
    y = np.array([[0, 1, 1, 0]] * 5 + [[-1, -1, -1, -1]])
    terms = vae.elbo_terms(vae.batch_of((x,)))
    losses, is_labelled = vae.label_losses(terms.z, y)
    shares = 1 / (1 + np.exp(-np.asarray(vae.label_logits(terms.z))[0]))
    expected = -np.log(np.where(y[:5] > 0, shares[:5], 1 - shares[:5])).sum(axis=1)
    np.testing.assert_allclose(losses[:5], expected, rtol=1e-4)
    assert np.asarray(is_labelled).tolist() == [1] * 5 + [0]


def test_labels_do_not_see_the_private_dimensions(x):
    vae = make(private_dim=2)
    assert vae.shared_dim == 1
    z = tf.Variable(np.ones((1, 6, 3), "float32"))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(vae.label_losses(z, np.zeros(6))[0])
    gradient = tape.gradient(loss, z)
    assert np.abs(gradient[..., :1]).min() > 0
    assert np.abs(gradient[..., 1:]).max() == 0
    with pytest.raises(SettingError, match="`private_dim` must be less than the 3"):
        make(private_dim=3)


@pytest.mark.slow
def test_training_saving_and_evaluation(x, tmp_path):
    x, y = np.repeat(x[:2], 20, axis=0), np.repeat([0, 1], 20)
    vae = make(num_classes=2, weight=kv.schedules.LinearWarmup(10, end=20.0), private_dim=1)
    vae.compile(kv.optimizers.Adam(0.02))
    vae.fit(x, y, epochs=30, batch_size=40, validation_data=(x, y), verbose=0)
    metrics = vae.evaluate(x, y, verbose=0, return_dict=True)
    assert metrics["label_accuracy"] > 0.9
    assert metrics["loss"] == pytest.approx(metrics["reconstruction"] + metrics["kl"], rel=1e-5)
    assert vae.classify(x).argmax(axis=1).tolist() == y.tolist()
    vae.save(tmp_path / "vae.keras")
    copy = keras.saving.load_model(tmp_path / "vae.keras")
    for name in ("num_classes", "private_dim", "weight", "multi_label"):
        assert str(copy.get_config()[name]) == str(vae.get_config()[name])
    np.testing.assert_array_equal(copy.classify(x), vae.classify(x))
    assert copy.train_on_batch(x, y) == vae.train_on_batch(x, y)
