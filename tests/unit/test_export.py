"""Exported nets paint what torch paints, at any size, from small files."""

import importlib

import pytest
import torch

from fst_lessons.__main__ import MISTAKE, main
from fst_lessons.adjustable_net import AdjustableConfig, AdjustableTransformNet
from fst_lessons.checkpoints import load_net
from fst_lessons.export import export_net, load_exportable, to_onnx
from fst_lessons.onnx_painter import OnnxPainter
from fst_lessons.transform_net import TransformNet

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")
pytest.importorskip("onnxruntime")

SIZES = [(64, 48), (67, 93)]  # the second is no multiple of four
STYLES = ("nocturne", "mosaic", "gold", "harvest")
PAGE = AdjustableConfig(STYLES, width=16, blocks=7, block="separable", end_kernel=5)
TINY = 5e-6  # rounding in float32


def photo(height, width):
    generator = torch.Generator().manual_seed(height * width)
    return torch.rand(1, 3, height, width, generator=generator)


def adjustable_net(config=PAGE):
    """Return an untrained net with weights as a file would hold them."""
    torch.manual_seed(0)
    net = AdjustableTransformNet(config)
    with torch.no_grad():
        for name, value in net.named_parameters():
            if name.startswith("perceptron"):  # else all styles would paint alike
                value += 0.3 * torch.randn(value.shape) / value.shape[-1] ** 0.5
            value.copy_(value.half().float())
    return net.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def page_net():
    return adjustable_net()


@pytest.fixture(scope="module")
def page_file(page_net, tmp_path_factory):
    return export_net(page_net, tmp_path_factory.mktemp("onnx") / "page.onnx")


@pytest.fixture(scope="module")
def painter(page_file):
    return OnnxPainter(page_file, threads=1)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("strength", "styles"),
    [(1.0, "mosaic"), (100.0, "gold"), (7.0, {"nocturne": 0.3, "harvest": 0.7})],
)
def test_an_adjustable_net_paints_as_in_torch(
    page_net, painter, size, strength, styles
):
    x = photo(*size)
    wanted = page_net(x, strength, styles)
    assert wanted.std() > 0.01  # there is something to compare
    torch.testing.assert_close(painter(x, strength, styles), wanted, atol=TINY, rtol=0)


def test_strength_and_style_change_the_painting(painter):
    x = photo(64, 48)
    first = painter(x, 1.0, "mosaic")
    assert (painter(x, 100.0, "mosaic") - first).abs().mean() > 0.01
    assert (painter(x, 1.0, "gold") - first).abs().mean() > 0.01


def test_left_out_strength_and_style_have_a_meaning(painter):
    x = photo(64, 48)
    assert painter(x).equal(painter(x, 10.0, STYLES[0]))


def test_the_file_says_what_it_needs(page_file, painter):
    assert painter.styles == list(STYLES)
    assert (painter.lightest, painter.heaviest) == (1.0, 100.0)
    graph = onnx.load(page_file).graph
    onnx.checker.check_model(str(page_file), full_check=True)
    assert [i.name for i in graph.input] == ["photograph", "strength", "styles"]
    assert [o.name for o in graph.output] == ["painting"]
    height, width = graph.input[0].type.tensor_type.shape.dim[2:]
    assert height.dim_param and width.dim_param


def test_the_pages_net_is_a_small_file(page_file):
    assert page_file.stat().st_size <= 1_500_000


def test_weights_are_halves_and_nothing_is_computed_in_them(page_file):
    graph = onnx.load(page_file).graph
    halves = {
        t.name for t in graph.initializer if t.data_type == onnx.TensorProto.FLOAT16
    }
    assert len(halves) > 30
    users = [node for node in graph.node if halves & set(node.input)]
    assert {node.op_type for node in users} == {"Cast"}
    assert all(node.attribute[0].i == onnx.TensorProto.FLOAT for node in users)


def test_norms_and_doublings_are_single_operations(page_file):
    kinds = [node.op_type for node in onnx.load(page_file).graph.node]
    assert "Resize" not in kinds
    assert kinds.count("ConvTranspose") == 2
    assert kinds.count("InstanceNormalization") == 3 + 2 * PAGE.blocks + 2
    # what is multiplied belongs to the wishes; no picture is
    assert kinds.count("Mul") <= 4


