import keras
import numpy as np
import scipy.stats

from keras_vrae import Posterior, Sampling


def test_draws_have_the_mean_and_variance_asked_for():
    z_mean, z_log_var = np.array([[0.5, -2.0]]), np.log(np.array([[0.25, 4.0]]))
    z = np.asarray(Sampling(seed=0)(Posterior(z_mean, z_log_var), num_samples=20_000))
    assert z.shape == (20_000, 1, 2)
    for dimension, (mean, deviation) in enumerate([(0.5, 0.5), (-2.0, 2.0)]):
        test = scipy.stats.kstest(z[:, 0, dimension], scipy.stats.norm(mean, deviation).cdf)
        assert test.pvalue > 1e-3


def test_noise_differs_between_calls_and_follows_the_seed():
    zeros = np.zeros((3, 2), "float32")
    first, second = Sampling(seed=1), Sampling(seed=1)
    one, two = (
        np.asarray(first(Posterior(zeros, zeros))),
        np.asarray(first(Posterior(zeros, zeros))),
    )
    assert np.abs(one - two).max() > 0
    np.testing.assert_array_equal(second(Posterior(zeros, zeros)), one)
    assert np.abs(np.asarray(Sampling(seed=2)(Posterior(zeros, zeros))) - one).max() > 0


def test_another_generator_leaves_the_own_one_alone():
    zeros = np.zeros((3, 2), "float32")
    layer = Sampling(seed=1)
    before = np.asarray(layer.seed_generator.state)
    layer(Posterior(zeros, zeros), noise=keras.random.SeedGenerator(5))
    np.testing.assert_array_equal(layer.seed_generator.state, before)


def test_saved_state_continues_the_noise(tmp_path):
    inputs = keras.Input((2,))
    model = keras.Model(inputs, Sampling(seed=1)(Posterior(inputs, inputs)))
    zeros = np.zeros((3, 2), "float32")
    model(zeros)
    model.save(tmp_path / "model.keras")
    copy = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(copy(zeros), model(zeros))
