import itertools

import numpy as np
import pytest
import tensorflow as tf

import keras_vrae as kv
from keras_vrae import evaluation
from keras_vrae.serving import capi
from keras_vrae.serving.noise import normal_rows
from keras_vrae.serving.signatures import SIGNATURES

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def served(exported):
    """The exported models, loaded as TF Serving loads them."""
    library = tf.sysconfig.get_lib()
    return {name: capi.SavedModel(path, library) for name, path in exported[1].paths.items()}


def examples(rows, steps=3):
    return RNG.random((rows, steps, 2), "float32")


def test_names_dtypes_and_shapes(served):
    time, free = (-1, -1, 2), (-1, 2)
    x, seed = ("float32", time), ("int64", (-1,))
    fixed, z = ("float32", (-1, 3, 2)), ("float32", free)
    valid = {"valid": ("bool", (-1,))}
    posterior = {"z_mean": z, "z_log_var": z, **valid}
    numbers = dict.fromkeys(("elbo", "reconstruction", "kl"), ("float32", (-1,)))
    image = {"reconstruction": fixed}
    encode = ({"inputs": x}, posterior)
    decode = ({"z": z}, {**image, **valid})
    reconstruct = ({"inputs": fixed}, {**image, **valid})
    expected = {
        "encoder": {
            "serving_default": encode,
            "encode": encode,
            "sample": ({"inputs": x, "seed": seed}, {"z": z, **valid}),
            "encode_padded": ({"inputs": x, "lengths": seed}, posterior),
            "sample_padded": ({"inputs": x, "lengths": seed, "seed": seed}, {"z": z, **valid}),
        },
        "decoder": {
            "serving_default": decode,
            "decode": decode,
            "generate": ({"seed": seed}, image),
        },
        "autoencoder": {
            "serving_default": reconstruct,
            "reconstruct": reconstruct,
            "score": ({"inputs": fixed, "seed": seed}, {**numbers, **valid}),
        },
    }
    found = {
        model: {
            name: tuple(
                {key: (info.dtype.name, info.shape) for key, info in part.items()}
                for part in (signature.inputs, signature.outputs)
            )
            for name, signature in saved.signatures.items()
        }
        for model, saved in served.items()
    }
    assert found == expected


@pytest.mark.slow
@pytest.mark.parametrize("rows", [1, 5, 33])
def test_answers_are_those_of_the_model(served, small_model, rows):
    x = examples(rows)
    posterior = served["encoder"].run("encode", {"inputs": x})
    expected = small_model.encode(x)._asdict()
    for name, values in expected.items():
        np.testing.assert_allclose(posterior[name], values, atol=1e-5)
    z = expected["z_mean"]
    decoded = served["decoder"].run("decode", {"z": z})["reconstruction"]
    np.testing.assert_allclose(decoded, small_model.decode(z), atol=1e-5)
    reconstructed = served["autoencoder"].run("reconstruct", {"inputs": x})["reconstruction"]
    np.testing.assert_allclose(reconstructed, small_model.reconstruct(x), atol=1e-5)


@pytest.mark.parametrize("steps", [1, 4, 20])
def test_time_is_free(served, small_model, steps):
    x = examples(4, steps)
    answer = served["encoder"].run("encode", {"inputs": x})
    np.testing.assert_allclose(answer["z_mean"], small_model.encoder(x).z_mean, atol=1e-5)


def test_a_row_depends_on_itself_alone(served):
    x, seed = examples(6), np.arange(6)
    for model, signature in (("encoder", "sample"), ("autoencoder", "score")):
        run = served[model].run
        together = run(signature, {"inputs": x, "seed": seed})
        for row in (0, 5):
            alone = run(signature, {"inputs": x[row : row + 1], "seed": seed[row : row + 1]})
            for name, values in alone.items():
                np.testing.assert_allclose(values[0], together[name][row], atol=1e-5)


def test_padding_counts_for_nothing(served):
    x, lengths = examples(3, 7), np.array([7, 2, 4])
    for padding in (0.5, np.nan):
        for row, length in enumerate(lengths):
            x[row, length:] = padding
        answer = served["encoder"].run("encode_padded", {"inputs": x, "lengths": lengths})
        for row, length in enumerate(lengths):
            alone = served["encoder"].run("encode", {"inputs": x[row : row + 1, :length]})
            for name, values in alone.items():
                np.testing.assert_allclose(answer[name][row], values[0], atol=1e-5)
    seed = np.array([3, 4, 5])
    sample = served["encoder"].run("sample_padded", {"inputs": x, "lengths": lengths, "seed": seed})
    alone = served["encoder"].run("sample", {"inputs": x[1:2, :2], "seed": seed[1:2]})
    np.testing.assert_allclose(sample["z"][1], alone["z"][0], atol=1e-5)


