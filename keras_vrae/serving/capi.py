"""Answers of SavedModels through TensorFlow's C API, the loader that TF Serving is built on.

It needs NumPy and the libraries of the `tensorflow` wheel, and neither Keras nor TensorFlow's
Python. As a program it answers the calls in a folder and writes the answers there:

    python capi.py LIBRARY_FOLDER CALLS_FOLDER

`calls.json` lists `{"model": path, "signature": name}`; the inputs of call i are in `i.npz`. Its
outputs are written to `i-outputs.npz`, and its error, if any, to `errors.json`.
"""

import ctypes
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np

DTYPES: dict[int, np.dtype] = {
    1: np.dtype("float32"),
    2: np.dtype("float64"),
    3: np.dtype("int32"),
    4: np.dtype("uint8"),
    7: np.dtype(object),
    9: np.dtype("int64"),
    10: np.dtype("bool"),
}
STRING, STRING_BYTES = 7, 24  # A TF_TString.
NUMBERS = {dtype: number for number, dtype in DTYPES.items()}
CODES = {
    1: "CANCELLED",
    2: "UNKNOWN",
    3: "INVALID_ARGUMENT",
    5: "NOT_FOUND",
    8: "RESOURCE_EXHAUSTED",
    9: "FAILED_PRECONDITION",
    12: "UNIMPLEMENTED",
    14: "UNAVAILABLE",
}
POINTERS = (
    "TF_NewStatus TF_NewGraph TF_NewSessionOptions TF_NewBuffer TF_LoadSessionFromSavedModel "
    "TF_GraphOperationByName TF_AllocateTensor TF_TensorData"
)
NOT_OURS = ("keras", "keras_vrae", "tensorflow")


