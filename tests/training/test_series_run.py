"""A run on time series of unequal length, from file to export."""

import numpy as np
import pytest

from keras_vrae import serving
from keras_vrae.training import ExperimentConfig, RunDirectory, train_and_evaluate
from keras_vrae.training.data import prepare_data
from keras_vrae.validation import SettingError

LENGTHS = [70, 3, 1, 30, 12, 9, 20, 44, 5, 8, 16, 66]


@pytest.mark.slow
def test_run_and_export(tmp_path):
    rng = np.random.default_rng(0)
    x = np.zeros((12, 70, 2))
    for row, steps in zip(x, LENGTHS, strict=True):
        row[:steps] = 1000 + 100 * rng.normal(size=(steps, 2))
    path = tmp_path / "sensor.npz"
    np.savez(path, x=x, lengths=np.array(LENGTHS))
    config = ExperimentConfig(
        encoder="gru",
        decoder="lstm",
        dataset=f"timeseries:{path}",
        hidden_units=8,
        epochs=2,
        batch_size=4,
        nll_samples=5,
    )
    assert config.name == "timeseries-sensor-gru-lstm"
    metrics = train_and_evaluate(config, tmp_path / "run")
    assert np.isfinite(metrics["test"]["elbo"])
    assert metrics["test"]["knn_accuracy"] is None, "there is a single class"
    run = RunDirectory(tmp_path / "run")
    data = run.read_json(run.config_path)["data"]
    assert data["lengths"] == [1, 70]
    assert data["scaling"]["mean"] == pytest.approx([1000, 1000], rel=0.05)
    model = run.load_model(run.model_path)
    assert model.event_shape == (None, 2)
    assert model.generate(3, length=4, seed=0).mean() == pytest.approx(1000, rel=0.2)

    exported = serving.export_run(run.path, tmp_path / "serving")
    assert exported.largest_difference < 1e-5
    test = prepare_data(config).test
    signatures = serving.signatures.autoencoder_signatures(model)
    copies = signatures["reconstruct_padded"].function(test.x.astype("float32"), test.lengths)
    np.testing.assert_allclose(
        copies["reconstruction"], model.reconstruct(test.inputs), rtol=1e-4, atol=1e-2
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"decoder_inputs": "teacher"}, "`decoder_inputs` must be 'zero' with decoder='dense'"),
        ({"decoder": "gru", "word_dropout": 0.1}, "`word_dropout` must be 0.0 with decoder_inputs"),
        ({"encoder": "dense", "bidirectional": True}, "`bidirectional` must be False"),
        ({"encoder": "dense", "recurrent_layers": 2}, "`recurrent_layers` must be 1"),
        ({"window": 3}, "`window` must be left out with dataset='digits'"),
        ({"dataset": "timeseries:A", "stride": 3}, "`stride` must be left out without a window"),
        ({"dataset": "timeseries:A", "missing": "mean"}, "`missing` must be one of"),
        (
            {"dataset": "timeseries:A", "likelihood": "bernoulli", "scaling": "standard"},
            "`scaling` must be 'none' with likelihood='bernoulli'",
        ),
    ],
)
def test_settings_that_do_not_fit(settings, words):
    with pytest.raises(SettingError) as raised:
        ExperimentConfig(**settings)
    assert words in str(raised.value)
