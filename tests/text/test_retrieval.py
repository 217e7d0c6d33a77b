"""Precision among the nearest codes, against a search by hand."""

import numpy as np
import pytest

import keras_vrae as kv
from keras_vrae import evaluation
from keras_vrae.validation import SettingError

faiss = pytest.importorskip("faiss")


def expected_precision(distances, relevant, k):
    """The mean over many random orders of what is tied."""
    rng = np.random.default_rng(0)
    hits = []
    for _ in range(4000):
        order = np.lexsort((rng.random(len(distances)), distances))
        hits.append(relevant[order[:k]].mean())
    return np.mean(hits)


@pytest.mark.parametrize("bits", [4, 11])
def test_precision_by_hamming_averages_over_ties(bits):
    rng = np.random.default_rng(bits)
    database, queries = rng.integers(0, 2, (40, bits)), rng.integers(0, 2, (3, bits))
    labels, asked = rng.integers(0, 3, 40), np.array([0, 1, 2])
    expected = np.mean(
        [
            expected_precision(np.sum(database != query, axis=1), labels == label, 7)
            for query, label in zip(queries, asked, strict=True)
        ]
    )
    packed = [(np.packbits(q, axis=1), y) for q, y in ((queries, asked), (database, labels))]
    found = evaluation.precision_by_hamming(*packed, k=7)
    assert found == pytest.approx(expected, abs=0.01)
    order = rng.permutation(40)
    shuffled = packed[1][0][order], labels[order]
    assert evaluation.precision_by_hamming(packed[0], shuffled, k=7) == pytest.approx(found)


def test_precision_by_cosine_of_dense_and_sparse_codes():
    from scipy import sparse

    rng = np.random.default_rng(0)
    database, queries = rng.random((30, 4)), rng.random((5, 4))
    labels, asked = rng.integers(0, 2, 30), rng.integers(0, 2, 5)
    hits = []
    for query, label in zip(queries, asked, strict=True):
        cosines = database @ query / np.linalg.norm(database, axis=1)
        hits.append(np.mean(labels[np.argsort(-cosines)[:6]] == label))
    for kind in (np.asarray, sparse.csr_matrix):
        pairs = (kind(queries), asked), (kind(database), labels)
        assert evaluation.precision_by_cosine(*pairs, k=6) == pytest.approx(np.mean(hits))


def test_several_labels_and_none():
    codes = np.array([[0], [0], [0]], "uint8")
    several = np.array([[1, 0], [1, 1], [0, 0]])
    pair = np.array([[0]], "uint8"), np.array([[0, 1]])
    assert evaluation.precision_by_hamming(pair, (codes, several), k=3) == pytest.approx(1 / 3)
    pair = np.array([[0]], "uint8"), np.array([-1])
    assert evaluation.precision_by_hamming(pair, (codes, np.array([-1, -1, 0])), k=3) == 0
    with pytest.raises(SettingError, match="`k` must be"):
        evaluation.precision_by_hamming(pair, (codes, np.zeros(3)), k=4)
    with pytest.raises(SettingError, match=r"uint8"):
        evaluation.hamming_index(np.zeros((2, 2)))


BYTES = np.zeros((3, 2), "uint8"), np.array([0, 1, 0])


@pytest.mark.parametrize(
    "precision", [evaluation.precision_by_cosine, evaluation.precision_by_hamming]
)
@pytest.mark.parametrize(
    ("queries", "database", "message"),
    [
        ((BYTES[0][:0], []), BYTES, r"`queries` must be one code or more.*\(0, 2\)"),
        (BYTES, (BYTES[0][:0], []), "`database` must be one code or more"),
        ((BYTES[0][:, :1], BYTES[1]), BYTES, r"`queries` must be with codes .*\[0\].*=\(1,\)"),
        ((BYTES[0], np.eye(3)), BYTES, r"`queries` must be with labels .*\[1\].*=\(3,\)"),
        ((BYTES[0], [0, 1]), BYTES, "`queries` must be one row of labels for each of 3"),
    ],
)
def test_invalid_searches_are_refused(precision, queries, database, message):
    with pytest.raises(SettingError, match=message):
        precision(queries, database, k=1)


def test_a_search_of_one_example_finds_it():
    one = np.ones((1, 2), "uint8"), np.array([5])
    assert evaluation.precision_by_cosine(one, one, k=1) == 1.0
    assert evaluation.precision_by_hamming(one, one, k=1) == 1.0
    with pytest.raises(SettingError, match="uint8"):
        evaluation.precision_by_hamming((np.ones((1, 2)), [5]), one, k=1)


def test_codes_and_thresholds_travel_with_the_model(tmp_path):
    import keras

    x = np.random.default_rng(0).random((20, 6)).astype("float32")
    vae = kv.build("dense", (6,), latent_dim=11, hidden_units=5, binarizer=kv.MedianBinarizer())
    with pytest.raises(SettingError, match="`binarizer` has been adapted"):
        kv.hash_codes(vae, x)
    means = vae.encode(x).z_mean
    vae.binarizer.adapt(means)
    bits = means > np.median(means, axis=0)
    assert bits.sum(axis=0).tolist() == [10] * 11
    np.testing.assert_array_equal(kv.hash_codes(vae, x), np.packbits(bits, axis=1))
    vae.save(tmp_path / "vae.keras")
    copy = keras.saving.load_model(tmp_path / "vae.keras")
    np.testing.assert_array_equal(kv.hash_codes(copy, x), kv.hash_codes(vae, x))
