"""Commands of keras_vrae.

python -m keras_vrae_cli COMMAND --help
"""

import importlib
import sys

from keras_vrae_cli import program

COMMANDS = ("train", "export", "evaluate", "report", "anomaly", "complete", "tfrecord")


def main(arguments=None):
    """Runs the command that is the first argument, and returns its exit status."""
    program.keep_output_open()
    command, *rest = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    if command in COMMANDS:
        return program.main(command, f"keras_vrae_cli {command}", rest)
    if command not in program.HELP:
        parser = program.OneOf(COMMANDS)
        print(
            f"keras_vrae_cli: `command` must be {parser.syntactic_help}. "
            f"Received: command={command!r}{parser.suggestion(command)}",
            file=sys.stderr,
        )
        return program.WRONG_SETTING
    print(__doc__)
    for name in COMMANDS:
        summary, *_ = importlib.import_module(f"keras_vrae_cli.flags.{name}").__doc__.splitlines()
        print(f"  {name:<10}{summary}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
