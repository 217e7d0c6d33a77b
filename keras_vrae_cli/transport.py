"""One request to TF Serving, over REST or over gRPC."""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping

import numpy as np

TIMEOUT_SECONDS = 60
SHOWN = 100  # Characters of an answer that is not understood.
# REST answers leave out the name of an only output. Exports of earlier versions have more of them.
ONLY_OUTPUT = {
    "hash": "hash",
    "sample": "z",
    "decode": "reconstruction",
    "generate": "reconstruction",
    "reconstruct": "reconstruction",
}


class ServerError(Exception):
    """The message of a server that refused a request or did not answer it."""


def predict_rest(
    server: str,
    model: str,
    signature: str,
    inputs: Mapping[str, np.ndarray],
    version: int | None = None,
) -> dict[str, np.ndarray]:
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
        ServerError: if the server refuses the request, does not answer, or is not TF Serving.
    """
    path = f"{model}/versions/{version}" if version else model
    columns = {name: values.tolist() for name, values in inputs.items()}
    try:
        request = urllib.request.Request(
            f"http://{server}/v1/models/{path}:predict",
            data=json.dumps({"signature_name": signature, "inputs": columns}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
            outputs = _part(server, response.read(), "outputs")
    except urllib.error.HTTPError as error:
        message = _part(server, error.read(), "error", f"status {error.code}")
        raise ServerError(message) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = str(error) or type(error).__name__
        raise ServerError(f"No answer of TF Serving's REST from {server}: {reason}") from None
    if not isinstance(outputs, dict):
        outputs = {ONLY_OUTPUT.get(signature.removesuffix("_padded"), "output"): outputs}
    try:
        return {name: np.array(values) for name, values in outputs.items()}
    except ValueError:  # Rows of different lengths.
        raise _not_understood(server, json.dumps(outputs), "outputs", "") from None


def _part(server, content, name, status=""):
    """Returns a part of the JSON object that a server has answered, or raises `ServerError`."""
    try:
        return json.loads(content)[name]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _not_understood(server, content.decode(errors="replace"), name, status) from None


def _not_understood(server, text, name, status):
    status = f" with {status}" if status else ""
    return ServerError(
        f"The answer of {server} must be a JSON object with `{name}`, as from TF Serving's REST. "
        f"Received{status}: {text[:SHOWN]!r}"
    )


def predict_grpc(
    server: str,
    model: str,
    signature: str,
    inputs: Mapping[str, np.ndarray],
    version: int | None = None,
) -> dict[str, np.ndarray]:
    """Does the same as `predict_rest` over gRPC; `server` is `host:port` of that interface."""
    try:
        import grpc
        import tensorflow as tf
        from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc
    except ImportError as error:
        raise ServerError(f"{error}. gRPC needs: pip install 'keras_vrae[serving]'") from None

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
            raise ServerError(f"{server}, {error.code().name}: {error.details()}") from None
    return {name: tf.make_ndarray(values) for name, values in response.outputs.items()}
