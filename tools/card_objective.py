"""The objective that a recipe card tells of, for tools that measure nets by it."""

from pathlib import Path

from fst_lessons.assets import sha256_of, style_path
from fst_lessons.images import load_image, resize, soften
from fst_lessons.loss_network import load_loss_network
from fst_lessons.objective import StyleObjective
from fst_lessons.training import make_loss
from fst_lessons.training_state import recipe_from


def objective_of(card: dict, picture: Path | None = None) -> StyleObjective:
    """Return what a card's net was trained for.

    Args:
        card: of a net for one style.
        picture: the style, if not a bundled one.

    Raises:
        ValueError: the picture is not the one the net was trained for.
    """
    recipe, told = recipe_from(card["recipe"]), card["style"]
    path = picture or style_path(told["name"])
    if sha256_of(path) != told["sha256"]:
        raise ValueError(f"{path} is not the picture that {told['name']} is")
    style = soften(resize(load_image(path), recipe.style_size), recipe.style_blur)
    return StyleObjective(
        make_loss(load_loss_network(recipe.loss_network), recipe), style
    )
