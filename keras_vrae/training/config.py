"""The settings of one run, checked."""

import dataclasses

from keras_vrae import datasets, encoders, likelihoods
from keras_vrae.datasets.pipeline import BINARIZATIONS
from keras_vrae.validation import SettingError, check_choice, check_float, check_int, complaint

# What suits a data set where nothing is asked for. The digits are few, so that an epoch has few
# steps, and their 17 grey levels are too much to lose to binarization.
DIGITS_DEFAULTS = {"epochs": 60, "batch_size": 32, "likelihood": "gaussian"}
OTHER_DEFAULTS = {"epochs": 20, "batch_size": 128, "likelihood": "bernoulli"}


SCHEDULES = ("cosine", "constant")


@dataclasses.dataclass(frozen=True)
class ExperimentConfig:
    """Everything that decides what a run does. None means: what suits the other settings.

    Attributes:
        encoder: inference network, a name in `keras_vrae.encoders.ENCODERS`.
        dataset: name of the data set, as in `keras_vrae.datasets.load`.
        data_dir: folder of the data, or None.
        epochs: passes over the training part.
        batch_size: examples in a batch.
        learning_rate: step size of Adam at the start.
        learning_rate_schedule: `"cosine"` takes it to zero along half a cosine (Loshchilov and
            Hutter, 2017, arXiv 1608.03983), `"constant"` keeps it.
        clipnorm: gradients whose norm over all weights is larger are scaled down to it (Pascanu,
            Mikolov and Bengio, 2013, arXiv 1211.5063); 0 leaves them as they are.
        latent_dim: number of latent dimensions.
        hidden_units: units of every hidden layer of encoder and decoder.
        likelihood: name of the likelihood.
        binarization: `"dynamic"`, `"fixed"` or `"none"`.
        seed: fixes initialisation, data order, dynamic binarization, sampling and evaluation.
        eval_samples: posterior samples for each test example in the final bound.

    Raises:
        SettingError: for a value that cannot be, or two that do not fit each other.
    """

    encoder: str = "lstm"
    dataset: str = "digits"
    data_dir: str | None = None
    epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float = 3e-3
    learning_rate_schedule: str = "cosine"
    clipnorm: float = 20.0
    latent_dim: int = 2
    hidden_units: int = 500
    likelihood: str | None = None
    binarization: str | None = None
    seed: int = 0
    eval_samples: int = 10

    def __post_init__(self):
        check_choice("encoder", self.encoder, encoders.ENCODERS)
        datasets.check_name(self.dataset)
        defaults = DIGITS_DEFAULTS if self.dataset == "digits" else OTHER_DEFAULTS
        for name, value in defaults.items():
            self._set_default(name, value)
        check_choice("likelihood", self.likelihood, likelihoods.LIKELIHOODS)
        bernoulli = self.likelihood == "bernoulli"
        self._set_default("binarization", "dynamic" if bernoulli else "none")
        for name in ("epochs", "batch_size", "latent_dim", "hidden_units", "eval_samples"):
            check_int(name, getattr(self, name))
        check_int("seed", self.seed, minimum=0, maximum=2**32 - 1)
        check_float("learning_rate", self.learning_rate, above=True)
        check_float("clipnorm", self.clipnorm)
        check_choice("learning_rate_schedule", self.learning_rate_schedule, SCHEDULES)
        check_choice("binarization", self.binarization, BINARIZATIONS)
        if self.binarization != "none" and not bernoulli:
            expected = f"'none' with likelihood={self.likelihood!r}"
            raise SettingError(complaint("binarization", expected, self.binarization))

    def _set_default(self, name, value):
        if getattr(self, name) is None:
            object.__setattr__(self, name, value)

    @property
    def is_bound(self):
        """Whether the likelihood is one of the data, so that the figures are bounds on it."""
        return self.likelihood != "bernoulli" or self.binarization != "none"

    @property
    def dataset_name(self):
        """The data set's name, fit for a file name."""
        return self.dataset.replace(":", "-").replace("/", "-")

    @property
    def name(self):
        """What to call the run: `<dataset>-<encoder>`."""
        return f"{self.dataset_name}-{self.encoder}"

    def as_dict(self):
        """The settings, for `config.json`."""
        return dataclasses.asdict(self)