def test_a_plain_net_from_the_shell(tmp_path, capsys):
    out = tmp_path / "nocturne.onnx"
    assert main(["export", "nocturne", "--width", "16", "--out", str(out)]) == 0
    assert capsys.readouterr().out.startswith(f"wrote {out} (1.1")
    net, _ = load_net("nocturne", width=16)
    painter = OnnxPainter(out, threads=1)
    for size in SIZES:
        torch.testing.assert_close(
            painter(photo(*size)), net(photo(*size)), atol=TINY, rtol=0
        )
    with pytest.raises(ValueError, match="one style and one strength"):
        painter(photo(64, 48), 10.0)


@pytest.mark.parametrize(("half", "bound"), [(True, 1e-3), (False, TINY)])
def test_other_weights_are_rounded_only_if_asked(half, bound):
    torch.manual_seed(1)
    net = TransformNet(width=4, blocks=1, padding="zero")
    before = {k: v.clone() for k, v in net.state_dict().items()}
    painter = OnnxPainter(to_onnx(net, half=half), threads=1)
    # the net itself stays as it is
    assert net.training and net.last.weight.requires_grad
    assert all(v.equal(before[k]) for k, v in net.state_dict().items())
    x = photo(67, 93)
    with torch.no_grad():
        gap = (painter(x) - net(x)).abs().max()
    assert gap < bound
    assert half == (gap > TINY)


def test_an_older_torch_is_named(monkeypatch):
    older = type(torch.__version__)("2.9.1+cpu")
    monkeypatch.setattr(torch, "__version__", older)
    with pytest.raises(
        ValueError, match=r"needs torch 2\.11 or newer, this is 2\.9\.1"
    ):
        to_onnx(TransformNet(width=4, blocks=0))


def test_bad_destinations(tmp_path):
    net = TransformNet(width=4, blocks=0)
    with pytest.raises(ValueError, match=r"ends in \.onnx"):
        export_net(net, tmp_path / "net.pt")
    with pytest.raises(ValueError, match="no folder"):
        export_net(net, tmp_path / "nowhere" / "net.onnx")


def test_only_these_nets(tmp_path):
    with pytest.raises(ValueError, match="got Linear"):
        to_onnx(torch.nn.Linear(1, 1))
    with pytest.raises(ValueError, match="no net 'nocturn'"):
        load_exportable("nocturn")


def test_the_shell_answers_mistakes_in_one_line(tmp_path, capsys):
    assert main(["export", "nocturne", "--out", str(tmp_path / "a.bin")]) == MISTAKE
    assert "ends in .onnx" in capsys.readouterr().err


def test_a_missing_package_is_named(monkeypatch, page_net):
    def import_nothing(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", import_nothing)
    with pytest.raises(ValueError, match=r"need onnx, .*pip install onnx onnxscript"):
        to_onnx(page_net)


def test_files_that_do_not_paint(tmp_path):
    with pytest.raises(ValueError, match="no file"):
        OnnxPainter(tmp_path / "nowhere.onnx")
    with pytest.raises(ValueError, match="damaged or no ONNX file"):
        OnnxPainter(b"not a net")
    stranger = onnx.helper.make_graph(
        [onnx.helper.make_node("Relu", ["x"], ["y"])],
        "stranger",
        [onnx.helper.make_tensor_value_info("x", 1, [1])],
        [onnx.helper.make_tensor_value_info("y", 1, [1])],
    )
    opset = [onnx.helper.make_opsetid("", 20)]
    model = onnx.helper.make_model(stranger, opset_imports=opset, ir_version=9)
    with pytest.raises(ValueError, match="not of this package"):
        OnnxPainter(model.SerializeToString())


@pytest.mark.parametrize(
    ("x", "strength", "styles", "message"),
    [
        (torch.rand(2, 3, 32, 32), None, None, "expected"),
        (torch.rand(1, 3, 8, 32), None, None, "16 pixels"),
        (torch.zeros(1, 3, 32, 32, dtype=torch.uint8), None, None, "uint8"),
        (torch.rand(1, 3, 32, 32), 0.5, None, "between 1 and 100"),
        (torch.rand(1, 3, 32, 32), None, "cubism", "no style 'cubism'"),
        (torch.rand(1, 3, 32, 32), None, {"gold": 0.5}, "sum to 1"),
    ],
)
def test_bad_wishes(painter, x, strength, styles, message):
    with pytest.raises(ValueError, match=message):
        painter(x, strength, styles)
