"""Exports of models with other parts, which must serve the numbers of the live model."""

import keras
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf
from keras import ops

import keras_vrae as kv
from keras_vrae import serving
from keras_vrae.serving import capi, exporting
from keras_vrae.serving.signatures import SIGNATURES
from keras_vrae.validation import DataError

RNG = np.random.default_rng(0)
SEEDS = np.arange(4)


class TripleKL(kv.VAE):
    """A model whose bound has three times the KL."""

    def elbo_terms(self, *args, **kwargs):
        terms = super().elbo_terms(*args, **kwargs)
        return terms._replace(kl=3.0 * terms.kl)


class LogNormal(kv.Likelihood):
    """Positive numbers, whose logarithms have a mean and a log-scale of their own."""

    support = "numbers above 1e-6"

    def parameters_shape(self, event_shape):
        return (*event_shape, 2)

    def in_support(self, x):
        return x > 1e-6

    def log_prob_of_values(self, x, parameters):
        mean, log_scale = parameters[..., 0], parameters[..., 1]
        distance = (ops.log(x) - mean) * ops.exp(-log_scale)
        return -0.5 * ops.square(distance) - log_scale - ops.log(x) - 0.5 * np.log(2 * np.pi)

    def call(self, parameters):
        return ops.exp(parameters[..., 0] + 0.5 * ops.exp(2.0 * parameters[..., 1]))

    def sample(self, parameters, seed=None, temperature=1.0):
        noise = keras.random.normal(ops.shape(parameters)[:-1], seed=seed)
        scale = temperature * ops.exp(parameters[..., 1])
        return ops.exp(parameters[..., 0] + scale * noise)


class AveragingEncoder(kv.Encoder):
    """Reads the mean over time."""

    def build_features(self, input_shape):
        return (None, input_shape[-1])

    def features(self, x, mask=None, training=False):
        return ops.mean(x, axis=1)


class Laplace(kv.Prior):
    """Independent Laplace distributions with scale 1."""

    factorizes = True

    def log_prob_per_dimension(self, z):
        return -ops.abs(z) - np.log(2.0)

    def from_noise(self, noise, uniform):
        u = ops.erf(noise / np.sqrt(2.0))
        return -ops.sign(u) * ops.log1p(-ops.abs(u))


def gaussian_kl(z_mean, z_log_var):
    """The closed form with the standard normal, summed over dimensions."""
    return 0.5 * np.sum(z_mean**2 + np.exp(z_log_var) - 1 - z_log_var, axis=1)


def load(exported, name):
    return capi.SavedModel(exported.paths[name], tf.sysconfig.get_lib())


