"""Counts of terms, words and weights, against scikit-learn and NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import sparse
from scipy.special import log_softmax, softmax
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

import keras_vrae as kv
from keras_vrae.backend import sparse_product
from keras_vrae.validation import SettingError

TEXTS = ["The cat sat; the CAT slept.", "Ünïcode naïve_word a I 42 x2", "dogs, dogs & cats!", ""]


@pytest.fixture(scope="module")
def counter():
    return CountVectorizer(dtype="float32").fit(TEXTS)


def test_strings_become_the_counts_of_scikit_learn(counter):
    layer = kv.layers.TextVectorizer(counter.get_feature_names_out())
    np.testing.assert_array_equal(layer(TEXTS), counter.transform(TEXTS).toarray())


def test_strings_become_words_in_their_order(counter):
    terms = list(counter.get_feature_names_out())
    layer = kv.layers.TextVectorizer(terms, "tokens", max_length=5)
    analyze = counter.build_analyzer()
    for text, words in zip(TEXTS, layer(TEXTS).numpy(), strict=True):
        expected = [terms.index(word) + 1 for word in analyze(text)][:5]
        assert words.tolist() == expected + [0] * (5 - len(expected))


def test_tfidf_is_that_of_scikit_learn(counter):
    counts = counter.transform(TEXTS)
    layer = kv.layers.TermWeighting("tfidf", scale=3.0)
    layer.adapt(counts)
    expected = 3.0 * TfidfTransformer(sublinear_tf=True).fit_transform(counts).toarray()
    np.testing.assert_allclose(layer(counts.toarray()), expected, rtol=1e-5)
    dense = kv.layers.TermWeighting("tfidf", scale=3.0)
    dense.adapt(counts.toarray())
    np.testing.assert_allclose(dense.idf, layer.idf)


def test_a_power_of_the_idf_is_that_of_scikit_learn_once_more(counter):
    counts = counter.transform(TEXTS)
    layer = kv.layers.TermWeighting("tfidf", idf_power=2.0)
    layer.adapt(counts)
    transformer = TfidfTransformer(sublinear_tf=True, norm=None).fit(counts)
    expected = transformer.transform(counts).toarray() * transformer.idf_
    expected /= np.maximum(np.linalg.norm(expected, axis=1, keepdims=True), 1e-12)
    np.testing.assert_allclose(layer(counts.toarray()), expected, rtol=1e-5)
    copy = kv.layers.TermWeighting.from_config(layer.get_config())
    assert copy.idf_power == 2.0


def test_the_product_that_skips_zeros_is_that_of_dense():
    x = sparse.random(6, 40, 0.1, random_state=0, dtype="float32").toarray()
    ours, theirs = kv.layers.SparseDense(5, "tanh"), keras.layers.Dense(5, "tanh")
    results = []
    for layer in (ours, theirs):
        layer.build((None, 40))
        layer.set_weights([np.sin(np.arange(200.0)).reshape(40, 5), np.arange(5.0)])
        with tf.GradientTape() as tape:
            y = layer(tf.constant(x))
            loss = tf.reduce_sum(y**3)
        results.append([y, *tape.gradient(loss, layer.trainable_weights)])
    for one, two in zip(*results, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-6)


def test_sparse_rows_in_any_order_are_those_of_dense():
    x = sparse.random(6, 40, 0.1, random_state=0, dtype="float32").toarray()
    x[3] = 0
    places = np.argwhere(x)[::-1]
    kernel = np.sin(np.arange(200.0, dtype="float32")).reshape(40, 5)
    values, kernel = tf.constant(x[tuple(places.T)]), tf.constant(kernel)
    with tf.GradientTape() as tape:
        tape.watch([values, kernel])
        y = sparse_product(tf.SparseTensor(places, values, x.shape), kernel)
        loss = tf.reduce_sum(y**3)
    expected = x @ kernel.numpy()
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)
    of_values, of_kernel = tape.gradient(loss, [values, kernel])
    upstream = 3 * expected**2
    np.testing.assert_allclose(of_kernel, x.T @ upstream, rtol=1e-4, atol=1e-6)
    of_x = upstream @ kernel.numpy().T
    np.testing.assert_allclose(of_values, of_x[tuple(places.T)], rtol=1e-4, atol=1e-6)
    nothing = tf.SparseTensor(np.zeros((0, 2), "int64"), np.zeros(0, "float32"), (2, 40))
    np.testing.assert_array_equal(sparse_product(nothing, kernel), np.zeros((2, 5)))


@pytest.mark.parametrize("kind", ["counts", "binary", "tfidf"])
def test_weights_of_sparse_rows_are_those_of_dense(kind, counter):
    counts = counter.transform(TEXTS).toarray()
    layer = kv.layers.TermWeighting(kind)
    layer.adapt(counts)
    weights = layer(tf.sparse.from_dense(counts))
    np.testing.assert_array_equal(tf.sparse.to_dense(weights), layer(counts))


@pytest.mark.slow
def test_documents_train_alike_in_every_form():
    x = sparse.random(11, 7, 0.5, "csr", random_state=0, dtype="float32")
    x.data = np.ceil(4 * x.data)
    halves = np.repeat(x.data / 2, 2), np.repeat(x.indices, 2), 2 * x.indptr
    twice = sparse.csr_matrix(halves, x.shape)  # Each count is there as two halves of it.
    assert not twice.has_canonical_format
    results = []
    for data in (x.toarray(), x, x.tocsc(), twice):
        keras.utils.set_random_seed(0)
        vae = kv.build_text("dense", list("abcdefg"), latent_dim=2, hidden_units=4, seed=0)
        vae.compile()
        vae.encoder.adapt(data)
        history = vae.fit(data, batch_size=4, epochs=2, verbose=0, validation_split=0.2).history
        results.append(
            [*history.values(), vae.evaluate(data, verbose=0), vae.predict(data, verbose=0)]
        )
    for result in results[1:]:
        for one, two in zip(results[0], result, strict=True):
            np.testing.assert_allclose(one, two, rtol=1e-5)


def test_sparse_tensors_come_in_datasets():
    x = tf.sparse.from_dense(np.eye(4, 3, dtype="float32"))
    vae = kv.build_text("dense", list("abc"), latent_dim=2, hidden_units=4, seed=0)
    batches = tf.data.Dataset.from_tensor_slices(x).batch(4)
    expected = vae.predict(np.eye(4, 3), verbose=0)
    np.testing.assert_allclose(vae.predict(batches, verbose=0), expected, rtol=1e-6)
    with pytest.raises(SettingError, match="`x` must be an array or a sparse matrix of SciPy"):
        vae.encode(x)


def test_the_gradient_of_the_multinomial():
    rng = np.random.default_rng(0)
    logits, counts = tf.constant(rng.normal(size=(2, 3, 7))), tf.constant(rng.random((3, 7)))
    likelihood = kv.Multinomial()
    with tf.GradientTape() as tape:
        tape.watch([logits, counts])
        logs = likelihood.log_prob(tf.cast(counts, "float32"), tf.cast(logits, "float32"))
        loss = tf.reduce_sum(logs * tf.constant([[1.0], [2.0]]))
    of_logits, of_counts = tape.gradient(loss, [logits, counts])
    shares, upstream = softmax(logits.numpy(), axis=-1), np.array([1.0, 2.0])[:, None, None]
    expected = upstream * (counts - np.sum(counts, axis=-1, keepdims=True) * shares)
    np.testing.assert_allclose(of_logits, expected, rtol=1e-4, atol=1e-6)
    expected = np.sum(upstream * log_softmax(logits.numpy(), axis=-1), axis=0)
    np.testing.assert_allclose(of_counts, expected, rtol=1e-5)


def test_multinomial_of_counts_and_of_words_is_a_sum_of_log_softmax():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(2, 3, 7)).astype("float32")
    words = np.array([[1, 7, 7, 0], [2, 0, 0, 0], [3, 3, 1, 5]])
    counts = np.stack([np.bincount(row, minlength=8)[1:] for row in words])
    logs = log_softmax(logits.astype("float64"), axis=-1)
    expected = [[sum(logs[k, b, w - 1] for w in words[b] if w) for b in range(3)] for k in range(2)]
    bag, tokens = kv.Multinomial(), kv.Multinomial(7, tokens=True)
    for likelihood in (bag, tokens):
        likelihood.build((None, None, 7))
    np.testing.assert_allclose(bag.log_prob(counts, logits), expected, rtol=1e-5)
    np.testing.assert_allclose(
        tokens.log_prob(tokens.target_of(words), logits), expected, rtol=1e-5
    )
    np.testing.assert_allclose(tokens.log_prob(counts, logits), expected, rtol=1e-5)
    assert np.asarray(tokens.in_support(np.array([0, 7, 8, 1.5, -1]))).tolist() == [
        True,
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize("tokens", [False, True])
def test_drawn_documents_have_the_shares_of_the_distribution(tokens):
    likelihood = kv.Multinomial(3, tokens=tokens, length=4000)
    likelihood.build((None, None, 3))
    drawn = np.asarray(likelihood.sample(np.log([[0.2, 0.5, 0.3]]).astype("float32"), seed=1))
    if tokens:
        drawn = np.bincount(drawn[0].astype(int), minlength=4)[None, 1:]
    np.testing.assert_allclose(drawn / 4000, [[0.2, 0.5, 0.3]], atol=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_padding_and_order_of_words(name):
    vae = kv.build_text(name, list("abcdef"), latent_dim=2, hidden_units=4, max_length=6)
    words = np.array([[1, 4, 2], [3, 5, 6]])
    padded = np.pad(words, ((0, 0), (0, 3)))
    np.testing.assert_allclose(vae.encode(words).z_mean, vae.encode(padded).z_mean, atol=1e-6)
    assert np.abs(vae.encode(words[:, ::-1]).z_mean - vae.encode(words).z_mean).max() > 1e-4


def test_known_vectors_of_words(tmp_path):
    from keras_vrae.datasets.text.vectors import read_vectors

    path = tmp_path / "vectors.txt"
    path.write_text("3 2\ncat 1.0 2.0\nother 0 0\nsat -1 0.5\n")
    vectors = read_vectors(path, ["cat", "dog", "sat"], 2)
    np.testing.assert_array_equal(vectors[[0, 2]], [[1, 2], [-1, 0.5]])
    vae = kv.build_text("gru", ["cat", "dog", "sat"], latent_dim=2, hidden_units=3, embedding_dim=2)
    vae.encoder.set_vectors(vectors)
    np.testing.assert_array_equal(vae.encoder.embedding.embeddings[1:], vectors)
    with pytest.raises(SettingError, match=r"`embeddings` must be a file that can be read"):
        read_vectors(tmp_path / "none.txt", ["cat"], 2)
    path.write_text("\ufeff3 2\n\n \t\ncat 1.0 2.0 \r\n\n  \nsat -1 0.5\n\n", newline="")
    vectors = read_vectors(path, ["cat", "dog", "sat"], 2)
    np.testing.assert_array_equal(vectors[[0, 2]], [[1, 2], [-1, 0.5]])
    path.write_text("\ncat 1.0\n")
    with pytest.raises(ValueError, match=r"line 2 must be a word and 2 numbers\. Received: 1"):
        read_vectors(path, ["cat"], 2)
    path.write_text("cat 1.0\n")
    with pytest.raises(ValueError, match="line 1 must be a word and 2 numbers"):
        read_vectors(path, ["cat"], 2)
