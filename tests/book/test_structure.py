"""Every chapter keeps the template; every notebook is fit to be committed."""

import re
import shlex
import shutil
import subprocess
import sys

import pytest
import yaml
from chapters import (
    BOOK,
    NOTEBOOKS,
    PATHS,
    ROOT,
    TEMPLATE,
    cells,
    code_cells,
    config,
    each_chapter,
    each_notebook,
    outputs,
    pages,
    prose,
    text,
)
from quiz_cells import CELL, TAGS, is_quiz, shown, with_quiz
from setup_cell import (
    PLACEHOLDER,
    is_setup,
    read_url,
    setup_cell,
    write_citation,
    write_url,
)

from fst_lessons.quiz import load_quiz

CLOSING = ["Summary", "Quiz", "Exercises", "Further reading"]
PICTURES = ("image/png", "image/jpeg", "image/svg+xml")
# a home folder, a temporary one, a drive: paths of the machine that ran the chapter
LOCAL_PATH = re.compile(
    r"(?<![\w.:/])/(?:home|root|Users|tmp|var|work|opt|mnt)/|[A-Z]:\\"
)


def headings(path):
    """Return (level, title) of a chapter's headings, code blocks left out."""
    plain = re.sub(r"(?ms)^(```|~~~).*?^\1", "", prose(path))
    found = re.findall(r"(?m)^(#{1,6}) +(.+?) *$", plain)
    return [(len(marks), title) for marks, title in found]


def test_the_table_of_contents_is_complete():
    files = {path.stem for path in BOOK.glob("*.ipynb")}
    pages_of_text = [*BOOK.glob("*.md"), *BOOK.glob("api/*.md")]
    files |= {p.relative_to(BOOK).with_suffix("").as_posix() for p in pages_of_text}
    assert {name.removeprefix("book/") for name in pages()} == files


def test_chapters_are_numbered_without_a_gap():
    numbers = [int(path.name[:2]) for path in PATHS]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_landing_page_leads_to_every_chapter():
    index = (BOOK / "index.md").read_text(encoding="utf-8")
    assert [path.name for path in PATHS if f"({path.name})" not in index] == []


@each_chapter
def test_title_and_closing_sections(path):
    found = headings(path)
    assert found[0][0] == 1
    assert [level for level, _ in found].count(1) == 1
    sections = [title for level, title in found if level == 2]
    assert sections[-4:] == CLOSING
    assert 3 <= len(sections) - 4 <= 10, sections


@each_chapter
def test_opening(path):
    first = cells(path)[0]["source"]
    assert first.startswith("# ")
    promise = first.split("\n\n")[1]
    assert not promise.startswith((":::", "#", "!", "```"))
    opening = "\n".join(c["source"] for c in cells(path)[:6])
    assert re.search(r"(?m)^:::+\{admonition\} You need$", opening)
    assert re.search(r"(?m)^(:::+\{admonition\} )?You will$", opening)


@each_chapter
def test_at_least_one_exercise_with_a_folded_solution(path):
    after = prose(path).partition("## Exercises")[2]
    labels = re.findall(r"(?m)^:::\{exercise\}\n:label: (\S+)$", after)
    assert labels and len(labels) == after.count("{exercise}")
    solved = re.findall(r"(?m)^:::\{solution\} (\S+)\n:class: dropdown$", after)
    assert solved and set(solved) <= set(labels)
    assert not re.search(r"(?m)^### |^\*\*\d\. ", after)


@each_chapter
def test_ledgers_are_tables_and_readings_are_lists(path):
    whole = prose(path)
    for box in re.findall(r"(?s)^:class: ledger\n(.*?)^:::$", whole, re.MULTILINE):
        assert box.strip().startswith("| |"), box[:80]
    reading = whole.partition("## Further reading")[2].strip()
    assert reading.startswith("- {cite:t}"), reading[:80]


def quiz_name(path):
    """Return the name of a chapter's quiz."""
    return "template" if path == TEMPLATE else path.stem


@each_chapter
def test_the_quiz_is_there_and_up_to_date(path):
    found = [(position, cell) for position, cell in code_cells(path) if is_quiz(cell)]
    assert len(found) == 1, "run: python tools/quiz_cells.py"
    position, cell = found[0]
    assert cell["source"] == CELL.format(name=quiz_name(path))
    assert cell["metadata"]["tags"] == TAGS
    assert "\n## Quiz\n" in "\n" + cells(path)[position - 1]["source"]
    (output,) = cell["outputs"]
    assert output["data"] == shown(quiz_name(path)), "run: python tools/quiz_cells.py"


