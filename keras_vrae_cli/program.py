"""Frame of every program: flags, `--help`, one line for an error, and exit statuses."""

import importlib
import io
import json
import os
import re
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from absl import flags

from keras_vrae_cli.flags.parsers import OneOf
from keras_vrae_cli.quiet import silence_tensorflow

_formatwarning = warnings.formatwarning
BACKENDS = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}
HELP = ("--help", "-help", "-h")
WRONG_SETTING, FAILURE, INTERRUPTED = 2, 1, 130


def main(command: str, name: str, arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit status.

    The status is 0 after success, 2 for a wrong setting, 1 for another failure that a user can
    mend, 130 after Ctrl-C and 143 after SIGTERM. Each of the last four comes with one line.

    Args:
        command: name of a module in `keras_vrae_cli` that has a `run(values)`, and of the one in
            `keras_vrae_cli.flags` that has its flags.
        name: name of the program, for `--help` and for the lines of errors.
        arguments: arguments of the program; those of the process if None.
    """
    keep_output_open()
    warnings.formatwarning = _one_line
    settings = importlib.import_module(f"keras_vrae_cli.flags.{command}")
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        asked = [argument for argument in arguments if argument.partition("=")[0] in HELP]
        if asked:
            print(help_text(settings, asked[0].partition("=")[2]))
            return 0
        values = parse(settings, arguments)
        load_backend(getattr(settings, "BACKEND", None) or _backend_of(values))
        return _run(command, name, values)
    except flags.Error as error:
        return _fail(name, WRONG_SETTING, _three_beats(settings.FLAGS, error))
    except ImportError as error:
        return _fail(name, FAILURE, error)
    except KeyboardInterrupt:
        hint = " Continue with the same flags and --resume" if "resume" in settings.FLAGS else ""
        return _fail(name, INTERRUPTED, f"Interrupted.{hint}")


def help_text(settings: ModuleType, subject: str = "") -> str:
    """Returns the help of a command.

    Args:
        settings: module of the command in `keras_vrae_cli.flags`.
        subject: name of a group of flags, `"all"`, or `""` for those that are used most.

    Raises:
        absl.flags.Error: for another subject.
    """
    groups = getattr(settings, "GROUPS", {})
    known = OneOf(("all", *groups))
    if subject and subject not in known.names:
        expected = f"`help` must be {known.syntactic_help}"
        raise flags.Error(f"{expected}. Received: help={subject!r}{known.suggestion(subject)}")
    more = ""
    if not groups:
        shown = {"flags": settings.FLAGS}
    elif subject:
        shown = {f"{name} flags": groups[name] for name in groups if subject in ("all", name)}
    else:
        shown = {"flags used most": settings.MOST_USED}
        more = f"\n--help=all shows all flags, --help=GROUP those of {', '.join(groups)}.\n"
    sections = [f"{title}:\n{_render(settings, names)}" for title, names in shown.items()]
    return "\n".join([settings.__doc__ or "", *sections]) + more


def _render(settings, names):
    shown = flags.FlagValues()
    for name in names:
        shown[name] = settings.FLAGS[name]
    return shown.get_help("  ", include_special_flags=False)


def parse(settings: ModuleType, arguments: Sequence[str]) -> dict[str, Any]:
    """Returns the values of a command's flags, a dict, with `arguments` that are not flags.

    If the command has a flag `config`, the values have `given` too, the names of the flags among
    the arguments.

    Args:
        settings: module of the command in `keras_vrae_cli.flags`.
        arguments: arguments of the program.

    Raises:
        absl.flags.Error: for wrong flags and arguments.
    """
    known, expected = settings.FLAGS, getattr(settings, "ARGUMENTS", None)
    known.unparse_flags()
    known.set_gnu_getopt(True)  # Flags may follow arguments.
    # Both forms of "not" are common: --no-draw and --nodraw.
    arguments = [re.sub(r"^--no-(\w+)$", r"--no\1", argument) for argument in arguments]
    try:
        _, *rest = known(["", *arguments])
    except ValueError as error:  # absl raises it for --nodraw=1.
        raise flags.Error(error) from None
    if expected is None:
        if rest:
            raise flags.Error(f"Arguments must be flags, --name=value. Received: {' '.join(rest)}")
        given = {"given": {name for name in known if known[name].present}}
        return known.flag_values_dict() | (given if "config" in known else {})
    argument, several, _ = expected.partition("...")
    if not rest or (len(rest) > 1 and not several):
        expected = f"one {argument}{' or more' if several else ''}"
        raise flags.Error(f"Arguments must be {expected}. Received: {' '.join(rest) or 'none'}")
    return {**known.flag_values_dict(), "arguments": rest}


class LastingOutput(io.FileIO):
    """Standard output or error that goes nowhere once its reader has gone, as with `| head`.

    The work goes on, since it may have files to write.
    """

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            return len(data)


def keep_output_open() -> None:
    """Keeps a closed standard output or error from ending the program."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # Closed from the beginning: the first file would take its number.
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
        elif stream is getattr(sys, f"__{name}__") and not isinstance(
            getattr(stream.buffer, "raw", None), LastingOutput
        ):
            stream.flush()
            lasting = io.BufferedWriter(LastingOutput(stream.fileno(), "w", closefd=False))
            settings = {"errors": stream.errors, "line_buffering": name == "stderr"}
            settings["line_buffering"] |= stream.isatty()
            setattr(sys, name, io.TextIOWrapper(lasting, stream.encoding, **settings))


def _one_line(message, category, filename, lineno, line=None):
    """Returns a warning of this package without the place in its code."""
    if category.__module__.partition(".")[0] == "keras_vrae":
        return f"Warning: {message}\n"
    return _formatwarning(message, category, filename, lineno, line)


def begin_process() -> None:
    """Prepares a process that another one has started for a part of its work."""
    keep_output_open()
    warnings.formatwarning = _one_line
    load_backend()


def _backend_of(values):
    """Returns the backend that the flags ask for, or the file of settings that they name."""
    if values.get("backend") or not values.get("config"):
        return values.get("backend")
    try:
        return json.loads(Path(values["config"]).read_bytes()).get("backend")
    except (OSError, ValueError, AttributeError):
        return None  # Whoever reads the settings says what is wrong with the file.


def load_backend(backend: str | None = None) -> None:
    """Imports the backend that Keras will run on.

    Args:
        backend: its name; that of the environment variable KERAS_BACKEND, or TensorFlow, if
            None.
    """
    if "keras" in sys.modules:
        return  # It cannot change; a setting that asks for another one is refused.
    backend = backend if backend in BACKENDS else os.environ.get("KERAS_BACKEND", "tensorflow")
    os.environ["KERAS_BACKEND"] = backend
    print(f"Loading {BACKENDS.get(backend, backend)} ...", file=sys.stderr, flush=True)
    silence_tensorflow()
    if backend == "tensorflow":
        importlib.import_module(backend)


def _run(command, name, values):
    """Runs a command whose flags are right, and returns its exit status."""
    from keras_vrae import backend
    from keras_vrae.training.termination import Terminated
    from keras_vrae.validation import SettingError

    try:
        importlib.import_module(f"keras_vrae_cli.{command}").run(values)
    except SettingError as error:
        return _fail(name, WRONG_SETTING, error)
    except (ValueError, OSError, MemoryError, RecursionError) as error:
        return _fail(name, FAILURE, error)
    except backend.runtime.step_errors as error:
        return _fail(name, FAILURE, error)
    except Terminated as request:
        return _fail(name, request.status, request)
    return 0


def _fail(name, status, error):
    """Prints an error on one line, and returns the exit status."""
    text = re.sub(r"\{\{function_node \S+\}\}", "", str(error))  # A place inside TensorFlow.
    print(f"{name}:", " ".join(text.split()) or type(error).__name__, file=sys.stderr)
    return status


def _three_beats(known, error):
    """Returns the message of absl about a flag in the words of keras_vrae's own messages."""
    match = re.match(r"flag --(\w+)=(.*?): (.*)", str(error), re.DOTALL)
    if not match:
        return error
    name, value, reason = match.groups()
    if "must have a value" in reason:
        return f"`{name}` must be given. Received: {name}=None"
    parser = known[name].parser
    if isinstance(parser, flags.EnumParser):
        parser = OneOf(tuple(parser.enum_values))
    expected = parser.syntactic_help or "true or false"
    hint = parser.suggestion(value) if isinstance(parser, OneOf) else ""
    return f"`{name}` must be {expected}. Received: {name}={value!r}{hint}"
