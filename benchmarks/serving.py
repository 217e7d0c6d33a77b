"""Latency and size of exported models: `python -m benchmarks.serving`.

Encoders and the decoder of the study's size are exported and asked by four callers that take turns:
TensorFlow's C API on the exported files (what TF Serving is built on), `keras.Model.predict`, a
`tf.function`, and OpenVINO on the same files, where it is installed. Turns go on for several
rounds, so that a slow moment of the machine meets all callers; stored are medians and the middle
half.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import keras_vrae
from keras_vrae import serving
from keras_vrae.backend.tensorflow.threads import available_cores
from keras_vrae.serving import capi
from keras_vrae.training import environment

BATCH_SIZES = (1, 32, 256)
EVENT_SHAPE, LATENT_DIM = (28, 28), 2
SECONDS_A_TURN = 0.1


class Predictor(keras.Model):
    """A network as a model, for `predict`."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def call(self, x):
        return self.network(x)


def make_callers(path, signature, network):
    """Functions of one batch by name.

    Args:
        path: folder of an exported model.
        signature: name of the signature to ask.
        network: function of a tensor that the signature serves.
    """
    saved = capi.SavedModel(path, tf.sysconfig.get_lib())
    (name,) = saved.signatures[signature].inputs
    model, function = Predictor(network), tf.function(network, reduce_retracing=True)

    def compiled(x):
        return tf.nest.map_structure(lambda tensor: tensor.numpy(), function(tf.constant(x)))

    callers = {
        "C API": lambda x: saved.run(signature, {name: x}),
        "predict": lambda x: model.predict(x, batch_size=len(x), verbose=0),
        "tf.function": compiled,
    }
    try:
        import openvino
    except ImportError:
        return callers
    settings = {
        "INFERENCE_PRECISION_HINT": "f32",  # Also where the processor could do with less.
        "INFERENCE_NUM_THREADS": available_cores(),
        "PERFORMANCE_HINT": "LATENCY",
    }
    callers["OpenVINO"] = openvino.Core().compile_model(str(path), "CPU", settings)
    return callers


def measure(callers, x, rounds):
    """Milliseconds a call for each caller, a list over the rounds."""
    times = {name: [] for name in callers}
    repeats = {}
    for number in range(rounds + 1):  # The first round compiles, and finds how often to repeat.
        for name, call in callers.items():
            if not number:
                call(x)
                begin = time.perf_counter()
                call(x)
                seconds = time.perf_counter() - begin
                repeats[name] = max(1, int(SECONDS_A_TURN / seconds))
                continue
            begin = time.perf_counter()
            for _ in range(repeats[name]):
                call(x)
            times[name].append(1000 * (time.perf_counter() - begin) / repeats[name])
    return times


def summarize(times):
    """Medians and the middle half, in milliseconds."""
    figures = {}
    for name, values in times.items():
        low, middle, high = np.percentile(values, [25, 50, 75])
        figures[name] = {
            "milliseconds": round(middle, 4),
            "quartiles": [round(low, 4), round(high, 4)],
        }
    return figures


def sizes(path, layers):
    """Bytes of a SavedModel and of the weights that it needs."""
    weights = sum(weight.numpy().nbytes for layer in layers for weight in layer.weights)
    names = ("saved_model.pb", "variables/variables.data-00000-of-00001", "export.json")
    graph, variables, _ = (Path(path, name).stat().st_size for name in names)
    total = sum(file.stat().st_size for file in Path(path).rglob("*") if file.is_file())
    return {
        "weights": weights,
        "variables": variables,
        "graph": graph,
        "total": total,
        "variables_to_weights": round(variables / weights, 4),
    }


def run(encoders, hidden_units, rounds, batch_sizes=BATCH_SIZES):
    """Latencies and sizes of the encoders and of the decoder; a dict."""
    rng, latency, size = np.random.default_rng(0), {}, {}
    for encoder in encoders:
        model = keras_vrae.build(encoder, EVENT_SHAPE, LATENT_DIM, hidden_units, seed=0)
        with tempfile.TemporaryDirectory() as directory:
            begin = time.perf_counter()
            paths = serving.export(model, directory).paths
            seconds = time.perf_counter() - begin
            size[encoder] = {
                "encoder": sizes(paths["encoder"], [model.encoder]),
                "decoder": sizes(paths["decoder"], [model.decoder]),
                "autoencoder": sizes(paths["autoencoder"], [model.encoder, model.decoder]),
                "export_seconds": round(seconds, 2),
            }
            parts = {f"{encoder} encoder": ("encoder", "encode", model.encoder, EVENT_SHAPE)}
            if encoder == encoders[0]:

                def decode(z, model=model):
                    return model.likelihood(model.decoder(z))

                parts["decoder"] = ("decoder", "decode", decode, (LATENT_DIM,))
            for name, (part, signature, network, row_shape) in parts.items():
                callers = make_callers(paths[part], signature, network)
                latency[name] = {}
                for batch_size in batch_sizes:
                    x = rng.random((batch_size, *row_shape), "float32")
                    figures = summarize(measure(callers, x, rounds))
                    latency[name][str(batch_size)] = figures
                    row = {k: v["milliseconds"] for k, v in figures.items()}
                    print(name, batch_size, json.dumps(row), flush=True)
    return {"latency": latency, "size": size}


def main():
    """Runs the program."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__)
    parser.add_argument("--encoders", default="dense,lstm,gru")
    parser.add_argument("--hidden_units", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--output", type=Path, help="file for the figures, as JSON")
    flags = parser.parse_args()
    figures = run(flags.encoders.split(","), flags.hidden_units, flags.rounds)
    if flags.output:
        report = {
            "event_shape": EVENT_SHAPE,
            "latent_dim": LATENT_DIM,
            "hidden_units": flags.hidden_units,
            "rounds": flags.rounds,
            "device": environment.device(),
            "versions": environment.versions(),
        }
        flags.output.write_text(json.dumps({**report, **figures}, indent=2) + "\n")


if __name__ == "__main__":
    main()
