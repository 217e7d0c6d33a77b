"""A run on sequences of tokens, from file to export, and what is refused."""

import numpy as np
import pytest

from keras_vrae import datasets, evaluation, plots, serving
from keras_vrae.training import ExperimentConfig, RunDirectory, train_and_evaluate
from keras_vrae.training.data import prepare_data
from keras_vrae.validation import DataError, SettingError

NUM_TOKENS = 5


def write(path, count=40, steps=9):
    """Sequences that count up or down modulo 5, so that each step follows from the two before."""
    rng = np.random.default_rng(0)
    y = np.arange(count) % 2
    first, direction = rng.integers(NUM_TOKENS, size=(count, 1)), np.where(y, 1, -1)[:, None]
    x = (first + direction * np.arange(steps)) % NUM_TOKENS
    lengths = rng.integers(4, steps + 1, count)
    np.savez(path, x=x, lengths=lengths, y=y)
    return x, lengths


# A decoder that sees the steps before needs no codes for these.
@pytest.mark.filterwarnings("ignore::keras_vrae.callbacks.PosteriorCollapseWarning")
@pytest.mark.slow
def test_run_evaluation_and_export(tmp_path):
    x, lengths = write(tmp_path / "tokens.npz")
    config = ExperimentConfig(
        encoder="lstm",
        decoder="gru",
        decoder_inputs="teacher",
        likelihood="categorical",
        dataset=f"timeseries:{tmp_path / 'tokens.npz'}",
        hidden_units=24,
        epochs=60,
        batch_size=8,
        learning_rate=0.02,
        nll_samples=5,
    )
    metrics = train_and_evaluate(config, tmp_path / "run")
    uniform = lengths.mean() * np.log(NUM_TOKENS)
    assert 0 < metrics["evaluation"]["nll"] < 0.7 * uniform, "it has learned what follows"
    run = RunDirectory(tmp_path / "run")
    assert run.read_json(run.config_path)["data"]["num_categories"] == NUM_TOKENS
    model, test = run.load_model(run.model_path), prepare_data(config).test
    assert model.event_shape == (9,)
    drawn = model.generate(50, seed=0, draw=True)
    assert drawn.shape == (50, 9)
    assert set(np.unique(drawn)) <= set(range(NUM_TOKENS))
    follows = (drawn[:, 2:] - drawn[:, 1:-1]) % NUM_TOKENS == 1
    assert (follows | ((drawn[:, 2:] - drawn[:, 1:-1]) % NUM_TOKENS == 4)).mean() > 0.5
    completed = model.complete(x[:3, :4], length=7, seed=0)
    np.testing.assert_array_equal(completed[:, 0, :4], x[:3, :4])
    scores = evaluation.anomaly.anomaly_scores(model, test.inputs)
    assert np.isfinite(scores.per_example).all()
    with np.load(run.arrays_path) as arrays:
        assert arrays["samples"].shape == (100, 9)
        plots.plane(arrays["manifold"], kind="tokens")
    assert {path.stem for path in run.figures_path.glob("*.png")} == {
        "curves",
        "embedding",
        "manifold",
        "reconstructions",
        "samples",
    }

    exported = serving.export_run(run.path, tmp_path / "serving")
    assert exported.largest_difference < 1e-5
    signature = serving.signatures.autoencoder_signatures(model)["reconstruct_padded"]
    copies = signature.function(test.x, test.lengths)["reconstruction"]
    np.testing.assert_array_equal(copies, model.reconstruct(test.inputs))


def test_long_sequences_of_tokens_leave_the_length_open(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.arange(800).reshape(8, 100) % 3, lengths=np.arange(93, 101))
    splits = datasets.load(f"timeseries:{tmp_path / 'a.npz'}", tokens=True)
    assert (splits.spec.event_shape, splits.spec.num_categories) == ((None,), 3)
    assert splits.train.x.ndim == 2
    assert splits.spec.standardization is None


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (np.full((5, 4), 0.5), "series 0: tokens must be whole numbers from 0 to 65535"),
        (np.array([[0, 1]] * 4 + [[2, -3]]), "series 4: .*Received: -3 at step 1"),
        (np.full((5, 4), 10**6), "Received: 1e\\+06 at step 0"),
        (np.full((5, 4), np.nan), "series 0: tokens must be whole numbers"),
        (np.zeros((5, 4, 2)), "series 0: tokens must have one channel. Received: 2"),
    ],
)
def test_an_invalid_token_is_named(x, words, tmp_path):
    np.savez(tmp_path / "a.npz", x=x)
    with pytest.raises(DataError, match=words):
        datasets.load(f"timeseries:{tmp_path / 'a.npz'}", tokens=True)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"dataset": "digits"}, "`dataset` must be timeseries:PATH with likelihood='categorical'"),
        ({"encoder": "dense"}, "`encoder` must be lstm or gru with likelihood='categorical'"),
        ({"decoder": "dense"}, "`decoder` must be lstm or gru"),
        ({"missing": "interpolate"}, "`missing` must be refuse"),
        ({"scaling": "standard"}, "`scaling` must be 'none' with likelihood='categorical'"),
        ({"binarization": "fixed"}, "`binarization` must be 'none'"),
    ],
)
def test_settings_that_do_not_fit(settings, words):
    usual = {"encoder": "gru", "decoder": "gru", "dataset": "timeseries:A"}
    with pytest.raises(SettingError) as raised:
        ExperimentConfig(likelihood="categorical", **{**usual, **settings})
    assert words in str(raised.value)