class RequestError(Exception):
    """The message of the runtime about a request that failed; `code` names its status."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = CODES.get(code, str(code))


class TensorInfo(NamedTuple):
    """One input or output of a signature; a size of -1 is any, a shape of None any rank."""

    operation: bytes
    index: int  # type: ignore[assignment]  # Hides a method of tuples.
    dtype: np.dtype
    shape: tuple[int, ...] | None


class Signature(NamedTuple):
    """Inputs and outputs by name."""

    inputs: dict[str, TensorInfo]
    outputs: dict[str, TensorInfo]


class SavedModel:
    """A loaded SavedModel, which answers requests from any number of threads.

    Args:
        path: folder of the SavedModel.
        library_folder: folder of TensorFlow's libraries, `tf.sysconfig.get_lib()`.

    Attributes:
        signatures: `Signature` by name.

    Raises:
        RequestError: if it cannot be loaded.
    """

    def __init__(self, path: str | Path, library_folder: str | Path) -> None:
        self._tf = load_library(library_folder)
        self._graph = self._tf.TF_NewGraph()
        options, meta_graph = self._tf.TF_NewSessionOptions(), self._tf.TF_NewBuffer()
        tags = (ctypes.c_char_p * 1)(b"serve")
        with Status(self._tf) as status:
            self._session = self._tf.TF_LoadSessionFromSavedModel(
                options, None, str(path).encode(), tags, 1, self._graph, meta_graph, status
            )
        content = ctypes.cast(meta_graph, ctypes.POINTER(Buffer)).contents
        self.signatures = read_signatures(ctypes.string_at(content.data, content.length))
        self._tf.TF_DeleteBuffer(meta_graph)
        self._tf.TF_DeleteSessionOptions(options)

    def run(self, signature: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Answers one request.

        Args:
            signature: name of the signature.
            inputs: NumPy arrays by name.

        Returns:
            NumPy arrays by name.

        Raises:
            RequestError: if the signature or an input is wrong, or the computation fails.
        """
        if signature not in self.signatures:
            raise RequestError(5, f"Unknown signature {signature!r}")
        signature = self.signatures[signature]
        if set(inputs) != set(signature.inputs):
            raise RequestError(3, f"Inputs must be {sorted(signature.inputs)}: {sorted(inputs)}")
        fed = [self._new_tensor(inputs[name]) for name in signature.inputs]
        size = len(signature.outputs)
        fetched = (Pointer * size)()
        try:
            with Status(self._tf) as status:
                self._tf.TF_SessionRun(
                    self._session,
                    None,
                    self._ends(signature.inputs),
                    (Pointer * len(fed))(*fed),
                    len(fed),
                    self._ends(signature.outputs),
                    fetched,
                    size,
                    None,
                    0,
                    None,
                    status,
                )
            tensors = (self._read_tensor(tensor) for tensor in fetched)
            return dict(zip(signature.outputs, tensors, strict=True))
        finally:
            for tensor in (*fed, *fetched):
                if tensor:
                    self._tf.TF_DeleteTensor(tensor)

    def close(self) -> None:
        """Frees the memory of the model."""
        if self._session:
            with Status(self._tf) as status:
                self._tf.TF_DeleteSession(self._session, status)
            self._tf.TF_DeleteGraph(self._graph)
            self._session = None

    def _ends(self, tensors):
        ends = (End * len(tensors))()
        for end, info in zip(ends, tensors.values(), strict=True):
            end.operation = self._tf.TF_GraphOperationByName(self._graph, info.operation)
            end.index = info.index
        return ends

    def _new_tensor(self, array):
        array = np.asarray(array, order="C")
        if array.dtype.kind in "USO":
            return self._new_string_tensor(array)
        if array.dtype not in NUMBERS:
            raise RequestError(3, f"Arrays of {array.dtype} cannot be sent")
        sizes = (ctypes.c_int64 * array.ndim)(*array.shape)
        tensor = self._tf.TF_AllocateTensor(
            NUMBERS[array.dtype], sizes, array.ndim, ctypes.c_size_t(array.nbytes)
        )
        data = self._tf.TF_TensorData(tensor)
        ctypes.memmove(data, array.ctypes.data, array.nbytes)
        return tensor

    def _new_string_tensor(self, array):
        sizes = (ctypes.c_int64 * array.ndim)(*array.shape)
        size = ctypes.c_size_t(STRING_BYTES * array.size)
        tensor = self._tf.TF_AllocateTensor(STRING, sizes, array.ndim, size)
        data = self._tf.TF_TensorData(tensor)
        for number, text in enumerate(array.ravel()):
            place = ctypes.c_void_p(data.value + STRING_BYTES * number)
            content = text if isinstance(text, bytes) else str(text).encode()
            self._tf.TF_StringInit(place)
            self._tf.TF_StringCopy(place, content, ctypes.c_size_t(len(content)))
        return tensor

    def _read_tensor(self, tensor):
        dtype = DTYPES[self._tf.TF_TensorType(tensor)]
        axes = range(self._tf.TF_NumDims(tensor))
        shape = tuple(self._tf.TF_Dim(tensor, axis) for axis in axes)
        content = ctypes.string_at(
            self._tf.TF_TensorData(tensor), self._tf.TF_TensorByteSize(tensor)
        )
        return np.frombuffer(content, dtype).reshape(shape)


class Pointer(ctypes.c_void_p):
    """An address. Results of the base class become ints, which calls take for 32 bits."""


