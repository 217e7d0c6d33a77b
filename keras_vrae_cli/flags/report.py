"""Compares finished runs in a report.

python -m keras_vrae.report RUN_DIR... --output=FOLDER
"""

from absl import flags

ARGUMENTS = "RUN_DIR..."
FLAGS = flags.FlagValues()
flags.DEFINE_string(
    "output",
    None,
    "Folder of the report. (default: <dataset>-comparison next to the first run)",
    flag_values=FLAGS,
)
flags.DEFINE_bool("open", False, "Open the report in the web browser.", flag_values=FLAGS)
