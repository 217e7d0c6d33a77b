"""DataFrames, parts of data sets, and series of one channel through the methods of a model."""

import numpy as np
import pytest

import keras_vrae as kv
from keras_vrae import sequences
from keras_vrae.datasets import Split, from_dataframe
from keras_vrae.evaluation import elbo_estimate
from keras_vrae.validation import SettingError

pd = pytest.importorskip("pandas")

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(6, 5)).astype("float32")


@pytest.fixture(scope="module")
def model():
    """A model of series of one channel."""
    model = kv.build(
        "gru", (5, 1), latent_dim=2, hidden_units=4, likelihood="gaussian", decoder="gru", seed=0
    )
    model.compile("adam")
    return model


FORMS = {
    "(N, T)": ROWS,
    "list of vectors": list(ROWS),
    "list of lists": ROWS.tolist(),
    "list of frames": [pd.DataFrame({"value": row}) for row in ROWS],
    "frame": pd.DataFrame(ROWS),
    "Split": Split(ROWS[..., np.newaxis], np.zeros(6)),
    "Series": from_dataframe(pd.DataFrame(ROWS, columns=list("abcde"))),
    "padded": {"x": ROWS, "lengths": np.full(6, 5)},
}


@pytest.mark.parametrize("form", FORMS)
def test_every_method_takes_them(model, form):
    x = FORMS[form]
    expected = model.encode(ROWS[..., np.newaxis]).z_mean
    np.testing.assert_allclose(model.encode(x).z_mean, expected, atol=1e-6)
    assert model.reconstruct(x).shape == (6, 5, 1)
    assert elbo_estimate(model, x, 2)["elbo"].shape == (6,)
    assert kv.evaluation.anomaly.anomaly_scores(model, x, 2).per_step.shape == (6, 5)
    assert model.complete(x, length=7, seed=0).shape == (6, 1, 7, 1)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["(N, T)", "frame", "Series", "list of frames"])
def test_training_takes_them(model, form):
    x = FORMS[form]
    validation = x if form in ("frame", "Series") else (x,)
    history = model.fit(x, validation_data=validation, epochs=1, batch_size=6, verbose=0)
    assert np.isfinite(history.history["val_loss"]).all()
    loss = model.evaluate(x, batch_size=6, verbose=0)[0]
    assert np.isfinite(loss)
    assert model.predict(x, batch_size=6, verbose=0).shape == (6, 5, 1)


def test_lists_of_unequal_length(model):
    vectors = [row[:steps] for row, steps in zip(ROWS, [5, 3, 4, 1, 2, 5], strict=True)]
    frames = [pd.DataFrame({"value": vector}) for vector in vectors]
    codes = model.encode(frames).z_mean
    np.testing.assert_allclose(codes, model.encode(vectors).z_mean, atol=1e-6)
    np.testing.assert_allclose(codes[2:3], model.encode([vectors[2]]).z_mean, atol=1e-6)


def test_tables_for_a_dense_model():
    table = kv.build("dense", (3,), hidden_units=4, likelihood="gaussian")
    frame = pd.DataFrame(RNG.normal(size=(6, 3)), columns=list("abc"))
    np.testing.assert_allclose(
        table.encode(frame).z_mean, table.encode(frame.to_numpy()).z_mean, atol=1e-6
    )


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (pd.DataFrame(ROWS).assign(label="x"), "`x` must be a DataFrame of numbers alone"),
        (pd.DataFrame(ROWS[:, :4]), "keras_vrae.datasets.from_dataframe reads one with a row for"),
        (pd.DataFrame(ROWS).replace(ROWS[0, 0], np.nan), "finite numbers"),
    ],
)
def test_frames_that_are_refused(model, frame, words):
    for use in (model.encode, model.fit, model.evaluate):
        with pytest.raises(SettingError) as raised:
            use(frame)
        assert words in str(raised.value)


def test_a_batch_of_rank_2_stays_as_it_is_for_other_models():
    assert sequences.as_inputs(ROWS, (5,)).shape == (6, 5)
    assert sequences.as_inputs(ROWS, (5, 2)).shape == (6, 5)
    assert sequences.as_inputs(None, (5, 1)) is None


class TestRegistration:
    def test_saving_names_what_is_missing(self, tmp_path):
        class Unknown(kv.DenseDecoder):
            pass

        model = kv.build("dense", (3,), hidden_units=4, decoder=Unknown((3,), hidden_units=4))
        model.encode(np.zeros((2, 3)))
        with pytest.raises(SettingError) as raised:
            model.save(tmp_path / "model.keras")
        assert "`decoder` must be of a class decorated with" in str(raised.value)
        assert "register_keras_serializable" in str(raised.value)
        assert "Received: decoder='Unknown'" in str(raised.value)