class Buffer(ctypes.Structure):
    """`TF_Buffer`."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("length", ctypes.c_size_t),
        ("deallocator", ctypes.c_void_p),
    )


class End(ctypes.Structure):
    """`TF_Output`: one end of an operation."""

    _fields_ = (("operation", Pointer), ("index", ctypes.c_int))


class Status:
    """A `TF_Status` that raises `RequestError` at the end of the block if it is an error."""

    def __init__(self, tf: ctypes.CDLL) -> None:
        self._tf = tf

    def __enter__(self) -> Any:
        self._status = self._tf.TF_NewStatus()
        return self._status

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        code = self._tf.TF_GetCode(self._status)
        message = self._tf.TF_Message(self._status).decode(errors="replace")
        self._tf.TF_DeleteStatus(self._status)
        if code and kind is None:
            raise RequestError(code, message)


def load_library(folder: str | Path) -> ctypes.CDLL:
    """Loads TensorFlow's library, with the types of the functions that are used here."""
    path = next(iter(sorted(Path(folder).glob("libtensorflow_cc.*"))), None)
    if path is None:
        raise FileNotFoundError(f"{folder} has no libtensorflow_cc")
    # Its symbols stay local: made global, they break a later import of numpy.random.
    tf = ctypes.CDLL(str(path))
    for name in POINTERS.split():
        getattr(tf, name).restype = Pointer
    tf.TF_Message.restype = ctypes.c_char_p
    tf.TF_Dim.restype = ctypes.c_int64
    tf.TF_TensorByteSize.restype = ctypes.c_size_t
    return tf


# The wire format of protocol buffers, as far as the signatures of a MetaGraphDef need it.


def fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """The fields of a message, `(number, value)`; a value is an int, or the bytes of a part."""
    place = 0

    def varint():
        nonlocal place
        value = shift = 0
        while True:
            byte = message[place]
            place += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while place < len(message):
        number, kind = divmod(varint(), 8)
        if kind == 0:
            yield number, varint()
            continue
        size = {1: 8, 5: 4}.get(kind) or varint()
        yield number, message[place : place + size]
        place += size


def entries(message: bytes, number: int, read: Callable[[bytes], Any]) -> dict[str, Any]:
    """The map in field `number` of a message, as a dict in the order of its keys."""
    pairs = (dict(fields(value)) for key, value in fields(message) if key == number)
    return dict(sorted((pair[1].decode(), read(pair[2])) for pair in pairs))


def read_signatures(meta_graph: bytes) -> dict[str, Signature]:
    """The signatures of a serialized MetaGraphDef, without the one that initialises."""

    def read(message):
        return Signature(
            entries(message, 1, read_tensor_info), entries(message, 2, read_tensor_info)
        )

    found = entries(meta_graph, 5, read)
    return {name: value for name, value in found.items() if not name.startswith("__")}


def read_tensor_info(message: bytes) -> TensorInfo | None:
    """A serialized TensorInfo; None for a tensor of a kind that is not read here."""
    parts = dict(fields(message))
    if parts.get(2) not in DTYPES:
        return None
    operation, index = parts[1].rsplit(b":", 1)
    sizes = list(fields(parts.get(3, b"")))
    known = not any(number == 3 for number, _ in sizes)
    dims = (dict(fields(dim)).get(1, 0) for number, dim in sizes if number == 2)
    shape = tuple(dim - 2**64 if dim >= 2**63 else dim for dim in dims)
    return TensorInfo(operation, int(index), DTYPES[parts[2]], shape if known else None)


def answer_calls(library_folder: str | Path, folder: str | Path) -> None:
    """Answers the calls in a folder, as the docstring of this module says."""
    folder, models, errors = Path(folder), {}, {}
    for index, call in enumerate(json.loads((folder / "calls.json").read_text())):
        path = call["model"]
        try:
            if path not in models:
                models[path] = SavedModel(path, library_folder)
            with np.load(folder / f"{index}.npz") as inputs:
                outputs: dict[str, Any] = models[path].run(call["signature"], dict(inputs))
            np.savez(folder / f"{index}-outputs.npz", **outputs)
        except RequestError as error:
            errors[index] = f"{error.code}: {error}"
    (folder / "errors.json").write_text(json.dumps(errors))


if __name__ == "__main__":
    sys.path.pop(0)  # The folder of this file.
    absent: dict[str, Any] = dict.fromkeys(NOT_OURS)  # With None an import fails.
    sys.modules.update(absent)
    answer_calls(*sys.argv[1:])
