"""The forms in which examples come: each reaches the model as it is meant, or is refused."""

import re

import numpy as np
import pytest

from keras_vrae import sklearn as estimators
from keras_vrae.datasets import from_dataframe
from keras_vrae.sklearn import VAEAnomalyDetector, VAEEmbedder
from keras_vrae.validation import SettingError

pd = pytest.importorskip("pandas")

RNG = np.random.default_rng(0)
UNEQUAL = [RNG.normal(size=(steps, 2)) for steps in (3, 5, 4)]
EQUAL = RNG.normal(size=(6, 5, 2))


def long_frame(arrays=UNEQUAL):
    rows = [
        (f"s{number}", step, *values)
        for number, array in enumerate(arrays)
        for step, values in enumerate(array)
    ]
    return pd.DataFrame(rows, columns=["id", "time", "a", "b"])


@pytest.fixture(autouse=True)
def _without_training(monkeypatch):
    """Trains for two steps, as the way of reading examples does not depend on training."""

    def train(self, *args, **kwargs):
        self.n_updates_, self.history_ = 0, {}

    monkeypatch.setattr(estimators._VAEEstimator, "_train", train)


def embedder(encoder="gru", **options):
    return VAEEmbedder(encoder, latent_dim=2, hidden_units=4, random_state=0, **options)


@pytest.mark.parametrize(
    "form",
    [
        UNEQUAL,
        tuple(UNEQUAL),
        [array.tolist() for array in UNEQUAL],
        [pd.DataFrame(array, columns=["a", "b"]) for array in UNEQUAL],
        {
            "x": np.stack([np.pad(array, [(0, 5 - len(array)), (0, 0)]) for array in UNEQUAL]),
            "lengths": [3, 5, 4],
        },
        long_frame(),
        from_dataframe(long_frame()),
    ],
    ids=["list", "tuple", "lists", "frames", "padded", "long", "Series"],
)
def test_sequences_of_unequal_length(form):
    read = embedder()._read(form, reset=True)
    assert read["lengths"].tolist() == [3, 5, 4]
    for row, array in zip(read["x"], UNEQUAL, strict=True):
        np.testing.assert_allclose(row[: len(array)], array, rtol=1e-6)


def test_an_object_array_is_a_list():
    form = np.empty(3, object)
    form[:] = UNEQUAL
    assert embedder()._read(form, reset=True)["lengths"].tolist() == [3, 5, 4]


def test_rows_of_a_long_frame_may_be_in_any_order():
    frame = long_frame()
    read = embedder()._read(frame.sample(frac=1.0, random_state=0), reset=True)
    assert sorted(read["lengths"].tolist()) == [3, 4, 5]
    row = read["x"][read["lengths"].tolist().index(5)]
    np.testing.assert_allclose(row, UNEQUAL[1])


@pytest.mark.slow
def test_channels_first():
    fitted = embedder(channels_first=True).fit(np.swapaxes(EQUAL, 1, 2))
    expected = embedder().fit(EQUAL).transform(EQUAL)
    np.testing.assert_array_equal(fitted.transform(np.swapaxes(EQUAL, 1, 2)), expected)
    np.testing.assert_array_equal(fitted.transform([x.T for x in EQUAL]), expected)
    assert fitted.inverse_transform(expected).shape == (6, 2, 5)
    assert fitted.n_features_in_ == 2


@pytest.mark.parametrize("encoder", ["dense", "gru"])
def test_the_encoder_decides_what_a_row_is(encoder):
    x = RNG.normal(size=(6, 5))
    fitted = embedder(encoder).fit(x)
    assert fitted.model_.event_shape == ((5,) if encoder == "dense" else (5, 1))
    assert fitted.n_features_in_ == 5
    assert fitted.inverse_transform(fitted.transform(x)).shape == (6, 5)
    assert len(fitted.model_.standardization.mean) == (5 if encoder == "dense" else 1)
    with pytest.raises(ValueError, match="X has 4 features"):
        fitted.transform(x[:, :4])


def test_names_of_columns():
    frame = pd.DataFrame(RNG.normal(size=(6, 3)), columns=["a", "b", "c"])
    fitted = embedder("dense").fit(frame)
    assert fitted.feature_names_in_.tolist() == ["a", "b", "c"]
    assert fitted.get_feature_names_out().tolist() == ["vaeembedder0", "vaeembedder1"]
    with pytest.raises(ValueError, match="feature names"):
        fitted.transform(frame[["c", "b", "a"]])
    fitted.fit(UNEQUAL)
    assert not hasattr(fitted, "feature_names_in_")


@pytest.mark.slow
def test_a_model_of_unequal_lengths_takes_any_length():
    fitted = embedder(decoder="gru").fit(UNEQUAL)
    assert fitted.model_.event_shape == (None, 2)
    codes = fitted.transform([*UNEQUAL, RNG.normal(size=(9, 2))])
    np.testing.assert_allclose(codes[:3], fitted.transform(UNEQUAL), atol=1e-6)
    assert fitted.transform(RNG.normal(size=(4, 7, 2))).shape == (4, 2)
    assert fitted.inverse_transform(codes).shape == (4, 5, 2)
    assert fitted.inverse_transform(codes, length=8).shape == (4, 8, 2)


