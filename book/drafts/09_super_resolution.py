# ruff: noqa: E501
"""Write chapter 9, Super-resolution, as a notebook: a draft until its nets exist.

    python book/drafts/09_super_resolution.py
    python tools/run_notebooks.py book/09_super_resolution.ipynb

Missing:

* the nets `data/weights/super_resolution/{pixel,feature}_x{4,8}.safetensors` and
  `srcnn_x4.safetensors`, see `python -m fst_lessons train-sr --help`. Without them every
  cell that says `load_super_resolution` or `upscale` stops with a clear error. All cells
  ran once with nets of a few minutes, those marked NEEDS_FILE excepted, and the training
  for 4 steps of its 200 (as a script, the same 150 steps reached 26.3 dB, bicubic 25.8);
  the time of the whole chapter was not measured, nor a figure of trained nets seen;
* `data/experiments/super_resolution.json`, of `benchmarks/super_resolution.py ... --write`;
* `data/experiments/upscaling.json`, of `benchmarks/upscaling_speed.py --write`;
* all sentences that tell what the nets' pictures look like: each is marked CHECK AFTER
  TRAINING, and the verdict cells print what to expect there. Delete the marks;
* afterwards: entries in `_toc.yml`, `book/index.md`, `README.md`, `book/notation.md`
  (a table for super-resolution) and `data/manifest.json`; `tools/run_notebooks.py` twice,
  to see that nothing printed changes; every figure and the built page looked at, light,
  dark and on a phone; and this file deleted.
"""

import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from setup_cell import read_url, setup_cell  # noqa: E402

NEEDS_FILE = "needs-file"  # a tag, dropped when the notebook is written
CELLS = []


def md(text):
    """Add a cell of prose."""
    CELLS.append(nbformat.v4.new_markdown_cell(text.strip()))


def code(text, *, caption="", name="", alt="", tags=()):
    """Add a cell of code; a figure needs caption, name and alternative text."""
    cell = nbformat.v4.new_code_cell(text.strip())
    kept = [tag for tag in tags if tag != NEEDS_FILE]
    if kept:
        cell.metadata["tags"] = kept
    if alt:
        figure = {"figure": {"caption": caption, "name": name}, "image": {"alt": alt}}
        cell.metadata["mystnb"] = figure
    CELLS.append(cell)


md(r"""
# Super-resolution

The other half of the paper's title is **{term}`super-resolution`**: make a photograph four times as wide and high, and invent what the small one does not show.
You train a net for it in half a minute, compare two nets that differ in their loss alone, and find that the one with the better pictures has the worse score.
You leave with `upscale`, and with the reasons to distrust both the score and the picture.
""")

md(r"""
:::{admonition} You need
:class: need
About a minute and a half of a laptop's processor, nothing to download.
[Chapter 3](03_feature_reconstruction.ipynb) has the feature loss, [chapter 6](06_transform_net.ipynb) the layers, [chapter 7](07_training.ipynb) the training loop.
:::

:::{admonition} You will
:class: goals
- make training pairs, and see what a factor of 255 in the wrong place does;
- build the paper's net to the last of its 401,859 weights, and train a small one past bicubic interpolation;
- derive why a pixel loss blurs, and exchange it for the feature loss;
- reproduce the paper's table of PSNR and SSIM, and see both measures fail;
- find the two causes of the grid in enlarged pictures, and the limits of a factor of eight.
:::

This cell finds the package of these lessons; on Colab it installs it.
""")

code(setup_cell(read_url()), tags=["setup", "hide-input"])

md("The second cell imports what this chapter uses.")

code("""
import json
import os
import random

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from matplotlib.font_manager import findfont
from PIL import Image, ImageDraw, ImageFont
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from fst_lessons import check, html_figures, images, plots
from fst_lessons.assets import data_path, photo_path
from fst_lessons.checkpoints import load_super_resolution
from fst_lessons.colors import luma, match_histogram
from fst_lessons.datasets import bundled_photos, held_out_photos
from fst_lessons.degradation import degrade, enlarge
from fst_lessons.explorer import Axis, LambdaExplorer
from fst_lessons.fast_super_resolution import fast_super_resolution
from fst_lessons.images import load_image, soften
from fst_lessons.loss_network import load_loss_network
""")

md("A few more, and the look of the figures.")

code("""
from fst_lessons.losses import feature_reconstruction_loss, pixel_loss
from fst_lessons.metrics import psnr, ssim
from fst_lessons.optimizers import Muon
from fst_lessons.pairs import draw_pairs, make_pair
from fst_lessons.schedule import one_cycle
from fst_lessons.super_resolution import upscale
from fst_lessons.super_resolution_benchmark import PUBLISHED
from fst_lessons.super_resolution_net import SRCNN, SuperResolutionNet
from fst_lessons.super_resolution_objective import SuperResolutionObjective
from fst_lessons.super_resolution_recipe import make_recipe
from fst_lessons.super_resolution_training import super_resolution_step

plots.use_book_style(quality=80)
plt.rcParams["figure.dpi"] = 92
""")

# ---------------------------------------------------------------- predict first
md(r"""
## Predict first

A photograph was made four times smaller a side, and enlarged again in three ways: by bicubic interpolation, and by two nets with the same layers.
""")

code(
    """
scene = load_image(photo_path("raccoon"), size=384)[..., :384, :512]
small = degrade(scene, 4)  # (1, 3, 96, 128)
answers = {
    "A": upscale(small, 4, "feature"),
    "B": upscale(small, 4, "bicubic"),
    "C": upscale(small, 4, "pixel"),
}
window = (..., slice(60, 188), slice(200, 328))
plots.show_images({name: picture[window] for name, picture in answers.items()});
""",
    caption="Three enlargements of one small photograph. Which would you keep?",
    name="fig-three-answers",
    alt="The same crop of a raccoon three times: fur with fine but partly invented hairs, a blurred one, and one with clean edges and smooth fur.",
)

