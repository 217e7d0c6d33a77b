"""How data reach Keras's loops: looked at first, and in batches that keep no loop waiting."""

import functools
import inspect
import math
from contextlib import contextmanager

import keras
import numpy as np
from keras import tree

from keras_vrae import sequences
from keras_vrae.backend.tensorflow import replicas
from keras_vrae.backend.tensorflow.loops import Pieces, look_at_batches, training_function
from keras_vrae.backend.tensorflow.workers import in_many_workers
from keras_vrae.datasets.pipeline import array_batches, common_length
from keras_vrae.rows import is_sparse
from keras_vrae.validation import SettingError, complaint

DATA = ("x", "y", "sample_weight")
LEFT_TO_KERAS = ("steps", "steps_per_epoch", "class_weight", "validation_split")
KERAS_BATCH_SIZE = 32
MAX_PIECE_BYTES = 2**25  # Of several batches in one; three such pieces are in memory at a time.


class FedModel(keras.Model):
    """A Keras model whose methods look at the data before they work on them.

    Arrays reach it in batches of `keras_vrae.datasets.pipeline`, which are those that Keras would
    make of them, but keep no loop waiting. A subclass says in `check_data` what it asks of x.

    Attributes:
        steps_a_call: steps that `fit` takes each time it calls TensorFlow, where that is one by
            default and no callback looks at single batches.
    """

    steps_a_call = 1
    _long_training_function = None

    def compile(self, **kwargs):
        """As `keras.Model.compile`."""
        self._functions_of_long_calls, self._long_training_function = {}, None
        super().compile(**kwargs)

    def check_data(self, x):
        """Raises `SettingError` for an x that the model cannot use."""
        raise NotImplementedError

    def fit(self, *args, **kwargs):
        """Trains as `keras.Model.fit` does, after a look at the data. Takes `Pieces` as well.

        Raises:
            SettingError: where x has the wrong shape, is empty, or has values that the likelihood
                is not defined for.
        """
        arguments = inspect.signature(super().fit).bind(*args, **kwargs).arguments
        if arguments.get("class_weight") is not None and arguments.get("y") is None:
            expected = "left out where there are no labels y"
            raise SettingError(complaint("class_weight", expected, arguments["class_weight"]))
        given = arguments.get("x")
        if isinstance(given, Pieces):
            arguments["x"] = given.dataset
        self._prepare(arguments)
        if arguments.get("validation_split") and arguments.get("validation_data") is None:
            split_off_validation(arguments)
        validation = arguments.get("validation_data")
        if validation is not None:
            parts = keras.utils.unpack_x_y_sample_weight(validation)
            validation = dict(zip(DATA, parts, strict=True))
            self._prepare(validation)
            validation["steps"] = arguments.get("validation_steps")
            sizes = map(arguments.get, ("validation_batch_size", "batch_size"))
            validation["batch_size"] = next(filter(None, sizes), None)
            feed_arrays(validation)
            arguments["validation_data"] = tuple(validation.get(name) for name in DATA)
        if isinstance(given, Pieces):
            with self._long_calls(given.steps, given.batch_size):
                return super().fit(**arguments)
        steps = self._steps_at_once(arguments)
        batch_size = arguments.get("batch_size") or KERAS_BATCH_SIZE
        pieces = feed_arrays(arguments, steps, endless=self.steps_per_execution == 1)
        if pieces == 1 or (not pieces and steps <= self.steps_per_execution):
            return super().fit(**arguments)
        with self._long_calls(steps, batch_size if pieces else None):
            return super().fit(**arguments)

    def batches_in_piece(self, arrays, batch_size):
        """How many batches of arrays `fit` had best be given in one piece, see `Pieces`."""
        return batches_in_piece(self._steps_unseen(), batch_size, arrays)

    def evaluate(self, *args, **kwargs):
        """Evaluates as `keras.Model.evaluate` does, after a look at the data as in `fit`."""
        return self._call_fed(super().evaluate, args, kwargs)

    def predict(self, *args, **kwargs):
        """Predicts as `keras.Model.predict` does, after a look at the data as in `fit`."""
        return self._call_fed(super().predict, args, kwargs)

    def train_on_batch(self, *args, **kwargs):
        """Trains on one batch as `keras.Model.train_on_batch` does, after a look at the data."""
        return self._call_fed(super().train_on_batch, args, kwargs, in_batches=False)

    def test_on_batch(self, *args, **kwargs):
        """Evaluates one batch as `keras.Model.test_on_batch` does, after a look at the data."""
        return self._call_fed(super().test_on_batch, args, kwargs, in_batches=False)

    def make_train_function(self, force=False):
        """As `keras.Model.make_train_function`; see `replicas.step_of_workers`."""
        if force or self.train_function is None:
            self.train_function = self._step_of_workers(self.train_step)
        super().make_train_function()

    def make_test_function(self, force=False):
        """As `keras.Model.make_test_function`; see `replicas.step_of_workers`."""
        if force or self.test_function is None:
            self.test_function = self._step_of_workers(self.test_step)
        super().make_test_function()

    def _step_of_workers(self, step):
        strategy = self.distribute_strategy
        if not in_many_workers(strategy):
            return None  # And Keras makes one.
        if self.steps_per_execution != 1:
            expected = "1 with many workers"
            raise SettingError(complaint("steps_per_execution", expected, self.steps_per_execution))
        return replicas.step_of_workers(strategy, step, self.run_eagerly)

    def _get_metrics_result_or_logs(self, logs):
        # Keras takes what the last step has returned where that is more than metrics; but these
        # are of all replicas.
        metrics = self.get_metrics_result()
        return {name: metrics.get(name, value) for name, value in logs.items()}

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        # The model is built when it is made. Keras would build it from the mean of a batch over
        # replicas, whose shares may differ in size.
        if self._distribute_strategy and self.optimizer and not self.optimizer.built:
            with self.distribute_strategy.scope():
                self.optimizer.build(self.trainable_variables)

    def _steps_unseen(self):
        """How many steps of `fit` to take in a call where no callback looks at single batches."""
        single = self.distribute_strategy.num_replicas_in_sync == 1
        if self.run_eagerly or self.jit_compile or not single:
            return 1
        return self.steps_per_execution if self.steps_per_execution > 1 else self.steps_a_call

    def _steps_at_once(self, arguments):
        """How many steps of `fit` to take in a call: what nobody can see the difference of."""
        steps = self._steps_unseen()
        if steps == self.steps_per_execution:
            return steps
        # Of data without end Keras would take the steps that fill the last call, too.
        numbers = map(arguments.get, ("steps_per_epoch", "validation_steps"))
        uneven = any(number and number % steps for number in numbers)
        return 1 if uneven or look_at_batches(arguments.get("callbacks")) else steps

    @contextmanager
    def _long_calls(self, steps, batch_size):
        """Has Keras take some steps at once.

        Args:
            steps: how many.
            batch_size: of the batches that come several in one; None where they come one by one.
        """
        names = ("steps_per_execution", "train_function", "test_function")
        before = [getattr(self, name) for name in names]
        # Keras compiles the number of steps into its functions.
        functions = self._functions_of_long_calls.get(steps, (None, None))
        for name, value in zip(names, (steps, *functions), strict=True):
            setattr(self, name, value)
        if batch_size:
            if self._long_training_function is None:
                self._long_training_function = training_function(self.train_step)
            self.train_function = functools.partial(self._long_training_function, batch_size)
        try:
            yield
        finally:
            train_function = functions[0] if batch_size else self.train_function
            self._functions_of_long_calls[steps] = (train_function, self.test_function)
            for name, value in zip(names, before, strict=True):
                setattr(self, name, value)

    def _call_fed(self, method, args, kwargs, in_batches=True):
        call = inspect.signature(method).bind(*args, **kwargs)
        self._prepare(call.arguments)
        if in_batches:
            feed_arrays(call.arguments)
        return method(*call.args, **call.kwargs)

    def _prepare(self, arguments):
        """Checks the data among the arguments of a Keras method, and readies them for it."""
        x = arguments.get("x")
        if isinstance(x, list):
            x = arguments["x"] = sequences.as_inputs(x, self.event_shape)
        if is_sparse(x):
            x = arguments["x"] = x.tocsr()  # Rows can be taken out of it.
        self.check_data(x)
        weighted = arguments.get("sample_weight") is not None
        array = sequences.array_of(x)
        if weighted and arguments.get("y") is None and hasattr(array, "shape"):
            # Keras drops the weights of data without labels; labels are ignored here anyway.
            arguments["y"] = np.zeros(array.shape[0], "float32")


