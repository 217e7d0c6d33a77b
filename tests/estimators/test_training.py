"""Training by itself: what is kept, what is fixed by a seed, and what survives in a file."""

import copy
import pickle
import random

import joblib
import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import keras_vrae
from keras_vrae.evaluation import elbo_estimate
from keras_vrae.sklearn import VAEAnomalyDetector, VAEEmbedder
from keras_vrae.validation import SettingError

pd = pytest.importorskip("pandas")

SMALL = {"hidden_units": 8, "latent_dim": 2}


def blobs(count=60, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(count) % 2
    return rng.normal(size=(count, 4)) + 4.0 * y[:, np.newaxis], y


@pytest.fixture(scope="module")
def fitted():
    return VAEEmbedder("dense", **SMALL, num_updates=100, random_state=0).fit(blobs()[0])


@pytest.mark.slow
def test_the_best_weights_are_kept(capsys):
    x, _ = blobs()
    embedder = VAEEmbedder(
        "dense", **SMALL, num_updates=400, learning_rate=0.3, patience=2, random_state=1, verbose=1
    ).fit(x)
    history = embedder.history_
    late = np.array(history["updates"]) > 200
    best = int(np.argmin(np.where(late, history["validation_loss"], np.inf)))
    assert embedder.n_updates_ == history["updates"][best]
    assert len(history["updates"]) <= best + 3
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == len(history["updates"])
    assert printed[0].startswith("update 48/400: loss ")
    assert "validation loss" in printed[0]


def test_without_a_validation_part_all_updates_are_made():
    x, _ = blobs(10)
    embedder = VAEEmbedder("dense", **SMALL, num_updates=50, random_state=0).fit(x)
    assert embedder.history_["updates"] == [48, 50]
    assert embedder.history_["validation_loss"] == [None, None]
    assert embedder.n_updates_ == int(embedder.model_.optimizer.iterations) == 50


@pytest.mark.slow
def test_a_seed_fixes_everything_and_changes_nothing_global(fitted):
    x, _ = blobs()
    keras.utils.set_random_seed(7)
    before = random.getstate(), np.random.get_state()[1].tolist()
    again = clone(fitted).fit(x)
    assert random.getstate() == before[0]
    assert np.random.get_state()[1].tolist() == before[1]
    np.testing.assert_array_equal(again.transform(x), fitted.transform(x))
    other = clone(fitted).set_params(random_state=1).fit(x)
    assert np.abs(other.transform(x) - again.transform(x)).max() > 0.01


def test_score_samples_is_the_bound(fitted):
    x, _ = blobs(seed=3)
    expected = elbo_estimate(fitted.model_, x, num_samples=2000)["elbo"]
    found = fitted.score_samples(x)
    assert np.mean(found) == pytest.approx(np.mean(expected), abs=0.1)
    np.testing.assert_allclose(found, expected, atol=1.0)
    assert fitted.score(x) == pytest.approx(np.mean(found))
    # The score of an example does not depend on the others.
    np.testing.assert_allclose(fitted.score_samples(x[5:8]), found[5:8], rtol=1e-5)


def test_codes_go_back_to_the_units_of_the_data(fitted):
    x, _ = blobs()
    back = fitted.inverse_transform(fitted.transform(x))
    assert back.shape == x.shape
    # Standardized values would be around 0.
    assert back.mean() == pytest.approx(x.mean(), abs=0.5)


def through_pickle(estimator, path):
    return pickle.loads(pickle.dumps(estimator))


def through_joblib(estimator, path):
    joblib.dump(estimator, path / "estimator.joblib")
    return joblib.load(path / "estimator.joblib")


@pytest.mark.parametrize(
    "again", [through_pickle, through_joblib, lambda estimator, path: copy.deepcopy(estimator)]
)
def test_a_fitted_estimator_survives(fitted, again, tmp_path):
    x, _ = blobs()
    loaded = again(fitted, tmp_path)
    np.testing.assert_allclose(loaded.transform(x), fitted.transform(x), rtol=1e-6)
    assert loaded.history_ == fitted.history_
    assert loaded.n_features_in_ == 4


@pytest.mark.slow
def test_parts_of_ones_own_are_parameters():
    x, _ = blobs(8)
    encoder = keras_vrae.DenseEncoder(latent_dim=3, hidden_units=4)
    embedder = VAEEmbedder(encoder, likelihood=keras_vrae.Gaussian(0.5), num_updates=1)
    for estimator in (embedder, clone(embedder)):
        estimator.fit(x)
        assert estimator.transform(x).shape == (8, 3)
        assert estimator.model_.likelihood.scale == 0.5
    assert not encoder.built
    assert embedder.get_params()["encoder"] is encoder


def test_a_part_without_registration_is_named():
    class Mine(keras_vrae.DenseEncoder):
        pass

    embedder = VAEEmbedder(Mine(2, hidden_units=4), num_updates=1).fit(blobs(8)[0])
    with pytest.raises(SettingError) as raised:
        pickle.dumps(embedder)
    assert "register_keras_serializable" in str(raised.value)
    assert "Received: encoder='Mine'" in str(raised.value)


def test_codes_as_a_data_frame(fitted):
    frame = pd.DataFrame(blobs()[0], index=[f"row {n}" for n in range(60)])
    codes = clone(fitted).set_params(num_updates=1).set_output(transform="pandas")
    codes = codes.fit_transform(frame)
    assert codes.columns.tolist() == ["vaeembedder0", "vaeembedder1"]
    assert codes.index[3] == "row 3"


@pytest.mark.slow
def test_pipelines_and_searches():
    x, y = blobs(80)
    embedder = VAEEmbedder("dense", **SMALL, num_updates=100, random_state=0)
    pipeline = make_pipeline(StandardScaler(), embedder, KNeighborsClassifier(3))
    search = GridSearchCV(pipeline, {"vaeembedder__latent_dim": [1, 2]}, cv=2, n_jobs=2)
    search.fit(x, y)
    assert search.best_score_ > 0.9
    unsupervised = GridSearchCV(embedder, {"beta": [0.1, 1.0]}, cv=2).fit(x)
    assert np.isfinite(unsupervised.best_score_)
    sequences = [row[: 2 + n % 3] for n, row in enumerate(x)]
    on_lists = GridSearchCV(
        make_pipeline(clone(embedder), KNeighborsClassifier(3)),
        {"vaeembedder__num_updates": [400]},
        cv=2,
    )
    assert on_lists.fit(sequences, y).best_score_ > 0.8


@pytest.fixture(scope="module")
def detector():
    x = np.random.default_rng(0).normal(size=(100, 4))
    return VAEAnomalyDetector(0.1, hidden_units=8, num_updates=100, random_state=0).fit(x), x


def test_signs_are_those_of_pyod(detector):
    detector, x = detector
    np.testing.assert_allclose(detector.decision_function(x), detector.decision_scores_, rtol=1e-4)
    assert detector.labels_.sum() == 10
    assert set(detector.labels_.tolist()) == {0, 1}
    far = np.array([[9.0, -9.0, 9.0, -9.0], [0.0, 0.0, 0.0, 0.0]])
    assert detector.predict(far).tolist() == [1, 0]
    assert detector.decision_function(far)[0] > detector.threshold_
    assert (detector.decision_scores_ > detector.threshold_).sum() == 10


def test_scores_in_the_sign_of_scikit_learn(detector):
    detector, x = detector
    inlierness = detector.score_samples(x) - detector.offset_
    np.testing.assert_array_equal(np.where(inlierness < 0, 1, 0), detector.predict(x))


def test_scikit_learns_scorers_hold_if_anomalies_are_1(detector):
    from sklearn.metrics import get_scorer

    detector, x = detector
    both = np.concatenate([x, x + 9.0])
    truth = np.repeat([0, 1], len(x))
    assert get_scorer("roc_auc")(detector, both, truth) > 0.99
    assert get_scorer("average_precision")(detector, both, truth) > 0.99


def test_the_length_of_a_sequence_does_not_make_it_an_anomaly():
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(steps, 1)) for steps in (4, 12) * 10]
    scores = VAEAnomalyDetector(num_updates=48, random_state=0).fit(x).decision_scores_
    assert abs(scores[::2].mean() - scores[1::2].mean()) < scores.std()
