"""Nets as ONNX files: for onnxruntime, in Python, in a browser, in another language.

    photograph (1, 3, H, W) -> painting (1, 3, H, W), RGB in [0, 1]
    an adjustable net also takes strength (1,), lambda, and styles (1, S), the blend

Height and width are free, from 16 pixels up. Two rewrites make the graph quick without
changing what it computes: an instance norm takes what the perceptron asks for as its
own scale and shift, and a doubling followed by a 3x3 convolution becomes a transposed
4x4 (`fast.resize_kernel`). Weights lie in the file in half precision; the runtime turns
them into float32 when it loads them, and computes in float32.
"""

from __future__ import annotations

import copy
import importlib
import json
import logging
import math
import os
import tempfile
import warnings
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .adjustable_checkpoints import is_adjustable, load_adjustable
from .adjustable_layers import EPSILON
from .adjustable_net import AdjustableTransformNet
from .checkpoints import load_net
from .destinations import check_place
from .fast import resize_kernel
from .transform_net import TransformNet

OPSET = 20
LEAST = 16  # pixels a side
LARGE = 64  # numbers: a tensor of fewer stays as it is
NEEDED = ("onnx", "onnxscript")  # torch's exporter wants both
OLDEST = (2, 11)  # of torch: the exporters before it fail on a free height and width


def export_net(
    net: TransformNet | AdjustableTransformNet, path: str | Path, *, half: bool = True
) -> Path:
    """Write a net as ONNX, whole or not at all.

    Args:
        net: of any configuration.
        path: ends in .onnx.
        half: weights in float16, half as long a file; the net computes in float32
            either way.

    Returns:
        The path.

    Raises:
        ValueError: another ending, no such folder, not such a net, a package that the
            exporter needs is missing, or torch is too old for it.
        OSError: no room or no right to write; an older file at `path` stays.
    """
    path = check_onnx_destination(path)
    content = to_onnx(net, half=half)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(temporary).chmod(0o644)  # mkstemp makes files private
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return path


def to_onnx(net: TransformNet | AdjustableTransformNet, *, half: bool = True) -> bytes:
    """Return a net as the content of an ONNX file; `net` and `half` as in `export_net`.

    Raises:
        ValueError: not such a net, a package that the exporter needs is missing, or
            torch is too old for it.
    """
    if torch.__version__ < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise ValueError(
            f"exporting needs torch {oldest} or newer, this is {torch.__version__}: "
            "python -m pip install --upgrade torch torchvision"
        )
    module, inputs = _module(net)
    sizes = {2: _side(net, "height"), 3: _side(net, "width")}
    shapes = {name: sizes if name == "photograph" else None for name in inputs}
    with warnings.catch_warnings(), _quiet():
        warnings.simplefilter("ignore")  # the exporter's, about itself
        for name in NEEDED:
            import_needed(name)
        program = torch.onnx.export(
            module,
            tuple(inputs.values()),
            dynamo=True,
            opset_version=OPSET,
            input_names=list(inputs),
            output_names=["painting"],
            dynamic_shapes=shapes,
            external_data=False,
            verbose=False,
        )
        model = program.model_proto
    # told the shapes on the way, the runtime plans how to share memory: slower in a
    # browser by a sixth
    del model.graph.value_info[:]
    if half:
        _store_in_half(model)
    for key, value in describe(net).items():
        model.metadata_props.add(key=key, value=value)
    return model.SerializeToString(deterministic=True)


def describe(net: TransformNet | AdjustableTransformNet) -> dict[str, str]:
    """Return what the file says of the net: {key: text}, numbers and lists as JSON."""
    found = {"made_by": "fst_lessons", "net": type(net).__name__}
    if isinstance(net, AdjustableTransformNet):
        c = net.config
        found["styles"] = json.dumps(c.styles, ensure_ascii=False)
        found["lightest"], found["heaviest"] = map(json.dumps, (c.lightest, c.heaviest))
    return found


def load_exportable(
    source: str | Path, *, width: int | None = None
) -> TransformNet | AdjustableTransformNet:
    """Return a net to export, given by name or as a file.

    Args:
        source: the name of a net that comes with the package, or a file.
        width: of a named net for one style, see `checkpoints.load_net`.

    Raises:
        ValueError: see `checkpoints.load_net`.
    """
    if is_adjustable(source):
        return load_adjustable(source)[0]
    return load_net(source, width=width)[0]


def check_onnx_destination(path: str | Path) -> Path:
    """Return the path if an ONNX file can be written there.

    Raises:
        ValueError: a name that does not end in .onnx, no such folder, no right.
    """
    path = Path(path)
    if path.suffix != ".onnx":
        raise ValueError(f"an ONNX file's name ends in .onnx, not {path.name!r}")
    return check_place(path)


