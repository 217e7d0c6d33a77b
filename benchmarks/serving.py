"""Measures latency and size of exported models: `python -m benchmarks.serving --output=F.json`.

Encoders and the decoder of the study's size are exported and asked by four callers that take turns:
TensorFlow's C API on the exported files (TF Serving is built on it), `keras.Model.predict`, a
`tf.function`, and OpenVINO on the same files, if it is installed.
"""

import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import keras_vrae
from benchmarks import harness
from keras_vrae import serving
from keras_vrae.serving import capi

EVENT_SHAPE, LATENT_DIM = (28, 28), 2
SECONDS_OF_A_TURN = 0.1


class Predictor(keras.Model):
    """A network as a model, for `predict`."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def call(self, x):
        return self.network(x)


def make_callers(path, signature, network):
    """Returns functions of one batch by name, for a signature of an export and its network."""
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
    settings = {"INFERENCE_NUM_THREADS": harness.cores(), "PERFORMANCE_HINT": "LATENCY"}
    settings["INFERENCE_PRECISION_HINT"] = "f32"  # Also if the processor could compute with less.
    callers["OpenVINO"] = openvino.Core().compile_model(str(path), "CPU", settings)
    return callers


def measure(callers, x, rounds):
    """Returns the milliseconds of a call of each caller, and their quartiles."""
    turns = {}
    for name, call in callers.items():
        call(x)
        seconds = harness.timed(lambda call=call: call(x))()
        repeats = max(1, int(SECONDS_OF_A_TURN / seconds))
        turns[name] = harness.timed(lambda call=call: call(x), repeats)
    found = {}
    for name, seconds in harness.take_turns(turns, rounds).items():
        row = harness.spread([1e3 * value for value in seconds])
        found[name] = {"milliseconds": row["median"], "quartiles": row["quartiles"]}
    return found


def sizes(path, layers):
    """Returns the bytes of a SavedModel and of the weights that it needs."""
    weights = sum(weight.numpy().nbytes for layer in layers for weight in layer.weights)
    names = ("variables/variables.data-00000-of-00001", "saved_model.pb")
    variables, graph = (Path(path, name).stat().st_size for name in names)
    return {
        "weights": weights,
        "variables": variables,
        "graph": graph,
        "total": sum(file.stat().st_size for file in Path(path).rglob("*") if file.is_file()),
        "variables_to_weights": round(variables / weights, 4),
    }


def run(encoders, hidden_units, rounds, batch_sizes):
    """Returns the latencies and sizes of the encoders and of the first one's decoder, a dict."""
    rng, latency, size = np.random.default_rng(0), {}, {}
    for encoder in encoders:
        model = keras_vrae.build(encoder, EVENT_SHAPE, LATENT_DIM, hidden_units, seed=0)
        parts = {f"{encoder} encoder": ("encoder", "encode", model.encoder, EVENT_SHAPE)}
        if encoder == encoders[0]:

            def decode(z, model=model):
                return model.likelihood(model.decoder(z))

            parts["decoder"] = ("decoder", "decode", decode, (LATENT_DIM,))
        with tempfile.TemporaryDirectory() as directory:
            paths = serving.export(model, directory).paths
            both = [model.encoder, model.decoder]
            layers = {"encoder": both[:1], "decoder": both[1:], "autoencoder": both}
            size[encoder] = {name: sizes(paths[name], found) for name, found in layers.items()}
            for name, (part, signature, network, row_shape) in parts.items():
                callers = make_callers(paths[part], signature, network)
                latency[name] = {}
                for batch_size in batch_sizes:
                    x = rng.random((batch_size, *row_shape), "float32")
                    latency[name][str(batch_size)] = measure(callers, x, rounds)
                    print(name, batch_size, latency[name][str(batch_size)], flush=True)
    return {"latency": latency, "size": size}


def main():
    """Runs the program."""
    sizes = {"hidden_units": 500, "rounds": 11, "batch_sizes": (1, 32, 256)}
    program = harness.Program(__doc__, encoders=harness.ENCODERS, **sizes)
    settings = {name: getattr(program.flags, name) for name in ("hidden_units", "rounds")}
    found = run(program.flags.encoders, **settings, batch_sizes=program.flags.batch_sizes)
    program.save({"event_shape": EVENT_SHAPE, "latent_dim": LATENT_DIM, **settings, **found})


if __name__ == "__main__":
    main()
