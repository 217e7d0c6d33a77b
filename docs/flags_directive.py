"""Directive `flags`: the flags of a command as a page of the manual, from their definitions."""

import importlib
import re

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx


class Flags(Directive):
    """Lists the flags of a command, by group if it has groups.

    The argument is the name of a module in `keras_vrae_cli.flags`.
    """

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        command = self.arguments[0]
        settings = importlib.import_module(f"keras_vrae_cli.flags.{command}")
        groups = getattr(settings, "GROUPS", None) or {"": list(settings.FLAGS)}
        found: list[nodes.Node] = []
        for title, names in groups.items():
            entries = nodes.definition_list()
            for name in sorted(names):
                if name not in ABSL_ONLY:
                    entries += _entry(settings.FLAGS[name])
            if title:
                section = nodes.section(ids=[nodes.make_id(f"{command}-{title}")])
                section += [nodes.title(text=title.capitalize()), entries]
                found.append(section)
            else:
                found.append(entries)
        return found


# Flags that absl adds to every program.
ABSL_ONLY = {"flagfile", "undefok", "help", "helpfull", "helpshort", "helpxml"}


def _entry(flag):
    """The entry of one flag: its name with the values it takes, then its help and default."""
    name = f"--[no]{flag.name}" if flag.boolean else f"--{flag.name}"
    text = re.sub(r"\s+", " ", flag.help)
    choices = re.fullmatch(r"<(.+?)>: (.*)", text)  # As absl writes them.
    if choices:
        name, text = f"{name}={choices[1]}", choices[2]
    default = flag.default
    if default not in (None, "", False) and "(default:" not in text:
        default = ",".join(map(str, default)) if isinstance(default, list | tuple) else default
        text += f" (default: {'on' if default is True else default})"
    term = nodes.term("", "", nodes.literal(text=name))
    return nodes.definition_list_item("", term, nodes.definition("", nodes.paragraph(text=text)))


def setup(app: Sphinx) -> dict[str, bool]:
    """Registers the directive."""
    app.add_directive("flags", Flags)
    return {"parallel_read_safe": True}
