"""The package's modules: which groups they form, and what imports what.

The groups stand in ``modules.yml``; everything else is read from the source, without
importing it.
"""

import ast
from collections import defaultdict
from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "fst_lessons"
GROUPS = Path(__file__).with_name("modules.yml")


@cache
def load_groups():
    """Return the groups: dictionaries of name, title, text, modules and more."""
    return yaml.safe_load(GROUPS.read_text(encoding="utf-8"))


def group_of():
    """Return {module: name of its group}."""
    return {m: group["name"] for group in load_groups() for m in group["modules"]}


@cache
def module_files():
    """Return {module: its files}; those of a folder count as one module."""
    files = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).with_suffix("").parts[0]
        if name != "__init__":
            files[name].append(path)
    return dict(files)


def imported_names(path):
    """Yield the dotted names a file imports, those of the package from its root."""
    home = path.relative_to(PACKAGE.parent).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = home[: len(home) - node.level] if node.level else ()
            stem = ".".join([*start, *filter(None, [node.module])])
            yield from (f"{stem}.{alias.name}" for alias in node.names)


@cache
def imports():
    """Return {module: the package's other modules that it imports}."""
    found = {}
    for module, paths in module_files().items():
        names = {name for path in paths for name in imported_names(path)}
        parts = (n.split(".") for n in names if n.startswith(f"{PACKAGE.name}."))
        found[module] = {p[1] for p in parts if p[1] in module_files()} - {module}
    return found


def group_imports():
    """Return {group: the groups it imports from}, in the order of ``modules.yml``."""
    home = group_of()
    found = {group["name"]: set() for group in load_groups()}
    for module, targets in imports().items():
        if module in home:
            found[home[module]] |= {home[t] for t in targets if t in home}
    return {name: targets - {name} for name, targets in found.items()}


def reduced(arrows):
    """Return the arrows without those that follow from two or more others."""

    def reach(name):
        return arrows[name] | {far for near in arrows[name] for far in reach(near)}

    return {
        name: {t for t in targets if all(t not in reach(o) for o in targets - {t})}
        for name, targets in arrows.items()
    }


@cache
def public_names(module):
    """Return the names of a module's public functions and classes, in its order."""
    path = PACKAGE / f"{module}.py"
    path = path if path.is_file() else PACKAGE / module / "__init__.py"
    kinds = (ast.FunctionDef, ast.ClassDef)
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return [n.name for n in body if isinstance(n, kinds) and n.name[0] != "_"]


def summary(module):
    """Return the first line of a module's docstring."""
    path = PACKAGE / f"{module}.py"
    path = path if path.is_file() else PACKAGE / module / "__init__.py"
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]