@pytest.mark.slow
def test_the_bound_of_a_subclass_is_what_is_served(tmp_path):
    model = TripleKL(kv.DenseEncoder(2, 8), kv.DenseDecoder((4,), 8), seed=0)
    for weight in model.encoder.trainable_weights:
        weight.assign(3.0 * weight)
    x = RNG.random((4, 4), "float32")
    saved = load(serving.export(model, tmp_path, models=["autoencoder"]), "autoencoder")
    score = saved.run("score", {"inputs": x, "seed": SEEDS})
    np.testing.assert_allclose(score["kl"], 3 * gaussian_kl(*model.encode(x)), rtol=1e-5)
    assert score["kl"].min() > 0.1
    np.testing.assert_allclose(score["elbo"], -(score["reconstruction"] + score["kl"]), rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("model_name", ["encoder", "decoder", "autoencoder"])
def test_a_wrong_signature_is_found(tmp_path, monkeypatch, model_name):
    model = kv.build("dense", (4,), hidden_units=4, seed=0)
    make = SIGNATURES[model_name]

    def wrong(model):
        signatures = make(model)
        name = list(signatures)[-1]
        inputs, function = signatures[name]

        def slightly_more(*args):
            outputs = function(*args)
            floats = {key: value for key, value in outputs.items() if value.dtype.is_floating}
            return {**outputs, **{key: value + 1e-3 for key, value in floats.items()}}

        return {**signatures, name: type(signatures[name])(inputs, slightly_more)}

    monkeypatch.setitem(exporting.SIGNATURES, model_name, wrong)
    with pytest.raises(DataError, match=f"{model_name}, .* differs by 0.00"):
        serving.export(model, tmp_path / "serving", models=[model_name])
    assert not list((tmp_path / "serving").iterdir())


@pytest.mark.slow
def test_parts_from_outside_of_the_package_are_exported(tmp_path):
    model = kv.build(
        AveragingEncoder(2),
        (5, 3),
        hidden_units=8,
        likelihood=LogNormal(),
        decoder="gru",
        prior=Laplace(),
        seed=0,
    )
    exported = serving.export(model, tmp_path)
    manifest = serving.check_version(exported.paths["autoencoder"])
    assert [manifest[name] for name in ("likelihood", "prior")] == ["LogNormal", "Laplace"]
    x = np.exp(RNG.normal(size=(4, 5, 3))).astype("float32")
    autoencoder = load(exported, "autoencoder")
    answer = autoencoder.run("score", {"inputs": x, "seed": SEEDS})
    found = [
        autoencoder.run("score", {"inputs": x[:1], "seed": np.array([seed])}) for seed in range(500)
    ]
    assert answer["elbo"].shape == (4,)
    posterior = scipy.stats.norm(*(part[0] for part in normal_of(model.encode(x[:1]))))
    z = posterior.rvs((20_000, 2), random_state=1).astype("float32")
    mean, log_scale = np.moveaxis(np.asarray(model.decoder(z)), -1, 0)
    likelihood = scipy.stats.lognorm.logpdf(x[0], np.exp(log_scale), scale=np.exp(mean))
    kl = (posterior.logpdf(z) - scipy.stats.laplace.logpdf(z)).sum(axis=1)
    for name, values in {"reconstruction": -likelihood.sum(axis=(1, 2)), "kl": kl}.items():
        served = np.array([one[name][0] for one in found])
        error = served.std() / np.sqrt(500) + values.std() / np.sqrt(20_000)
        assert abs(served.mean() - values.mean()) < 4 * error


def normal_of(posterior):
    return posterior.z_mean, np.exp(0.5 * posterior.z_log_var)


def linear_decoder(prior, scale=1.0):
    """A model whose decoder gives z itself as the mean of x."""
    decoder = kv.DenseDecoder((2,), num_layers=0)
    model = kv.VAE(kv.DenseEncoder(2, 4), decoder, "gaussian", prior=prior)
    decoder.output_layer.kernel.assign(np.eye(2))
    return model


@pytest.mark.slow
def test_generate_draws_from_a_mixture_by_the_seed_of_each_row(tmp_path):
    prior = kv.MixtureOfGaussians(num_components=3)
    model = linear_decoder(prior)
    prior.means.assign([[-6.0, 0.0], [0.0, 4.0], [5.0, -3.0]])
    prior.log_vars.assign(np.log([[0.25, 1.0], [1.0, 0.04], [0.09, 4.0]]))
    prior.logits.assign(np.log([0.5, 0.2, 0.3]))
    decoder = load(serving.export(model, tmp_path, models=["decoder"]), "decoder")
    z = decoder.run("generate", {"seed": np.arange(4000)})["reconstruction"]
    one = decoder.run("generate", {"seed": np.array([17])})["reconstruction"]
    np.testing.assert_array_equal(one[0], z[17])

    def distribution(x):
        parts = ((0.5, -6, 0.5), (0.2, 0, 1), (0.3, 5, 0.3))
        return sum(share * scipy.stats.norm.cdf(x, mean, scale) for share, mean, scale in parts)

    assert scipy.stats.kstest(z[:, 0], distribution).pvalue > 1e-3
    shares = np.mean((z[:, 0] < -3).astype(float))
    assert shares == pytest.approx(0.5, abs=0.03)
    # Noise and component are independent: within a component z is as wide as the component says.
    assert z[z[:, 0] < -3].std(axis=0) == pytest.approx([0.5, 1.0], rel=0.08)


@pytest.mark.slow
def test_generate_of_the_standard_normal_prior_is_the_noise(tmp_path):
    decoder = load(
        serving.export(linear_decoder("normal"), tmp_path, models=["decoder"]), "decoder"
    )
    z = decoder.run("generate", {"seed": np.array([5, -7])})["reconstruction"]
    expected = [tf.random.stateless_normal((2,), (seed, 0), alg="philox") for seed in (5, -7)]
    np.testing.assert_array_equal(z, expected)


@pytest.mark.slow
def test_a_vamp_prior_is_exported(tmp_path):
    model = kv.build("gru", (4, 3), hidden_units=8, prior=kv.VampPrior(6), seed=0)
    exported = serving.export(model, tmp_path)
    x = RNG.random((4, 4, 3), "float32")
    score = load(exported, "autoencoder").run("score", {"inputs": x, "seed": SEEDS})
    noise = np.stack(
        [tf.random.stateless_normal((16, 2), (seed, 0), alg="philox") for seed in SEEDS], axis=1
    )
    mean, scale = normal_of(model.encode(x))
    z = mean + scale * noise
    centres, widths = normal_of(model.encode(np.clip(model.prior.pseudo_inputs.numpy(), 0, 1)))
    densities = scipy.stats.norm.logpdf(z[..., None, :], centres, widths).sum(axis=-1)
    log_prior = scipy.special.logsumexp(densities, axis=-1) - np.log(6)
    kl = scipy.stats.norm.logpdf(z, mean, scale).sum(axis=-1) - log_prior
    np.testing.assert_allclose(score["kl"], kl.mean(axis=0), atol=1e-4)


@pytest.mark.slow
def test_examples_that_need_double_precision_are_served_in_it(tmp_path):
    spread = RNG.normal(size=(40, 6, 1))
    x = 1e5 + 0.005 * spread
    standardization = kv.Standardization.of(x)
    assert standardization.needs_float64
    model = kv.build(
        "gru", (6, 1), hidden_units=8, likelihood="gaussian", standardization=standardization
    )
    exported = serving.export(model, tmp_path)
    info = serving.check_version(exported.paths["encoder"])["signatures"]["encode"]
    assert info["inputs"]["inputs"]["dtype"] == "float64"
    encoder = load(exported, "encoder")
    served = encoder.run("encode", {"inputs": x})
    plain = kv.VAE(model.encoder, model.decoder, "gaussian")
    expected = plain.encode(((x - x.mean()) / x.std()).astype("float32"))
    np.testing.assert_allclose(served["z_mean"], expected.z_mean, atol=1e-5)
    assert np.ptp(served["z_mean"][:, 0]) > 1e-3
    back = load(exported, "autoencoder").run("reconstruct", {"inputs": x})["reconstruction"]
    assert back.dtype == "float64"
    np.testing.assert_allclose(back, model.reconstruct(x), rtol=0, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("private_dim", [0, 3])
def test_hash_is_that_of_the_live_model(tmp_path, private_dim):
    model = kv.build(
        "dense",
        (6,),
        latent_dim=13,
        hidden_units=8,
        num_classes=2,
        private_dim=private_dim,
        binarizer=kv.MedianBinarizer(),
    )
    x = RNG.random((20, 6), "float32")
    means = model.encode(x).z_mean
    model.binarizer.adapt(means)
    encoder = load(serving.export(model, tmp_path, models=["encoder"]), "encoder")
    served = encoder.run("hash", {"inputs": x})["hash"]
    bits = (means > np.median(means, axis=0))[:, : 13 - private_dim]
    np.testing.assert_array_equal(served, np.packbits(bits, axis=1))
    np.testing.assert_array_equal(served, kv.hash_codes(model, x))
