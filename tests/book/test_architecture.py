"""The package's import arrows, read from its source: one direction, no way round."""

import ast

import package_modules
import pytest
from package_modules import PACKAGE, imported_names

ANY = None
# module: what it may import of the package (a name covers the modules below it)
ARROWS = {
    "assets": set(),
    "destinations": set(),
    "images": {"destinations"},
    "comparison": set(),
    "conventions": set(),
    "recipes": {"comparison", "conventions"},
    "transform_net": set(),
    "metrics": {"images"},
    "painting": {"images"},
    "vgg": set(),
    "loss_network": {"assets", "devices", "vgg"},
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
    "shipped_nets": {"assets"},
    "checkpoints": {
        "assets",
        "destinations",
        "shipped_nets",
        "super_resolution_net",
        "transform_net",
    },
    "training_state": {"checkpoints", "recipes", "yardstick"},
    "super_resolution_recipe": {"recipes"},
    "ledger": {
        "recipes",
        "super_resolution_net",
        "super_resolution_recipe",
        "transform_net",
    },
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
        "devices",
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
    "fast_super_resolution": {"devices", "fast", "super_resolution_net"},
    "fast": {"devices", "transform_net"},
    "steadiness": {"transform_net"},
    "widening": {"transform_net"},
    "batches": {"datasets", "recipes", "steadiness"},
    "adjustable_layers": {"fast"},
    "adjustable_net": {"adjustable_layers", "transform_net"},
    "adjustable_recipe": {"recipes"},
    "adjustable_objective": {"adjustable_recipe", "gram", "images", "loss_network"},
    "adjustable_checkpoints": {"adjustable_net", "checkpoints", "shipped_nets"},
    "fast_adjustable": {"adjustable_layers", "adjustable_net", "devices", "fast"},
    "adjusted": {
        "adjustable_layers",
        "adjustable_net",
        "fast_adjustable",
        "transform_net",
    },
    "adjustable_start": {
        "adjustable_checkpoints",
        "adjustable_layers",
        "adjustable_net",
        "adjustable_recipe",
        "checkpoints",
        "fast",
        "transform_net",
        "widening",
    },
    "adjustable_training": {
        "adjustable_net",
        "adjustable_objective",
        "adjustable_recipe",
        "adjustable_start",
        "batches",
        "datasets",
        "devices",
        "fast_adjustable",
        "loop",
        "loss_network",
        "optimizers",
        "parallel",
        "steadiness",
        "training_state",
    },
    "train_adjustable_options": {"adjustable_recipe"},
    "training_habits": {"loop"},
    "train_adjustable_command": ANY,
    "training": {
        "adjustable_checkpoints",
        "batches",
        "checkpoints",
        "datasets",
        "devices",
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
        "adjustable_recipe",
        "assets",
        "datasets",
        "progress",
        "recipes",
        "super_resolution_recipe",
        "training_state",
    },
    "previews": {"datasets", "images", "training_state"},
    "train_command": ANY,
    "reproduce_command": ANY,
    "tiles": {"images", "transform_net"},
    "memory": {"transform_net"},
    "colors": {"images"},
    "stylize": {
        "adjustable_checkpoints",
        "adjustable_net",
        "adjusted",
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
    "export": {
        "adjustable_checkpoints",
        "adjustable_layers",
        "adjustable_net",
        "checkpoints",
        "destinations",
        "fast",
        "transform_net",
    },
    "onnx_painter": {"export"},
    "export_command": {"export"},
    "listing_command": {"adjustable_checkpoints", "assets", "checkpoints"},
    "verdict": set(),
    "symptoms": set(),
    "mistake_cards": {"html_figures", "symptoms"},
    "doctor_pictures": {"symptoms"},
    "doctor_network": {"loss_network", "recipes", "symptoms"},
    "doctor_loss": {"losses", "symptoms"},
    "doctor_net": {"symptoms"},
    "doctor_descent": {"symptoms"},
    "doctor_checkpoints": {
        "adjustable_checkpoints",
        "adjustable_net",
        "checkpoints",
        "doctor_descent",
        "doctor_net",
        "doctor_network",
        "loss_network",
        "symptoms",
        "transform_net",
    },
    "doctor_files": {
        "assets",
        "datasets",
        "doctor_checkpoints",
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
    "check_adjustable": {"adjustable_layers", "verdict"},
    "check_networks": {"verdict"},
    "check_speed": {"verdict"},
    "check_super_resolution": {"metrics", "verdict"},
    "check_training": {"verdict"},
    "check": {
        "losses",
        "images",
        "verdict",
        "check_adjustable",
        "check_networks",
        "check_speed",
        "check_super_resolution",
        "check_training",
    },
    "html_figures": {"images"},
    "quiz": {"assets", "html_figures"},
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
    "live_figure": {"html_figures", "images", "live_painter"},
    "latest": set(),
    "live_strength": {
        "adjustable_checkpoints",
        "adjustable_net",
        "assets",
        "fast_adjustable",
        "html_figures",
        "images",
        "latest",
        "live_figure",
    },
    "plots": ANY,
    "diagrams": ANY,
    "widgets": ANY,
    "live_training": {"datasets", "plots", "training_state"},
    "__main__": ANY,
    "__init__": set(),
}
DRAWING = {"plots", "diagrams", "widgets", "live_strength", "live_training"}
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


def siblings(path, module):
    """Return the package's other modules that a file imports."""
    found = {
        name.split(".")[1]
        for name in imported_names(path)
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
    roots = {name.split(".")[0] for name in imported_names(path)}
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


GROUPS = package_modules.load_groups()
ORDER = [module for group in GROUPS for module in group["modules"]]


def test_every_module_has_its_place_on_the_page():
    assert sorted(ORDER) == sorted(package_modules.module_files())


def test_no_group_imports_from_one_below():
    names = [group["name"] for group in GROUPS]
    for name, targets in package_modules.group_imports().items():
        below = names[names.index(name) :]
        assert targets & set(below) == set(), f"{name}: reorder book/_ext/modules.yml"


def test_modules_stand_below_what_they_import():
    home = package_modules.group_of()
    for module, targets in package_modules.imports().items():
        if home[module] != "commands":  # which call each other when they run
            later = ORDER[ORDER.index(module) :]
            assert targets & set(later) == set(), f"{module}: move it down"


def test_arrows_that_follow_from_others_are_left_out():
    arrows = {"a": set(), "b": {"a"}, "c": {"b", "a"}, "d": {"a"}}
    left = package_modules.reduced(arrows)
    assert left == {"a": set(), "b": {"a"}, "c": {"b"}, "d": {"a"}}


def test_the_pictures_show_every_group_and_every_import():
    from architecture import draw_groups, draw_matrix

    picture = draw_groups(640, 92)
    assert picture.count('class="box"') == len(GROUPS)
    drawn = package_modules.reduced(package_modules.group_imports())
    assert picture.count('class="arrow"') == sum(map(len, drawn.values()))
    assert all(module in picture for module in ORDER)
    home = package_modules.group_of()
    dots = sum(
        len(targets)
        for module, targets in package_modules.imports().items()
        if home[module] != "commands"
    )
    assert draw_matrix().count("<circle") == dots
