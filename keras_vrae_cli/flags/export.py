"""Exports the model of a finished run for TF Serving.

python -m export --run_dir=runs/mnist-lstm --export_dir=serving
"""

from absl import flags

from keras_vrae_cli.flags.parsers import OneOf

FLAGS = flags.FlagValues()
BACKEND = "tensorflow"  # Whatever the model was trained on.
flags.DEFINE_string("run_dir", None, "Folder of a finished run.", required=True, flag_values=FLAGS)
flags.DEFINE_string(
    "export_dir", None, "Folder of the exported models.", required=True, flag_values=FLAGS
)
flags.DEFINE_integer(
    "version",
    None,
    "Number of the new version. (default: the next one)",
    lower_bound=1,
    flag_values=FLAGS,
)
flags.DEFINE(
    OneOf(("encoder", "decoder", "autoencoder"), several=True),
    "models",
    "encoder,decoder,autoencoder",
    "Models to export, with commas between them.",
    flag_values=FLAGS,
)
flags.DEFINE_string(
    "base_path",
    "/models",
    "Path of the folder of the models on the server.",
    flag_values=FLAGS,
)