def test_noise_is_standard_normal_and_its_seed_decides_it():
    draw = tf.function(normal_rows)
    noise = draw(tf.range(4000, dtype=tf.int64), (3, 2)).numpy()
    assert noise.shape == (4000, 3, 2)
    np.testing.assert_allclose(noise.mean(0), 0, atol=0.07)
    np.testing.assert_allclose(noise.std(0), 1, atol=0.05)
    assert len(np.unique(noise)) > 23_900
    extremes = tf.constant([7, -(2**63), 2**63 - 1, 7], tf.int64)
    one, *others, again = draw(extremes, (2,)).numpy()
    np.testing.assert_array_equal(one, again)
    assert all(np.isfinite(other).all() and (other != one).all() for other in others)


def test_samples_are_of_the_posterior(served):
    x = np.repeat(examples(1), 4000, axis=0)
    posterior = served["encoder"].run("encode", {"inputs": x[:1]})
    z = served["encoder"].run("sample", {"inputs": x, "seed": np.arange(4000)})["z"]
    scale = np.exp(posterior["z_log_var"][0] / 2)
    np.testing.assert_allclose(z.mean(0), posterior["z_mean"][0], atol=0.07 * scale.max())
    np.testing.assert_allclose(z.std(0), scale, rtol=0.05)


def test_scores_estimate_the_bound(served, small_model):
    x = np.round(examples(1))
    many = np.repeat(x, 500, axis=0)
    scores = served["autoencoder"].run("score", {"inputs": many, "seed": np.arange(500)})
    truth = evaluation.elbo_estimate(small_model, x, num_samples=8000)
    for name, values in truth.items():
        spread = scores[name].std() / np.sqrt(500) + 1e-6
        assert abs(scores[name].mean() - values[0]) < 4 * spread + 0.02
    np.testing.assert_allclose(scores["elbo"], -(scores["reconstruction"] + scores["kl"]), 1e-5)


X = np.full((2, 3, 2), 0.5, "float32")
BAD_EXAMPLES = {
    "rank too low": X[0],
    "rank too high": X[None],
    "no axis": np.float32(1),
    "features": X[:, :, :1],
    "no rows": X[:0],
    "no steps": X[:, :0],
}
SIGNATURES_OF_EXAMPLES = {
    ("encoder", "serving_default"): {},
    ("encoder", "encode"): {},
    ("encoder", "sample"): {"seed": np.arange(2)},
    ("encoder", "encode_padded"): {"lengths": np.array([3, 1])},
    ("encoder", "sample_padded"): {"lengths": np.array([3, 1]), "seed": np.arange(2)},
    ("autoencoder", "reconstruct"): {},
    ("autoencoder", "score"): {"seed": np.arange(2)},
}


def refusal(served, model, signature, inputs):
    with pytest.raises(capi.RequestError) as caught:
        served[model].run(signature, inputs)
    assert caught.value.code == "INVALID_ARGUMENT"
    return str(caught.value)


@pytest.mark.parametrize(("model", "signature"), SIGNATURES_OF_EXAMPLES)
def test_bad_examples_are_refused_by_name(served, model, signature):
    others = SIGNATURES_OF_EXAMPLES[model, signature]
    for inputs in BAD_EXAMPLES.values():
        message = refusal(served, model, signature, {"inputs": inputs, **others})
        assert "`inputs` must " in message
    short = {"inputs": X[:, :2], **others}
    if model == "autoencoder":
        assert "(rows, 3, 2)" in refusal(served, model, signature, short)


def test_message_names_the_shape_that_came(served):
    message = refusal(served, "encoder", "encode", {"inputs": X[:, :, :1]})
    expected = "`inputs` must be of shape (rows, any, 2) with no size 0. Received: inputs.shape="
    assert f"{expected}] [2 3 1]" in message


BAD_OTHERS = [
    ("encoder", "sample", {"inputs": X, "seed": np.arange(3)}, "`seed` must have one row"),
    ("encoder", "sample", {"inputs": X, "seed": np.zeros((2, 1), int)}, "`seed` must be of shape"),
    ("encoder", "sample", {"inputs": X, "seed": np.arange(0)}, "`seed` must be of shape"),
    ("encoder", "encode_padded", {"inputs": X, "lengths": np.array([3])}, "`lengths` must have"),
    ("decoder", "decode", {"z": np.zeros((2, 3), "float32")}, "`z` must be of shape (rows, 2)"),
    ("decoder", "decode", {"z": np.zeros(2, "float32")}, "`z` must be of shape"),
    ("decoder", "decode", {"z": np.zeros((0, 2), "float32")}, "`z` must be of shape"),
    ("decoder", "generate", {"seed": np.array(3)}, "`seed` must be of shape (rows,)"),
]


@pytest.mark.parametrize(("model", "signature", "inputs", "message"), BAD_OTHERS)
def test_other_bad_inputs_are_refused_by_name(served, model, signature, inputs, message):
    assert message in refusal(served, model, signature, inputs)


BAD_ROWS = {"NaN": np.nan, "infinity": np.inf, "support": 255.0, "negative": -1e-3}


