"""Many clients at a time, with mixed batch sizes and lengths."""

import os
import threading
import time

import grpc
import numpy as np
import pytest
import tensorflow as tf
from loopback import Models, serve_grpc
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from keras_vrae.serving.live_answers import live_answer
from keras_vrae.serving.signatures import SIGNATURES

SECONDS = float(os.environ.get("KERAS_VRAE_LOAD_SECONDS", "5"))
THREADS = 8


def make_cases(model):
    """Requests of many kinds, `(model name, request)`, and the answers of the live model."""
    rng = np.random.default_rng(0)
    cases = []
    for name, make in SIGNATURES.items():
        for signature, (specs, _) in make(model).items():
            for rows, steps in ((1, 3), (2, 7), (32, 3), (7, 12)):
                inputs = {}
                for key, spec in specs.items():
                    shape = [steps if size is None else size for size in spec.shape]
                    shape[0] = rows
                    inputs[key] = rng.random(shape).astype("float32")
                    if spec.dtype == tf.int64:
                        inputs[key] = rng.integers(1, steps, shape, endpoint=True)
                request = predict_pb2.PredictRequest()
                request.model_spec.name, request.model_spec.signature_name = name, signature
                for key, values in inputs.items():
                    request.inputs[key].CopyFrom(tf.make_tensor_proto(values))
                cases.append((request, live_answer(model, signature, inputs)))
    return cases


def resident_mib():
    with open("/proc/self/status") as file:
        line = next(line for line in file if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


@pytest.mark.slow
def test_answers_stay_right_and_memory_flat(exported, small_model):
    cases, models = make_cases(small_model), Models(exported[0])
    for request, _ in cases:  # The first request of a signature is optimised, which stays.
        inputs = {name: tf.make_ndarray(values) for name, values in request.inputs.items()}
        models.run(request.model_spec.name, request.model_spec.signature_name, inputs)
    server, address = serve_grpc(models)
    counts, wrong, stop = [0] * THREADS, [], threading.Event()

    def ask(number):
        rng = np.random.default_rng(number)
        with grpc.insecure_channel(address) as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            while not stop.is_set():
                request, expected = cases[rng.integers(len(cases))]
                try:
                    outputs = stub.Predict(request, timeout=60).outputs
                    for name, values in expected.items():
                        np.testing.assert_allclose(
                            tf.make_ndarray(outputs[name]), values, rtol=1e-5, atol=1e-5
                        )
                except (AssertionError, grpc.RpcError) as error:
                    wrong.append((request.model_spec.signature_name, error))
                counts[number] += 1

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    time.sleep(SECONDS / 4)
    memory = [resident_mib()]
    for _ in range(3):
        time.sleep(SECONDS / 4)
        memory.append(resident_mib())
    stop.set()
    for thread in threads:
        thread.join()
    server.stop(None).wait()
    print(f"{sum(counts)} requests in {SECONDS} s, MiB: {[round(m, 1) for m in memory]}")
    assert not wrong
    assert min(counts) > 0
    assert memory[-1] - memory[0] < 20
