"""Plots of the latent space during training."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_vrae import sequences
from keras_vrae.callbacks.latent import LatentCallback
from keras_vrae.encoders import Posterior
from keras_vrae.evaluation.manifold import decode_grid
from keras_vrae.files import replacing
from keras_vrae.types import Examples
from keras_vrae.validation import SettingError, complaint

GRID_SIZE = 16


class LatentPlots(LatentCallback):
    """Draws the latent space while a model trains.

    `embedding-0001.png` shows the codes of the examples after epoch 1, and so on. If the examples
    are images and the model has two latent dimensions, `manifold-0001.png` shows the decoded latent
    plane. Each file is written as a whole, and one of the same name is replaced. A model that has
    diverged is not drawn.

    Args:
        x: examples to encode, `(N, ...)`; of more than 10,000 a part is drawn.
        y: the class of each example, `(N,)`: whole numbers from 0 if `class_names` are given,
            or else anything that can be sorted.
        directory: folder to write to, which need not exist yet.
        class_names: names of the classes in the order of their numbers; the classes themselves
            if None.
        every: number of epochs from one plot to the next, as the module says.
        batch_size: number of examples to encode at a time.

    Raises:
        SettingError: as `LatentCallback` does, for labels that do not fit x or the names, and when
            `fit` is called, for a folder that it fails to make.

    Example:
        >>> import os, tempfile
        >>> vae = keras_vrae.build("gru", (8, 8), latent_dim=2, hidden_units=16)
        >>> vae.compile("adam")
        >>> x, y = np.random.default_rng(0).random((32, 8, 8)), np.arange(32) % 2
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     plots = LatentPlots(x, y, folder, class_names=["even", "odd"])
        ...     history = vae.fit(x, epochs=1, verbose=0, callbacks=[plots])
        ...     sorted(os.listdir(folder))
        ['embedding-0001.png', 'manifold-0001.png']
    """

    def __init__(
        self,
        x: Examples,
        y: ArrayLike,
        directory: str | Path,
        class_names: Sequence[str] | None = None,
        every: int = 1,
        batch_size: int = 512,
    ) -> None:
        super().__init__(x, every, batch_size)
        self.directory = Path(directory)
        self.labels, self.class_names = _number_classes(y, class_names, sequences.num_rows(self.x))

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        super().on_train_begin(logs)
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            expected = f"a folder, or one that can be made ({error.strerror})"
            raise SettingError(complaint("directory", expected, str(self.directory))) from error

    def look(self, epoch: int, posterior: Posterior, kl: np.ndarray) -> None:
        # With matplotlib, which the package does not load before it is needed.
        from keras_vrae import plots

        if not np.isfinite(kl).all():
            return
        title = f"{sequences.num_rows(self.x)} examples in latent space, epoch {epoch}"
        codes = posterior.z_mean
        drawn = {"embedding": plots.embedding(codes, self.labels, self.class_names, title)}
        shape = self.model.event_shape
        if self.model.latent_dim == 2 and len(shape) > 1 and shape[2:] in ((), (1,), (3,)):
            images = decode_grid(self.model, GRID_SIZE)
            drawn["manifold"] = plots.plane(images, f"Decoded latent plane, epoch {epoch}")
        for name, figure in drawn.items():
            with replacing(self.directory / f"{name}-{epoch:04d}.png") as aside:
                figure.savefig(aside)


def _number_classes(y, names, num_examples):
    """Returns class numbers `(N,)` and the names of the classes, or raises `SettingError`."""
    y = np.asarray(y)
    if y.shape != (num_examples,):
        expected = f"one class for each of {num_examples} examples"
        raise SettingError(complaint("y", expected, y.shape, of=".shape"))
    if names is None:
        classes, numbers = np.unique(y, return_inverse=True)
        return numbers, [str(name) for name in classes]
    names = [str(name) for name in names]
    refused = y[~np.isin(y, np.arange(len(names)))]
    if len(refused):
        expected = f"the numbers of {len(names)} classes, 0 to {len(names) - 1}"
        raise SettingError(complaint("y", expected, refused[0].item(), of="[...]"))
    return y.astype(int), names
