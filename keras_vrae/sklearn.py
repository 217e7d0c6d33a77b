"""Estimators of scikit-learn: codes of examples, and anomalies among them.

`VAEEmbedder` and `VAEAnomalyDetector` build, train and keep a `keras_vrae.VAE`. Import them from
`keras_vrae.sklearn`: the package itself does not load scikit-learn.
"""

import contextlib
import random
import tempfile
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from keras_vrae import decoders, encoders, likelihoods, models, optimizers, priors, sequences
from keras_vrae.datasets import Series, Split, from_dataframe
from keras_vrae.layers import Standardization
from keras_vrae.models.inference import TOGETHER
from keras_vrae.objectives import ELBO
from keras_vrae.types import Examples
from keras_vrae.validation import SettingError, check_choice, check_float, check_int, complaint

__all__ = ["VAEAnomalyDetector", "VAEEmbedder"]

# Between two looks at the validation part: a multiple of the 16 updates that a model of dense
# layers makes in one call.
UPDATES_PER_ROUND = 48
MOST_VALIDATION = 1024  # Examples, so that a look at them takes no longer than a round.
FEWEST_FOR_VALIDATION = 20
FEWEST_DRAWS = 8  # Of z for a score, with either sign.
DECODED_AT_A_TIME = 4096
MAX_GRADIENT_NORM = 20.0
LARGEST_SEED = np.iinfo("int32").max
STANDARDIZATIONS = ("auto", "columns", "shared", "none")
LARGEST_RATIO = 10.0  # Of the spreads of columns that share a scale.
# Of a part that is given by its name.
ENCODER_OPTIONS = {"dense": {"num_layers": 1}}
DECODER_OPTIONS = {
    "dense": {"num_layers": 1},
    "gru": {"z_at_every_step": True},
    "lstm": {"z_at_every_step": True},
}
FINITE = (
    "an array of finite numbers, without NaN or inf; sklearn.impute, or "
    "keras_vrae.datasets.from_dataframe(..., missing='interpolate'), fills gaps"
)


