"""The settings of one run."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from keras_vrae.datasets import names
from keras_vrae.training.checks import (
    KL_SETTINGS,
    NETWORKS,
    PREPARATION,
    TABLE_SETTINGS,
    check_settings,
    document_frequency,
    parse_interval,
    parse_scale,
    stripped,
)
from keras_vrae.training.defaults import defaults_of
from keras_vrae.validation import SettingError, check_choice, complaint

if TYPE_CHECKING:
    from keras_vrae.datasets import Preparation, Splits, TableSettings


@dataclasses.dataclass(frozen=True)
class ExperimentConfig:
    """All settings that decide what a run does, checked.

    A setting that is None takes the value in `keras_vrae.training.defaults` that suits the others.

    Attributes:
        encoder: inference network: `"dense"`, `"lstm"` or `"gru"`. If None, `"lstm"`, but for time
            series see `for_data`.
        dataset: name of the data set, as in `keras_vrae.datasets.load`.
        data_dir: folder of the data, or None.
        window: for time series, steps of the windows that each is cut into; None for no cut.
        stride: steps from one window to the next; a whole window if None.
        missing: treatment of missing values of a time series: `"refuse"` or `"interpolate"`.
        max_gap: no window runs across a gap in time of more than so many median steps; 0 for
            windows across any gap.
        id_column, time_column, label_column, delimiter, decimal: the form of a table of time series
            or documents; see `keras_vrae.datasets.TableSettings`.
        scaling: `"standard"` standardizes each channel of time series with the mean and standard
            deviation of the training part, `"none"` leaves the values as they are.
        epochs: passes over the training part; None if `updates` says how long training is.
        updates: optimizer steps of training, rounded up to whole epochs; None if `epochs` says it.
        patience: training stops after so many epochs without a better value of the objective on the
            validation part, and the weights of the best epoch are kept; if None it takes all
            epochs, and the last weights are kept.
        batch_size: examples in a batch.
        learning_rate: step size of Adam at the start.
        learning_rate_schedule: `"cosine"` takes it to zero, of documents to a tenth, along half a
            cosine (Loshchilov and Hutter, 2017, arXiv 1608.03983), `"constant"` keeps it.
        clipnorm: gradients whose norm over all weights is larger are scaled down to it (Pascanu,
            Mikolov and Bengio, 2013, arXiv 1211.5063); 0 leaves them as they are.
        latent_dim: number of latent dimensions.
        hidden_units: units of every hidden layer of encoder and decoder.
        decoder: generative network: `"dense"`, `"lstm"` or `"gru"`. If None, `"dense"`, but for
            time series and music see `for_data`.
        decoder_inputs: inputs of a recurrent decoder at each step: `"zero"`, `"teacher"` or
            `"own"`; see `keras_vrae.LSTMDecoder`.
        z_at_every_step: whether a recurrent decoder reads z at every step as well.
        word_dropout: fraction of the steps hidden from a `"teacher"` decoder in training.
        recurrent_layers: stacked layers of a recurrent encoder, and of a recurrent decoder.
        bidirectional: whether a recurrent encoder reads x in both directions.
        reverse_input: whether it reads x from the last step to the first.
        likelihood: name of the likelihood.
        likelihood_scale: standard deviation of a Gaussian likelihood: `"learned"`, `"per_value"`
            or a positive number, see `keras_vrae.Gaussian`; None with other likelihoods.
        prior: `"normal"`, `"mixture"` or `"vamp"`; see `keras_vrae.Prior`.
        prior_components: components of a mixture (10 if None), or pseudo-inputs of a VampPrior
            (500 if None); None with a normal prior.
        binarization: `"dynamic"`, `"fixed"` or `"none"`.
        objective: `"elbo"`, `"iwae"` (the importance-weighted bound) or `"dreg"` (the same with the
            doubly reparameterized gradient); see `keras_vrae.ELBO` and `keras_vrae.IWAE`.
        importance_samples: posterior samples per example in a training step.
        beta: weight of the KL term in the end.
        kl_schedule: course of that weight: `"constant"`, `"linear"`, `"sigmoid"` or `"cyclical"`
            (four times).
        kl_warmup_steps: optimizer steps that this takes; a quarter of training if None, and half
            of it for the cycles and for `capacity`.
        free_bits: nats of each latent dimension below which its KL costs nothing more; for a
            prior that factorizes.
        capacity: nats that KL is drawn to, a target that rises from 0 in `kl_warmup_steps`; `beta`
            then weighs the distance. None for no target.
        seed: fixes initialisation, data order, dynamic binarization, sampling and evaluation.
        eval_samples: posterior samples per test example in the final bound.
        nll_samples: importance samples per test example in the final estimate of its likelihood;
            0 for no such estimate.
        checkpoint_every: interval between checkpoints, such as `"500 steps"` or `"2 epochs"`; 30
            seconds if None. The results do not depend on it.
        precision: `"float32"`, or `"mixed_float16"` or `"mixed_bfloat16"`: products in 16 bits,
            weights and sums in 32.
        deterministic: whether operations that add in any order (some do on a GPU) are refused or
            replaced by slower ones. On a CPU equal settings give equal results without it.
        backend: backend of Keras that the run is for, `"tensorflow"`, `"jax"` or `"torch"`, which
            must be the one of this process; that one if None.
        strategy: `"none"`, `"mirrored"` (all GPUs of the process) or `"multi_worker"` (the
            processes that TF_CONFIG names); `batch_size` counts the examples of all together, and
            checkpoints are of whole epochs.
        supervision: how labels guide the latent space: `"none"`, `"shared"` (all of it) or
            `"private"` (as many latent dimensions again that labels do not see); see
            `keras_vrae.SupervisedVAE`.
        supervision_weight: weight of the label term; None without supervision.
        label_fraction: share of the training examples whose label is used.
        vocab_size, text_split, text_strip, stop_words, min_df, max_df, max_length: preparation of
            documents; see `keras_vrae.datasets.TextSettings`. These and all that follow are None
            for other data.
        text_weighting: weights of terms that the encoder reads; see `keras_vrae.BagEncoder`.
        text_target: data of the likelihood in training, `"tfidf"` weights of terms or `"counts"`.
        idf_power: power of the inverse document frequency in the TF-IDF weights that the encoder
            reads; twice that in those of `text_target`.
        term_scale: length of the vector of weights that the encoder reads.
        target_length: sum of the TF-IDF weights of a document in `text_target`, which is its
            number of words compared with KL and labels.
        neighbours: number of similar training documents that share in that; see
            `keras_vrae.datasets.text.targets`.
        term_dropout: fraction of a document's terms that the encoder does not see in training.
        bounded, posterior_scale, balance: posterior of documents; see `keras_vrae.Encoder`. It
            learns its scale if `posterior_scale` is 0.
        embedding_dim: size of the vector of each word, for recurrent encoders of documents.
        embeddings: path of a text file with initial vectors of words, or None.

    Raises:
        SettingError: for an invalid value, or two that do not fit each other.
    """

    # None is `Any` for settings that have a value in the end: their default.
    encoder: str | Any = None
    dataset: str = "digits"
    data_dir: str | None = None
    window: int | None = None
    stride: int | None = None
    missing: str = "refuse"
    max_gap: float | Any = None
    id_column: str | None = None
    time_column: str | None = None
    label_column: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    scaling: str | Any = None
    epochs: int | None = None
    updates: int | Any = None
    patience: int | None = None
    batch_size: int | Any = None
    learning_rate: float | Any = None
    learning_rate_schedule: str = "cosine"
    clipnorm: float | Any = None
    latent_dim: int | Any = None
    hidden_units: int | Any = None
    decoder: str | Any = None
    decoder_inputs: str = "zero"
    z_at_every_step: bool = False
    word_dropout: float = 0.0
    recurrent_layers: int = 1
    bidirectional: bool = False
    reverse_input: bool = False
    likelihood: str | Any = None
    likelihood_scale: Literal["learned", "per_value"] | float | Any = None
    prior: str = "normal"
    prior_components: int | Any = None
    binarization: str | Any = None
    objective: str = "elbo"
    importance_samples: int | Any = None
    beta: float = 1.0
    kl_schedule: str | Any = None
    kl_warmup_steps: int | None = None
    free_bits: float = 0.0
    capacity: float | None = None
    seed: int = 0
    eval_samples: int = 10
    nll_samples: int | Any = None
    checkpoint_every: str | None = None
    precision: str = "float32"
    deterministic: bool = False
    backend: str | Any = None
    strategy: str = "none"
    supervision: str = "none"
    supervision_weight: float | Any = None
    label_fraction: float = 1.0
    vocab_size: int | Any = None
    text_split: str | Any = None
    text_strip: str | Any = None
    text_weighting: str | Any = None
    stop_words: str | Any = None
    min_df: float | Any = None
    max_df: float | Any = None
    text_target: str | Any = None
    idf_power: float | Any = None
    term_scale: float | Any = None
    target_length: float | Any = None
    neighbours: int | Any = None
    term_dropout: float | Any = None
    bounded: bool | Any = None
    posterior_scale: float | Any = None
    balance: float | Any = None
    max_length: int | Any = None
    embedding_dim: int | Any = None
    embeddings: str | None = None

    def __post_init__(self) -> None:
        for part in ("encoder", "decoder"):
            if getattr(self, part) is not None:
                check_choice(part, getattr(self, part), NETWORKS)
        names.check_dataset(self.dataset)
        for name, value in defaults_of(self).items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)
        object.__setattr__(self, "likelihood_scale", parse_scale(self.likelihood_scale))
        check_settings(self)

    def for_data(self, splits: Splits) -> ExperimentConfig:
        """Returns the settings with the networks that suit the data, where these were left open.

        A dense encoder takes less time for time series all of one length, and learned better codes
        than an LSTM on three of the four such sets that were measured. An LSTM reads series of
        unequal lengths, and writes those that have no longest length.

        Args:
            splits: the `Splits` of these settings.

        Raises:
            SettingError: for a dense network and sequences whose length is left open.
        """
        if splits.spec.event_shape[0] is None:
            for part in ("encoder", "decoder"):
                if getattr(self, part) == "dense":
                    expected = "lstm or gru for long series of unequal lengths without a window"
                    raise SettingError(complaint(part, expected, "dense"))
        if self.encoder and self.decoder:
            return self
        encoder = "dense" if splits.train.lengths is None else "lstm"
        decoder = "lstm" if splits.spec.event_shape[0] is None else "dense"
        return dataclasses.replace(
            self, encoder=self.encoder or encoder, decoder=self.decoder or decoder
        )

    @property
    def kind(self) -> str | None:
        """Kind of the data set, a key of `keras_vrae.datasets.names.KINDS`."""
        return names.kind_of(self.dataset)

    @property
    def is_series(self) -> bool:
        """True if the examples are sequences from files, time series or music."""
        return self.kind in ("series", "music")

    @property
    def is_text(self) -> bool:
        """True if the examples are documents."""
        return self.kind == "text"

    @property
    def is_bound(self) -> bool:
        """True if the likelihood is one of the data, so that the metrics are bounds on it."""
        return self.likelihood != "bernoulli" or self.binarization != "none"

    @property
    def has_targets(self) -> bool:
        """True if training maximises the likelihood of other values than the examples."""
        return self.is_text and (self.text_target != "counts" or self.neighbours > 0)

    def epochs_of(self, steps_in_epoch: int) -> int:
        """Number of epochs of so many optimizer steps each."""
        return self.epochs or math.ceil(self.updates / steps_in_epoch)

    def validation_value(self, row: Mapping[str, float]) -> float:
        """Value that training minimises in the end, of the validation part.

        Args:
            row: the metrics of an epoch by name, a row of the history.
        """
        value = row["val_loss"]
        if self.objective != "elbo":
            return value
        kl = row["val_kl"]
        distance = kl if self.capacity is None else abs(kl - self.capacity)
        return value - kl + self.beta * distance

    @property
    def checkpoint_interval(self) -> tuple[int, str] | None:
        """Count and unit (`"step"` or `"epoch"`) of `checkpoint_every`, or None."""
        return parse_interval(self.checkpoint_every)

    @property
    def data_options(self) -> dict[str, Any]:
        """Arguments of `datasets.load` after the name and the folder, a dict."""
        table = {name: getattr(self, name) for name in TABLE_SETTINGS}
        table = {name: value for name, value in table.items() if value is not None}
        if self.is_text:
            return {"text": self._text_settings(), **table}
        if not self.is_series:
            return {}
        options = {name: getattr(self, name) for name in PREPARATION}
        if self.kind == "music":
            return options
        tokens = {"tokens": self.likelihood == "categorical"}
        return {**options, **table, **tokens, "standardize": self.scaling == "standard"}

    @property
    def reading(self) -> tuple[Preparation, TableSettings]:
        """The `Preparation` and `TableSettings` of further series in the form of these, a pair."""
        from keras_vrae.datasets import Preparation, TableSettings

        options = self.data_options
        table = {name: options[name] for name in TABLE_SETTINGS if name in options}
        return Preparation(*(options[name] for name in PREPARATION)), TableSettings(**table)

    def _text_settings(self):
        # Whoever only checks settings does not wait for the data sets.
        from keras_vrae.datasets import TextSettings

        return TextSettings(
            view="bag" if self.encoder == "dense" else "tokens",
            vocab_size=self.vocab_size,
            split=self.text_split,
            strip=stripped(self.text_strip),
            stop_words=self.stop_words,
            min_df=document_frequency("min_df", self.min_df),
            max_df=document_frequency("max_df", self.max_df),
            max_length=self.max_length or 1,
        )

    @property
    def encoder_options(self) -> dict[str, Any]:
        """Arguments of a recurrent encoder; none for a dense one."""
        if self.encoder == "dense":
            return {}
        return {
            "num_layers": self.recurrent_layers,
            "bidirectional": self.bidirectional,
            "reverse": self.reverse_input,
        }

    @property
    def decoder_options(self) -> dict[str, Any]:
        """Arguments of a recurrent decoder; none for a dense one."""
        if self.decoder == "dense":
            return {}
        return {
            "num_layers": self.recurrent_layers,
            "inputs": self.decoder_inputs,
            "z_at_every_step": self.z_at_every_step,
            "word_dropout": self.word_dropout,
            "seed": self.seed,
        }

    @property
    def objective_text(self) -> str:
        """The objective in words, with the settings that change the bound."""
        return describe_objective(self.as_dict())

    @property
    def dataset_name(self) -> str:
        """Name of the data set in a form that is fit for a file name."""
        return names.file_name(self.dataset)

    @property
    def name(self) -> str:
        """Name of the run: `<dataset>-<encoder>`, with `-<decoder>` and `-<prior>` if unusual.

        Networks that the data decide are left out.
        """
        decoder = None if self.decoder == "dense" else self.decoder
        prior = None if self.prior == "normal" else self.prior
        return "-".join(filter(None, (self.dataset_name, self.encoder, decoder, prior)))

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> ExperimentConfig:
        """Returns the settings of a `config.json`; those that an older version lacks as default."""
        known = {field.name for field in dataclasses.fields(cls)}
        return cls(**{name: value for name, value in settings.items() if name in known})

    def as_dict(self) -> dict[str, Any]:
        """Returns the settings, for `config.json`."""
        return dataclasses.asdict(self)


def describe_objective(settings: Mapping[str, Any]) -> str:
    """Returns the objective in words, with the settings that change the bound.

    Args:
        settings: those of a run by name, as in its `config.json`. The run of an older version may
            lack some, which then had their defaults.
    """
    samples = settings.get("importance_samples", 1)
    drawn = "" if samples == 1 else f", {samples} samples"
    changed = [
        f"{name} {settings[name]}"
        for name, usual in KL_SETTINGS.items()
        if settings.get(name, usual) != usual
    ]
    return ", ".join([f"{settings.get('objective', 'elbo')}{drawn}", *changed])
