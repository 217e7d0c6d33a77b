"""The files that configure a TF Serving server: its models, and how it batches requests."""

from keras_vrae.files import replacing

MODELS_CONFIG = "models.config"
BATCHING_PARAMETERS = "batching_parameters.txt"
BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128)


def write_server_files(directory, models, base_path):
    """Writes `models.config` and `batching_parameters.txt` unless they exist.

    Existing files stay, as a user may have changed them; only a `models.config` that lacks one of
    the models is written again.

    Args:
        directory: folder of the models.
        models: their names.
        base_path: path of that folder on the server.
    """
    path = directory / MODELS_CONFIG
    text = path.read_text("utf-8") if path.is_file() else ""
    if not all(f'name: "{model}"' in text for model in models):
        _write(path, models_config(models, base_path))
    path = directory / BATCHING_PARAMETERS
    if not path.is_file():
        _write(path, batching_parameters())


def models_config(models, base_path):
    """The text of a `ModelServerConfig`."""
    entries = "".join(
        "  config {\n"
        f'    name: "{model}"\n'
        f'    base_path: "{base_path.rstrip("/")}/{model}"\n'
        '    model_platform: "tensorflow"\n'
        "  }\n"
        for model in models
    )
    return f"model_config_list {{\n{entries}}}\n"


def batching_parameters():
    """The text of a `BatchingParameters`: batches are filled up to one of a few sizes.

    Inputs of different lengths are not padded to one another: TF Serving would fill up with the
    first value of each input, which the encoder would read as data.
    """
    return "".join(
        [
            f"max_batch_size {{ value: {BATCH_SIZES[-1]} }}\n",
            "batch_timeout_micros { value: 1000 }\n",
            "max_enqueued_batches { value: 100 }\n",
            *(f"allowed_batch_sizes: {size}\n" for size in BATCH_SIZES),
            "pad_variable_length_inputs: false\n",
        ]
    )


def _write(path, text):
    with replacing(path) as aside:
        aside.write_text(text, "utf-8")