class _VAEEstimator(BaseEstimator):
    """The part that the estimators share: the forms of examples, training and pickling."""

    _has_columns: bool

    def __init__(
        self,
        encoder: encoders.Encoder | str = "gru",
        latent_dim: int = 8,
        *,
        decoder: decoders.Decoder | str = "dense",
        hidden_units: int = 64,
        likelihood: likelihoods.Likelihood | str | None = None,
        prior: priors.Prior | str = "normal",
        beta: float = 0.1,
        standardization: Literal["auto", "columns", "shared", "none"] = "auto",
        encoder_options: dict[str, Any] | None = None,
        decoder_options: dict[str, Any] | None = None,
        num_updates: int = 2000,
        batch_size: int = 32,
        learning_rate: float = 2e-3,
        validation_fraction: float = 0.1,
        patience: int = 10,
        channels_first: bool = False,
        id: str | None = "id",
        time: str | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.encoder = encoder
        self.latent_dim = latent_dim
        self.decoder = decoder
        self.hidden_units = hidden_units
        self.likelihood = likelihood
        self.prior = prior
        self.beta = beta
        self.standardization = standardization
        self.encoder_options = encoder_options
        self.decoder_options = decoder_options
        self.num_updates = num_updates
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.channels_first = channels_first
        self.id = id
        self.time = time
        self.random_state = random_state
        self.verbose = verbose

    # Examples.

    def _read(self, X, reset=False, longer=False):  # noqa: N803
        """Returns examples as the model takes them.

        Args:
            X: examples of the user.
            reset: whether they are those of `fit`.
            longer: whether sequences may be longer than those.
        """
        rows = _sequences_in(X, self.id, self.time, self.channels_first)
        if rows is not None and len({row.shape for row in rows}) > 1:
            x = self._of_sequences(rows, reset)
        else:
            x = self._of_array(X if rows is None else np.stack(rows), rows is not None, reset)
        array = sequences.array_of(x)
        invalid = array[~np.isfinite(array)]
        if len(invalid):
            raise SettingError(complaint("X", FINITE, float(invalid[0]), of="[...]"))
        return x if reset else self._as_fitted(x, longer)

    def _of_array(self, X, is_list, reset):  # noqa: N803
        """Examples in an array `(N, D)`, `(N, T)` or `(N, T, D)`, or in the rows of a DataFrame."""
        options = {
            "allow_nd": True,
            "dtype": (np.float64, np.float32),
            "ensure_all_finite": False,
            "ensure_min_samples": 2 if reset else 1,
        }
        if reset:
            self.__dict__.pop("feature_names_in_", None)
        # NumPy's `ndim` refuses what is an array by `__array__` alone.
        ndim = X.ndim if hasattr(X, "ndim") else np.asarray(X).ndim
        if ndim < 3 and (reset or self._has_columns):
            x = validate_data(self, X, reset=reset, **options)
        else:
            x = check_array(X, **options)
        if x.ndim > 3:
            expected = "of shape (examples, features), (examples, steps) or (examples, steps, D)"
            raise SettingError(complaint("X", expected, x.shape, of=".shape"))
        if x.ndim == 3 and self.channels_first and not is_list:
            x = np.swapaxes(x, 1, 2)
        if reset:
            self._is_flat = self._has_columns = x.ndim == 2
            self._is_table = x.ndim == 2 and self._reads_vectors()
            if x.ndim == 3:
                self.n_features_in_ = x.shape[2]
        return x if x.ndim == 3 or self._is_table else x[..., np.newaxis]

    def _of_sequences(self, rows, reset):
        """Examples in a list of arrays `(T_n,)` or `(T_n, D)` of unequal length."""
        if reset:
            self.__dict__.pop("feature_names_in_", None)
            self._is_flat, self._has_columns, self._is_table = rows[0].ndim == 1, False, False
        rows = [row[:, np.newaxis] if row.ndim == 1 else row for row in rows]
        if reset:
            self.n_features_in_ = rows[0].shape[1]
        return sequences.pad(rows)

    def _as_fitted(self, x, longer):
        """Examples padded to the steps of the model, after a comparison with those of `fit`."""
        array, shape = sequences.array_of(x), self.model_.event_shape
        steps, longest = shape[0], array.shape[1]
        if array.shape[2:] != shape[1:]:
            expected = f"of {shape[-1]} channels, as in `fit`" if shape[1:] else "a table as in fit"
            raise SettingError(complaint("X", expected, array.shape, of=".shape"))
        if steps in (None, longest) or (longer and longest > steps):
            return x
        if longest > steps:
            expected = (
                f"sequences of at most {steps} steps, as in `fit`; a model with encoder='gru' and "
                "decoder='gru' that was fitted to unequal lengths takes any length"
            )
            raise SettingError(complaint("X", expected, longest, of=" with steps"))
        lengths = x["lengths"] if sequences.is_padded(x) else np.full(len(array), longest)
        return {"x": np.pad(array, [(0, 0), (0, steps - longest), (0, 0)]), "lengths": lengths}

    def _reads_vectors(self):
        """Returns whether a row of a table is features to the encoder, or a series."""
        encoder = self.encoder
        encoder = encoders.ENCODERS[encoder] if isinstance(encoder, str) else encoders.get(encoder)
        return encoder.reads_vectors

    # Training.

    def _fit(self, X):  # noqa: N803
        """Builds and trains `model_`, and returns the examples as it takes them."""
        num_updates = check_int("num_updates", self.num_updates)
        patience = check_int("patience", self.patience)
        batch_size = check_int("batch_size", self.batch_size)
        fraction = check_float("validation_fraction", self.validation_fraction, 0.0, 0.9)
        learning_rate = check_float("learning_rate", self.learning_rate, above=True)
        check_float("beta", self.beta)
        check_choice("standardization", self.standardization, STANDARDIZATIONS)
        x = self._read(X, reset=True)
        seed = int(check_random_state(self.random_state).randint(LARGEST_SEED))
        rng = np.random.default_rng(seed)
        order = rng.permutation(sequences.num_rows(x))
        held_out = 0
        if fraction and len(order) >= FEWEST_FOR_VALIDATION:
            held_out = min(MOST_VALIDATION, max(1, round(fraction * len(order))))
        validation, train = order[:held_out], order[held_out:]
        self.model_ = self._build(x, train, seed)
        self.model_.compile(
            optimizers.Adam(
                keras.optimizers.schedules.CosineDecay(learning_rate, num_updates),
                global_clipnorm=MAX_GRADIENT_NORM,
            )
        )
        self._train(x, train, validation, num_updates, min(batch_size, len(train)), patience, rng)
        return x

    def _build(self, x, train, seed):
        """The model of these examples, of which the rows `train` are for training."""
        array, lengths = sequences.array_of(x), None
        if sequences.is_padded(x):
            lengths = x["lengths"][train]
        values = Split(array[train], None, lengths).values
        likelihood = self.likelihood
        if likelihood is None:
            likelihood = "bernoulli" if np.isin(values, (0, 1)).all() else "gaussian"
        likelihood = likelihoods.get(_copied(likelihood))
        # Zeros and ones, counts and the like stay as they are.
        is_real = likelihood.bounds is not None and likelihood.bounds[0] < 0
        named, decoder, steps = isinstance(self.encoder, str), self.decoder, array.shape[1]
        if lengths is not None and decoder in ("gru", "lstm") and not self._reads_vectors():
            steps = None
        self._longest = array.shape[1]
        with _seeded(seed):
            return models.build(
                _copied(self.encoder),
                (steps, *array.shape[2:]),
                latent_dim=self.latent_dim if named else None,
                hidden_units=self.hidden_units,
                likelihood=likelihood,
                decoder=_copied(decoder),
                decoder_options=_options(DECODER_OPTIONS, decoder, self.decoder_options),
                prior=_copied(self.prior),
                objective=ELBO(beta=self.beta),
                standardization=self._standardization(values) if is_real else None,
                seed=seed,
                **_options(ENCODER_OPTIONS, self.encoder, self.encoder_options),
            )

    def _standardization(self, values):
        """The `Standardization` of values `(..., D)`, or None."""
        if self.standardization == "none":
            return None
        own = Standardization.of(values)
        scale = np.array(own.scale)
        # The scale of a constant column is not its deviation.
        deviations = values.reshape(-1, len(scale)).std(axis=0, dtype="float64")
        spreads = deviations[deviations == scale]
        is_shared = self.standardization == "shared"
        if self.standardization == "auto" and self._is_table and len(spreads):
            lowest, highest = np.quantile(spreads, (0.05, 0.95))
            is_shared = highest <= LARGEST_RATIO * lowest
        if not is_shared or not len(spreads):
            return own
        return Standardization(own.mean, np.full(len(scale), np.sqrt(np.mean(spreads**2))))

    def _train(self, x, train, validation, num_updates, batch_size, patience, rng):
        """Trains in rounds, and keeps the weights that are best on the validation part."""
        self.history_: dict[str, list[Any]] = {"updates": [], "loss": [], "validation_loss": []}
        held_out = sequences.take(x, validation) if len(validation) else None
        best, best_weights, waited = np.inf, None, 0
        rows = np.zeros(0, "int64")
        for done in range(0, num_updates, UPDATES_PER_ROUND):
            updates = min(UPDATES_PER_ROUND, num_updates - done)
            while len(rows) < updates * batch_size:
                rows = np.concatenate([rows, rng.permutation(train)])
            drawn, rows = np.split(rows, [updates * batch_size])
            # The order is drawn here, as that of Keras and tf.data is fixed by global seeds only.
            history = self.model_.fit(
                sequences.take(x, drawn), batch_size=batch_size, shuffle=False, verbose=0
            )
            loss, of_validation = float(history.history["loss"][0]), None
            if not np.isfinite(loss):
                expected = "smaller, as training has diverged"
                raise SettingError(complaint("learning_rate", expected, self.learning_rate))
            if held_out is not None:
                reconstruction, kl = self._terms(held_out)
                # Of a mean a single unusual example would decide.
                of_validation = float(np.median(reconstruction + self.beta * kl))
            # Before, steps are so large that a good round is a matter of chance.
            if of_validation is not None and done + updates > num_updates // 2:
                if of_validation < best:
                    best, best_weights, waited = of_validation, self.model_.get_weights(), 0
                    self.n_updates_ = done + updates
                else:
                    waited += 1
            entry = {"updates": done + updates, "loss": loss, "validation_loss": of_validation}
            for name, value in entry.items():
                self.history_[name].append(value)
            if self.verbose:
                shown = "" if of_validation is None else f", validation loss {of_validation:.3f}"
                print(f"update {done + updates}/{num_updates}: loss {loss:.3f}{shown}")
            if waited >= patience:
                break
        if best_weights is None:
            self.n_updates_ = self.history_["updates"][-1]
        else:
            self.model_.set_weights(best_weights)

    def _terms(self, x):
        """`-E_q[log p(x|z)]` and `KL(q(z|x) || p(z))` of each example, two arrays `(N,)`.

        The noise is the same for every example, so that the values of one do not depend on the
        others. Its mean is 0 and its covariance I exactly, so that for what is quadratic in z the
        values are exact.
        """
        model = self.model_
        count = max(FEWEST_DRAWS, model.latent_dim)
        draws = np.random.default_rng(0).normal(size=(count, model.latent_dim))
        half = np.sqrt(count) * np.linalg.qr(draws)[0]
        noise = np.concatenate([half, -half])[:, np.newaxis].astype("float32")

        def of_batch(batch):
            terms = model.elbo_terms(batch, len(noise), noise=ops.convert_to_tensor(noise))
            return terms.reconstruction, terms.kl

        batch_size = max(1, DECODED_AT_A_TIME // len(noise))
        return model.over_examples(of_batch, x, batch_size, "estimator_terms")

    # Pickling.

    def __getstate__(self):
        state = dict(super().__getstate__())
        if "model_" in state:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder, "model.keras")
                state["model_"].save(path)
                state["model_"] = path.read_bytes()
        return state

    def __setstate__(self, state):
        state = dict(state)
        if isinstance(state.get("model_"), bytes):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder, "model.keras")
                path.write_bytes(state["model_"])
                state["model_"] = keras.saving.load_model(path)
        super().__setstate__(state)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