md(r"""
Which of the three would you print?
And which comes closest to the original, pixel by pixel, so that its {term}`PSNR` is the highest?
Write both letters down; the answer comes when you have both losses in hand.

## The small picture decides

Photographs come large.
For training, someone has to make the small one, and the net learns to undo exactly that.
The standard of the field is one step, **{term}`bicubic interpolation`** with antialiasing: each small pixel is a weighted mean over its surroundings, so that fine patterns fade instead of turning into false coarse ones.
{cite:t}`johnson2016perceptual` blur before, with a Gaussian of $\sigma = 1$ pixel.
""")

code("""
def small_copy(y, factor, sigma=0.0):
    height, width = (side - side % factor for side in y.shape[-2:])
    y = soften(y[..., :height, :width], sigma)  # sides that the factor divides
    size = (height // factor, width // factor)
    x = F.interpolate(y, size, mode="bicubic", antialias=True)
    return x.clamp(0, 1).mul(255).round() / 255  # what a file of 8 bits holds


odd = scene[..., :-1, :-2]
assert torch.equal(small_copy(odd, 4), degrade(odd, 4))
assert torch.equal(small_copy(odd, 8, sigma=1.0), degrade(odd, 8, blur=True))
print(tuple(odd.shape), "->", tuple(degrade(odd, 4).shape), "and", end=" ")
print(tuple(degrade(odd, 8).shape))
""")

md("Here are both beside the quickest way, to keep every fourth pixel.")

code(
    """
choices = {
    "every fourth pixel": scene[..., ::4, ::4],
    "bicubic": degrade(scene, 4),
    "blur, bicubic": degrade(scene, 4, blur=True),
}
row = {"original": scene}
for name, picture in choices.items():
    row[name] = F.interpolate(picture, scale_factor=4)  # each pixel a square
plots.show_images({name: picture[window] for name, picture in row.items()});
""",
    caption="A crop of the photograph, and three ways to make it four times smaller, each small pixel drawn as a square.",
    name="fig-degradations",
    alt="Four crops of a raccoon's fur: sharp; a mosaic of rough, speckled squares; a smoother mosaic; and a slightly softer one.",
)

md(r"""
The speckles on the left are **{term}`aliasing`**: hairs thinner than a small pixel are hit or missed.
The blur costs detail that bicubic would have kept, and a net trained on blurred pairs also sharpens.
What a net was trained on matters more than it seems: give it pictures made in another way, and it overdoes or underdoes.
This book's nets are trained on the standard way, and all measurements below use it.

### One scale for both

A pair has two pictures, and both must be in the same units.
The authors' loader divides the small pictures by 255, and leaves the large ones as they are.
A user whose loss did not fall in 160,000 steps blamed two bugs without naming them (issue 105 of {cite:t}`johnson2016fast`); this is likely one.
What does a net learn whose target is 255 times too bright?
""")

code("""
wrong = 255 * scene  # what the loss was given
answers_to = {"the photograph": scene, "plain white": torch.ones_like(scene)}
for name, answer in answers_to.items():
    right, mistaken = (float((answer - y).square().mean()) for y in (scene, wrong))
    print(f"{name:15} right scale {right:6.2f}   wrong scale {mistaken:8.0f}")
try:
    psnr(scene, wrong)
except ValueError as error:
    print(error)
""")

md(r"""
A net's output ends at 1, so the nearest it can come to 255 is white, everywhere; the photograph itself counts as worse.
The loss is finite, the gradient too, and the result useless.
The remedy is one line: refuse what is not in [0, 1], where pictures enter.
""")

# ---------------------------------------------------------------- the net
md(r"""
## The net

The layers are those of chapter 6, in another order.
Nothing is enlarged beforehand: a 9×9 convolution and four residual blocks work at the *small* size, then each layer of stride 1/2 doubles it, two for a factor of four and three for eight.
""")

code("""
def conv(c_in, c_out, kernel):
    layer = nn.Conv2d(c_in, c_out, kernel, padding=kernel // 2)
    return nn.Sequential(layer, nn.BatchNorm2d(c_out), nn.ReLU())


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        first, second = (conv(channels, channels, 3) for _ in range(2))
        self.body = nn.Sequential(*first, *second[:2])  # without the last ReLU

    def forward(self, z):
        return z + self.body(z)


def double(channels):
    layer = nn.ConvTranspose2d(channels, channels, 3, 2, padding=1, output_padding=1)
    return nn.Sequential(layer, nn.BatchNorm2d(channels), nn.ReLU())
""")

md("The paper's net is then five lines; its output is a tanh, moved into 0..1.")

code("""
class PaperNet(nn.Module):
    def __init__(self, factor):
        super().__init__()
        doublings = {4: 2, 8: 3}[factor]
        self.first = conv(3, 64, 9)
        self.blocks = nn.Sequential(*(Block(64) for _ in range(4)))
        self.up = nn.Sequential(*(double(64) for _ in range(doublings)))
        self.last = nn.Conv2d(64, 3, 9, padding=4)

    def forward(self, x):
        x = self.last(self.up(self.blocks(self.first(x))))
        return 0.5 + 0.5 * torch.tanh(x)


for factor, side in {4: 72, 8: 36}.items():
    mine = PaperNet(factor).eval()
    twin = SuperResolutionNet(factor, preset="paper").eval()
    twin.load_state_dict(mine.state_dict())
    x = torch.rand(1, 3, side, side)
    with torch.no_grad():
        torch.testing.assert_close(mine(x), twin(x))
        print(f"x{factor}: {side} -> {mine(x).shape[-1]}, as the package:", end=" ")
    print(f"{sum(weight.numel() for weight in mine.parameters()):,} weights")
""")

md(r"""
Count them by hand once, so that the number is more than PyTorch's word.
A convolution from $c$ to $d$ channels with a $k \times k$ kernel has $k^2 c \, d$ weights and $d$ biases, a batch norm two numbers a channel.
""")

