"""One request to TF Serving, over REST or over gRPC."""

import json
import urllib.error
import urllib.request

import numpy as np

TIMEOUT_SECONDS = 60
# REST answers leave out the name of an only output.
ONLY_OUTPUT = {
    "sample": "z",
    "sample_padded": "z",
    "decode": "reconstruction",
    "generate": "reconstruction",
    "reconstruct": "reconstruction",
}


class ServerError(Exception):
    """The message of a server that refused a request or did not answer it."""


def predict_rest(server, model, signature, inputs, version=None):
    """Sends a request in column form.

    Args:
        server: `host:port` of the REST interface.
        model: name of the model.
        signature: name of the signature.
        inputs: NumPy arrays by name.
        version: number of the version; if None, the server chooses one.

    Returns:
        NumPy arrays by name.

    Raises:
        ServerError: if the server refuses the request, or does not answer.
    """
    path = f"{model}/versions/{version}" if version else model
    columns = {name: values.tolist() for name, values in inputs.items()}
    request = urllib.request.Request(
        f"http://{server}/v1/models/{path}:predict",
        data=json.dumps({"signature_name": signature, "inputs": columns}).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
            outputs = json.load(response)["outputs"]
    except urllib.error.HTTPError as error:
        raise ServerError(json.load(error).get("error", str(error))) from None
    except OSError as error:
        raise ServerError(f"No answer from {server}: {error}") from None
    if not isinstance(outputs, dict):
        outputs = {ONLY_OUTPUT[signature]: outputs}
    return {name: np.array(values) for name, values in outputs.items()}


def predict_grpc(server, model, signature, inputs, version=None):
    """Does the same as `predict_rest` over gRPC; `server` is `host:port` of that interface."""
    import grpc
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

    request = predict_pb2.PredictRequest()
    request.model_spec.name = model
    request.model_spec.signature_name = signature
    if version:
        request.model_spec.version.value = version
    for name, values in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(values))
    # Answers may be larger than the 4 MiB that gRPC takes by default.
    options = [("grpc.max_receive_message_length", -1)]
    with grpc.insecure_channel(server, options) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        try:
            response = stub.Predict(request, timeout=TIMEOUT_SECONDS)
        except grpc.RpcError as error:
            raise ServerError(f"{error.code().name}: {error.details()}") from None
    return {name: tf.make_ndarray(values) for name, values in response.outputs.items()}
