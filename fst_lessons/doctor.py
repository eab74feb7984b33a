"""What ails a set-up for style transfer: every known mistake, found by a number.

    from fst_lessons.doctor import doctor
    doctor(loss_network=my_vgg, loss=my_loss, photo=my_photo, net=my_net)

Nothing is asked of the parts but what they do. A loss network is shown plain colours, a
loss is asked about pictures whose terms are known, a net paints a grey wall. So they
may come from any program. Parts that were not named are not examined.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn

from . import assets, check
from .doctor_descent import examine_history, examine_optimizer
from .doctor_files import examine_file
from .doctor_loss import SYMPTOMS as LOSS_SYMPTOMS
from .doctor_loss import examine_loss
from .doctor_net import examine_net
from .doctor_network import examine_loss_network
from .doctor_pictures import SIDE, examine_photo, examine_reader
from .gram import gram_matrix
from .images import center_crop, load_image, resize
from .losses import PerceptualLoss
from .symptoms import Chart, Diagnosis, Reading, Symptom, stopped
from .verdict import make_generator

__all__ = ["Diagnosis", "Reading", "Symptom", "doctor"]

PROBES = ("pagoda", "cat")  # bundled photographs, shown to every part
PROBE_STYLE = "mosaic"


def doctor(
    loss_network: Callable | None = None,
    loss: PerceptualLoss | Callable | None = None,
    photo: Tensor | None = None,
    net: Callable[[Tensor], Tensor] | None = None,
    *,
    style: Tensor | None = None,
    gram: Callable[[Tensor], Tensor] | None = None,
    read: Callable[[str], object] | None = None,
    optimize: Callable | None = None,
    history: Sequence[float | Mapping[str, float]] | None = None,
    file: str | Path | None = None,
    layers: Sequence[str] | None = None,
) -> Diagnosis:
    """Return what is wrong with the parts of a set-up, each found by a number.

    Takes some seconds and leaves the parts as they are: weights, modes and running
    averages of modules are put back. Pictures are shown to every part on the device of
    the first module, or of the photograph.

    Args:
        loss_network: pictures `(N, 3, H, W)` RGB in [0, 1] -> features: a mapping
            {layer: tensor}, a named tuple, a sequence or one tensor. Or a
            `LossNetwork`.
        loss: (painted, photograph, style) -> scalar, or (scalar, terms); each picture
            as above. Or a `PerceptualLoss`.
        photo: the tensor of a photograph, as your program has it.
        net: photographs -> paintings, both as above.
        style: the tensor of a style picture.
        gram: features `(N, C, H, W)` -> `(N, C, C)`.
        read: path of a picture file -> tensor.
        optimize: (objective, start) -> picture; the objective gives a scalar for a
            picture, and the loop is to make it small.
        history: the losses of a run, one a step, or mappings with a "total".
        file: a net (.safetensors, .pth, ...) or a picture on disk.
        layers: names of the features, where they come as a sequence. Responses before
            the ReLU must begin with "conv" to be checked for overwriting.

    Returns:
        A `Diagnosis`; printed it lists the findings, each with its number, the healthy
        range, the cause and what to do. It is true if nothing grave was found.

    Raises:
        ValueError: no part was given, an empty history, or no such file.

    Example:
        >>> doctor(photo=torch.rand(1, 3, 64, 64))
        Healthy: 9 numbers taken, all within their range.
    """
    parts = (loss_network, loss, photo, net, style, gram, read, optimize, history, file)
    if all(part is None for part in parts):
        raise ValueError("nothing to examine; name a part, such as doctor(net=my_net)")
    found: list[Reading] = []
    skipped: dict[str, str] = {}
    own: dict[str, Tensor] = {}
    for name, picture in (("photo", photo), ("style", style)):
        if picture is not None:
            looks = _look_at(picture, name)
            found += looks
            if not any(reading.ill for reading in looks):
                own[name] = _square(picture)
    photos, example = _probes(own, _device(loss_network, net, photo))
    if read is not None:
        found += examine_reader(read)
    if gram is not None:
        found += _examine_gram(gram)
    with _unharmed(loss_network, loss, net):
        looks = []
        if loss_network is not None:
            looks = list(examine_loss_network(loss_network, photos[:1], layers=layers))
            found += looks
        if loss is not None and any(r.ill and r.symptom.grave for r in looks):
            skipped["the loss"] = "which sees through the loss network; mend that first"
        elif loss is not None:
            found += examine_loss(loss, photos[:1], example)
        if net is not None:
            found += examine_net(net, photos)
    if optimize is not None:
        found += examine_optimizer(optimize)
    if history is not None:
        found += examine_history(history)
    if file is not None:
        found += examine_file(file, photos)
    return Diagnosis(found, skipped)


def probe_photos() -> Tensor:
    """Return the two bundled photographs that parts are shown, `(2, 3, S, S)`."""
    paths = [assets.photo_path(name) for name in PROBES]
    return torch.cat([load_image(path, size=SIDE, square=True) for path in paths])


def _look_at(picture: object, name: str) -> list[Reading]:
    try:
        return list(examine_photo(picture, where=name))
    except (TypeError, ValueError, RuntimeError) as error:  # no tensor can be made
        return [stopped(name, error)]


def _probes(own: Mapping[str, Tensor], device: torch.device) -> tuple[Tensor, Tensor]:
    """Return two photographs `(2, 3, S, S)` and a style picture `(1, 3, S, S)`.

    Args:
        own: the reader's "photo" and "style", as far as they are healthy; bundled ones
            stand in.
        device: where to.
    """
    photos = probe_photos()
    if "photo" in own:
        photos[0] = own["photo"][0]
    wall = load_image(assets.style_path(PROBE_STYLE), size=SIDE, square=True)
    return photos.to(device), own.get("style", wall).to(device)


def _square(picture: Tensor) -> Tensor:
    """Return the middle of the first picture, `(1, 3, SIDE, SIDE)`."""
    picture = torch.as_tensor(picture)[:1].detach().cpu().float().clamp(0, 1)
    return resize(center_crop(picture, min(picture.shape[-2:])), SIDE)


def _device(*parts: object) -> torch.device:
    """Return where the reader works: where the first tensor among the parts is."""
    for part in parts:
        if isinstance(part, nn.Module):
            part = next(part.parameters(), None)
        if isinstance(part, Tensor):
            return part.device
    return torch.device("cpu")


@contextmanager
def _unharmed(*parts: object) -> Iterator[None]:
    """Put modules back as they were: a look in training mode moves averages."""
    modules = [part for part in parts if isinstance(part, nn.Module)]
    states = [copy.deepcopy(module.state_dict()) for module in modules]
    modes = [[(m, m.training) for m in module.modules()] for module in modules]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # a part with chance in it gives the same number again
        try:
            yield
        finally:
            for module, state, mode in zip(modules, states, modes, strict=True):
                module.load_state_dict(state)
                for part, training in mode:
                    part.training = training


def _examine_gram(gram: Callable[[Tensor], Tensor]) -> Iterator[Reading]:
    """Yield the verdict on a Gram matrix as a reading, and one in half precision."""
    verdict, error = check.gram(gram), 0.0
    if not verdict:
        error = _error(gram, torch.rand(2, 3, 4, 5, generator=make_generator()))
    wrong = Reading("Gram matrix", error, _gram_symptom(verdict.message))
    yield wrong
    if not wrong.ill:
        bright = 100 * torch.rand(1, 4, 64, 64, generator=make_generator())
        full, half = (gram(x).float().norm() for x in (bright, bright.half()))
        yield Chart(LOSS_SYMPTOMS).read("overflow in half precision", half / full)


def _error(gram: Callable[[Tensor], Tensor], features: Tensor) -> float:
    """Return how far an answer is from eq. (3), relative; infinite if no matrix."""
    wanted = gram_matrix(features)
    try:
        return float((gram(features) - wanted).norm() / wanted.norm())
    except Exception:  # the verdict says which
        return float("inf")


def _gram_symptom(message: str) -> Symptom:
    return Symptom(
        look="too much style, too little, or an error",
        measure="relative error on features of shape (2, 3, 4, 5)",
        healthy=((0, 1e-3),),
        cause=message,
        advice="psi psi^T / (C*H*W) for each picture; check.gram says what is left",
    )
