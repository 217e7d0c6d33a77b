"""Parts written outside of the package, as a user would, from training to the report.

The code of an encoder, a decoder, a likelihood, an objective and a prior is that of the docstrings.
"""

import doctest

import keras
import numpy as np
import pytest
import scipy.stats
from keras import ops

import keras_vrae
from keras_vrae import evaluation, report, serving
from keras_vrae.training import ExperimentConfig, RunDirectory, train_and_evaluate

SHAPE, N = (4, 3), 24


def from_docstring(contract):
    """The names that the example of a contract defines."""
    examples = doctest.DocTestParser().get_examples(contract.__doc__)
    names = {"keras": keras, "keras_vrae": keras_vrae, "np": np, "ops": ops}
    exec("".join(example.source for example in examples), names)
    return names


CONVOLUTIONAL = from_docstring(keras_vrae.Encoder)["ConvolutionalEncoder"]
LINEAR = from_docstring(keras_vrae.Decoder)["LinearDecoder"]
POISSON = from_docstring(keras_vrae.Likelihood)["Poisson"]
LAPLACE_PRIOR = from_docstring(keras_vrae.Prior)["Laplace"]
POWER_KL = from_docstring(keras_vrae.Objective)["PowerKL"]


@keras.saving.register_keras_serializable(package="tests")
class LaplaceLikelihood(keras_vrae.Likelihood):
    """A likelihood of two parameters: the location of a value and the logarithm of its scale."""

    support, bounds = "numbers from -1e6 to 1e6", (-1e6, 1e6)

    def parameters_shape(self, event_shape):
        return (*event_shape, 2)

    def log_prob_of_values(self, x, parameters):
        location, log_scale = parameters[..., 0], parameters[..., 1]
        return -ops.abs(x - location) * ops.exp(-log_scale) - log_scale - np.log(2.0)

    def call(self, parameters):
        return parameters[..., 0]

    def sample(self, parameters, seed=None, temperature=1.0):
        location, log_scale = parameters[..., 0], parameters[..., 1]
        u = keras.random.uniform(ops.shape(location), -1.0, 1.0, seed=seed)
        return location - temperature * ops.exp(log_scale) * ops.sign(u) * ops.log1p(-ops.abs(u))


@keras.saving.register_keras_serializable(package="tests")
class TwoModes(keras_vrae.Prior):
    """A prior that does not factorize and has no closed form: two Gaussians around (±1, ±1)."""

    def log_prob(self, z):
        ends = [ops.sum(-0.5 * ops.square(z - m) - 0.5 * np.log(2 * np.pi), -1) for m in (-1, 1)]
        return ops.logaddexp(*ends) - np.log(2.0)

    def from_noise(self, noise, uniform):
        return noise + ops.where(uniform < 0.5, -1.0, 1.0)[:, None]


@keras.saving.register_keras_serializable(package="tests")
class TripleKL(keras_vrae.VAE):
    """A model with another divergence, which all uses of the bound must follow."""

    def elbo_terms(self, *args, **kwargs):
        terms = super().elbo_terms(*args, **kwargs)
        return terms._replace(kl=3.0 * terms.kl)


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    """Registers the classes again: the tests of the docstrings define others of their names."""
    for kind in (CONVOLUTIONAL, LINEAR, POISSON, LAPLACE_PRIOR, POWER_KL):
        # A scope of custom objects ends where Keras opens one of its own.
        name = f"docs>{kind.__name__}"
        monkeypatch.setitem(keras.saving.get_custom_objects(), name, kind)


def values(likelihood="gaussian"):
    rng = np.random.default_rng(0)
    if likelihood == "poisson":
        return rng.poisson(2.0, (N, *SHAPE)).astype("float32")
    return rng.normal(size=(N, *SHAPE)).astype("float32")


def build(**parts):
    keras.utils.set_random_seed(0)
    parts = {"encoder": "dense", "likelihood": "gaussian", **parts}
    encoder = parts.pop("encoder")
    return keras_vrae.build(encoder, SHAPE, hidden_units=8, seed=0, **parts)


