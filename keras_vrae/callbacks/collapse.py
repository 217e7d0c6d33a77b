"""A watch for posteriors that collapse to the prior."""

import math
import warnings
from collections import deque

import numpy as np

from keras_vrae.callbacks.latent import LatentCallback
from keras_vrae.encoders import Posterior
from keras_vrae.evaluation.latent import active_units
from keras_vrae.likelihoods import Gaussian
from keras_vrae.models import VAE
from keras_vrae.types import Examples
from keras_vrae.validation import check_float, check_int

# With an objective that draws KL to fewer nats than this, codes carry next to nothing.
LEAST_CAPACITY = 1.0
# In thresholds; less is the noise of a constant variance.
LEAST_GROWTH = 0.01


class PosteriorCollapseWarning(UserWarning):
    """The codes of a model have stopped telling its examples apart, or never began to."""


class CollapseWarning(LatentCallback):
    """Warns of an approximate posterior that has collapsed to the prior, and names remedies.

    A latent dimension is active when the variance of its means over x is above the threshold. The
    posterior has collapsed when none was active at the last `patience` looks and the largest of
    these variances has grown over them by at most a hundredth of the threshold. KL alone is
    not enough: a mean that is the same for every x costs KL and carries nothing, as in the first
    epochs of a recurrent encoder.

    A collapse is a `PosteriorCollapseWarning`, which `warnings.simplefilter` can silence or turn
    into an error. When fewer than half of the dimensions are active, and when half are again, a
    line is printed, unless `fit` has `verbose=0`. Each is said when it begins and not repeated.

    An encoder that learns slowly looks the same at first, so nothing is said in the first
    `grace_steps` optimizer steps, nor while an `ELBO` draws KL to a `capacity` below 1 nat, nor
    about a model that has diverged. A KL warm-up that is still near zero leaves KL large, and is
    not a collapse.

    Args:
        x: examples to encode, such as the validation part, `(N, ...)`; some hundreds will do.
        threshold: variance of the means above which a dimension is active.
        patience: looks in a row that must agree.
        grace_steps: optimizer steps before which nothing is said; raise it for a small learning
            rate.
        every: epochs from one look to the next; see the module for which ones these are.
        batch_size: examples to encode at a time.

    Attributes:
        state: latest state, `"healthy"` at first, `"partial"` or `"collapsed"`.

    Raises:
        SettingError: as `LatentCallback` does, and for a negative threshold or number of steps.

    Example:
        >>> vae = keras_vrae.build("gru", (8, 8), hidden_units=16, objective=keras_vrae.ELBO(50.0))
        >>> vae.compile("adam")
        >>> x = np.random.default_rng(0).random((32, 8, 8))
        >>> watch = CollapseWarning(x, grace_steps=0)
        >>> with warnings.catch_warnings(record=True) as caught:
        ...     warnings.simplefilter("always")
        ...     history = vae.fit(x, epochs=8, verbose=0, callbacks=[watch])
        >>> watch.state, [warning.category.__name__ for warning in caught]
        ('collapsed', ['PosteriorCollapseWarning'])

    Reference:
        Bowman et al., 2016, arXiv 1511.06349, section 3; activity: Burda, Grosse and Salakhutdinov,
        2016, arXiv 1509.00519, section 5.2.
    """

    def __init__(
        self,
        x: Examples,
        threshold: float = 0.01,
        patience: int = 2,
        grace_steps: int = 200,
        every: int = 1,
        batch_size: int = 512,
    ) -> None:
        super().__init__(x, every, batch_size)
        self.threshold = check_float("threshold", threshold)
        self.patience = check_int("patience", patience)
        self.grace_steps = check_int("grace_steps", grace_steps, minimum=0)
        self._forget()

    def _forget(self):
        self.state = "healthy"
        # One look more than must agree, to see whether the variance grows over them.
        self._looks: deque[tuple[int, float]] = deque(maxlen=self.patience + 1)

    def set_model(self, model: VAE) -> None:
        # A loop over fit(epochs=1) is one training, another model is not.
        if model is not self.model:
            self._forget()
        super().set_model(model)

    def look(self, epoch: int, posterior: Posterior, kl: np.ndarray) -> None:
        total = float(kl.sum())
        if not math.isfinite(total) or self._weight("capacity", math.inf) < LEAST_CAPACITY:
            self._looks.clear()
            return
        active = active_units(posterior.z_mean, self.threshold)
        self._looks.append((active, float(np.var(posterior.z_mean, axis=0).max())))
        state = self._judge()
        if state == self.state or int(self.model.optimizer.iterations) < self.grace_steps:
            return
        self.state = state
        size = self.model.latent_dim
        findings = f"{active} of {size} latent dimensions are active, and KL is {total:.3g} nats"
        if state == "collapsed":
            text = f"The posterior has collapsed by epoch {epoch}: {findings}, so the codes say "
            text += f"nothing about x. Try {'; '.join(self._remedies())}."
            warnings.warn(text, PosteriorCollapseWarning, stacklevel=1)
        elif (self.params or {}).get("verbose") != 0:
            print(f"\nEpoch {epoch}: {findings}.")

    def _judge(self):
        """Returns the state that the last looks agree on, or else the present one."""
        active = np.array([active for active, _ in self._looks][-self.patience :])
        variances = [variance for _, variance in self._looks]
        is_low = 2 * active < self.model.latent_dim
        if len(active) < self.patience or (is_low.any() and not is_low.all()):
            return self.state
        if active.any():
            return "partial" if is_low.all() else "healthy"
        if len(variances) <= self.patience:
            return self.state
        is_growing = variances[-1] - variances[0] > LEAST_GROWTH * self.threshold
        return self.state if is_growing else "collapsed"

    def _weight(self, name, default):
        """Returns a weight of the objective at the present step, or the default."""
        schedule = getattr(self.model.objective, name, None)
        return default if schedule is None else float(schedule(self.model.optimizer.iterations))

    def _remedies(self):
        remedies = [
            "a KL warm-up, ELBO(beta=schedules.LinearWarmup(steps=...))",
            "nats that cost nothing, ELBO(free_bits=...)",
            "a cyclical schedule, ELBO(beta=schedules.Cyclical(steps=...))",
            "a smaller decoder; a lower learning rate",
        ]
        beta = self._weight("beta", 1.0)
        if beta > 1.0:
            remedies.insert(0, f"a beta below the present {beta:g}")
        likelihood = self.model.likelihood
        if isinstance(likelihood, Gaussian) and likelihood.scale != "learned":
            remedies.insert(0, f"Gaussian(scale='learned') instead of {likelihood.scale:g}")
        return remedies
