"""Two pictures of the package's import arrows, drawn from its source."""

from html import escape
from typing import ClassVar

from docutils import nodes
from package_modules import (
    GROUPS,
    PACKAGE,
    group_imports,
    group_of,
    imports,
    load_groups,
    reduced,
)
from sphinx.util.docutils import SphinxDirective

TITLE, TEXT, LINE = 15, 11.5, 17  # font sizes and a line's height, pixels
LETTER = 0.605  # the width of a letter of the fixed-width font, in its size
GAP, PAD = 14, 10  # between boxes, and inside them
COMMANDS = "commands"  # they call each other while they run, so no order among them


def draw_groups(width, gutter):
    """Return the groups as boxes, with arrows in the gutter to what they import."""
    boxes, top = {}, 1
    for group in load_groups():
        rows = wrap(group["modules"], (width - gutter - 2 * PAD) / (TEXT * LETTER))
        height = 2 * PAD + TITLE + LINE * len(rows)
        boxes[group["name"]] = (top, height, group["title"], rows)
        top += height + GAP
    arrows = reduced(group_imports())
    drawn = [*draw_boxes(boxes, width, gutter), *draw_arrows(boxes, arrows, gutter)]
    return svg(width, top - GAP + 1, drawn, "arrows")


def draw_boxes(boxes, width, gutter):
    """Yield each box with its title and its modules."""
    for top, height, title, rows in boxes.values():
        yield (
            f'<rect class="box" x="{gutter}" y="{top}" width="{width - gutter - 1}" '
            f'height="{height}" rx="8"/>'
        )
        x, y = gutter + PAD, top + PAD + TITLE - 3
        yield f'<text class="title" x="{x}" y="{y}">{escape(title)}</text>'
        for row, text in enumerate(rows, 1):
            yield f'<text class="module" x="{x}" y="{y + LINE * row}">{text}</text>'


def draw_arrows(boxes, arrows, gutter):
    """Yield an arc from each group to every group above that it imports from."""
    order = list(boxes)
    ends = {name: 0 for name in order}
    pairs = [(o, t) for o in order for t in sorted(arrows[o], key=order.index)]
    # long arcs leave a box above short ones, so that they do not cross
    pairs.sort(key=lambda pair: order.index(pair[0]) - order.index(pair[1]))
    for origin, target in pairs:
        span = order.index(origin) - order.index(target)
        start = boxes[origin][0] + 14 + 7 * out_of(ends, origin)
        end = boxes[target][0] + boxes[target][1] - 12 - 7 * out_of(ends, target)
        bulge = gutter - 7 - (gutter - 14) * (span / (len(order) - 1)) ** 0.55
        yield (
            f'<path class="arrow" d="M{gutter} {start} C{bulge:.1f} {start} '
            f'{bulge:.1f} {end} {gutter - 5} {end}"/>'
            f'<path class="head" d="M{gutter - 1} {end} l-7 -3.5 v7 z"/>'
        )


def out_of(ends, name):
    """Count an arrow's end at a box, and return how many there were before."""
    ends[name] += 1
    return ends[name] - 1


def draw_matrix(cell=8, label=176):
    """Return a table of dots: a row's module imports a column's."""
    home = group_of()
    order = [m for g in load_groups() for m in g["modules"] if home[m] != COMMANDS]
    side = cell * len(order)
    parts, start = [], 0
    for group in load_groups():
        count = len(group["modules"]) if group["name"] != COMMANDS else 0
        x, size = label + cell * start, cell * count
        parts.append(
            f'<rect class="band" x="{x}" y="{cell * start}" width="{size}" '
            f'height="{size}"><title>{escape(group["title"])}</title></rect>'
        )
        start += count
    parts.append(f'<path class="diagonal" d="M{label} 0 l{side} {side}"/>')
    for row, module in enumerate(order):
        y = cell * (row + 0.5)
        parts.append(f'<text x="{label - 6}" y="{y + 3}">{module}</text>')
        for target in sorted(imports()[module] & set(order), key=order.index):
            x = label + cell * (order.index(target) + 0.5)
            parts.append(
                f'<circle cx="{x}" cy="{y}" r="2.6"><title>{module} imports {target}'
                "</title></circle>"
            )
    return svg(label + side, side, parts, "matrix")


def wrap(names, letters):
    """Return names in lines of at most so many letters."""
    lines = [""]
    for name in names:
        name = escape(name)
        longer = f"{lines[-1]}  {name}" if lines[-1] else name
        if len(longer) > letters and lines[-1]:
            lines.append(name)
        else:
            lines[-1] = longer
    return [line.replace("  ", "\u2002 ") for line in lines]


def svg(width, height, parts, kind):
    """Return parts as a picture that takes its colours from the page."""
    return (
        f'<svg class="{kind}" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'xmlns="http://www.w3.org/2000/svg" aria-hidden="true">{"".join(parts)}</svg>'
    )


class Architecture(SphinxDirective):
    """One of the two pictures, ``groups`` or ``matrix``; the content is its caption."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {"alt": lambda text: " ".join(text.split())}

    def run(self):
        """Return the figure."""
        for path in (GROUPS, *PACKAGE.glob("*.py")):
            self.env.note_dependency(str(path))
        if self.arguments[0] == "groups":
            pictures = {"wide": draw_groups(640, 92), "narrow": draw_groups(344, 52)}
        else:
            pictures = {"both": draw_matrix()}
        figure = nodes.figure(classes=["architecture"])
        for width, picture in pictures.items():
            html = (
                f'<div class="architecture-{width} pst-scrollable-table-container" '
                f'role="img" tabindex="0" aria-label="{escape(self.options["alt"])}">'
                f"{picture}</div>"
            )
            figure += nodes.raw("", html, format="html")
        box = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, box)
        figure += nodes.caption("", "", *box[0].children)
        return [figure]


def setup(app):
    """Register the directive."""
    app.add_directive("architecture", Architecture)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
