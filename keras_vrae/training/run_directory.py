"""The files of one run. Each is written aside and renamed, so that none is ever incomplete."""

from __future__ import annotations

import csv
import json
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_vrae.files import locked, parse_json, replacing
from keras_vrae.validation import DataError, SettingError, complaint

if TYPE_CHECKING:
    from keras_vrae.models import VAE

# Names of the files that `replacing` leaves if the process is killed while it writes.
LEFTOVER = re.compile(
    r"\.(config|embeddings|history|metadata|metrics|model)-\d+\.(csv|json|keras|tsv)"
)


class RunDirectory:
    """The files of a run: their paths, reading and writing.

    `config.json`, `history.csv`, `metrics.json`, `model.keras`, `embeddings.tsv`, `metadata.tsv`,
    `checkpoints/`, `figures/` and, if it was asked for, `tensorboard/`. A run is finished when it
    has `metrics.json`, which is written last.

    Args:
        path: the folder, which need not exist yet.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.config_path = self.path / "config.json"
        self.history_path = self.path / "history.csv"
        self.metrics_path = self.path / "metrics.json"
        self.model_path = self.path / "model.keras"
        self.embeddings_path = self.path / "embeddings.tsv"
        self.metadata_path = self.path / "metadata.tsv"
        self.tensorboard_path = self.path / "tensorboard"
        self.checkpoints_path = self.path / "checkpoints"
        self.figures_path = self.path / "figures"
        self.arrays_path = self.figures_path / "arrays.npz"

    def __str__(self) -> str:
        return str(self.path)

    @property
    def exists(self) -> bool:
        """True if the folder holds anything."""
        if not self.path.is_dir():
            return self.path.exists()
        return not all(map(_is_leftover, self.path.iterdir()))

    @property
    def is_run(self) -> bool:
        """True if the folder holds a run, finished or not."""
        return self.config_path.is_file()

    @property
    def is_finished(self) -> bool:
        return self.metrics_path.is_file()

    def check(self, overwrite: bool = False, resume: bool = False) -> None:
        """Raises `SettingError` if a run may not start here; changes nothing.

        Args:
            overwrite: whether a run that is here may be replaced.
            resume: whether a run that is here may be continued.
        """
        if not self.exists:
            nearest = next(folder for folder in self.path.absolute().parents if folder.exists())
            if not nearest.is_dir():
                raise SettingError(complaint("run_dir", "a path below folders", str(self)))
            return
        if not self.is_run:
            expected = "an empty folder, a run, or a path that does not exist yet"
            raise SettingError(complaint("run_dir", expected, str(self)))
        if not overwrite and not resume:
            state = "a finished" if self.is_finished else "an unfinished"
            raise SettingError(
                f"`run_dir` must be free. Received: run_dir={str(self)!r}, which holds {state} "
                "run. Pass --overwrite to replace it, --resume to continue it, or another --run_dir"
            )

    def locked(self) -> AbstractContextManager[None]:
        """Keeps other processes out of the folder, which must exist, while a block runs."""
        return locked(self.path, "run_dir")

    def prepare(self) -> None:
        """Makes the folder and tries to write to it, or raises `SettingError`."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.path) as probe:
                probe.write(b"\0" * 4096)
        except OSError as error:
            expected = f"a folder that can be written to ({error.strerror})"
            raise SettingError(complaint("run_dir", expected, str(self))) from None

    def tidy(self) -> None:
        """Removes the unfinished files of a process that was killed."""
        leftovers = [path for path in self.path.iterdir() if _is_leftover(path)]
        for folder in (self.checkpoints_path, self.figures_path):
            leftovers += folder.glob(".*")
        for path in leftovers:
            path.unlink(missing_ok=True)

    def clear(self) -> None:
        """Removes the files of the run in this folder, and nothing else."""
        for path in (self.checkpoints_path, self.figures_path, self.tensorboard_path):
            shutil.rmtree(path, ignore_errors=True)
        # The settings last, so that what is left of a run is known as one until the end.
        made = (self.metrics_path, self.history_path, self.embeddings_path, self.metadata_path)
        for path in (*made, self.model_path, self.config_path):
            path.unlink(missing_ok=True)

    # Writing.

    def write_json(self, path: Path, content: Mapping[str, Any]) -> None:
        with replacing(path) as aside:
            aside.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", "utf-8")

    def write_history(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Writes `history.csv` of one dict per epoch, all with the same keys."""
        with replacing(self.history_path) as aside, aside.open("w", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    # Reading.

    def read_json(self, path: Path) -> dict[str, Any]:
        """Returns the object in a JSON file of the run, as a dict."""
        try:
            content = parse_json(path.read_bytes(), path, allow_nan=False)
        except FileNotFoundError:
            raise DataError(f"{self} is not a finished run: it has no {path.name}") from None
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error}") from None
        if not isinstance(content, dict):
            raise DataError(f"{path} must hold a JSON object. Received: {content!r:.80}")
        return content

    def read_history(self) -> list[dict[str, Any]]:
        """Returns the rows of `history.csv`, with numbers for values."""
        try:
            with self.history_path.open(newline="") as file:
                return [
                    {"epoch": int(row.pop("epoch")), **{k: float(v) for k, v in row.items()}}
                    for row in csv.DictReader(file)
                ]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"{self.history_path} cannot be read: {error}") from None

    def load_model(self, path: Path) -> VAE:
        """Loads the model of one of the run's `.keras` files."""
        import keras  # Whoever only checks a folder does not wait for it.

        if not path.is_file():
            raise DataError(f"{self} is not a finished run: it has no {path.name}")
        try:
            return keras.saving.load_model(path)
        # What is in a damaged archive fails in every way that a layer can fail.
        except Exception as error:
            reason = (str(error).splitlines() or [""])[0]
            raise DataError(f"{path} cannot be read: {reason}") from error


def _is_leftover(path):
    return LEFTOVER.fullmatch(path.name) is not None
