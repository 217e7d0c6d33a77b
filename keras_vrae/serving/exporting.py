"""Export of a model: versions are written aside, verified, and renamed into place."""

from collections.abc import Iterable, Mapping
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any, NamedTuple

from keras_vrae.models import VAE
from keras_vrae.serving.manifest import describe_signatures, weights_checksum, write_manifest
from keras_vrae.serving.publishing import LARGEST_VERSION, ExportDirectory
from keras_vrae.serving.requests import make_requests
from keras_vrae.serving.server_files import (
    check_base_path,
    may_batch,
    write_batching_parameters,
    write_models_config,
)
from keras_vrae.serving.signatures import SCORE_SAMPLES, SIGNATURES
from keras_vrae.serving.verification import verify
from keras_vrae.serving.warmup import write_warmup_requests
from keras_vrae.serving.writer import write_saved_model
from keras_vrae.validation import SettingError, check_choice, check_int, check_type, complaint
from keras_vrae.version import __version__

DEFAULT_BASE_PATH = "/models"


class Export(NamedTuple):
    """One published version of several models.

    Attributes:
        version: number of the version.
        paths: its folder, by the name of the model.
        largest_difference: largest difference between an answer of the export and of the live
            model.
        warmup_requests: number of warm-up requests by the name of the model; 0 without the extra
            `serving` of this package.
        missing_entries: entries that an earlier `models.config` lacks, as text to add; the file is
            never changed.
    """

    version: int
    paths: dict[str, Path]
    largest_difference: float
    warmup_requests: dict[str, int]
    missing_entries: str


def export(
    model: VAE,
    directory: str | Path,
    version: int | None = None,
    models: Iterable[str] = tuple(SIGNATURES),
    base_path: str = DEFAULT_BASE_PATH,
    metadata: Mapping[str, Any] | None = None,
) -> Export:
    """Writes SavedModels of a trained model that TF Serving loads and answers from.

    `<directory>/encoder/<version>/`, `decoder/<version>/` and `autoencoder/<version>/` (the
    functions of both networks) appear when all of them are complete and have answered as the live
    model does, in a process without Keras. A `models.config` for the server is written unless
    there is one.

    Args:
        model: a built `VAE`, trained or not.
        directory: folder of the models, which a server may be watching.
        version: whole number that none of the models has yet; the next one if None.
        models: names of the models to export, of `"encoder"`, `"decoder"` and `"autoencoder"`.
        base_path: path of `directory` on the server, for `models.config`; as in
            `docker run -v DIRECTORY:/models`.
        metadata: a dict for JSON to add to each `export.json`.

    Returns:
        `Export(version, paths, largest_difference, warmup_requests, missing_entries)`.

    Raises:
        SettingError: for a model that was never built, a directory that is not writable, a version
            that exists, an invalid number of a version, a relative `base_path`, and a
            `models.config` that is not a text file.
        DataError: if an export would not run on a CPU, or does not answer as the model does.
            Nothing is published then.

    Example:
        >>> import tempfile
        >>> vae = keras_vrae.build("gru", input_shape=(8, 8), hidden_units=16)
        >>> directory = tempfile.mkdtemp()
        >>> exported = keras_vrae.serving.export(vae, directory, models=["decoder"])
        >>> str(exported.paths["decoder"].relative_to(directory))
        'decoder/1'
    """
    check_model(model)
    models = [check_choice("models", name, SIGNATURES) for name in dict.fromkeys(models)]
    if not models:
        raise SettingError(complaint("models", "one name or more", models))
    if version is not None:
        check_int("version", version, maximum=LARGEST_VERSION)
    base_path = check_base_path(base_path)
    directory = ExportDirectory(directory)
    with directory.staging() as staging:
        version = directory.choose_version(version, SIGNATURES)
        staged, exports, warmup_requests = {}, [], {}
        for name in models:
            path = staged[name] = staging / name
            signatures = SIGNATURES[name](model)
            write_saved_model(model, signatures, path)
            if may_batch(signatures):
                write_batching_parameters(path)
            requests = make_requests(signatures, model)
            warmup_requests[name] = write_warmup_requests(path, name, requests)
            exports.append((path, signatures, requests))
        answers, difference = verify(model, [(path, requests) for path, _, requests in exports])
        about = {**describe(model), **(metadata or {})}
        for path, signatures, _ in exports:
            outputs = {name: answers[path, name] for name in signatures}
            content = {
                "model": path.name,
                "version": version,
                "signatures": describe_signatures(signatures, outputs),
                "may_batch": may_batch(signatures),
                "largest_difference": difference,
                "warmup_requests": warmup_requests[path.name],
            }
            write_manifest(path, {**content, **about})
        paths = directory.publish(staged, version)
        models = directory.models(SIGNATURES)
        missing_entries = write_models_config(directory.path, models, base_path)
    return Export(version, paths, difference, warmup_requests, missing_entries)


def check_model(model: Any) -> None:
    """Raises `SettingError` unless the model can be exported."""
    check_type("model", model, VAE)
    parts = (model, model.encoder, model.decoder, model.likelihood, model.prior)
    unbuilt = [part for part in parts if not part.built]
    if unbuilt:
        expected = "built, as by a first call, before it is exported"
        raise SettingError(complaint("model", expected, unbuilt[0]))


def describe(model: VAE) -> dict[str, Any]:
    """Returns the part of `export.json` that describes the model."""
    return {
        "encoder": type(model.encoder).__name__,
        "decoder": type(model.decoder).__name__,
        "likelihood": type(model.likelihood).__name__,
        "prior": type(model.prior).__name__,
        "input_values": model.likelihood.support,
        "event_shape": list(model.event_shape),
        "latent_dim": model.latent_dim,
        "score_samples": SCORE_SAMPLES,
        "weights_sha256": weights_checksum(model),
        "versions": {
            "keras_vrae": __version__,
            **{package: version_of(package) for package in ("keras", "tensorflow")},
        },
    }
