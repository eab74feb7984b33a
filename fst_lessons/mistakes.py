"""The mistakes that everybody makes, planted on purpose, each behind its name.

    from fst_lessons.mistakes import plant
    doctor(**plant("net", "checkerboard"))

They serve the failure gallery, which shows what each one looks like, and the tests of
the doctor, who has to find every one of them and nothing else. The names are those of
the doctor's findings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from . import mistakes_painting as painting
from . import mistakes_perception as perception
from . import mistakes_pictures as pictures

GRAMS: dict[str, Callable[[Tensor], Tensor]] = {
    "Gram matrix": lambda features: torch.einsum("ncij,ndij->ncd", features, features),
    "overflow in half precision": lambda features: (
        torch.einsum("ncij,ndij->ncd", features, features) / features[0].numel()
    ),
}

# part of a set-up, as `doctor` calls it: its mistakes, and what makes it
_PARTS: dict[str, tuple[tuple[str, ...], Callable[..., Any]]] = {
    "photo": (tuple(pictures.PHOTO), pictures.make_photo),
    "read": (pictures.READER, pictures.make_reader),
    "loss_network": (perception.NETWORK, perception.Vgg),
    "gram": (tuple(GRAMS), lambda mistake=None: GRAMS.get(mistake, perception.gram)),
    "loss": (perception.LOSS, perception.make_loss),
    "net": (tuple(painting.NET), painting.make_net),
    "optimize": (tuple(painting.OPTIMIZER), painting.make_optimizer),
    "history": (tuple(painting.HISTORY), painting.make_history),
}
PARTS = tuple(_PARTS)
write_file = pictures.write_file
FILES = tuple(pictures.FILES)


def mistakes_of(part: str) -> tuple[str, ...]:
    """Return the names of the mistakes that can be planted in a part of a set-up.

    Args:
        part: one of `PARTS`.

    Raises:
        ValueError: no such part.
    """
    if part not in _PARTS:
        raise ValueError(f"unknown part {part!r}; choose from {', '.join(PARTS)}")
    return _PARTS[part][0]


def plant(part: str, mistake: str | None = None) -> dict[str, Any]:
    """Return one part of a set-up with one mistake, as an argument of `doctor`.

    Args:
        part: one of `PARTS`.
        mistake: one of `mistakes_of(part)`, or None for a healthy one.

    Returns:
        {part: the object}.

    Raises:
        ValueError: no such part, or no such mistake in it.
    """
    known = mistakes_of(part)
    if mistake is not None and mistake not in known:
        raise ValueError(
            f"no mistake {mistake!r} in {part}; there are " + ", ".join(known)
        )
    return {part: _PARTS[part][1](mistake)}


def make_setup(part: str | None = None, mistake: str | None = None) -> dict[str, Any]:
    """Return a whole set-up, healthy but for one mistake, as arguments of `doctor`.

    The loss sees through the set-up's loss network.

    Args:
        part: where the mistake is; None for a healthy set-up.
        mistake: see `plant`.
    """
    network = perception.Vgg(mistake if part == "loss_network" else None)
    setup = {name: make(None) for name, (_, make) in _PARTS.items() if name != part}
    setup |= {"loss_network": network, "loss": perception.make_loss(None, network)}
    return setup | (plant(part, mistake) if part not in (None, "loss_network") else {})