def feed_arrays(arguments, steps_a_call=None, endless=False):
    """Puts batches in the place of the arrays among the arguments of a Keras method.

    Data that are not plain arrays of one length, and arrays that come with class weights or a
    number of steps, stay as they are.

    Args:
        arguments: those of `fit`, `evaluate` or `predict` by name; changed in place.
        steps_a_call: of `fit`, whose batches are shuffled unless it is told otherwise; so many of
            them come in one piece, without end, for `keras_vrae.backend.tensorflow.loops`, unless that
            would be very large, or of sparse rows. None for the other methods.
        endless: whether batches of `fit` that come one by one go on without end, too.

    Returns:
        How many batches come in one piece; 0 where the data stay as they are.
    """
    arrays = tuple(arguments.get(name) for name in DATA)
    shuffle = arguments.get("shuffle", steps_a_call is not None)
    left, size = any(arguments.get(name) for name in LEFT_TO_KERAS), common_length(arrays)
    if left or not isinstance(shuffle, bool) or size is None:
        return 0
    batch_size = arguments.pop("batch_size", None) or KERAS_BATCH_SIZE
    for name in DATA:
        arguments.pop(name, None)
    if shuffle:
        arguments["shuffle"] = False  # Keras warns that it does not shuffle a dataset.
    pieces = batches_in_piece(steps_a_call or 1, batch_size, arrays)
    arguments["x"] = array_batches(*arrays, batch_size=pieces * batch_size, shuffle=shuffle)
    if pieces > 1 or endless:
        arguments["x"] = arguments["x"].repeat()
        arguments["steps_per_epoch"] = math.ceil(size / batch_size)
    return pieces