code("""
def layer(c, d, k, norm=True):
    return k * k * c * d + d + (2 * d if norm else 0)


for factor, doublings in {4: 2, 8: 3}.items():
    threes = 2 * 4 + doublings  # two in each block, one a doubling
    total = layer(3, 64, 9) + threes * layer(64, 64, 3) + layer(64, 3, 9, norm=False)
    print(f"x{factor}: {total:,}")
    assert total == {4: 401_859, 8: 438_915}[factor]
""")

md(r"""
Why work small?
**SRCNN**, the first net for the task {cite:p}`dong2014learning`, enlarges by bicubic interpolation first and then convolves three times, with kernels 9, 5 and 5, the brightness alone.
Count multiply-adds for the paper's crops, 72 to 288 pixels.
""")

code("""
def cost(net, x):
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net(x)
    return counter.get_total_flops() / 2e9


x = torch.rand(1, 3, 72, 72)
net = SuperResolutionNet(4, preset="paper")
at_large_size = 16 * cost(nn.Sequential(net.first, net.blocks), x)
print("billions of multiply-adds")
print(f"first layer and blocks, if they worked on 288 x 288: {at_large_size:5.1f}")
print(f"the same where they are, on 72 x 72:                 {at_large_size / 16:5.1f}")
print(f"the whole net:                                       {cost(net, x):5.1f}")
print(f"SRCNN, three layers:                                 {cost(SRCNN(4), x):5.1f}")
""")

md(r"""
Nine of the net's twelve layers work at the small size, for less than half of the total, and see four times as far for it.
SRCNN's three cost more than all twelve.

The book's own preset changes three things, each for a reason.
It has **no {term}`batch norm`**: statistics of four crops are a poor guide to the contrast of one picture.
It **doubles by a resize** instead of a transposed convolution, which chapter 6 found to stamp a grid.
And it **adds to the bicubic enlargement**, so that at the start it nearly *is* bicubic, and only has to learn what is missing.
Without the norms' numbers it has 400,451 weights for a factor of four.
""")

code("""
tiny = small[..., 24:56, 48:80]
for factor in (4, 8):
    net = SuperResolutionNet(factor).eval()
    with torch.no_grad():
        gap = (net(tiny) - enlarge(tiny, factor).clamp(0, 1)).abs().mean()
    count = sum(weight.numel() for weight in net.parameters())
    print(f"x{factor}: {count:,} weights, starts near bicubic: {bool(gap < 0.02)}")
""")

# ---------------------------------------------------------------- training
md(r"""
## Half a minute of training

Nothing is new in the step but its target, the large picture:

$$
W^* = \arg\min_W \; \mathbb{E}_{x, y} \big[ \, \ell_{pixel}(f_W(x), y) \, \big], \qquad
\ell_{pixel}(\hat y, y) = \tfrac{1}{CHW} \lVert \hat y - y \rVert_2^2
$$ (eq-sr-pixel)

$y$ is a crop of a photograph, $x$ its small copy, $f_W$ the net with the weights $W$, and $\mathbb{E}$ the mean over crops.
`draw_pairs` cuts crops at their own size, mirrors and turns them, and makes the small copies.
Nine bundled photographs serve for training, four others for measuring.
""")

code("""
recipe = make_recipe(size=64, batch=8, pixel_norm="mse")
photos = bundled_photos()
held_out = [make_pair(photo, 4) for photo in held_out_photos(size=256)]


def step(net, pairs, optimizer):
    loss = pixel_loss(net(pairs.low), pairs.high)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


loss_network = load_loss_network(os.environ.get("LOSS_NETWORK", "pocket"))
objective = SuperResolutionObjective(recipe, loss_network)
yours, packaged = (SuperResolutionNet(4, width=4, blocks=1) for _ in range(2))
packaged.load_state_dict(yours.state_dict())
for number in range(3):
    pairs = draw_pairs(photos, recipe, generator=random.Random(number))
    adams = [torch.optim.Adam(net.parameters()) for net in (yours, packaged)]
    losses = step(yours, pairs, adams[0])
    terms = super_resolution_step(packaged, pairs, objective, adams[1])
    torch.testing.assert_close(losses, terms["total"])
print("three steps, the same losses as the package's:", True)
""")

md(r"""
How good is it?
PSNR, in decibels, as super-resolution measures it: on **{term}`luma`**, the brightness, without a border as wide as the factor.
An exercise asks you to write it.
Now a small net, with half the channels and half the blocks, for two hundred steps.
The last layer sums thousands of values, so its weights and all biases get far smaller steps than the rest (`scalar_lr`); with larger ones, the first thing such a net learns is to silence its features.
""")

code("""
def decibels(enlarger):
    scores = [
        psnr(enlarger(pair.low).clamp(0, 1), pair.high, luma=True, border=4)
        for pair in held_out
    ]
    return sum(scores) / len(scores)


def train(net, *, steps, marks=()):
    quick, generator = fast_super_resolution(net, dtype=torch.float32), random.Random(0)
    muon = Muon(net.parameters(), lr=0.02, scalar_lr=0.02)
    course = {}
    for number in range(steps + 1):
        if number in marks:
            with torch.no_grad():
                course[number] = decibels(net)
        if number < steps:
            muon.param_groups[0]["lr"] = 0.02 * max(one_cycle(number / steps), 1e-3)
            step(quick, draw_pairs(photos, recipe, generator=generator), muon)
    return course
""")

md("It takes some ten seconds on two cores, more on an old or busy machine.")

code("""
torch.manual_seed(0)
net = SuperResolutionNet(4, width=32, blocks=2)
course = train(net, steps=200, marks=(0, 10, 25, 50, 100, 150, 200))
bicubic = decibels(lambda low: enlarge(low, 4))
print(f"bicubic: {bicubic:.1f} dB")
print("more than 0.3 dB above it:", course[200] > bicubic + 0.3)
""")

md("The course, on photographs it never trained on.")

