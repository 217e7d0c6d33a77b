"""Continuation of sequences."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from keras_vrae import plots, sequences
from keras_vrae.datasets import Splits, unseen
from keras_vrae.datasets.continuations import write_continuations
from keras_vrae.files import replacing
from keras_vrae.training import ExperimentConfig
from keras_vrae.training.data import load_with_data, open_finished
from keras_vrae.validation import SettingError, complaint


class Prefixes(NamedTuple):
    """The first steps of sequences, and the sequences themselves.

    Attributes:
        inputs: the prefixes, padded sequences.
        names: the name of each.
        truth: the whole sequences, padded too.
    """

    inputs: dict[str, np.ndarray]
    names: list[str]
    truth: dict[str, np.ndarray]


def run(values: Mapping[str, Any]) -> None:
    """Continues sequences, writes the files once all is done, and prints their paths.

    Args:
        values: values of `keras_vrae_cli.flags.complete`, a dict.
    """
    check(values)
    (run_dir,) = values["arguments"]
    finished, config = open_finished(run_dir, values["data_dir"])
    check_run(config, finished, values["output"])
    model, splits = load_with_data(finished, config)
    prefixes = read_prefixes(values["data"], splits, config.reading, values["prefix"])
    x = model.complete(
        prefixes.inputs,
        choose_length(values["length"], splits.spec.event_shape[0], prefixes),
        values["num_samples"],
        seed=values["seed"],
        draw=values["draw"],
        temperature=values["temperature"],
    )
    lengths = prefixes.inputs["lengths"]
    paths = write_continuations(values["output"], x, lengths, prefixes.names)
    if values["picture"] is not None:
        with replacing(values["picture"]) as aside:
            names = (splits.spec.notes or {}).get("channel_names", ())
            kind = plots.get(splits.spec.kind, names)
            figure = plots.continuations(x, lengths, prefixes.truth, kind=kind)
            figure.savefig(aside)
        paths.append(values["picture"])
    more = f" and {len(paths) - 3} more" if len(paths) > 3 else ""
    print(f"Wrote {', '.join(map(str, paths[:3]))}{more}")


def check(values: Mapping[str, Any]) -> None:
    """Raises `SettingError` for flags that do not fit each other."""
    temperature = values["temperature"]
    if not values["draw"] and temperature != 1.0:
        raise SettingError(complaint("temperature", "left out with --nodraw", temperature))
    if values["data"] is None and values["prefix"] is None:
        raise SettingError(complaint("prefix", "given without --data", values["prefix"]))


def check_run(config: ExperimentConfig, run_dir: object, output: str) -> None:
    """Raises `SettingError` unless a run continues sequences, of music for a .mid file."""
    if not config.is_series or config.decoder == "dense":
        expected = "a run on sequences with an LSTM or GRU decoder"
        shown = f"{run_dir}, {config.dataset} with a {config.decoder} decoder"
        raise SettingError(complaint("run_dir", expected, shown))
    if output.lower().endswith(".mid") and config.likelihood != "bernoulli":
        expected = "a .csv or .npz file, as the run is not on music"
        raise SettingError(complaint("output", expected, output))


def choose_length(asked: int | None, trained: int | None, prefixes: Prefixes) -> int:
    """Returns the number of steps of the continued sequences.

    Args:
        asked: the number that the flags ask for, or None.
        trained: steps of the model's own sequences, or None if they may have any number.
        prefixes: `Prefixes`, which must be shorter.

    Raises:
        SettingError: for a number that is missing or too small.
    """
    length = asked or trained
    if length is None:
        raise SettingError(complaint("length", "given, as the model leaves it open", length))
    longest = int(np.max(prefixes.inputs["lengths"]))
    if length <= longest:
        expected = f"more than {longest}, the steps of the longest prefix"
        raise SettingError(complaint("length", expected, length))
    return length


def read_prefixes(
    source: str | None, splits: Splits, reading: Sequence[Any] = (), steps: int | None = None
) -> Prefixes:
    """Returns the `Prefixes` of files, or of a test part.

    Args:
        source: as in `unseen.read_sequences`; the test part of `splits` if None.
        splits: data of the model.
        reading: `preparation` and `table` of `unseen.read_sequences`.
        steps: number of first steps of each sequence that the model reads; all if None.

    Raises:
        SettingError, DataError: as in `unseen.read_sequences`.
    """
    if source is None:
        names = [f"test example {number}" for number in range(splits.test.size)]
        truth = splits.test.in_memory().inputs
        if not sequences.is_padded(truth):
            truth = {"x": truth, "lengths": np.full(len(truth), truth.shape[1])}
    else:
        preparation, *table = reading or (None,)
        preparation = preparation and preparation._replace(window=None, stride=None)
        event_shape = (None, *splits.spec.event_shape[1:])
        read = unseen.read_sequences(source, event_shape, preparation, *table)
        names, truth = read.names, read.inputs
    if steps is None:
        return Prefixes(truth, names, truth)
    lengths = np.minimum(truth["lengths"], steps)
    return Prefixes({"x": truth["x"][:, :steps], "lengths": lengths}, names, truth)
