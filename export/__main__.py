"""Exports a finished run for TF Serving.

python -m export --run_dir=runs/mnist-lstm --export_dir=serving
"""

import argparse
import sys

from train_main import load_tensorflow


def make_parser():
    """The flags."""
    description, *_ = __doc__.splitlines()
    parser = argparse.ArgumentParser(prog="python -m export", description=description)
    parser.add_argument("--run_dir", required=True, help="folder of a finished run")
    parser.add_argument("--export_dir", required=True, help="folder of the models")
    parser.add_argument("--version", help="a new version's number (default: the next one)")
    parser.add_argument(
        "--models",
        default="encoder,decoder,autoencoder",
        help="which to export, with commas (default: %(default)s)",
    )
    parser.add_argument(
        "--base_path",
        default="/models",
        help="where the server finds the folder of the models (default: %(default)s)",
    )
    return parser


def whole_number(text):
    """The number in a flag's text, or the text, which is refused where it is used."""
    return int(text) if text.isascii() and text.isdigit() else text


def run(flags):
    """Exports and says what was published."""
    load_tensorflow()
    from keras_vrae import serving
    from keras_vrae.training import console

    exported = serving.export_run(
        flags.run_dir,
        flags.export_dir,
        None if flags.version is None else whole_number(flags.version),
        models=flags.models.split(","),
        base_path=flags.base_path,
    )
    console.exported(exported, flags.export_dir)


def main():
    """Runs the program and returns its exit status."""
    flags = make_parser().parse_args()
    try:
        run(flags)
    except (ValueError, OSError) as error:
        from keras_vrae.validation import SettingError

        print("export:", " ".join(str(error).split()), file=sys.stderr)
        return 2 if isinstance(error, SettingError) else 1
    except KeyboardInterrupt:
        print("export: Interrupted. Nothing was published", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