code(
    """
figure, ax = plt.subplots(figsize=(6, 2.8), layout="constrained")
ax.plot(course.keys(), course.values(), "o-", color="#D55E00", label="your net")
ax.axhline(bicubic, color="#0072B2", label="bicubic")
ax.set(xlabel="steps", ylabel="PSNR, dB")
ax.legend();
""",
    caption="PSNR of the small net on four held-out photographs while it was being trained.",
    name="fig-live-psnr",
    alt="A curve that starts on the level line of bicubic interpolation, leaves it within fifty steps and then rises more slowly.",
)

md(r"""
It begins on the line, because it begins near bicubic, and leaves it within fifty steps.
How it begins is a trap of its own.
To start *exactly* as bicubic, one would set the last layer to zero; look at the gradient then.
""")

code("""
stuck = SuperResolutionNet(4, width=32, blocks=2)
nn.init.zeros_(stuck.last.weight)
loss = pixel_loss(stuck(pairs.low), pairs.high)
loss.backward()
for name in ("first.0", "blocks.1.body.3", "up.1.1", "last"):
    size = stuck.get_submodule(name).weight.grad.abs().max()
    print(f"{name:16} gradient {'zero' if size == 0 else 'not zero'}")
""")

md(r"""
Zero weights pass no gradient on, so only the last layer moves in the first step, and it moves for features that were drawn by chance.
The package starts it small instead.

## Why pixels blur

The net may see the same small picture twice, with two different originals.
Take the simplest case: one white pixel somewhere in a cell of four black ones.
The mean of the cell is the same wherever it stands, so the small pixel does not say where.
""")

code("""
candidates = torch.eye(4)  # four originals, a row each, equally likely
print("their small copies:", candidates.mean(1).tolist())


def expected_error(answer):
    return float((candidates - answer).square().mean())


print(f"answer one of them:  {expected_error(candidates[1]):.3f}")
print(f"answer their mean:   {expected_error(candidates.mean(0)):.3f}")
""")

md(r"""
Whoever commits himself to a place is right once and wrong three times; grey is half as wrong on average, and never right.
For squares this is a theorem.
With candidates $y_k$ of probability $p_k$,

$$
\sum_k p_k \lVert \hat y - y_k \rVert^2 \quad \text{is least for} \quad \hat y = \sum_k p_k \, y_k
$$ (eq-sr-mean)

since its derivative is $2 \sum_k p_k (\hat y - y_k)$.
A mean of sharp pictures is blurred; so the blur is not a lack of training but *the right answer to the question*.
Absolute differences ask for the median instead, which is as blurred where no candidate has half of the probability.

### And why the score agrees

PSNR is the same square on another scale, so it must prefer the blur.
{term}`SSIM` {cite:p}`wang2004image` was made to be wiser: it compares means, contrasts and correlations in small windows, and is 1 for equal pictures.
Damage a photograph in two ways, and hold both against the enlargement of a picture with a sixteenth of its pixels.
""")

code(
    """
wide = load_image(photo_path("pagoda"), size=360)
photo = wide[..., 20:340, 60:380]
damaged = {
    "moved by 1 pixel": wide[..., 20:340, 61:381],
    "blurred": soften(photo, 1.5),
    "shrunk, bicubic": upscale(degrade(photo, 4), 4, "bicubic"),
}
crop = (..., slice(40, 200), slice(60, 220))
three = {"original": photo, **damaged}
plots.show_images({name: picture[crop] for name, picture in three.items()});
""",
    caption="A photograph, the same moved by one pixel, blurred, and enlarged by bicubic interpolation from a quarter of its size.",
    name="fig-mislead",
    alt="Four crops of a pagoda's roof: the first two look the same and are sharp, the third is soft, the fourth softer still.",
)

md(
    "Rank them by eye, then by three numbers; the last is the distance between features at relu2_2, relative to their size."
)

code("""
def feature_distance(y_hat, y, name="relu2_2"):
    found, wanted = (loss_network(image, [name])[name] for image in (y_hat, y))
    return feature_reconstruction_loss(found, wanted) / wanted.square().mean()


paper_objective = SuperResolutionObjective(
    make_recipe("paper", loss="feature"), loss_network
)
rows = {}
for name, picture in damaged.items():
    how = {"luma": True, "border": 4}
    values = psnr(picture, photo, **how), ssim(picture, photo, **how)
    rows[name] = (*values, float(feature_distance(picture, photo)))
    packaged = float(paper_objective.feature_distance(picture, photo))
    assert abs(packaged - rows[name][2]) < 1e-6
    print("{:18} {:.1f} dB   SSIM {:.2f}   features {:.2f}".format(name, *rows[name]))
""")

md(r"""
PSNR puts the moved photograph last, behind a picture that had lost fifteen of sixteen pixels.
SSIM puts it behind the blur as well.
Only the features, which pool over small neighbourhoods, see that it is the same photograph.
Neither measure is broken; they answer whether pixels are *where they were*, and nobody who looks asks that.
""")

# ---------------------------------------------------------------- feature loss
md(r"""
## The feature loss

So exchange the loss and leave all else:

$$
\ell_{feat}^{\phi, j}(\hat y, y) = \frac{1}{C_j H_j W_j} \lVert \phi_j(\hat y) - \phi_j(y) \rVert_2^2, \qquad j = \text{relu2\_2}
$$ (eq-sr-feature)

$\phi_j$ is the loss network up to layer $j$, as in chapter 3; the content target is now the large picture $y$, and there is no style.
The mean of sharp pictures has features that none of them has: no hair, no edge.
A net trained with this loss is punished for the blur, and must commit itself.

Both shipped nets have the layers of the book's preset; their cards tell what each was trained for.
""")

code("""
nets = {}
for loss_name in ("pixel", "feature"):
    nets[loss_name], card = load_super_resolution(f"{loss_name}_x4")
    trained = make_recipe(loss=loss_name)
    weights = {term: card["recipe"][f"{term}_weight"] for term in trained.terms}
    print(f"{loss_name}:", weights, card["photographs"]["count"], "photographs")
print("layers:", ", ".join(card["recipe"]["feature_layers"]))
""")

