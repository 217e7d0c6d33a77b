"""Servers for the tests that speak TF Serving's protocols and answer from exported models.

Written after TF Serving's documents: `PredictionService` over gRPC, and `:predict` with rows or
columns over REST. Answers come from `keras_vrae.serving.capi`.
"""

import json
import threading
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from keras_vrae.serving import capi


class Models:
    """The newest version of each model in an export directory."""

    def __init__(self, directory):
        self.loaded = {}
        for folder in sorted(path for path in directory.iterdir() if path.is_dir()):
            version = max(int(path.name) for path in folder.iterdir())
            path = folder / str(version)
            self.loaded[folder.name] = capi.SavedModel(path, tf.sysconfig.get_lib())

    def dtypes(self, model, signature):
        return {k: info.dtype for k, info in self.signature(model, signature).inputs.items()}

    def signature(self, model, signature):
        if model not in self.loaded:
            raise capi.RequestError(5, f"Servable not found: {model}")
        return self.loaded[model].signatures[signature]

    def run(self, model, signature, inputs):
        if model not in self.loaded:
            raise capi.RequestError(5, f"Servable not found: {model}")
        return self.loaded[model].run(signature, inputs)


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    def __init__(self, models):
        self.models = models

    def Predict(self, request, context):  # noqa: N802
        inputs = {name: tf.make_ndarray(value) for name, value in request.inputs.items()}
        signature = request.model_spec.signature_name or "serving_default"
        try:
            outputs = self.models.run(request.model_spec.name, signature, inputs)
        except capi.RequestError as error:
            context.abort(getattr(grpc.StatusCode, error.code), str(error))
        response = predict_pb2.PredictResponse()
        for name, values in outputs.items():
            response.outputs[name].CopyFrom(tf.make_tensor_proto(values))
        return response


def serve_grpc(models):
    """Starts a server; returns it and its address."""
    server = grpc.server(futures.ThreadPoolExecutor(8))
    service = PredictionService(models)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, f"127.0.0.1:{port}"


def answer_rest(models, model, body):
    """The answer to the body of a `:predict` request."""
    signature = body.get("signature_name", "serving_default")
    dtypes = models.dtypes(model, signature)
    if "instances" in body:
        rows = body["instances"]
        if not isinstance(rows[0], dict):
            (only,) = dtypes
            rows = [{only: row} for row in rows]
        inputs = {name: [row[name] for row in rows] for name in dtypes}
    else:
        inputs = body["inputs"]
        if not isinstance(inputs, dict):
            (only,) = dtypes
            inputs = {only: inputs}
    arrays = {name: np.array(values, dtypes[name]) for name, values in inputs.items()}
    outputs = {k: v.tolist() for k, v in models.run(model, signature, arrays).items()}
    single = next(iter(outputs.values())) if len(outputs) == 1 else None
    if "inputs" in body:
        return {"outputs": outputs if single is None else single}
    rows = [dict(zip(outputs, row, strict=True)) for row in zip(*outputs.values(), strict=True)]
    return {"predictions": rows if single is None else single}


def serve_rest(models):
    """Starts a server; returns it and its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            model = self.path.removeprefix("/v1/models/").removesuffix(":predict").split("/")[0]
            try:
                status, answer = 200, answer_rest(models, model, body)
            except capi.RequestError as error:
                status, answer = (404 if error.code == "NOT_FOUND" else 400), {"error": str(error)}
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"127.0.0.1:{server.server_port}"