@each_chapter
def test_the_quiz_sends_to_sections_that_exist(path):
    titles = {title.replace("$", "") for _, title in headings(path)}
    for question in load_quiz(quiz_name(path)).questions:
        assert question.see in titles, question.text
        assert {answer.see for answer in question.answers} <= titles | {""}


def test_a_quiz_is_put_in_front_of_the_exercises():
    text = "## Summary\n\nSo.\n\n## Exercises\n\n**1.** Do."
    before = {"cell_type": "code", "execution_count": 7, "outputs": [], "source": []}
    result = {"output_type": "execute_result", "data": {}, "execution_count": 2}
    behind = {**before, "outputs": [result]}
    several = [before, {"cell_type": "markdown", "source": [text]}, behind]
    several = [{"metadata": {}, **cell} for cell in several]
    made = with_quiz(several, "template")
    assert [cell["id"] for cell in made] == [f"cell-{n:02d}" for n in range(5)]
    assert [cell.get("execution_count") for cell in made] == [1, None, 2, None, 3]
    assert made[4]["outputs"][0]["execution_count"] == 3
    first, last = ("".join(made[n]["source"]) for n in (1, 3))
    assert first.startswith("## Summary\n\nSo.\n\n## Quiz\n")
    assert last == "## Exercises\n\n**1.** Do."
    assert with_quiz(made, "template") == made
    with pytest.raises(ValueError, match='has no section "Exercises"'):
        with_quiz([{**several[0]}], "template")


@each_notebook
def test_setup_cell_comes_first_and_is_the_common_one(path):
    first = code_cells(path)[0][1]
    assert is_setup(first)
    assert first["source"] == setup_cell(read_url()), "run: python tools/setup_cell.py"
    assert sum(is_setup(cell) for _, cell in code_cells(path)) == 1


@each_notebook
def test_code_cells_are_short(path):
    for position, cell in code_cells(path):
        lines = cell["source"].splitlines()
        assert lines, f"cell {position} is empty"
        assert len(lines) <= 25, f"cell {position} has {len(lines)} lines"


@each_notebook
def test_code_has_a_lead_in(path):
    for position, _ in code_cells(path):
        before = cells(path)[position - 1]
        assert before["cell_type"] == "markdown", f"cell {position} comes unannounced"


@each_notebook
def test_run_counts_go_from_one_to_n(path):
    counts = [cell["execution_count"] for _, cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1)), "run: make execute"


@each_notebook
def test_outputs_are_clean(path):
    for position, cell, output in outputs(path):
        where = f"cell {position}"
        assert output["output_type"] != "error" or "raises-exception" in cell[
            "metadata"
        ].get("tags", []), where
        assert output.get("name") != "stderr", where
        plain = text(output.get("text", "")) + text(
            output.get("data", {}).get("text/plain", "")
        )
        assert not LOCAL_PATH.search(plain), f"{where}: {plain[:200]}"
        assert "application/vnd.jupyter.widget-view+json" not in output.get("data", {})


@each_notebook
def test_what_the_page_folds_is_folded_in_live_notebooks(path):
    for position, cell in code_cells(path):
        metadata = cell["metadata"]
        tags = {*metadata.get("tags", [])}
        wanted = {}
        if tags & {"hide-input", "hide-cell"}:
            wanted["source_hidden"] = True
            assert metadata.get("cellView") == "form", f"cell {position}"
        if tags & {"hide-output", "hide-cell"}:
            wanted["outputs_hidden"] = True
        assert metadata.get("jupyter", {}) == wanted, f"cell {position}"


@each_notebook
def test_sources_name_no_local_path(path):
    for position, cell in enumerate(cells(path)):
        assert not LOCAL_PATH.search(cell["source"]), f"cell {position}"


@each_notebook
def test_files_stay_small(path):
    assert path.stat().st_size < 1_500_000
    for position, _, output in outputs(path):
        size = sum(len(text(v)) for v in output.get("data", {}).values())
        assert size < 700_000, f"cell {position}: {size / 1e3:.0f} kB in one output"


@each_notebook
def test_pictures_have_alternative_text(path):
    for position, cell, output in outputs(path):
        data = output.get("data", {})
        where = f"cell {position}"
        if any(kind in data for kind in PICTURES) and "text/html" not in data:
            alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alt) > 15, f"{where}: metadata mystnb.image.alt"
        for tag in re.findall(r"<img\b[^>]*>", text(data.get("text/html", ""))):
            assert re.search(r'\balt="[^"]{5,}"', tag), f"{where}: {tag[:80]}"
        assert "image/webp" not in data, f"{where}: the book would skip it; use HTML"
    for alt, target in re.findall(r"!\[([^\]]*)\]\(([^)]*)\)", prose(path)):
        assert len(alt) > 15, target