def import_needed(name: str):
    """Return a package that exported nets need, imported by its `name`.

    Raises:
        ValueError: it is not installed; says how to.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ValueError(
            f"exported nets need {name}, which is not installed: "
            "python -m pip install onnx onnxscript onnxruntime"
        ) from error


class _Plain(nn.Module):
    """A transform net, whose up-sampling is written as one layer."""

    def __init__(self, net: TransformNet) -> None:
        super().__init__()
        self.net = copy.deepcopy(net)
        for layer in self.net.up:
            if isinstance(layer[0], nn.Upsample):
                layer[0], layer[1] = _doubling(layer[1])

    def forward(self, photograph: Tensor) -> Tensor:
        return self.net(photograph)


class _Adjustable(nn.Module):
    """An adjustable net for one picture: the norms do their scaling themselves."""

    def __init__(self, net: AdjustableTransformNet) -> None:
        super().__init__()
        self.net = copy.deepcopy(net)
        for stage in self.net.up:
            if isinstance(stage.conv, nn.Sequential):
                stage.conv = nn.Sequential(*_doubling(stage.conv[1]))

    def forward(self, photograph: Tensor, strength: Tensor, styles: Tensor) -> Tensor:
        net, c = self.net, self.net.config
        u = (strength / c.middle).log() / math.log(c.heaviest / c.middle)
        settings = iter(net.settings(u.clamp(-1, 1), styles))
        x = net.prepare(photograph)
        for stage in net.down:
            x = F.relu(_norm(stage.conv(x), *next(settings)))
        for block in net.blocks:
            y = F.relu(_norm(block.first(x), *next(settings)))
            x = x + _norm(block.second(y), *next(settings))
        for stage in net.up:
            x = F.relu(_norm(stage.conv(x), *next(settings)))
        return net.finish(net.last(x), *photograph.shape[-2:])


def _norm(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Return `adjustable_layers.modulated` of one picture, as a single operation."""
    return F.instance_norm(x, weight=scale[0], bias=shift[0], eps=EPSILON)


def _doubling(conv: nn.Conv2d) -> tuple[nn.Module, nn.ConvTranspose2d]:
    """Return "double by nearest neighbour, then this 3x3" as two other layers."""
    reflects = conv.padding_mode == "reflect"
    # beyond the border of a doubled picture, reflection repeats the small one's edge
    pad = nn.ReplicationPad2d(1) if reflects else nn.Identity()
    up = nn.ConvTranspose2d(
        conv.in_channels,
        conv.out_channels,
        4,
        stride=2,
        padding=3 if reflects else 1,
        bias=conv.bias is not None,
    )
    with torch.no_grad():
        up.weight.copy_(resize_kernel(conv.weight))
        if conv.bias is not None:
            up.bias.copy_(conv.bias)
    return pad, up


def _module(net: nn.Module) -> tuple[nn.Module, dict[str, Tensor]]:
    """Return what is exported, and inputs to trace it with."""
    # sides neither alike nor multiples of four: nothing may be taken for fixed
    inputs = {"photograph": torch.rand(1, 3, 102, 129)}
    if isinstance(net, AdjustableTransformNet):
        module: nn.Module = _Adjustable(net)
        inputs["strength"] = torch.tensor([net.config.middle])
        inputs["styles"] = net.blend(net.config.styles[0])
    elif isinstance(net, TransformNet):
        module = _Plain(net)
    else:
        raise ValueError(
            "expected a TransformNet or an AdjustableTransformNet, got "
            f"{type(net).__name__}"
        )
    return module.cpu().float().eval().requires_grad_(False), inputs


def _side(net: nn.Module, name: str) -> torch.export.Dim:
    start = 0 if isinstance(net, AdjustableTransformNet) else net.padding(8, 8)[0]
    return torch.export.Dim(name, min=LEAST + start)


class _quiet:
    """Keep the exporter's log from the reader's terminal."""

    def __enter__(self) -> None:
        self.log = logging.getLogger("torch.onnx")
        self.level = self.log.level
        self.log.setLevel(logging.ERROR)

    def __exit__(self, *_: object) -> None:
        self.log.setLevel(self.level)


def _store_in_half(model) -> None:
    """Store the large tensors of a model in float16, in place."""
    onnx = import_needed("onnx")
    nodes = list(model.graph.node)
    # sums of a stored net's weights, which are halves themselves: rounded only once
    sums = {node.input[1] for node in nodes if node.op_type == "ConvTranspose"}
    casts = []
    for tensor in model.graph.initializer:
        numbers = onnx.numpy_helper.to_array(tensor)
        small = numbers.dtype != "float32" or numbers.size < LARGE
        if small or tensor.name in sums:
            continue
        short = tensor.name + "_in_half"
        cast = onnx.helper.make_node(
            "Cast", [short], [tensor.name], to=onnx.TensorProto.FLOAT
        )
        casts.append(cast)
        tensor.CopyFrom(onnx.numpy_helper.from_array(numbers.astype("float16"), short))
    del model.graph.node[:]
    model.graph.node.extend([*casts, *nodes])
