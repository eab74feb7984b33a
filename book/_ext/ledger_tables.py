"""The ledger's tables: every choice with its sources, well-known weights restated."""

import re

from api_pages import FromLines
from docutils import nodes
from package_modules import PACKAGE
from paper_map import listed_chapters

SIZE = (512, 512)  # for programs whose content loss is a sum
SPELLED = {"lbfgs": "L-BFGS", "adam": "Adam", "muon": "Muon", True: "yes", False: "no"}
SPELLED |= {"reflect_start": "40 reflected pixels, once", "tanh150": "150 tanh"}


class Table(FromLines):
    """A directive whose only table has small print in its cells."""

    def run(self):
        """Return the table in a box that the style sheet knows."""
        return [nodes.container("", *super().run(), classes=["ledger-table"])]


class Ledger(Table):
    """The lines of one topic of `fst_lessons.ledger`, named by the argument."""

    required_arguments = 1
    optional_arguments = 0

    def lines(self):
        """Yield a table with a row for each choice."""
        from fst_lessons.ledger import lines

        self.depend(PACKAGE / "ledger.py", PACKAGE / "recipes.py")
        yield from (
            "| | paper | authors' code | this book |",
            "| --- | --- | --- | --- |",
        )
        for line in lines():
            if line.topic == self.arguments[0]:
                yield f"| `{line.name}` | {' | '.join(cells(line))} |"
        yield ""


def cells(line):
    """Yield a line's three answers with their sources; ours is bold if it differs."""
    from fst_lessons.ledger import NOT_SAID

    for place, (value, source) in enumerate(
        zip(line.values, line.sources, strict=True)
    ):
        text = written(value)
        differs = place == 2 and line.values[0] not in (value, NOT_SAID)
        shown = f"**{text}**" if differs else text
        yield f"{shown}<br><small>{link_chapters(source)}</small>"


def written(value):
    """Return a value of a recipe as a reader would write it."""
    if isinstance(value, (tuple, list)):
        return " to ".join(map(written, value)) if is_range(value) else ", ".join(value)
    if isinstance(value, (bool, str)):
        return SPELLED.get(value, value)
    if isinstance(value, (int, float)):
        return f"{value:,}" if isinstance(value, int) else short(value)
    return str(value)


def is_range(value):
    """Tell whether a tuple holds two numbers rather than names."""
    return all(isinstance(part, (int, float)) for part in value)


def short(number):
    """Return a number with two digits, small and large ones with a power of ten."""
    if number == 0 or 0.01 <= abs(number) < 1e5:
        return f"{number:.2g}" if abs(number) < 100 else f"{number:.0f}"
    digits, _, power = f"{number:.1e}".partition("e")
    return f"{digits.removesuffix('.0')}e{int(power)}"


def link_chapters(source):
    """Make ``ch. 6`` a link and a tag such as ``[paper]`` plain text."""
    chapters = {int(name[:2]): name for name in listed_chapters() if name[:2].isdigit()}

    def to_link(match):
        name = chapters.get(int(match[1]))
        return f"[{match[0]}]({name}.ipynb)" if name else match[0]

    plain = re.sub(r"^\[(\w+)\] ", r"\1: ", source)  # who says it
    plain = re.sub(r"\[(\w+)\]", r"the \1", plain)  # who is spoken of
    plain = re.sub(r"(\d)\.\.(\d)", r"\1 to \2", plain)
    return re.sub(r"(?:ch\.|chapter) (\d+)", to_link, plain)


class PublishedWeights(Table):
    """The weights of well-known programs, restated in the paper's formula."""

    def lines(self):
        """Yield a table with a row for each program."""
        from fst_lessons.conventions import PUBLISHED, not_converted

        self.depend(PACKAGE / "conventions.py")
        yield "| program | as written | $\\lambda_s$ in eq. (4) | not restated |"
        yield "| --- | --- | --- | --- |"
        for known in PUBLISHED.values():
            weights = f"{short(known.content_weight)} : {short(known.style_weight)}"
            name = f"{known.name}<br><small>{known.source}</small>"
            left = " ".join(not_converted(known)) or "–"
            formula = str(known.convention)
            yield (
                f"| {name} | {weights}<br><small>{formula}</small> | {restated(known)} "
                f"| <small>{left}</small> |"
            )
        yield ""


def restated(known):
    """Return lambda_s from the first to the last layer, and by the rule of thumb."""
    from fst_lessons.conventions import restate

    text = ends(restate(known, size=SIZE))
    if known.pixels != "0..255":
        thumb = ends(restate(known, size=SIZE, pixels="0..255"))
        text += f"<br><small>for 0 to 255: about {thumb}</small>"
    if known.convention.content == "sum":
        text += f"<br><small>at {SIZE[0]} × {SIZE[1]}</small>"
    return text


def ends(weights):
    """Return the first and the last of a program's weights."""
    first, *_, last = weights.values()
    same = short(first) == short(last)
    return short(first) if same else f"{short(first)} to {short(last)}"


def setup(app):
    """Register the directives."""
    app.add_directive("ledger", Ledger)
    app.add_directive("published-weights", PublishedWeights)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