md(r"""
The feature net's recipe is more than equation {eq}`eq-sr-feature`, because this book's loss network is small: relu2_2 of `pocket` alone gives pictures that other networks find worse.
A layer below and one above join it.
`shrunk` keeps the colours: the enlargement, made small again, must be the small picture.
`grid` has a section of its own below.

Now the answer to {numref}`fig-three-answers`: measure what the three ways, and SRCNN, make of eight photographs that none of these nets was trained on.
""")

code("""
nets["srcnn"], _ = load_super_resolution("srcnn_x4")
EIGHT = "astronaut cat coffee dahlia dogs pagoda raccoon stream".split()
album = [make_pair(load_image(photo_path(name), size=256), 4) for name in EIGHT]
ways = {"bicubic": lambda low: enlarge(low, 4).clamp(0, 1)}
ways |= {name: nets[name] for name in ("srcnn", "pixel", "feature")}
table = {}
for name, way in ways.items():
    scores = []
    for pair in album:
        with torch.no_grad():
            large = way(pair.low)
        how = {"luma": True, "border": 4}
        values = psnr(large, pair.high, **how), ssim(large, pair.high, **how)
        scores.append((*values, float(feature_distance(large, pair.high))))
    table[name] = [sum(column) / len(scores) for column in zip(*scores, strict=True)]
    print("{:8} {:.1f} dB   SSIM {:.2f}   features {:.2f}".format(name, *table[name]))
""")

md(r"""
A was the feature net, B bicubic, C the pixel net.
""")

code("""
best = {
    "PSNR": max(table, key=lambda name: table[name][0]),
    "SSIM": max(table, key=lambda name: table[name][1]),
    "features": min(table, key=lambda name: table[name][2]),
}
print(best)
behind = table["feature"][0] < table["pixel"][0]
print("the feature net's PSNR is behind the pixel net's:", behind)
""")

md(r"""
CHECK AFTER TRAINING: the pixel net wins by PSNR and SSIM, the feature net by features, and its PSNR may lie near bicubic's, as in the paper.

Numbers of means hide pictures, so look at crops, all at equal zoom.
""")

code(
    """
places = {"raccoon": (50, 150), "pagoda": (70, 100), "dahlia": (60, 150)}
grid = {}
for name, (top, left) in places.items():
    pair = make_pair(load_image(photo_path(name), size=256), 4)
    part = (..., slice(top, top + 96), slice(left, left + 96))
    shown = [pair.high, F.interpolate(pair.low, scale_factor=4)]
    with torch.no_grad():
        shown += [way(pair.low) for way in ways.values()]
    grid[name] = [picture[part] for picture in shown]
plots.show_grid(grid, columns=["original", "small", *ways]);
""",
    caption="Crops of three photographs: the original, the small picture with its pixels as squares, and four enlargements.",
    name="fig-crops-equal-zoom",
    alt="A table of crops from a raccoon, a pagoda and a dahlia. From left to right: sharp original, coarse squares, blurred, somewhat sharper twice, and crisp with invented texture.",
)

md(r"""
CHECK AFTER TRAINING: the pixel net draws edges and leaves surfaces smooth; the feature net adds texture that is plausible and, hair by hair, not the original's.

Drag the divider, or move it with the arrow keys: the pixel net on the left, the feature net on the right.
""")

code("""
part = (..., slice(40, 232), slice(150, 342))
with torch.no_grad():
    pixel_large, feature_large = (nets[name](small) for name in ("pixel", "feature"))
html_figures.BeforeAfter(
    pixel_large[part],
    feature_large[part],
    labels=("pixel loss", "feature loss"),
    alt="A raccoon's face enlarged by the net trained with the feature loss.",
    before_alt="The same, enlarged by the net trained with the pixel loss.",
)
""")

# ---------------------------------------------------------------- table
md(r"""
## The paper's table

The paper measures on Set5 and Set14, five and fourteen pictures that everyone in this field uses; they are not part of this book.
`benchmarks/super_resolution.py` took their measure with the shipped nets and stored it; beside ours stand the paper's printed numbers.
""")

code(
    """
stored = json.loads(data_path("experiments", "super_resolution.json").read_text())
for title, ours in stored["sets"].items():
    name, factor = title.split("_x")
    paper = PUBLISHED[name.lower(), int(factor)]
    print(f"{name}, x{factor}{'here':>20}{'the paper':>20}")
    for column in [*ours, *(c for c in paper if c not in ours)]:
        cells = [
            "{:8.2f} / {:.4f}".format(*scores[column]) if column in scores else "-"
            for scores in (ours, paper)
        ]
        print(f"  {column:14}" + "".join(f"{cell:>20}" for cell in cells))
""",
    tags=[NEEDS_FILE],
)

md(r"""
The columns named `paper` are this book's trainings by the paper's own recipe: its layers, its loss at relu2_2, small pictures blurred before.

Read three things off it.
Bicubic agrees with the paper to a few hundredths at x4, so both mean the same by PSNR; that also shows that the paper measured on pictures *without* its blur.
(Its SSIM for bicubic on Set14, 0.7301, must be a slip: others find 0.703.)
In the paper's own columns the pixel net does not beat bicubic at x4, and the feature net is last.
And SRCNN's printed 30.48 and 27.49 dB belong to a net that was trained on ImageNet.
CHECK AFTER TRAINING: ours, and by how much; how the faithful recipe does.

Which of the two is better, if PSNR is not to decide?
The authors asked people, and on 96 % of the pictures of a third set most preferred the feature net to SRCNN.
Here another network is the judge, a compressed VGG-19 that had no part in the training.
""")

code(
    """
judge = stored["judge"]
print("layers of the judge:", ", ".join(judge["layers"]))
for title, (nearer, count) in judge["feature_nearer"].items():
    name, factor = title.split("_x")
    print(f"{name}, x{factor}: the feature net is nearer on {nearer} of {count}")
""",
    tags=[NEEDS_FILE],
)