@pytest.mark.slow
def test_a_dense_encoder_with_a_recurrent_decoder_reads_unequal_lengths():
    fitted = embedder("dense", decoder="gru").fit(UNEQUAL)
    assert fitted.model_.event_shape == (5, 2)
    assert fitted.score_samples(UNEQUAL).shape == (len(UNEQUAL),)
    # What the message names as a remedy is one.
    with pytest.raises(SettingError, match="encoder='gru' and decoder='gru'"):
        fitted.score_samples(np.zeros((2, 9, 2)))
    longer = embedder("gru", decoder="gru").fit(UNEQUAL).score_samples(np.zeros((2, 9, 2)))
    assert np.isfinite(longer).all()


@pytest.mark.slow
def test_a_model_of_one_length_takes_shorter_sequences():
    fitted = embedder().fit(EQUAL)
    codes = fitted.transform([EQUAL[0, :3], EQUAL[1]])
    np.testing.assert_allclose(codes[1:], fitted.transform(EQUAL[1:2]), atol=1e-6)
    np.testing.assert_allclose(codes[:1], fitted.transform(EQUAL[:1, :3]), atol=1e-6)
    # A recurrent encoder reads more, but a dense decoder cannot write it.
    assert fitted.transform([np.zeros((6, 2)), np.zeros((9, 2))]).shape == (2, 2)
    with pytest.raises(SettingError, match="at most 5 steps, as in `fit`"):
        fitted.score_samples(np.zeros((2, 6, 2)))
    with pytest.raises(SettingError, match="at most 5 steps, as in `fit`"):
        embedder("dense").fit(EQUAL).transform(np.zeros((2, 6, 2)))
    with pytest.raises(SettingError, match=r"of 2 channels, as in `fit`"):
        fitted.transform(np.zeros((2, 5, 3)))


@pytest.mark.parametrize("encoder", ["dense", "lstm"])
def test_vectors_of_unequal_length(encoder):
    rows = [[1.0, 2.0], [3.0], [4.0, 5.0, 6.0]]
    fitted = embedder(encoder).fit(rows)
    assert fitted.inverse_transform(fitted.transform(rows)).shape == (3, 3)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ([[1.0, np.nan], [2.0, 3.0]], "`X` must be an array of finite numbers, without NaN"),
        ([UNEQUAL[0], np.full((2, 2), np.inf)], "Received: X[...]=inf"),
        (np.zeros(4), "Expected 2D array"),
        (np.zeros((4, 3, 2, 2)), "Received: X.shape=(4, 3, 2, 2)"),
        (np.zeros((1, 3)), "1 sample"),
        ([np.zeros((3, 2)), np.zeros((3, 1))], "differ in steps only. Received: X with shapes"),
        ([np.zeros((3, 2)), np.zeros((0, 2))], "of one step or more"),
        ([["a", "b"], ["c", "d"]], "could not convert string"),
        ({"x": np.zeros((2, 3))}, "with keys=['x']"),
        (long_frame().assign(a="word"), "the DataFrame, row 0: values must be numbers"),
    ],
)
def test_what_is_refused(form, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        embedder().fit(form)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"encoder": "gro"}, "Did you mean 'gru'?"),
        ({"beta": -1.0}, "`beta` must be a number of at least 0"),
        ({"num_updates": 0}, "`num_updates`"),
        ({"learning_rate": 0.0}, "`learning_rate`"),
        ({"validation_fraction": 1.0}, "`validation_fraction`"),
        ({"standardization": "column"}, "Did you mean 'columns'?"),
        ({"likelihood": "gauss"}, "Did you mean 'gaussian'?"),
    ],
)
def test_invalid_settings(options, words):
    with pytest.raises(SettingError) as raised:
        VAEEmbedder(**options).fit(EQUAL)
    assert words in str(raised.value)


@pytest.mark.parametrize("contamination", [0.0, 0.6, "auto"])
def test_invalid_contamination(contamination):
    with pytest.raises(SettingError, match="`contamination` must be a number above 0"):
        VAEAnomalyDetector(contamination).fit(EQUAL)


def test_likelihood_and_standardization_follow_the_data():
    binary = RNG.integers(0, 2, size=(8, 6))
    model = embedder("dense").fit(binary).model_
    assert type(model.likelihood).__name__ == "Bernoulli"
    assert model.standardization is None
    # So few that none is held out.
    curves = RNG.normal(size=(19, 6)) * np.linspace(1.0, 5.0, 6) + np.arange(6)
    own = embedder("dense").fit(curves).model_.standardization
    assert len({*own.scale}) == 1
    assert own.mean == pytest.approx(curves.mean(axis=0))
    table = curves * [1, 1, 1, 1, 1, 1000]
    own = embedder("dense").fit(table).model_.standardization
    assert own.scale == pytest.approx(table.std(axis=0))
    assert embedder("dense", standardization="none").fit(table).model_.standardization is None
