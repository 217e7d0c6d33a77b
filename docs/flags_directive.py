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
    """The entry of one flag: name and default, then its help."""
    shown = f"--{'[no]' if flag.boolean else ''}{flag.name}"
    term = nodes.term("", "", nodes.literal(text=shown))
    if flag.default is not None and not flag.boolean:
        term += [nodes.Text(" = "), nodes.literal(text=flag.default_as_str.strip("'"))]
    elif flag.boolean and flag.default:
        term += nodes.Text(" (on)")
    text = re.sub(r"\s+", " ", flag.help)
    return nodes.definition_list_item("", term, nodes.definition("", nodes.paragraph(text=text)))


def setup(app: Sphinx) -> dict[str, bool]:
    """Registers the directive."""
    app.add_directive("flags", Flags)
    return {"parallel_read_safe": True}
