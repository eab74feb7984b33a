"""Where two recipes differ, field by field, each value with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

ABSENT = "(absent)"


@dataclass(frozen=True)
class Comparison:
    """Where two recipes differ; false when they do not. Printing it shows all of it.

    Attributes:
        names: of the two.
        values: {field: (the first's value, the second's)}, differing fields alone.
        sources: {field: (where the first's value is said, the second's)}, as far as
            the recipes know.
    """

    names: tuple[str, str]
    values: dict[str, tuple[Any, Any]]
    sources: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Tell whether there is a difference."""
        return bool(self.values)

    def __str__(self) -> str:
        """Return the differing fields, each with both values and their sources."""
        if not self:
            return f"{self.names[0]} and {self.names[1]} do not differ"
        width = max(map(len, self.names))
        lines = []
        for name, pair in self.values.items():
            lines.append(name)
            for who, value, source in zip(
                self.names, pair, self.sources.get(name, ("", "")), strict=True
            ):
                told = f"  ({source})" if source else ""
                lines.append(f"  {who:{width}}  {_written(value)}{told}")
        return "\n".join(lines)

    __repr__ = __str__


def compare(
    a: Any, b: Any, *, names: tuple[str, str] = ("first", "second")
) -> Comparison:
    """Return where two recipes differ, field by field.

    Args:
        a: any recipe of this package, or the `"recipe"` of a net's card.
        b: likewise; the two may be of different kinds.
        names: for recipes that have none of their own.

    Returns:
        The differing fields; what one recipe lacks is `ABSENT`.

    Raises:
        ValueError: something that is no recipe.

    Example:
        >>> from fst_lessons.recipes import BOOK, PAPER, compare
        >>> compare(PAPER, BOOK).values["num_steps"]
        (500, 150)
    """
    left, right = _fields(a), _fields(b)
    told = tuple(
        values.pop("name", name)
        for values, name in zip((left, right), names, strict=True)
    )
    sources = [values.pop("sources", {}) for values in (left, right)]
    pairs = {
        name: (left.get(name, ABSENT), right.get(name, ABSENT))
        for name in [*left, *(name for name in right if name not in left)]
    }
    differing = {name: pair for name, pair in pairs.items() if not _same(*pair)}
    found = {name: tuple(s.get(name, "") for s in sources) for name in differing}
    return Comparison(told, differing, found)


def _fields(recipe: Any) -> dict[str, Any]:
    if isinstance(recipe, Mapping):
        return dict(recipe)
    if not is_dataclass(recipe) or isinstance(recipe, type):
        raise ValueError(
            f"expected a recipe or a card's recipe, got {type(recipe).__name__}"
        )
    return {f.name: getattr(recipe, f.name) for f in fields(recipe)}


def _same(one: Any, other: Any) -> bool:
    # a card is JSON, which knows no tuples
    return _plain(one) == _plain(other)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _written(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
