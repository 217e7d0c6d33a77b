"""The codes of a run in the files that the projector of TensorBoard reads."""

import csv
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_vrae.batch import NO_LABEL
from keras_vrae.files import replacing
from keras_vrae.training.run_directory import RunDirectory


def write_projector_files(
    run: RunDirectory, means: np.ndarray, split: Any, class_names: Sequence[str] = ()
) -> None:
    """Writes `embeddings.tsv`, a code in each line, and `metadata.tsv`, what each is the code of.

    Args:
        run: the `RunDirectory`.
        means: posterior means of the test part, `(N, Z)`.
        split: the test part.
        class_names: names of the classes; their numbers stand for those without a name.
    """
    with replacing(run.embeddings_path) as aside, aside.open("w", newline="") as file:
        csv.writer(file, delimiter="\t").writerows(
            [f"{value:.6g}" for value in row] for row in means.tolist()
        )
    with replacing(run.metadata_path) as aside, aside.open("w", newline="") as file:
        writer = csv.writer(file, delimiter="\t")
        writer.writerow(["example", "label"])  # A header is read where there are two columns.
        for number, label in enumerate(split.y.tolist()):
            name = str(class_names[label]) if 0 <= label < len(class_names) else str(label)
            # What would end a cell or a line is of no use in a legend either.
            writer.writerow([number, "" if label == NO_LABEL else " ".join(name.split())])