def batches_in_piece(wanted, batch_size, arrays):
    """`wanted`, or 1 where so many batches would be very large, or are of sparse rows."""
    sparse = any(map(is_sparse, tree.flatten(arrays)))
    large = wanted * batch_size * row_bytes(arrays) > MAX_PIECE_BYTES
    return 1 if sparse or large else wanted


def row_bytes(arrays):
    """Bytes of a row of arrays, as they come in batches."""
    leaves = [leaf for leaf in tree.flatten(arrays) if leaf is not None]
    return sum(4 * math.prod(leaf.shape[1:]) for leaf in leaves)


def split_off_validation(arguments):
    """Turns `validation_split` among the arguments of `fit` into `validation_data`, as Keras does.

    Where that leaves one side empty, or the data are no arrays, Keras is left to say so.
    """
    arrays = tuple(arguments.get(name) for name in DATA)
    size = common_length(arrays)
    kept = math.floor((size or 0) * (1 - arguments["validation_split"]))
    if not 0 < kept < (size or 0):
        return
    del arguments["validation_split"]
    arguments.update(zip(DATA, _rows(arrays, slice(kept)), strict=True))
    held_out = _rows(arrays, slice(kept, None))
    arguments["validation_data"] = keras.utils.pack_x_y_sample_weight(*held_out)


def _rows(arrays, part):
    return tree.map_structure(lambda array: array if array is None else array[part], arrays)