md(r"""
CHECK AFTER TRAINING: nearer on how many.

A judge that looks at features is of course a relation of the loss.
That a picture cannot be best in both senses at once is a theorem too: {cite:t}`blau2018perception` prove that beyond some point a smaller error can only be had for pictures that look less like photographs.

### Between the two

Where on that way do you want to be?
The ends are trained; between them, mix the answers:

$$
\hat y_t = (1 - t) \, f_{pixel}(x) + t \, f_{feat}(x)
$$ (eq-sr-mix)
""")

code("""
MIX = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
spots = {"raccoon": (90, 180), "pagoda": (60, 110), "dahlia": (40, 120)}
cells, originals, numbers, alts = {}, [], {"1 - SSIM": [], "features": []}, []
for name, (top, left) in spots.items():
    pair = make_pair(load_image(photo_path(name), size=256), 4)
    with torch.no_grad():
        ends = [nets[loss_name](pair.low) for loss_name in ("pixel", "feature")]
    cut = (..., slice(top, top + 144), slice(left, left + 144))
    originals.append(pair.high[cut])
    for t in MIX:
        mixed = ends[0].lerp(ends[1], t)
        cells.setdefault(name, []).append(mixed[cut])
        unlike = 1 - ssim(mixed, pair.high, luma=True, border=4)
        values = unlike, float(feature_distance(mixed, pair.high))
        for column, value in zip(numbers.values(), values, strict=True):
            column.append(float(f"{value:.2g}"))
        alts.append(f"{name}, {100 * t:.0f} percent of the feature net's answer")
""")

md(
    "Move the slider; every position is computed by the cell above, and the bars say what it costs in each currency."
)

code("""
share = {"spoken": "share of the feature net", "ends": ("pixel net", "feature net")}
LambdaExplorer(
    [
        Axis("photograph", list(spots), "choice"),
        Axis("t", [f"{t:g}" for t in MIX], **share),
    ],
    [html_figures.webp(torch.cat(row, dim=3), 80) for row in cells.values()],
    alts=alts,
    losses=numbers,
    colors={"1 - SSIM": "#2f86c9", "features": "#d9661f"},
    before=originals,
    before_label="original",
    initial=(0, 3),
    caption="Answers of two nets, mixed. Less is better for both numbers.",
)
""")

md(r"""
The squared error of a mix is a parabola in $t$, so a little of the other net may even help the better one.
CHECK AFTER TRAINING: where the features' bar is lowest.
To train the compromise instead, give `train-sr --loss mixed` your weights of both terms.
""")

# ---------------------------------------------------------------- grid
md(r"""
## A grid, and its two causes

The paper's feature nets show a fine grid when you zoom in.
Where does it come from?
The first cause you know from chapter 6: a transposed convolution of stride 2 and kernel 3 adds one, two or four products, place by place.
To measure it, lay all cells of 4×4 pixels over each other and take the mean: in a photograph every place of the cell is as bright as the others.
""")

code("""
def cell_means(picture, factor=4):
    \"\"\"Return the mean of each place in a cell, `(factor, factor)`.\"\"\"
    places = F.pixel_unshuffle(luma(picture), factor)  # (N, 16, H/4, W/4)
    return places.mean((0, 2, 3)).view(factor, factor)


low = torch.cat([pair.low for pair in held_out])
high = torch.cat([pair.high for pair in held_out])
print(f"photographs: {255 * float(cell_means(high).std()):.1f} of 255")
spread = {}
for preset in ("paper", "paper_resize"):
    torch.manual_seed(0)
    untrained = SuperResolutionNet(4, preset=preset)
    with torch.no_grad():
        spread[preset] = float(cell_means(untrained(low)).std())
ratio = spread["paper"] / spread["paper_resize"]
print(f"untrained: transposed more than 5 times as uneven as resize: {ratio > 5}")
""")

md(r"""
The preset `paper_resize` is the paper's net with resizes for transposed convolutions, and nothing else changed.
The grid is there before any training, and training has to work against it.

But the authors found grids in chapter 3's inversions too, where there is no such net, and blamed the loss.
They were right: ask the loss for its gradient, and see where in the cell it pushes.
""")

code(
    """
def push(loss, factor=4):
    \"\"\"Return the gradient's energy at each place of a cell, mean 1.\"\"\"
    x = enlarge(low, factor).clamp(0, 1).requires_grad_()
    (gradient,) = torch.autograd.grad(loss(x), x)
    energy = gradient.square().sum(1, keepdim=True)
    places = F.pixel_unshuffle(energy, factor)[..., 2:-2, 2:-2].mean((0, 2, 3))
    return (places / places.mean()).view(factor, factor)


losses = {"pixels": lambda x: pixel_loss(x, high)}
for name in ("relu1_2", "relu2_2", "relu3_3"):
    losses[name] = lambda x, name=name: feature_distance(x, high, name)
figure, axes = plt.subplots(1, 4, figsize=(plots.WIDTH, 2.3), layout="constrained")
for ax, (name, loss) in zip(axes, losses.items(), strict=True):
    found = push(loss)
    ax.imshow(found.numpy(), cmap="magma", vmin=0.4, vmax=1.8)
    span = f"{found.min():.1f} to {found.max():.1f}"
    ax.set(xticks=[], yticks=[], title=f"{name}: {span}")
    ax.grid(False)
""",
    caption="Where in a cell of 4×4 pixels four losses push hardest, for bicubic enlargements; 1 is the mean of the cell.",
    name="fig-push",
    alt="Four squares of sixteen fields. For pixels and relu1_2 the fields are nearly equal; for relu2_2 one field is far brighter than the others, for relu3_3 less so.",
)

md(r"""
relu1_2 lies before any pooling and pushes evenly.
relu2_2 lies behind one **max pooling**, which passes the gradient to one of four pixels and nothing to the others; which one depends on the picture, and the enlargement's own grid makes it the same in every cell.
So even a perfect net is pushed unevenly, cell after cell.
The book's recipe has two remedies: the crop is moved by a random offset before the loss network sees it, so that both grids never lie on each other the same way twice; and the term `grid`, which averages the error over neighbouring cells, so that invented detail cancels and a grid does not.
""")