def check_marked(served, model, signature, inputs, bad):
    """Checks that one row is marked, and that the others have the answer that they have alone."""
    answer = served[model].run(signature, inputs)
    others = np.arange(len(answer["valid"])) != bad
    np.testing.assert_array_equal(answer.pop("valid"), others)
    alone = served[model].run(signature, {name: rows[others] for name, rows in inputs.items()})
    assert alone.pop("valid").all()
    for name, values in answer.items():
        assert np.isnan(values[bad]).all()
        np.testing.assert_allclose(values[others], alone[name], atol=1e-6)


@pytest.mark.parametrize("bad", BAD_ROWS)
@pytest.mark.parametrize(("model", "signature"), SIGNATURES_OF_EXAMPLES)
def test_a_bad_row_is_marked_and_harms_no_other(served, model, signature, bad):
    inputs = {"inputs": examples(3)}
    for name, values in SIGNATURES_OF_EXAMPLES[model, signature].items():
        inputs[name] = np.append(values, values[-1])
    inputs["inputs"][1, 0, 1] = BAD_ROWS[bad]
    check_marked(served, model, signature, inputs, 1)


@pytest.mark.parametrize("length", [0, -1, 4, 2**40, -(2**63)])
def test_a_bad_length_is_marked_and_harms_no_other(served, length):
    inputs = {"inputs": examples(3), "lengths": np.array([3, length, 2])}
    check_marked(served, "encoder", "encode_padded", inputs, 1)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_bad_code_is_marked_and_harms_no_other(served, bad):
    z = RNG.normal(size=(3, 2)).astype("float32")
    z[1, 1] = bad
    check_marked(served, "decoder", "decode", {"z": z}, 1)


def test_lengths_of_decoded_rows_are_bounded():
    model = kv.build("gru", (None, 2), hidden_units=4, decoder="gru")
    signatures = SIGNATURES["decoder"](model)
    z = RNG.normal(size=(4, 2)).astype("float32")
    for bad in (0, -3, 100_001, 2**40):
        lengths = tf.constant([2, bad, 3, 1], tf.int64)
        answer = signatures["decode"].function(tf.constant(z), lengths)
        assert answer["valid"].numpy().tolist() == [True, False, True, True]
        found = answer["reconstruction"].numpy()
        assert found.shape == (4, 3, 2)
        assert np.isnan(found[1]).all()
        np.testing.assert_allclose(found[2], model.decode(z[2:3], length=3)[0], atol=1e-5)
        assert (found[3, 1:] == 0).all()
        drawn = signatures["generate"].function(tf.range(4, dtype=tf.int64), lengths)
        assert drawn["valid"].numpy().tolist() == [True, False, True, True]


def test_tokens_outside_of_the_vocabulary_are_marked():
    model = kv.build("gru", (5,), hidden_units=4, likelihood=kv.Categorical(7))
    signature = SIGNATURES["encoder"](model)["encode"]
    tokens = RNG.integers(0, 7, (4, 5)).astype("float32")
    expected = model.encode(tokens).z_mean
    for bad in (7, -1, 2.5, 1e9, np.nan):
        asked = tokens.copy()
        asked[2, 3] = bad
        answer = signature.function(tf.constant(asked))
        assert answer["valid"].numpy().tolist() == [True, True, False, True]
        others = [0, 1, 3]
        found = answer["z_mean"].numpy()
        np.testing.assert_allclose(found[others], expected[others], atol=1e-5)
        assert np.isnan(found[2]).all()


def test_wrong_dtype_and_missing_input_are_refused(served):
    # The runtime compares dtypes before the graph sees a tensor, and counts the inputs.
    message = refusal(served, "encoder", "encode", {"inputs": X.astype("float64")})
    assert "to be float but double is provided" in message
    assert "['inputs']" in refusal(served, "encoder", "encode", {"z": X})
    with pytest.raises(capi.RequestError, match="Unknown signature 'embed'"):
        served["encoder"].run("embed", {"inputs": X})


@pytest.mark.slow
def test_fixed_time_and_every_family():
    for encoder, event_shape in itertools.product(("dense", "lstm"), ((5,), (4, 3), (3, 2, 2))):
        if encoder == "lstm" and len(event_shape) == 1:
            continue
        model = kv.build(encoder, event_shape, hidden_units=4, likelihood="gaussian")
        signatures = SIGNATURES["encoder"](model)
        assert ("encode_padded" in signatures) == (encoder == "lstm")
        x = RNG.normal(size=(2, *event_shape)).astype("float32")
        answer = signatures["encode"].function(tf.constant(x))
        np.testing.assert_allclose(answer["z_mean"], model.encode(x).z_mean, atol=1e-5)
        scores = SIGNATURES["autoencoder"](model)["score"].function(
            tf.constant(x), tf.constant([1, 2], tf.int64)
        )
        assert scores["elbo"].shape == (2,)
