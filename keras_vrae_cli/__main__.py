"""Commands of keras_vrae.

keras-vrae COMMAND --help
"""

import importlib
import sys
from collections.abc import Sequence

from keras_vrae_cli import program

COMMANDS = ("train", "export", "evaluate", "report", "anomaly", "complete", "tfrecord", "client")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command that is the first argument, and returns its exit status."""
    program.keep_output_open()
    command, *rest = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    name = f"keras-vrae {command}"
    if command == "client":
        parser = importlib.import_module("keras_vrae_cli.flags.client").make_parser(name)
        values = parser.parse_args(rest)
        return importlib.import_module("keras_vrae_cli.client").run(values, name)
    if command in COMMANDS:
        return program.main(command, name, rest)
    if command not in program.HELP:
        parser = program.OneOf(COMMANDS)
        print(
            f"keras-vrae: `command` must be {parser.syntactic_help}. "
            f"Received: command={command!r}{parser.suggestion(command)}",
            file=sys.stderr,
        )
        return program.WRONG_SETTING
    print(__doc__)
    for name in COMMANDS:
        module = importlib.import_module(f"keras_vrae_cli.flags.{name}")
        summary = (module.__doc__ or "").partition("\n")[0]
        print(f"  {name:<10}{summary}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