code("""
offsets = [(down, across) for down in (0, 1) for across in (0, 1)]


def moved(x, y, offset):
    down, across = offset
    return feature_distance(x[..., down:, across:], y[..., down:, across:])


one = push(losses["relu2_2"])
mean = sum(push(lambda x, o=o: moved(x, high, o)) for o in offsets) / len(offsets)
uneven = [float(found.max() / found.min()) for found in (one, mean)]
print(f"strongest push over weakest: {uneven[0]:.1f}")
print(f"mean of four offsets:        {uneven[1]:.1f}")
""")

# ---------------------------------------------------------------- x8
md(r"""
## Eight times, and what nobody can know

At x8 a small pixel stands for 64.
The same layers with one more doubling do what they can.
""")

code(
    """
pair = make_pair(load_image(photo_path("astronaut"), size=512), 8)
face = (..., slice(16, 208), slice(128, 320))
row = {"original": pair.high, "small": F.interpolate(pair.low, scale_factor=8)}
for name in ("bicubic", "pixel", "feature"):
    row[name] = upscale(pair.low, 8, name)
plots.show_images({name: picture[face] for name, picture in row.items()});
""",
    caption="A face, made eight times smaller and enlarged again.",
    name="fig-x8-face",
    alt="Five pictures of a smiling astronaut's face: sharp, as coarse squares, as a blur, as a smoother face with edges, and with sharp invented detail that is not her face.",
)

md(r"""
CHECK AFTER TRAINING: the eyes and the mouth are those of nobody.

Text is harder still, because a letter that is nearly right is wrong.
Write a line, shrink it by four, and read what comes back.
""")

code(
    """
sheet = Image.new("RGB", (288, 72), "white")
font = ImageFont.truetype(findfont("DejaVu Sans"), 16)
ImageDraw.Draw(sheet).text((12, 8), "Which letters are these?", "black", font)
font = ImageFont.truetype(findfont("DejaVu Sans"), 22)
ImageDraw.Draw(sheet).text((12, 36), "B8 S5 rn m 0O 17 cl d", "black", font)
written = images.from_pil(sheet)
tiny = degrade(written, 4)
read = {"original": written, "bicubic": upscale(tiny, 4, "bicubic")}
with torch.no_grad():
    read |= {name: nets[name](tiny) for name in ("pixel", "feature")}
plots.show_images(read, columns=2);
""",
    caption="Two lines of text, and three enlargements of a copy four times smaller.",
    name="fig-text",
    alt="Four panels of text. The original is clear; the others can be read in part only, and some letters look like others.",
)

md(r"""
Does the small picture refute them?
Make the answers small again and compare.
""")

code("""
for name in ("bicubic", "pixel", "feature"):
    again = degrade(read[name].clamp(0, 1), 4)
    print(f"{name}: small again, {psnr(again, tiny):.0f} dB from what was given")
""")

md(r"""
CHECK AFTER TRAINING: above some 30 dB, nobody sees the difference between the two small pictures.
An answer can agree with all that is known and be wrong.
So enlarge holiday photographs, and no evidence: no faces to be recognized, no number plates, no scans for a doctor.

## Photographs of your own

`upscale` takes a tensor or a file and chooses the net; large pictures are computed in tiles, which without norms is exact.
What it does not offer it says.
""")

code("""
large = upscale(photo_path("cat"), 4, "feature")
print(tuple(large.shape))
try:
    upscale(photo_path("cat"), 3)
except ValueError as error:
    print(error)
""")

md(r"""
The paper ends with one more step, **{term}`histogram matching`**: give each channel of the answer the values of the small picture, rank by rank, because its nets shift colours.
The sorted values of both pictures are lined up.
""")

code("""
def matched(image, reference):
    wanted = reference.flatten(2).sort(-1).values  # (1, 3, h*w)
    order = image.flatten(2).argsort(dim=-1, stable=True)
    values = F.interpolate(wanted, image[0, 0].numel(), mode="linear")
    return torch.empty_like(values).scatter_(-1, order, values).view_as(image)


with torch.no_grad():
    plain = nets["feature"](small)
torch.testing.assert_close(matched(plain, small), match_histogram(plain, small))
colour = small.mean((2, 3))
before = (plain.mean((2, 3)) - colour).abs().max()
after = (matched(plain, small).mean((2, 3)) - colour).abs().max()
print("mean colour off by more than 2 of 255:", bool(255 * before > 2))
print("after matching:", bool(255 * after > 2))
""")

md(r"""
The term `shrunk` does the same in training, so this book's nets hardly need it; `upscale(..., histogram=True)` does it for others.

What does it cost?
`benchmarks/upscaling_speed.py` stored the times and the memory of one machine.
`net` is PyTorch layer by layer, `upscale` the same function with chapter 8's rewrites.
""")

code(
    """
speed = json.loads(data_path("experiments", "upscaling.json").read_text())
machine = speed["machine"]
print(f"{machine['processor']}, {machine['threads']} threads, {machine['upscale_in']}")
for row in speed["rows"]:
    side = row["side"]
    print(f"{side} x {side} -> {4 * side} x {4 * side}")
    for name in ("bicubic", "srcnn", "net", "upscale"):
        print(f"  {name:8}{row[name]['ms']:9.1f} ms{row[name]['mb']:6} MB")
""",
    tags=[NEEDS_FILE],
)

