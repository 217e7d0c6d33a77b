"""Servers for the tests that speak TF Serving's protocols and answer from exported models.

Written after TF Serving's documents and source: `PredictionService` over gRPC, `:predict` with rows
or columns over REST, and batching. Answers come from `keras_vrae.serving.capi`.
"""

import functools
import json
import re
import threading
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import tensorflow as tf

from keras_vrae.serving import capi

grpc = pytest.importorskip("grpc")
predict_pb2 = pytest.importorskip("tensorflow_serving.apis.predict_pb2")
prediction_service_pb2_grpc = pytest.importorskip(
    "tensorflow_serving.apis.prediction_service_pb2_grpc"
)

THREADS = 2  # Of the server, which works on so many batches at a time.


class BatchingSession:
    """One signature of a model, whose requests are put together as TF Serving does it.

    Written after `shared_batch_scheduler.h` and `batching_session.cc`: a batch is closed when it is
    full or when its time is over; a request of more rows is split over several; all requests of a
    batch get one status, be it an answer or an error.

    Args:
        run: function that answers the inputs of a whole batch.
        parameters: numbers of a `BatchingParameters`.
        pool: threads that work on the batches.
    """

    def __init__(self, run, parameters, pool):
        self.run_batch, self.pool = run, pool
        self.largest_request = parameters["max_batch_size"]
        self.largest_batch = parameters.get("max_execution_batch_size", self.largest_request)
        self.splits = parameters.get("enable_large_batch_splitting", False)
        self.seconds = parameters["batch_timeout_micros"] / 1e6
        self.most_enqueued = parameters["max_enqueued_batches"]
        self.lock, self.open, self.enqueued, self.merged = threading.Lock(), None, 0, 0

    def run(self, inputs):
        shapes = [values.shape for values in inputs.values()]
        if not all(shapes):
            raise capi.RequestError(3, "Batching input tensors must have at least one dimension")
        if len({shape[0] for shape in shapes}) != 1:
            raise capi.RequestError(3, "Batching input tensors have different 0th dimension sizes")
        tasks = self.enqueue(inputs, shapes[0][0])
        parts = [task.result() for task in tasks]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def enqueue(self, inputs, rows):
        """The futures of the parts of a request."""
        with self.lock:
            if rows > self.largest_request:
                message = f"Task size {rows} is larger than maximum input batch size"
                raise capi.RequestError(3, f"{message} {self.largest_request}")
            free = (self.most_enqueued - self.enqueued) * self.largest_batch
            if self.splits and rows > free:
                raise capi.RequestError(14, "The batch scheduling queue is full")
            tasks, begin = [], 0
            while True:
                room = self.largest_batch - (self.open.rows if self.open else 0)
                if self.open and (room == 0 or (rows > room and not self.splits)):
                    self.close(self.open)
                    continue
                size = min(rows - begin, room)
                part = {name: values[begin : begin + size] for name, values in inputs.items()}
                tasks.append(self.add(part, size))
                begin += size
                if begin >= rows:
                    return tasks

    def add(self, inputs, size):
        """Adds a task to the open batch, and returns its future."""
        if self.open is None:
            self.open, self.enqueued = Batch(), self.enqueued + 1
            timer = threading.Timer(self.seconds, self.time_is_over, [self.open])
            timer.daemon = True
            timer.start()
        future = futures.Future()
        self.open.tasks.append((inputs, future))
        self.open.rows += size
        return future

    def time_is_over(self, batch):
        with self.lock:
            if self.open is batch:
                self.close(batch)

    def close(self, batch):
        self.open = None
        self.pool.submit(self.process, batch.tasks)

    def process(self, tasks):
        """Answers a batch, after `BatchingSession::ProcessBatch`: one status for all its tasks."""
        try:
            outputs = self.run_batch(merge([inputs for inputs, _ in tasks]))
        except Exception as error:
            for _, future in tasks:
                future.set_exception(error)
        else:
            begin = 0
            for inputs, future in tasks:
                end = begin + len(next(iter(inputs.values())))
                future.set_result({name: values[begin:end] for name, values in outputs.items()})
                begin = end
        with self.lock:
            self.enqueued -= 1
            self.merged += len(tasks) > 1


class Batch:
    """A batch that is open: its tasks and the number of their rows."""

    def __init__(self):
        self.tasks, self.rows = [], 0


def merge(requests):
    """The inputs of a batch, after `BatchingSession::MergeInputTensors`."""
    merged = {}
    for name, first in requests[0].items():
        parts = [request[name] for request in requests]
        if any(part.shape[1:] != first.shape[1:] for part in parts):
            message = "from different tasks have different shapes and padding is turned off"
            raise capi.RequestError(9, f"Tensors with name '{name}' {message}")
        merged[name] = np.concatenate(parts)
    return merged


def batching_parameters(path):
    """The numbers in the `batching_params.pbtxt` of a version; None without the file."""
    path = path / "batching_params.pbtxt"
    if not path.is_file():
        return None
    found = re.findall(r"^(\w+)(?: \{ value)?: (\w+)", path.read_text(), re.MULTILINE)
    return {name: json.loads(value) for name, value in found}


class Models:
    """The newest version of each model in an export directory.

    Args:
        directory: the export directory.
        batching: whether the server runs with `--enable_batching` and
            `--enable_per_model_batching_parameters`: versions with parameters are batched.
        parameters: changes of these.
    """

    def __init__(self, directory, batching=False, **parameters):
        self.loaded, self.sessions, self.pool = {}, {}, futures.ThreadPoolExecutor(THREADS)
        for folder in sorted(path for path in directory.iterdir() if path.is_dir()):
            version = max(int(path.name) for path in folder.iterdir())
            path = folder / str(version)
            saved = self.loaded[folder.name] = capi.SavedModel(path, tf.sysconfig.get_lib())
            found = batching_parameters(path)
            if batching and found:
                for name in saved.signatures:
                    run = functools.partial(saved.run, name)
                    session = BatchingSession(run, {**found, **parameters}, self.pool)
                    self.sessions[folder.name, name] = session

    def dtypes(self, model, signature):
        return {k: info.dtype for k, info in self.signature(model, signature).inputs.items()}

    def signature(self, model, signature):
        if model not in self.loaded:
            raise capi.RequestError(5, f"Servable not found: {model}")
        if signature not in self.loaded[model].signatures:
            raise capi.RequestError(3, f"Serving signature key {signature!r} not found")
        return self.loaded[model].signatures[signature]

    def run(self, model, signature, inputs):
        expected = self.dtypes(model, signature)
        # The server compares names and dtypes before requests meet.
        if inputs.keys() != expected.keys():
            message = f"input keys must be {sorted(expected)}: {sorted(inputs)}"
            raise capi.RequestError(3, message)
        for name, values in inputs.items():
            if np.asarray(values).dtype != expected[name]:
                message = f"input {name} has dtype {values.dtype}, but signature expects"
                raise capi.RequestError(3, f"{message} {expected[name]}")
        session = self.sessions.get((model, signature))
        if session is not None:
            return session.run(inputs)
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
    arrays = {name: np.array(values, dtypes.get(name)) for name, values in inputs.items()}
    outputs = {k: v.tolist() for k, v in models.run(model, signature, arrays).items()}
    single = next(iter(outputs.values())) if len(outputs) == 1 else None
    if "inputs" in body:
        return {"outputs": outputs if single is None else single}
    rows = [dict(zip(outputs, row, strict=True)) for row in zip(*outputs.values(), strict=True)]
    return {"predictions": rows if single is None else single}


def serve_rest(models, port=0):
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

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"127.0.0.1:{server.server_port}"
