"""Every public name says what goes in, what comes out and what may go wrong."""

import ast
import builtins
import re

from package_modules import PACKAGE

# {module: why its functions need not tell of each argument}
SPOKEN_FOR = {
    "painting": "the page of the API shows the package alone, not its painters",
    "train_command": "--help tells",
    "train_sr_command": "--help tells",
    "stylize_command": "--help tells",
    "upscale_command": "--help tells",
    "__main__": "--help tells",
}
EVERYWHERE = {"answer"}  # what `check` is asked about, told at its head
GIVES = re.compile(r"(Return|Yield|Tell|Give|Find|Make|Draw|Plot|Check|Run|Paint)\b")


def is_public(node):
    kinds = (ast.FunctionDef, ast.ClassDef)
    return isinstance(node, kinds) and not node.name.startswith("_")


def public_names():
    """Yield (name, the class around it, node) for classes, functions, methods."""
    for path in sorted(PACKAGE.rglob("*.py")):
        module = path.relative_to(PACKAGE).with_suffix("").parts[0]
        if module in SPOKEN_FOR:
            continue
        for node in filter(is_public, ast.parse(path.read_text("utf-8")).body):
            yield f"{module}.{node.name}", None, node
            if isinstance(node, ast.ClassDef):
                for part in filter(is_public, node.body):
                    yield f"{module}.{node.name}.{part.name}", node, part


NAMES = list(public_names())


def arguments(function):
    """Return the names of a function's arguments that a caller may give."""
    given = function.args
    several = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    several += filter(None, [given.vararg, given.kwarg])
    names = [argument.arg for argument in several]
    return [n for n in names if n not in ("self", "cls") and not n.startswith("_")]


def described(name, text):
    """Tell whether a docstring has an entry for a name, or speaks of it."""
    entry = rf"(?m)^ *\*{{0,2}}{name}(, \w+)*(?: \([^)]*\))?:"
    return re.search(entry, text) or re.search(rf"\b{name}s?\b", text)


def undescribed(around, node):
    """Return the arguments or attributes that a docstring passes over."""
    text = ast.get_docstring(node) or ""
    if node.name == "forward" and "Shape:" in (ast.get_docstring(around) or ""):
        return []
    if re.search(r"\b(?:those of|as in) `", text):  # another's, named
        return []
    if isinstance(node, ast.ClassDef):
        inits = [n for n in node.body if getattr(n, "name", "") == "__init__"]
        names = [name for init in inits for name in arguments(init)]
        fields = [n.target.id for n in node.body if isinstance(n, ast.AnnAssign)]
        names += [name for name in fields if not name.startswith("_")]
    else:
        names = arguments(node)
    return [n for n in names if n not in EVERYWHERE and not described(n, text)]


def says_what_comes_back(node):
    """Tell whether a docstring names the result, if there is one."""
    if isinstance(node, ast.ClassDef) or node.returns is None:
        return True
    text = ast.get_docstring(node) or ""
    decorators = {ast.unparse(one).split(".")[-1] for one in node.decorator_list}
    if ast.unparse(node.returns) == "None" or decorators & {"property"}:
        return bool(text)
    return bool(GIVES.match(text) or re.search(r"\breturns?\b", text, re.IGNORECASE))


def unnamed_errors(around, node):
    """Return the errors a function raises itself and does not speak of."""
    if isinstance(node, ast.ClassDef):
        return set()
    text = "".join(ast.get_docstring(n) or "" for n in (around, node) if n)
    raised = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Raise) and part.exc is not None:
            cause = part.exc.func if isinstance(part.exc, ast.Call) else part.exc
            if isinstance(cause, ast.Name) and hasattr(builtins, cause.id):
                raised.add(cause.id)
    return {name for name in raised - {"NotImplementedError"} if name not in text}


def test_arguments_are_described():
    found = {name: undescribed(around, node) for name, around, node in NAMES}
    assert {name: missing for name, missing in found.items() if missing} == {}


def test_what_comes_back_is_said():
    assert [name for name, _, node in NAMES if not says_what_comes_back(node)] == []


def test_errors_are_named():
    found = {name: unnamed_errors(around, node) for name, around, node in NAMES}
    assert {name: missing for name, missing in found.items() if missing} == {}


def test_the_check_notices_what_is_missing():
    function = ast.parse('def f(image, size): "Return the image."').body[0]
    assert arguments(function) == ["image", "size"]
    assert described("image", "Return the image.")
    assert not described("size", "Return the image, resized.")
    assert described("factor", "Args:\n    factor, gain: of it.")
    silent = ast.parse('def f(x) -> int:\n    "Speak."\n    raise ValueError').body[0]
    assert undescribed(None, silent) == ["x"]
    assert not says_what_comes_back(silent)
    assert unnamed_errors(None, silent) == {"ValueError"}