md(r"""
In a shell:

```text
python -m fst_lessons upscale garden.jpg --factor 4 --loss feature --out large.png
python -m fst_lessons train-sr --factor 4 --loss pixel --photos my_photos \
    --out mine.safetensors --minutes 5
python -m fst_lessons benchmark-sr Set5 --factor 4 --net mine.safetensors
```

:::{admonition} Paper, authors' code, this book
:class: ledger
| | paper | authors' code | this book |
| --- | --- | --- | --- |
| blocks | "five" in the text, four in the table | four, by option | four |
| norm | batch | instance by default, batch by option | none |
| doubling | transposed 3×3 | transposed 3×3, or a resize by option | resize, then 3×3 |
| output | scaled tanh | 150 tanh, less the mean colour | added to bicubic |
| small pictures | blur 1.0, bicubic; measured without the blur | a script apart, blur 1.0 | bicubic |
| scale of the pair | not mentioned | small one divided by 255, large one not | 0..1, both |
| feature loss | relu2_2 of VGG-16 | by option | relu1_2, relu2_2, relu3_3 of `pocket`, and two terms |
| steps × batch | 200,000 × 4 of 288 px | 40,000 × 4, unless told otherwise | see the card |
| afterwards | histogram matching | nothing | nothing, or histogram matching |
:::
""")

# ---------------------------------------------------------------- closing
md(r"""
## Summary

A net for super-resolution learns to undo what made its small pictures, in their units.
It works at the small size, where pixels are cheap, and half a minute takes it past bicubic interpolation.
A pixel loss asks for the mean of all that could be meant, and the mean is blurred; PSNR and SSIM ask the same and prefer a blur to a photograph moved by one pixel.
The feature loss makes the net commit itself: sharper pictures, lower PSNR.
A grid has two causes, transposed convolutions and max pooling in the loss network.
What the small picture does not hold is invented, however sharp it looks.

## Exercises

:::{exercise}
:label: ch09-best
Write equation {eq}`eq-sr-mean`: from candidates `(K, L)` and their probabilities `(K,)` return the answer `(L,)` of least expected squared error.
The one below takes the likeliest.
:::
""")

code("""
def my_guess(candidates, probabilities):
    return candidates[probabilities.argmax()]


check.best_guess(my_guess)
""")

md(r"""
:::{solution} ch09-best
:class: dropdown
Weigh each candidate by its probability and add them up: a matrix product.
:::
""")

code(
    "check.best_guess(lambda candidates, probabilities: probabilities @ candidates)",
    tags=["hide-input", "hide-output"],
)

md(r"""
:::{exercise}
:label: ch09-psnr
Write the PSNR of this field: luma $Y = (65.481 R + 128.553 G + 24.966 B + 16) / 255$, then leave out the border on all sides, then decibels.
Something is missing here.
:::
""")

code("""
def my_psnr(image, reference, border):
    weights = torch.tensor([65.481, 128.553, 24.966]).view(1, 3, 1, 1)
    error = ((image - reference) * weights).sum(1) / 255
    return float(-10 * torch.log10(error.square().mean()))


check.luma_psnr(my_psnr)
""")

md(r"""
:::{solution} ch09-psnr
:class: dropdown
The border: `[..., border:-border, border:-border]` of both pictures first.
The 16 cancels in the difference.
:::
""")

code(
    """
def without_border(image, reference, border):
    inside = (..., slice(border, -border), slice(border, -border))
    return my_psnr(image[inside], reference[inside], border)


check.luma_psnr(without_border)
""",
    tags=["hide-input", "hide-output"],
)

md(r"""
:::{exercise}
:label: ch09-crop
A pair is cut into crops that belong together.
Place and size are counted in small pixels; correct the function.
:::
""")

code("""
def my_crops(low, high, factor, top, left, size):
    small = low[..., top : top + size, left : left + size]
    large = high[..., top : top + factor * size, left : left + factor * size]
    return small, large


check.crop_pair(my_crops)
""")

md(r"""
:::{solution} ch09-crop
:class: dropdown
Small pixel $i$ covers large pixels $4i$ to $4i + 3$, so the place is multiplied as well as the size.
:::
""")

code(
    """
def crops_that_belong(low, high, factor, top, left, size):
    small = low[..., top : top + size, left : left + size]
    down, across, side = factor * top, factor * left, factor * size
    return small, high[..., down : down + side, across : across + side]


check.crop_pair(crops_that_belong)
""",
    tags=["hide-input", "hide-output"],
)

md(r"""
:::{exercise}
:label: ch09-median
Predict: with the absolute difference as loss, what is the best answer to the four candidates of the white pixel in its cell?
Is it more or less blurred than the mean?
:::

:::{solution} ch09-median
:class: dropdown
The median of 1, 0, 0, 0 at each place is 0: plain black.
The white pixel is lost altogether, where the mean at least keeps its light.
:::

:::{exercise}
:label: ch09-twice
Extend: enlarge by four, shrink the result to half, and enlarge by four again.
Is that a net for eight, and which of the two is sharper?
:::

:::{solution} ch09-twice
:class: dropdown
`upscale(images.resize(upscale(tiny, 4, "feature"), 2 * min(tiny.shape[-2:])), 4, "feature")` has the size of `upscale(tiny, 8, "feature")`.
The second pass takes the inventions of the first one for facts and elaborates them; compare both with the original before you trust either.
:::

## Further reading

- {cite:t}`johnson2016perceptual`, sections 3.2 and 4.2, and the supplement: the nets, the losses, the tables.
- {cite:t}`dong2014learning` and {cite:t}`dong2016image`: SRCNN, first and final.
- {cite:t}`ledig2017photo`: the feature loss with a second network that judges whether a picture looks real.
- {cite:t}`blau2018perception`: why distortion and looks cannot both be best.
- {cite:t}`zhang2018unreasonable`: distances between features, compared with the judgement of people.
- {cite:t}`odena2016deconvolution`: checkerboards, also those of gradients.
""")


def main():
    """Write the notebook, without outputs."""
    notebook = nbformat.v4.new_notebook(cells=CELLS)
    path = ROOT / "book" / "09_super_resolution.ipynb"
    nbformat.write(notebook, path)
    print(f"wrote {path.relative_to(ROOT)}: {len(CELLS)} cells")


if __name__ == "__main__":
    main()
