"""The package's import arrows, read from its source: one direction, no way round."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "fst_lessons"

ANY = None
# module: what it may import of the package (a name covers the modules below it)
ARROWS = {
    "assets": set(),
    "destinations": set(),
    "images": {"destinations"},
    "recipes": set(),
    "transform_net": set(),
    "metrics": {"images"},
    "painting": {"images"},
    "vgg": set(),
    "loss_network": {"assets", "vgg"},
    "gram": set(),
    "losses": {"gram", "loss_network", "recipes", "images"},
    "objective": {"losses"},
    "yardstick": {"objective", "optimize_image"},
    "optimizers": set(),
    "parallel": set(),
    "schedule": set(),
    "coordinates": set(),
    "descent": {"coordinates"},
    "optimize_image": {"coordinates", "descent", "images", "loss_network", "losses"},
    "datasets": {"assets", "images"},
    "teachers": {"loss_network"},
    "lesson_pictures": {"datasets", "loss_network", "losses"},
    "distill": {
        "assets",
        "images",
        "datasets",
        "vgg",
        "loss_network",
        "teachers",
        "lesson_pictures",
    },
    "degradation": {"images"},
    "super_resolution_net": {"colors", "degradation", "images", "transform_net"},
    "checkpoints": {
        "assets",
        "destinations",
        "super_resolution_net",
        "transform_net",
    },
    "training_state": {"checkpoints", "recipes", "yardstick"},
    "super_resolution_recipe": {"recipes"},
    "pairs": {"datasets", "degradation", "super_resolution_recipe"},
    "super_resolution_objective": {
        "colors",
        "degradation",
        "images",
        "loss_network",
        "losses",
        "pairs",
        "super_resolution_recipe",
    },
    "super_resolution_training": {
        "checkpoints",
        "datasets",
        "degradation",
        "fast_super_resolution",
        "loop",
        "loss_network",
        "metrics",
        "optimizers",
        "pairs",
        "parallel",
        "super_resolution_net",
        "super_resolution_objective",
        "super_resolution_recipe",
        "training_state",
    },
    "transparency": {"images"},
    "devices": set(),
    "super_resolution": {
        "checkpoints",
        "colors",
        "degradation",
        "devices",
        "fast_super_resolution",
        "images",
        "super_resolution_net",
        "transparency",
    },
    "super_resolution_benchmark": {
        "checkpoints",
        "datasets",
        "degradation",
        "images",
        "metrics",
        "super_resolution",
    },
    "train_sr_command": ANY,
    "upscale_command": ANY,
    "progress": {"parallel", "schedule", "training_state"},
    "loop": {"parallel", "progress", "schedule", "training_state"},
    "fast_super_resolution": {"fast", "super_resolution_net"},
    "fast": {"transform_net"},
    "steadiness": {"transform_net"},
    "widening": {"transform_net"},
    "batches": {"datasets", "recipes", "steadiness"},
    "training": {
        "batches",
        "checkpoints",
        "datasets",
        "fast",
        "loop",
        "loss_network",
        "losses",
        "objective",
        "optimizers",
        "parallel",
        "recipes",
        "steadiness",
        "training_state",
        "transform_net",
        "widening",
        "yardstick",
    },
    "cards": {
        "assets",
        "datasets",
        "recipes",
        "super_resolution_recipe",
        "training_state",
    },
    "previews": {"images", "training_state"},
    "train_command": ANY,
    "tiles": {"images", "transform_net"},
    "memory": {"transform_net"},
    "colors": {"images"},
    "stylize": {
        "checkpoints",
        "colors",
        "datasets",
        "devices",
        "fast",
        "images",
        "memory",
        "tiles",
        "transform_net",
    },
    "video": {"destinations"},
    "stylize_command": {"assets", "images", "stylize", "video"},
    "export": {"checkpoints"},
    "verdict": set(),
    "symptoms": set(),
    "mistake_cards": {"html_figures", "symptoms"},
    "doctor_pictures": {"symptoms"},
    "doctor_network": {"loss_network", "recipes", "symptoms"},
    "doctor_loss": {"losses", "symptoms"},
    "doctor_net": {"symptoms"},
    "doctor_descent": {"symptoms"},
    "doctor_files": {
        "assets",
        "checkpoints",
        "datasets",
        "doctor_descent",
        "doctor_net",
        "doctor_pictures",
        "images",
        "symptoms",
    },
    "doctor": {
        "assets",
        "check",
        "doctor_descent",
        "doctor_files",
        "doctor_loss",
        "doctor_net",
        "doctor_network",
        "doctor_pictures",
        "gram",
        "images",
        "losses",
        "symptoms",
        "verdict",
    },
    "doctor_command": ANY,
    "mistakes_perception": {"loss_network", "recipes"},
    "mistakes_painting": {"checkpoints", "datasets", "doctor_descent", "transform_net"},
    "mistakes_pictures": {
        "assets",
        "checkpoints",
        "images",
        "mistakes_painting",
        "mistakes_perception",
        "transform_net",
    },
    "mistakes": {"mistakes_painting", "mistakes_perception", "mistakes_pictures"},
    "check_networks": {"verdict"},
    "check_speed": {"verdict"},
    "check_super_resolution": {"metrics", "verdict"},
    "check_training": {"verdict"},
    "check": {
        "losses",
        "images",
        "verdict",
        "check_networks",
        "check_speed",
        "check_super_resolution",
        "check_training",
    },
    "html_figures": {"images"},
    "grids": {"assets", "images"},
    "live_painter": {"loss_network", "losses", "optimize_image"},
    "lambda_grids": {
        "assets",
        "images",
        "loss_network",
        "losses",
        "optimize_image",
        "grids",
    },
    "explorer": {"grids", "html_figures", "images"},
    "plots": ANY,
    "diagrams": ANY,
    "widgets": ANY,
    "live_training": {"datasets", "plots", "training_state"},
    "__main__": ANY,
    "__init__": set(),
}
DRAWING = {"plots", "diagrams", "widgets", "live_training"}
DRAWING_LIBRARIES = {"matplotlib", "ipywidgets", "IPython"}


def modules():
    """Return (file, the name of its module below the package), for every file."""
    return [
        (path, path.relative_to(PACKAGE).with_suffix("").parts[0])
        for path in sorted(PACKAGE.rglob("*.py"))
    ]


def each_module():
    """Parametrize a test over the package's files."""
    cases = modules()
    names = [path.relative_to(PACKAGE).as_posix() for path, _ in cases]
    return pytest.mark.parametrize(("path", "module"), cases, ids=names)