MODELS = {
    # Those that do not ask for another of their kind, in one model.
    "parts_together": lambda: build(
        encoder=CONVOLUTIONAL(2),
        decoder=LINEAR(SHAPE),
        prior=LAPLACE_PRIOR(),
        objective=POWER_KL(2.0),
    ),
    "likelihood": lambda: build(likelihood=POISSON()),
    "likelihood_of_two_parameters": lambda: build(likelihood=LaplaceLikelihood(), decoder="gru"),
    "two_parameters_step_by_step": lambda: build(
        likelihood=LaplaceLikelihood(), decoder="lstm", decoder_options={"inputs": "own"}
    ),
    "prior_without_closed_form": lambda: build(prior=TwoModes()),
    "model": lambda: TripleKL(
        keras_vrae.GRUEncoder(2, 8), keras_vrae.DenseDecoder(SHAPE, 8), "gaussian", seed=0
    ),
    "mixture": lambda: build(prior="mixture"),
    "vamp": lambda: build(prior=keras_vrae.VampPrior(5)),
    "scale_per_value": lambda: build(
        likelihood=keras_vrae.Gaussian("per_value"),
        decoder="gru",
        decoder_options={"inputs": "teacher"},
    ),
}


# Those that are whole users' parts; the others are variations of them.
PARTS = ("parts_together", "likelihood", "likelihood_of_two_parameters", "model")


@pytest.fixture(params=MODELS, scope="module")
def trained(request):
    """A model that was trained on examples, and the examples."""
    model, x = MODELS[request.param](), values(request.param)
    if request.param == "likelihood":
        x = values("poisson")
    model.compile(keras_vrae.optimizers.Adam(0.01))
    before = model.evaluate(x, verbose=0, return_dict=True)["loss"]
    model.fit(x, epochs=30, batch_size=8, verbose=0)
    assert model.evaluate(x, verbose=0, return_dict=True)["loss"] < before
    return model, x


def terms_of(model, x, seed=1):
    noise = keras.random.SeedGenerator(seed)
    return model.elbo_terms(model.batch_of((x,)), num_samples=3, noise=noise)


@pytest.mark.slow
def test_a_file_rebuilds_the_model(trained, tmp_path):
    model, x = trained
    model.save(tmp_path / "model.keras")
    copy = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(copy.encode(x).z_mean, model.encode(x).z_mean)
    np.testing.assert_allclose(terms_of(copy, x).elbo, terms_of(model, x).elbo, rtol=1e-5)
    np.testing.assert_array_equal(copy.generate(3, seed=0), model.generate(3, seed=0))
    assert model.train_on_batch(x) == pytest.approx(copy.train_on_batch(x), rel=1e-5)


@pytest.mark.slow
def test_importance_estimates_are_below_the_negative_bound(trained):
    model, x = trained
    estimate = evaluation.importance_nll(model, x, num_samples=200)
    assert np.isfinite(estimate.nll).all()
    if not isinstance(model, TripleKL):
        bound = evaluation.elbo_estimate(model, x, num_samples=50)["elbo"].mean()
        assert estimate.mean < -bound + 4 * estimate.standard_error_of_mean + 0.05


def test_generated_examples_are_in_the_support(trained):
    model, _ = trained
    for draw in (False, True):
        made = model.generate(40, seed=0, draw=draw)
        assert made.shape == (40, *SHAPE)
        if draw:
            assert np.asarray(model.likelihood.in_support(made)).all()
    assert np.abs(model.generate(2, seed=0) - model.generate(2, seed=1)).max() > 0


