"""The contract of a model, and the ways into Keras's loops, on any backend."""

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import keras
import numpy as np
from keras import ops, tree

from keras_vrae import sequences
from keras_vrae.backend import feeding
from keras_vrae.backend.elsewhere import refuse
from keras_vrae.backend.groups import BatchGroups, watch_batches
from keras_vrae.batch import Batch
from keras_vrae.types import Tensor
from keras_vrae.validation import SettingError, complaint


class TrainedByKeras(keras.Model):
    """A Keras model that is trained on `Batch`es and gives a loss for each example.

    The `Model` of each backend adds the gradient step.

    A subclass implements `batch_of`, `training_losses`, `evaluation_losses`, `update_metrics` and
    `check_data`; all are functions of tensors and of the model's variables alone. Arrays that are
    given to `fit` and the rest are checked first, and reach the loop in batches of our own, which
    are those that Keras would make of them but keep no loop waiting.

    Attributes:
        is_light: whether a training step takes so little time that the call to the backend shows;
            `fit` then takes several steps in a call, unless a callback looks at single batches.
        is_wide: whether a training step is few operations on many values, each of which does best
            with all cores.
        keeps_float64: whether data in float64 reach `batch_of` as they are.
        feeds_without_end: whether the loop waits less for batches that have no end.
    """

    feeds_without_end = False
    _group_function: Callable[..., Any] | None = None
    train_function: Any
    test_function: Any
    # "train" and "test", if the data are not arrays checked as a whole.
    unchecked: frozenset[str] = frozenset()

    # The subclass's part.

    @property
    def is_light(self) -> bool:
        return False

    @property
    def is_wide(self) -> bool:
        return False

    @property
    def keeps_float64(self) -> bool:
        return False

    def batch_of(self, data: Any) -> Batch:
        """The `Batch` of what a loop gives to a step."""
        raise NotImplementedError

    def check_data(self, x: Any, y: Any = None) -> None:
        """Raises `SettingError` for arrays that the model cannot use."""
        raise NotImplementedError

    def training_losses(self, batch: Batch, step: Tensor | int) -> tuple[Tensor, Any]:
        """`(losses (B,), terms)` of a training step, after so many optimizer steps."""
        raise NotImplementedError

    def evaluation_losses(self, batch: Batch) -> tuple[Tensor, Any]:
        """`(losses (B,), terms)` of an evaluation step."""
        raise NotImplementedError

    def update_metrics(self, losses: Tensor, terms: Any, batch: Batch) -> dict[str, Tensor]:
        """Adds a batch to the metrics and returns their values by name."""
        raise NotImplementedError

    def changing_weights(self, step: Tensor | int) -> dict[str, Tensor]:
        """Weights of the loss that change during training, by name, for the logs."""
        return {}

    def placeholder_labels(self, size: int) -> np.ndarray:
        """Labels for data that come with weights and without labels, which Keras would drop."""
        raise NotImplementedError

    # The backend's part.

    @staticmethod
    def array_batches(
        x: Any,
        y: Any,
        sample_weight: Any,
        *,
        batch_size: int,
        shuffle: bool,
        endless: bool,
        keep_float64: bool,
    ) -> Any:
        """Makes batches of arrays, as the loop of the backend takes them; see `feeding`."""
        raise NotImplementedError

    def most_steps_per_call(self) -> int:
        """Number of steps of `fit` in a call if no callback looks at single batches."""
        return 1

    def function_of_groups(self) -> Callable[..., Any]:
        """A function that trains on each batch of a group.

        It takes the size of a batch, and what the loop gives to `train_function`.
        """
        raise NotImplementedError

    # The ways in.

    def compile(self, *, jit_compile: bool | str = "auto", **kwargs: Any) -> None:
        """Configures training as `keras.Model.compile` does."""
        self._given_jit_compile = jit_compile
        self._functions_by_steps: dict[int, tuple[Any, Any]] = {}
        self._group_function = None
        super().compile(jit_compile=jit_compile, **kwargs)

    def get_compile_config(self) -> dict[str, Any] | None:
        """Arguments that `compile` was given. Each backend means another thing by "auto"."""
        config = super().get_compile_config()
        return {**config, "jit_compile": self._given_jit_compile} if config else config

    def fit(self, *args: Any, **kwargs: Any) -> keras.callbacks.History:
        """Trains as `keras.Model.fit` does, after a check of the data. Takes `BatchGroups` too.

        Raises:
            SettingError: if x has the wrong shape, is empty, or has values outside of the
                likelihood's support, and for invalid labels.
        """
        arguments = inspect.signature(super().fit).bind(*args, **kwargs).arguments
        if arguments.get("class_weight") is not None and arguments.get("y") is None:
            expected = "left out without labels y"
            raise SettingError(complaint("class_weight", expected, arguments["class_weight"]))
        given = arguments.get("x")
        self.unchecked = frozenset({"train", "test"})
        if isinstance(given, BatchGroups):
            arguments["x"] = given.dataset
        self._prepare(arguments)
        if arguments.get("validation_split") and arguments.get("validation_data") is None:
            feeding.split_off_validation(arguments)
        if arguments.get("validation_data") is not None:
            arguments["validation_data"] = self._validation(arguments)
        if isinstance(given, BatchGroups):
            with self._several_steps(given.steps, given.batch_size):
                return super().fit(**arguments)
        steps = self._steps_per_call(arguments)
        batch_size = arguments.get("batch_size") or feeding.KERAS_BATCH_SIZE
        endless = self.feeds_without_end and self.steps_per_execution == 1
        group = feeding.feed_arrays(self, arguments, steps, endless)
        if group:
            self.unchecked -= {"train"}
        if group == 1 or (not group and steps <= self.steps_per_execution):
            return super().fit(**arguments)
        with self._several_steps(group or steps, batch_size if group else None):
            return super().fit(**arguments)

    def evaluate(self, *args: Any, **kwargs: Any) -> Any:
        """Evaluates as `keras.Model.evaluate` does, after a check of the data as in `fit`."""
        return self._call_checked(super().evaluate, args, kwargs)

    def predict(self, *args: Any, **kwargs: Any) -> np.ndarray:
        """Predicts as `keras.Model.predict` does, after a check of the data as in `fit`."""
        return self._call_checked(super().predict, args, kwargs)

    def train_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        """Trains on one batch as `keras.Model.train_on_batch` does, after a check of the data."""
        return self._call_checked(super().train_on_batch, args, kwargs, in_batches=False)

    def test_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        """Evaluates one batch as `keras.Model.test_on_batch` does, after a check of the data."""
        return self._call_checked(super().test_on_batch, args, kwargs, in_batches=False)

    def batches_in_group(self, arrays: Any, batch_size: int, wanted: int | None = None) -> int:
        """Number of batches of arrays that `fit` should be given at once, see `BatchGroups`."""
        return feeding.batches_in_group(wanted or self.most_steps_per_call(), batch_size, arrays)

    def _call_checked(self, method, args, kwargs, in_batches=True):
        call = inspect.signature(method).bind(*args, **kwargs)
        within_fit = call.arguments.get("kwargs", {}).get("_use_cached_eval_dataset")
        self._prepare(call.arguments)
        if in_batches and not within_fit:
            fed = feeding.feed_arrays(self, call.arguments)
            self.unchecked = frozenset(() if fed else {"test"})
        return method(*call.args, **call.kwargs)

    def _prepare(self, arguments):
        """Checks the data among the arguments of a Keras method, and puts them in order."""
        x, y = arguments.get("x"), arguments.get("y")
        if isinstance(x, list):
            x = arguments["x"] = sequences.as_inputs(x, self.event_shape)
        if sequences.is_sparse(x):
            x = arguments["x"] = x.tocsr()  # Rows can be taken out of it.
        self.check_data(x, y)
        first = x[0] if isinstance(x, tuple) and x else x
        array = sequences.array_of(first)
        if arguments.get("sample_weight") is not None and y is None and hasattr(array, "shape"):
            arguments["y"] = self.placeholder_labels(array.shape[0])

    def _validation(self, arguments):
        """The validation data of `fit`, checked and in batches."""
        parts = keras.utils.unpack_x_y_sample_weight(arguments["validation_data"])
        validation = dict(zip(feeding.DATA, parts, strict=True))
        self._prepare(validation)
        validation["steps"] = arguments.get("validation_steps")
        sizes = map(arguments.get, ("validation_batch_size", "batch_size"))
        validation["batch_size"] = next(filter(None, sizes), None)
        if feeding.feed_arrays(self, validation):
            self.unchecked -= {"test"}
        return tuple(validation.get(name) for name in feeding.DATA)

    # Several steps in a call.

    def _steps_per_call(self, arguments):
        """Number of steps of `fit` in a call, so that nobody can see the difference."""
        steps = self.most_steps_per_call()
        if steps == self.steps_per_execution:
            return steps
        # With data without end Keras would also take the steps that fill the last call.
        numbers = map(arguments.get, ("steps_per_epoch", "validation_steps"))
        uneven = any(number and number % steps for number in numbers)
        return 1 if uneven or watch_batches(arguments.get("callbacks")) else steps

    @contextmanager
    def _several_steps(self, steps, batch_size):
        """Makes Keras take several steps in a call within the block.

        Args:
            steps: number of steps.
            batch_size: size of the batches if they come in groups; None if they come one by one.
        """
        names = ("steps_per_execution", "train_function", "test_function")
        before = [getattr(self, name) for name in names]
        # Keras compiles the number of steps into its functions.
        functions = self._functions_by_steps.get(steps, (None, None))
        for name, value in zip(names, (steps, *functions), strict=True):
            setattr(self, name, value)
        if batch_size:
            if self._group_function is None:
                self._group_function = self.function_of_groups()
            self.train_function = functools.partial(self._group_function, batch_size)
        try:
            yield
        finally:
            train_function = functions[0] if batch_size else self.train_function
            self._functions_by_steps[steps] = (train_function, self.test_function)
            for name, value in zip(names, before, strict=True):
                setattr(self, name, value)

    # Where Keras has no public way.

    def _get_metrics_result_or_logs(self, logs):
        # Private to Keras (3.8 to 3.15). It returns the logs of the last step if they hold more
        # than metrics; the metrics are of all steps and replicas.
        metrics = self.get_metrics_result()
        return {name: metrics.get(name, value) for name, value in logs.items()}