class VAEEmbedder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, _VAEEstimator):
    """Codes of examples: a variational autoencoder as a transformer of scikit-learn.

    `fit` builds a `keras_vrae.VAE`, trains it without labels and keeps it as `model_`; `transform`
    gives the posterior mean of each example. Examples may come in these forms:

    - an array `(N, D)` or `(N, T)`, or a DataFrame with an example in each row: a recurrent encoder
      reads a row as a series of T steps in one channel, and the dense encoder as D features;
    - an array `(N, T, D)`; or `(N, D, T)`, as aeon has it, with `channels_first=True`;
    - a list of arrays `(T_n,)` or `(T_n, D)`, or of DataFrames with a step in each row, of equal or
      unequal length; with `channels_first=True` the arrays are `(D, T_n)`;
    - a DataFrame in the long form, with a row for each step of the series that the column `id`
      names (see `keras_vrae.datasets.from_dataframe`, which also keeps ids and labels, and whose
      result is taken as well). There is then one code for each id, in the order in which the ids
      first appear.

    Missing values are refused. Channels are standardized by the training part, so that values in
    nats are of standardized data. Training takes `num_updates` steps of Adam, however many
    examples there are, with a step size that falls to zero along half a cosine. Part of the
    examples is held out. In the second half of training, when steps have become small, the weights
    are kept at which the median of their losses is lowest, and training stops early if that does
    not fall any more.

    With a whole number as `random_state` equal data give equal results on one machine, and no
    global generator of NumPy, Python or Keras is changed; with None the seed comes from NumPy's, as
    everywhere in scikit-learn. (Python's `random` is seeded while the layers are made, and its
    state put back, so that two threads that fit at the same time are not repeatable.)

    A fitted estimator can be pickled, with `joblib` too: the model is kept as the bytes of its
    `.keras` file. A custom part must be registered with Keras for that.

    Args:
        encoder: `"gru"`, `"lstm"`, `"dense"`, or a `keras_vrae.Encoder`, of which `fit` makes a
            copy without its weights. With few series of one length try the dense encoder too, which
            trains faster.
        latent_dim: number of codes of an example, Z, for an encoder that is given by its name.
        decoder: the same for the decoder. A dense one learns from fewer updates, and makes and
            scores sequences that are as long as the longest of `fit` at most; with `"gru"` or
            `"lstm"` and a recurrent encoder, a model that was fitted to unequal lengths does so for
            any length.
        hidden_units: units of each hidden layer, H.
        likelihood: a `keras_vrae.Likelihood` or its name. If None it is `"bernoulli"` for data of
            zeros and ones alone, and otherwise `"gaussian"` with a learned scale.
        prior: a `keras_vrae.Prior` or its name.
        beta: weight of the KL term in training.
        standardization: `"columns"` gives each channel, or column of a table, mean 0 and standard
            deviation 1. `"shared"` gives each its own mean and all together one scale; it suits
            columns of one unit, such as the samples of a curve. `"auto"` takes this for a table
            whose columns have standard deviations within a factor of 10 of one another (all but the
            largest and the smallest twentieth), and `"columns"` otherwise. `"none"` leaves the
            values as they are, as do likelihoods of other values than real numbers.
        encoder_options: further arguments of an encoder given by its name, a dict such as
            `{"bidirectional": True}`. Networks of dense layers have one hidden layer.
        decoder_options: the same for the decoder. A recurrent one reads z at every step.
        num_updates: the most optimizer steps.
        batch_size: examples in a step.
        learning_rate: step size at the start.
        validation_fraction: fraction of the examples that are held out, at most 1,024 of them; 0,
            or fewer than 20 examples, for none.
        patience: training stops, in its second half, if the loss of these has not fallen in so many
            times 48 updates.
        channels_first: whether arrays of three axes are `(N, D, T)`.
        id: column that makes a DataFrame long; None to read every DataFrame as wide.
        time: column of the time of a step in a long DataFrame; None for a usual name such as
            `time` or `timestamp`.
        random_state: whole number, `numpy.random.RandomState`, or None.
        verbose: 1 prints a line every 48 updates.

    Attributes:
        model_: the fitted `keras_vrae.VAE`.
        n_features_in_: columns of an array of two axes, and otherwise channels D.
        feature_names_in_: names of the columns of a DataFrame, if all are strings.
        n_updates_: optimizer step at which the kept weights were reached.
        history_: dict of lists with an entry every 48 updates: `updates`, `loss` of training, and
            `validation_loss` (None without a part held out), with `beta` in both.

    Example:
        >>> from keras_vrae.sklearn import VAEEmbedder
        >>> rng = np.random.default_rng(0)
        >>> series = [rng.normal(size=(steps, 2)) for steps in (5, 9, 7, 8)]
        >>> embedder = VAEEmbedder(latent_dim=3, num_updates=2, random_state=0)
        >>> embedder.fit_transform(series).shape
        (4, 3)
        >>> embedder.score_samples(series).shape
        (4,)

    Reference:
        Kingma and Welling, 2013, arXiv 1312.6114; with a recurrent encoder Fabius and van
        Amersfoort, 2014, arXiv 1412.6581.
    """

    def fit(self, X: Examples, y: Any = None) -> "VAEEmbedder":  # noqa: N803
        """Trains a model on examples.

        Args:
            X: examples, in one of the forms above.
            y: ignored.

        Raises:
            SettingError: for an invalid argument, and for examples in another form or with NaN;
                errors about arrays and DataFrames of two axes are `ValueError`s in the words of
                scikit-learn.
        """
        self._fit(X)
        return self

    def transform(self, X: Examples) -> np.ndarray:  # noqa: N803
        """The code of each example, the mean of `q(z|x)`: float32 `(N, Z)`.

        A recurrent encoder reads sequences of any length.
        """
        check_is_fitted(self)
        reads_longer = not self.model_.encoder.reads_vectors
        x = self._read(X, longer=reads_longer)
        model = self.model_
        return model.over_examples(
            model.posterior, x, 512, "codes", TOGETHER, any_length=reads_longer
        ).z_mean

    def inverse_transform(self, Z: ArrayLike, length: int | None = None) -> np.ndarray:  # noqa: N803
        """Examples of codes, the mean of `p(x|z)`, in the units and the form of the data of `fit`.

        Args:
            Z: codes, `(N, Z)`.
            length: time steps of each sequence, if `fit` had sequences of unequal length; those of
                the longest if None.

        Returns:
            Array `(N, D)`, `(N, T)`, `(N, T, D)`, or `(N, D, T)` with `channels_first`.
        """
        check_is_fitted(self)
        z = check_array(Z, dtype="float32")
        if length is None and self.model_.event_shape[0] is None:
            length = self._longest
        x = self.model_.decode(z, length=length)
        if self._is_flat and not self._is_table:
            return x[..., 0]
        return np.swapaxes(x, 1, 2) if self.channels_first and x.ndim == 3 else x

    def score_samples(self, X: Examples) -> np.ndarray:  # noqa: N803
        """The evidence lower bound of each example in nats, `(N,)`: high if it is expected.

        The whole bound, with a KL weight of 1 whatever `beta` is, from 16 samples of z or more. It
        is a bound on `log p(x)` of standardized data, of a sequence summed over its steps.
        """
        check_is_fitted(self)
        return -np.add(*self._terms(self._read(X)))

    def score(self, X: Examples, y: Any = None) -> float:  # noqa: N803
        """The mean of `score_samples`, by which `GridSearchCV` compares settings."""
        return float(np.mean(self.score_samples(X)))

    @property
    def _n_features_out(self):
        return self.model_.latent_dim

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