@pytest.mark.slow
@pytest.mark.parametrize("trained", PARTS, indirect=True)
def test_an_export_serves_the_numbers_of_the_model(trained, tmp_path):
    model, x = trained
    exported = serving.export(model, tmp_path)
    seeds = np.arange(3, dtype="int64")
    request = serving.requests.Request("score", {"inputs": x[:3], "seed": seeds})
    path = exported.paths["autoencoder"]
    (served,) = serving.verification.served_answers([(path, request)])
    noise = serving.signatures.score_noise(seeds, model.latent_dim)
    terms = model.elbo_terms(model.batch_of((x[:3],)), 16, noise=noise)
    for name in ("elbo", "reconstruction", "kl"):
        np.testing.assert_allclose(served[name], getattr(terms, name), rtol=1e-4, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", PARTS)
def test_a_run_and_its_report(name, tmp_path):
    np.savez(
        tmp_path / "series.npz",
        x=np.tile(values("poisson" if name == "likelihood" else name), (4, 1, 1)),
        y=np.tile(np.arange(N) % 2, 4),
    )
    config = ExperimentConfig(
        encoder="gru",
        dataset=f"timeseries:{tmp_path / 'series.npz'}",
        scaling="none",
        epochs=1,
        nll_samples=5,
        hidden_units=8,
    )

    def model_of(config, splits):
        model = MODELS[name]()
        model.compile()
        return model

    folder = tmp_path / "run"
    metrics = train_and_evaluate(config, folder, model_of=model_of)
    assert np.isfinite(metrics["test"]["elbo"])
    assert np.isfinite(metrics["evaluation"]["nll"])
    factorizes = RunDirectory(folder).load_model(folder / "model.keras").prior.factorizes
    assert (metrics["evaluation"]["kl_per_dimension"] is None) == (not factorizes)
    written, _ = report.write([folder], tmp_path / "report")
    assert "gru" in (written / "report.html").read_text()
    assert f"{metrics['test']['elbo']:.2f}".lstrip("-") in (written / "report.md").read_text()


def test_values_of_the_likelihoods_are_those_of_scipy():
    rng = np.random.default_rng(1)
    x, parameters = rng.poisson(3.0, (4, 5)), rng.normal(size=(2, 4, 5))
    found = POISSON().log_prob(x.astype("float32"), parameters.astype("float32"))
    expected = scipy.stats.poisson.logpmf(x, np.exp(parameters)).sum(axis=-1)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    x, parameters = rng.normal(size=(4, 5)), rng.normal(size=(2, 4, 5, 2))
    found = LaplaceLikelihood().log_prob(x.astype("float32"), parameters.astype("float32"))
    expected = scipy.stats.laplace.logpdf(x, parameters[..., 0], np.exp(parameters[..., 1]))
    np.testing.assert_allclose(found, expected.sum(axis=-1), rtol=1e-4)


def test_values_of_the_priors_are_those_of_scipy():
    z = np.random.default_rng(2).normal(size=(3, 4, 2)).astype("float32")
    expected = scipy.stats.laplace.logpdf(z).sum(axis=-1)
    np.testing.assert_allclose(LAPLACE_PRIOR().log_prob(z), expected, rtol=1e-5)
    draws = np.asarray(LAPLACE_PRIOR().sample(20_000, 2, seed=0))
    assert scipy.stats.kstest(draws[:, 0], "laplace").pvalue > 1e-3
    u = np.tile([[0.1], [0.5], [0.9]], 2)
    np.testing.assert_allclose(
        LAPLACE_PRIOR().quantile(u), scipy.stats.laplace.ppf(u), rtol=0.05, atol=0.05
    )


def test_the_objective_is_what_training_minimises():
    model, x = build(objective=POWER_KL(2.0)), values()
    model.compile()
    model.optimizer.learning_rate = 0.0
    logs = model.train_on_batch(x, return_dict=True)
    losses, terms = model.training_losses(model.batch_of((x,)), 0)
    np.testing.assert_allclose(losses, terms.reconstruction + terms.kl**2, rtol=1e-6)
    assert logs["loss"] == pytest.approx(float(np.mean(losses)), rel=0.1)


def test_free_bits_need_a_prior_that_factorizes():
    with pytest.raises(ValueError, match="`free_bits` must be 0 with a TwoModes prior"):
        build(prior=TwoModes(), objective=keras_vrae.ELBO(free_bits=0.5))
    model = build(prior=LAPLACE_PRIOR(), objective=keras_vrae.ELBO(free_bits=0.5))
    model.compile()
    loss, _, kl = model.train_on_batch(values())
    assert np.isfinite([loss, kl]).all()