@each_notebook
def test_links_between_notebooks_lead_to_a_file(path):
    # in Jupyter and on Colab; the built pages' links are followed by the browser tests
    targets = re.findall(r"\]\((?![a-z]+:|#)([^)#\s]+)", prose(path))
    home = BOOK if path == TEMPLATE else path.parent
    assert [name for name in targets if not (home / name).is_file()] == []


@each_notebook
def test_most_printed_results_are_compared(path):
    tagged = {"nbval-ignore-output", "nbval-skip"}
    printed = ignored = 0
    for _, cell in code_cells(path):
        if any(o["output_type"] == "stream" for o in cell["outputs"]):
            printed += 1
            ignored += bool(tagged & {*cell["metadata"].get("tags", [])})
    assert 3 * ignored <= printed


@each_notebook
def test_an_uncompared_cell_says_why(path):
    for position, cell in code_cells(path):
        if "nbval-ignore-output" in cell["metadata"].get("tags", []):
            assert cell["source"].startswith("# "), f"cell {position}"


def test_the_address_is_kept_in_one_place():
    config_url = config("_config.yml")["repository"]["url"]
    assert read_url() == config_url
    names = ["README.md", *[f"{page}.md" for page in pages()]]
    existing = [ROOT / name for name in names if (ROOT / name).is_file()]
    for path in existing:
        content = path.read_text(encoding="utf-8")
        assert config_url == PLACEHOLDER or PLACEHOLDER not in content, path.name


def test_the_citation_names_the_address_once_there_is_one(tmp_path):
    url = config("_config.yml")["repository"]["url"]
    stated = config("CITATION.cff").get("repository-code")
    assert stated == (None if url == PLACEHOLDER else url), "run: make repository URL="
    copy = tmp_path / "CITATION.cff"
    shutil.copy(ROOT / "CITATION.cff", copy)
    write_citation(PLACEHOLDER, copy)
    without = copy.read_text(encoding="utf-8")
    for new in ("https://example.org/a/b", "https://example.org/c/d"):
        write_citation(new, copy)
        cited = yaml.safe_load(copy.read_text(encoding="utf-8"))
        assert cited.pop("repository-code") == new
        assert cited == yaml.safe_load(without)
    write_citation(PLACEHOLDER, copy)
    assert copy.read_text(encoding="utf-8") == without


def test_make_repository_writes_every_copy(tmp_path):
    url = "https://example.org/someone/lessons"
    tools = ("tools/setup_cell.py", "tools/notebook_files.py")
    for name in (*tools, "_config.yml", "CITATION.cff", "README.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for path in (*NOTEBOOKS, TEMPLATE):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(exist_ok=True)
        shutil.copy(path, copy)
    line = re.search(r"(?m)^repository:.*\n\t(.+)$", (ROOT / "Makefile").read_text())[1]
    command = line.replace("$(PYTHON)", sys.executable).replace("$(URL)", url)
    subprocess.run(shlex.split(command), cwd=tmp_path, check=True, capture_output=True)
    assert yaml.safe_load((tmp_path / "CITATION.cff").read_text())[
        "repository-code"
    ] == read_url(tmp_path / "_config.yml")
    for path in (*tmp_path.glob("*/*.ipynb"), *tmp_path.glob("*.*")):
        text = path.read_text(encoding="utf-8")
        assert PLACEHOLDER not in text, path.name
        assert path.suffix != ".ipynb" or url in text


def test_writing_the_address_changes_only_the_address(tmp_path):
    copy = tmp_path / "_config.yml"
    before = (ROOT / "_config.yml").read_text(encoding="utf-8")
    copy.write_text(before, encoding="utf-8")
    write_url("https://example.org/someone/lessons", copy)
    assert read_url(copy) == "https://example.org/someone/lessons"
    assert (
        copy.read_text(encoding="utf-8").replace(read_url(copy), read_url()) == before
    )


@pytest.mark.parametrize(
    "url", ["", "example.org/a/b", "http://example.org/a/b", "https://e.org/a/b.git"]
)
def test_a_bad_address_is_refused(url, tmp_path):
    copy = tmp_path / "_config.yml"
    copy.write_bytes((ROOT / "_config.yml").read_bytes())
    with pytest.raises(ValueError, match="expected https"):
        write_url(url, copy)