def weighted(values: Tensor, weight: Tensor | None) -> Tensor:
    """`values` of shape `(B,)` times the weights, if there are any."""
    return values if weight is None else values * weight


class CheckedOutside(TrainedByKeras):
    """A model whose compiled steps cannot stop at invalid data: each batch is checked before.

    Arrays have been checked as a whole.
    """

    def checked(self, batches: Iterable[Any], use: Literal["train", "test"]) -> Iterator[Any]:
        """The batches of a loop, each checked, unless they are of arrays.

        Args:
            batches: an iterable of what a step takes.
            use: `"train"` or `"test"`.
        """
        for data in batches:
            if use in self.unchecked:
                x, y, _ = tree.map_structure(
                    ops.convert_to_numpy, keras.utils.unpack_x_y_sample_weight(data)
                )
                self.check_data(x, y)
            yield data

    def _prepare(self, arguments):
        if sequences.is_sparse(arguments.get("x")):
            refuse("sparse documents")
        super()._prepare(arguments)

    def _symbolic_build(self, iterator=None, data_batch=None):
        # Private to Keras (3.8 to 3.15), which builds a model and its optimizer in here. A model of
        # ours is built when it is made, and its parts are not called as Keras would call it.
        if self.optimizer and not self.optimizer.built:
            self.optimizer.build(self.trainable_variables)