class VAEAnomalyDetector(_VAEEstimator):
    """Anomalies among examples: a variational autoencoder as a detector with the names of PyOD.

    A score is the negative evidence lower bound of an example in nats, of a sequence per valid
    step: the higher, the less the model expects the example. The threshold is the quantile of the
    scores of the training examples above which the fraction `contamination` of them lies.

    PyOD and scikit-learn have the same names and opposite signs. This class follows PyOD, whose
    sign is also that of `keras_vrae.evaluation.anomaly`: `decision_function` and
    `decision_scores_` are high for anomalies, `predict` and `labels_` are 1 for an anomaly and 0
    for a normal example, and the metrics and scorers of scikit-learn hold if anomalies have the
    label 1. What scikit-learn's detectors would give is

    - `score_samples(X)`, which is high for normal examples;
    - `score_samples(X) - offset_` as their `decision_function(X)`, below 0 for anomalies;
    - `np.where(predict(X) == 1, -1, 1)` as their `predict(X)`.

    Examples come in the forms of `VAEEmbedder`. As the encoder is dense by default, the rows of an
    array of two axes are features; with `encoder="gru"` they are series. Train on normal examples
    alone if there are labels to tell, with a small `contamination`.

    Args:
        contamination: fraction of the training examples to lie above the threshold, above 0 and at
            most 0.5.
        encoder: as in `VAEEmbedder`, and so are all other arguments.
        latent_dim, decoder, hidden_units, likelihood, prior, beta, standardization: see there.
        encoder_options, decoder_options, num_updates, batch_size, learning_rate: see there.
        validation_fraction, patience, channels_first, id, time, random_state, verbose: see there.

    Attributes:
        decision_scores_: scores of the training examples, `(N,)`.
        threshold_: score above which an example is an anomaly.
        labels_: 1 for the training examples above it and 0 for the others, `(N,)`.
        offset_: `-threshold_`.
        model_, n_features_in_, feature_names_in_, n_updates_, history_: as in `VAEEmbedder`.

    Example:
        >>> from keras_vrae.sklearn import VAEAnomalyDetector
        >>> x = np.random.default_rng(0).normal(size=(40, 3))
        >>> detector = VAEAnomalyDetector(contamination=0.1, num_updates=48, random_state=0).fit(x)
        >>> detector.labels_.sum()
        np.int64(4)
        >>> detector.predict([[0.0, 0.0, 0.0], [9.0, -9.0, 9.0]])
        array([0, 1])

    Reference:
        An and Cho, 2015, Variational autoencoder based anomaly detection using reconstruction
        probability, SNU Data Mining Center.
    """

    def __init__(
        self,
        contamination: float = 0.05,
        encoder: encoders.Encoder | str = "dense",
        latent_dim: int = 2,
        *,
        decoder: decoders.Decoder | str = "dense",
        hidden_units: int = 128,
        likelihood: likelihoods.Likelihood | str | None = None,
        prior: priors.Prior | str = "normal",
        beta: float = 0.1,
        standardization: Literal["auto", "columns", "shared", "none"] = "auto",
        encoder_options: dict[str, Any] | None = None,
        decoder_options: dict[str, Any] | None = None,
        num_updates: int = 2000,
        batch_size: int = 32,
        learning_rate: float = 2e-3,
        validation_fraction: float = 0.1,
        patience: int = 10,
        channels_first: bool = False,
        id: str | None = "id",
        time: str | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(
            encoder=encoder,
            latent_dim=latent_dim,
            decoder=decoder,
            hidden_units=hidden_units,
            likelihood=likelihood,
            prior=prior,
            beta=beta,
            standardization=standardization,
            encoder_options=encoder_options,
            decoder_options=decoder_options,
            num_updates=num_updates,
            batch_size=batch_size,
            learning_rate=learning_rate,
            validation_fraction=validation_fraction,
            patience=patience,
            channels_first=channels_first,
            id=id,
            time=time,
            random_state=random_state,
            verbose=verbose,
        )
        self.contamination = contamination

    def fit(self, X: Examples, y: Any = None) -> "VAEAnomalyDetector":  # noqa: N803
        """Trains a model on examples, scores these, and sets the threshold.

        Args:
            X: examples, in one of the forms of `VAEEmbedder`.
            y: ignored.

        Raises:
            SettingError: as in `VAEEmbedder.fit`.
        """
        contamination = check_float("contamination", self.contamination, 0.0, 0.5, above=True)
        self.decision_scores_ = self._scores(self._fit(X))
        self.threshold_ = float(np.quantile(self.decision_scores_, 1.0 - contamination))
        self.labels_ = self._labels(self.decision_scores_)
        self.offset_ = -self.threshold_
        return self

    def decision_function(self, X: Examples) -> np.ndarray:  # noqa: N803
        """The score of each example, `(N,)`: high for an anomaly, as in PyOD."""
        check_is_fitted(self)
        return self._scores(self._read(X))

    def predict(self, X: Examples) -> np.ndarray:  # noqa: N803
        """1 for each example above the threshold and 0 for the others, as in PyOD."""
        return self._labels(self.decision_function(X))

    def fit_predict(self, X: Examples, y: Any = None) -> np.ndarray:  # noqa: N803
        """Fits, and returns `labels_`."""
        return self.fit(X).labels_

    def score_samples(self, X: Examples) -> np.ndarray:  # noqa: N803
        """The score of each example in the sign of scikit-learn: high for a normal one."""
        return -self.decision_function(X)

    def _scores(self, x):
        """The negative bound, of sequences per valid step."""
        scores = np.add(*self._terms(x))
        if self._is_table:
            return scores
        array = sequences.array_of(x)
        return scores / (x["lengths"] if sequences.is_padded(x) else array.shape[1])

    def _labels(self, scores):
        return (scores > self.threshold_).astype("int64")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.estimator_type = "outlier_detector"
        return tags


@contextlib.contextmanager
def _seeded(seed):
    """Fixes what Keras draws to make layers, and leaves the generators of the caller alone.

    An initializer or a generator without a seed takes one from Python's `random`, and nothing else
    that these models draw is global.
    """
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)


