"""Exports that leave TensorFlow: ONNX and TFLite, as the table in docs/serving.md says."""

import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

import keras_vrae as kv
from keras_vrae.serving.signatures import SIGNATURES
from keras_vrae.serving.writer import write_saved_model

TERMS = [f"w{number}" for number in range(12)]
MODELS = {
    "dense": lambda: kv.build("dense", (4, 3), hidden_units=8),
    "lstm": lambda: kv.build("lstm", (4, 3), hidden_units=8, decoder="lstm"),
    "gru": lambda: kv.build("gru", (4, 3), hidden_units=8, decoder="gru"),
    "documents": lambda: kv.build_text("dense", TERMS, hidden_units=8, latent_dim=4),
    "words": lambda: kv.build_text("gru", TERMS, hidden_units=8, latent_dim=4, max_length=6),
    "tokens": lambda: kv.build(
        "gru", (6,), hidden_units=8, likelihood=kv.Categorical(7), decoder="gru"
    ),
}


def request(model, network, rows):
    """Inputs of `encode` or `decode`, and the answer of the live model."""
    rng = np.random.default_rng(rows)
    if network == "decoder":
        z = rng.normal(size=(rows, model.latent_dim)).astype("float32")
        return z, {"reconstruction": model.decode(z)}
    shape = [6 if size is None else size for size in model.encoder.event_shape]
    shape = model.event_shape if model.vectorizer is None else shape
    numbers = rng.random((rows, *shape))
    whole = model.vectorizer is not None or model.likelihood.num_categories
    x = (np.floor(5 * numbers) if whole else numbers).astype("float32")
    return x, model.encode(x)._asdict()


def check(answer, expected):
    for name, values in expected.items():
        np.testing.assert_allclose(answer[name], values, rtol=0, atol=1e-5)
    assert answer["valid"].all()


# Converts a SavedModel for each line of its input, with the arguments that stand there.
CONVERT = """
import sys
from tf2onnx import convert
for line in sys.stdin:
    sys.argv = ["convert", *line.split()]
    convert.main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("network", ["encoder", "decoder"])
def test_onnx(tmp_path, network):
    pytest.importorskip("tf2onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    models, lines = {name: make() for name, make in MODELS.items()}, ""
    for name, model in models.items():
        signatures = SIGNATURES[network](model)
        write_saved_model(model, signatures, tmp_path / name)
        lines += f"--saved-model={tmp_path / name} --signature_def={next(iter(signatures))} "
        lines += f"--tag=serve --opset=17 --output={tmp_path / name}.onnx\n"
    command = [sys.executable, "-c", CONVERT]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1"}
    done = subprocess.run(command, input=lines, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    for name, model in models.items():
        session = onnxruntime.InferenceSession(
            str(tmp_path / f"{name}.onnx"), providers=["CPUExecutionProvider"]
        )
        check_session(session, model, name, network)


def check_session(session, model, name, network):
    (fed,) = [part.name for part in session.get_inputs()]
    names = [part.name for part in session.get_outputs()]
    for rows in (1, 5):
        x, expected = request(model, network, rows)
        check(dict(zip(names, session.run(None, {fed: x}), strict=True)), expected)
    # A row without an answer is marked there too.
    x[2].flat[0] = -1 if name == "words" and network == "encoder" else np.nan
    answer = dict(zip(names, session.run(None, {fed: x}), strict=True))
    assert answer["valid"].tolist() == [True, True, False, True, True]
    for output, values in expected.items():
        assert np.isnan(answer[output][2]).all()
        np.testing.assert_allclose(answer[output][3:], values[3:], rtol=0, atol=1e-5)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("network", ["encoder", "decoder"])
def test_tflite(tmp_path, network):
    model = MODELS["dense"]()
    signatures = SIGNATURES[network](model)
    write_saved_model(model, signatures, tmp_path)
    signature = next(iter(signatures))
    converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path), signature_keys=[signature])
    interpreter = tf.lite.Interpreter(model_content=converter.convert())
    runner = interpreter.get_signature_runner(signature)
    x, expected = request(model, network, 1)
    (fed,) = signatures[signature].inputs
    check(runner(**{fed: x}), expected)