def imports(path):
    """Yield the dotted names a file imports, those of the package from its root."""
    home = path.relative_to(PACKAGE.parent).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = home[: len(home) - node.level] if node.level else ()
            stem = ".".join([*start, *filter(None, [node.module])])
            yield from (f"{stem}.{alias.name}" for alias in node.names)


def siblings(path, module):
    """Return the package's other modules that a file imports."""
    found = {
        name.split(".")[1]
        for name in imports(path)
        if name.startswith("fst_lessons.") and "__version__" not in name
    }
    return found - {module}


@each_module()
def test_imports_follow_the_arrows(path, module):
    assert module in ARROWS, f"give {module} its place in this test"
    allowed = ARROWS[module]
    if allowed is not ANY:
        assert siblings(path, module) <= allowed


@each_module()
def test_only_the_figures_draw(path, module):
    roots = {name.split(".")[0] for name in imports(path)}
    if module not in DRAWING:
        assert not roots & DRAWING_LIBRARIES
        if module != "__main__":
            assert not siblings(path, module) & DRAWING


def test_no_arrow_goes_in_a_circle():
    def reach(name, seen=()):
        assert name not in seen, " -> ".join([*seen, name])
        for target in ARROWS[name] or ():
            reach(target, (*seen, name))

    for name, allowed in ARROWS.items():
        if allowed is not ANY:
            reach(name)


@each_module()
def test_modules_stay_readable(path, module):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 350
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
            assert lines <= 45, f"{node.name} has {lines} lines below its docstring"