def _copied(part):
    """A part of a model with its settings and without its weights, or its name as it is."""
    return part if isinstance(part, str) else type(part).from_config(part.get_config())


def _options(defaults, part, given):
    """Options of a part: those that it has by its name, and those given; a dict."""
    own = defaults.get(part, {}) if isinstance(part, str) else {}
    return {**own, **(given or {})}


def _sequences_in(X, id, time, channels_first):  # noqa: N803
    """The sequences in a list, a `Series` or a long DataFrame, arrays `(T_n,)` or `(T_n, D)`.

    None stands for examples in other forms: an array, a DataFrame with an example in each row, and
    a list of numbers.
    """
    if isinstance(X, Series):
        return [np.asarray(value, "float64") for value in X.values]
    if sequences.is_frame(X):
        if id is None or id not in list(X.columns):
            return None
        return from_dataframe(X, id, time).values
    if sequences.is_padded(X):
        sequences.check_lengths(X)
        padded = zip(np.asarray(X["x"]), np.asarray(X["lengths"]), strict=True)
        return [row[:steps].astype("float64") for row, steps in padded]
    is_rows = isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 1
    if not (is_rows or isinstance(X, (list, tuple))):
        return None
    rows = []
    for row in X:
        try:
            values = np.asarray(row.to_numpy() if sequences.is_frame(row) else row, "float64")
        except (TypeError, ValueError):
            return None  # And scikit-learn says what is wrong.
        if channels_first and values.ndim == 2 and not sequences.is_frame(row):
            values = values.T
        rows.append(values)
    if not rows or not all(row.ndim for row in rows):
        return None
    others = {row.shape[1:] for row in rows}
    if len(others) > 1 or any(row.ndim > 2 or not len(row) for row in rows):
        expected = "arrays of one step or more, (steps,) or (steps, D), that differ in steps only"
        found = sorted({row.shape for row in rows})[:5]
        raise SettingError(complaint("X", expected, found, of=" with shapes"))
    return rows
