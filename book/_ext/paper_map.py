"""The paper map: every equation, figure and table, and our numbers beside theirs.

``book/paper_map.yml`` says what belongs where; its pointers into stored files are
resolved here, so that no number of ours is typed by hand.
"""

import json
import re
from functools import cache, reduce

import yaml
from api_pages import NAME, FromLines
from package_modules import ROOT, public_names

DATA = ROOT / "data"
BOOK = ROOT / "book"
MAP = BOOK / "paper_map.yml"
SUPER_RESOLUTION = "experiments/super_resolution.json"
COLUMNS = {
    "bicubic": "bicubic",
    "srcnn": "SRCNN",
    "pixel": "pixel loss",
    "feature": "feature loss",
}


class Missing(Exception):
    """A stored file that is not there (yet)."""


@cache
def load_map():
    """Return the entries of the map."""
    return yaml.safe_load(MAP.read_text(encoding="utf-8"))


@cache
def load_file(name):
    """Return a stored JSON file, or the card of a net, below ``data``.

    Raises:
        Missing: there is no such file.
    """
    path = DATA / name
    if not path.is_file():
        raise Missing(name)
    if path.suffix == ".json":
        return json.loads(path.read_text(encoding="utf-8"))
    from fst_lessons.checkpoints import read_card

    return read_card(path)


def look_up(pointer):
    """Return the value that ``FILE#KEY.KEY`` points to.

    Raises:
        Missing: there is no such file.
        KeyError: the file has no such key.
    """
    name, _, keys = pointer.partition("#")
    return reduce(lambda value, key: value[key], keys.split("."), load_file(name))


def resolve(ours):
    """Return the number that an entry's ``ours`` means.

    Raises:
        Missing: a file is not there.
        ValueError: something else than a pointer, a quotient or a crossing.
    """
    if isinstance(ours, str):
        return look_up(ours)
    if "quotient" in ours:
        above, below = map(look_up, ours["quotient"])
        return ours.get("times", 1) * above / below
    if "crossing" in ours:
        from fst_lessons.yardstick import steps_of_gatys

        curve, level = map(look_up, ours["crossing"])
        return steps_of_gatys(level, curve)
    raise ValueError(f"expected FILE#KEY, a quotient or a crossing, got {ours!r}")


def number_rows(entry):
    """Yield (what, the paper's, ours) of an entry; ours is None while not stored."""
    for row in entry.get("numbers", []):
        try:
            ours = row.get("format", "{}").format(resolve(row["ours"]))
        except Missing:
            ours = None
        yield row["what"], row.get("paper", "–"), ours
    if "benchmark" in entry:
        yield from benchmark_rows(**entry["benchmark"])


def benchmark_rows(factor, sets):
    """Yield the rows of a super-resolution table, PSNR and SSIM in one cell."""
    from fst_lessons.super_resolution_benchmark import PUBLISHED

    for name in sets:
        for column, (psnr, ssim) in PUBLISHED[name.lower(), factor].items():
            try:
                stored = look_up(f"{SUPER_RESOLUTION}#sets.{name}_x{factor}")
            except Missing:
                stored = {}
            ours = stored.get(column)
            told = None if ours is None else f"{ours[0]:.2f} / {ours[1]:.4f}"
            yield f"{name}, {COLUMNS[column]}", f"{psnr:.2f} / {ssim:.4f}", told


@cache
def listed_chapters():
    """Return the chapters that ``_toc.yml`` lists."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    files = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    return {name.removeprefix("book/") for name in files}


@cache
def headings(chapter):
    """Return the headings of a chapter of the book."""
    notebook = json.loads((BOOK / f"{chapter}.ipynb").read_text(encoding="utf-8"))
    cells = [c for c in notebook["cells"] if c["cell_type"] == "markdown"]
    text = "\n".join("".join(cell["source"]) for cell in cells)
    return re.findall(r"(?m)^#{1,3} +(.+?) *$", text)


def anchor(heading):
    """Return a heading's place in its page, as MyST writes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower().replace(" ", "-"))


def link(chapter, section=None):
    """Return a link to a chapter or its section; only its name while not listed."""
    number = int(chapter[:2])
    if chapter not in listed_chapters():
        return f"chapter {number}"
    title = headings(chapter)[0]
    if section is None:
        return f"[{number}. {title}]({chapter}.ipynb)"
    return f"[{number}. {title}: {section}]({chapter}.ipynb#{anchor(section)})"


class PaperMap(FromLines):
    """The whole map, a section for each entry."""

    def lines(self):
        """Yield the page."""
        self.depend(MAP, *DATA.glob("experiments/*.json"))
        for entry in load_map():
            yield from (f"({'map-' + entry['id']})=", f"## {entry['of']}", "")
            yield from (f"**{entry['title']}.** {entry['here']}", "")
            if entry["where"]:
                places = " · ".join(link(*place) for place in entry["where"])
                yield from (f"- Where: {places}",)
            if entry["code"]:
                yield f"- Code: {' · '.join(map(code_link, entry['code']))}"
            yield ""
            yield from number_table(entry)
            if "measured" in entry:
                yield from (f"{entry['measured']}", "")


def code_link(name):
    """Return a link to a public name's entry in the API."""
    return f"{{py:obj}}`{name} <{NAME}.{name}>`"


def number_table(entry):
    """Yield the lines of an entry's table, if it has numbers that are stored."""
    rows = list(number_rows(entry))
    if not rows:
        return
    if all(ours is None for *_, ours in rows):
        rows = [(what, paper, "to come") for what, paper, _ in rows]
    yield from ("| | paper | here |", "| --- | ---: | ---: |")
    for what, paper, ours in rows:
        yield f"| {what} | {paper} | {ours or '–'} |"
    yield ""


class PaperMapIndex(FromLines):
    """A list of all entries, each with a link to its section below."""

    def lines(self):
        """Yield a table of what the paper numbers and the chapters that rebuild it."""
        self.depend(MAP)
        yield from ("| of the paper | what | chapter |", "| --- | --- | --- |")
        for entry in load_map():
            chapters = dict.fromkeys(place[0] for place in entry["where"])
            places = ", ".join(short_link(chapter) for chapter in chapters) or "–"
            name = f"[{entry['of']}](#map-{entry['id']})"
            yield f"| {name} | {entry['title']} | {places} |"
        yield ""


def short_link(chapter):
    """Return a chapter's number, as a link where the chapter is there."""
    number = str(int(chapter[:2]))
    there = chapter in listed_chapters()
    return f"[{number}]({chapter}.ipynb)" if there else number


def known_name(name):
    """Tell whether ``module.name`` is a public name of the package."""
    module, _, rest = name.partition(".")
    return rest in public_names(module)


def setup(app):
    """Register the directives."""
    app.add_directive("paper-map", PaperMap)
    app.add_directive("paper-map-index", PaperMapIndex)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
