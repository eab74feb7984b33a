"""Make a small loss network that sees what a large one sees.

    python -m fst_lessons.distill --photos DIR --out pocket.safetensors
    python -m fst_lessons.distill --photos DIR --teacher vgg19_16x.safetensors --out ...

The student starts from random weights. Each of its layers learns by regression to
answer like one layer of a fixed teacher, in three stages:

1. `forced`: every layer is given the teacher's own features, so all learn at once and
   none waits for the layers before it;
2. `own`: every layer is given the student's features, as in use, and corrects for them;
3. `end to end`: errors flow through the whole network, on pictures that an optimizer
   paints against this very student. An optimizer soon leaves the photographs; a network
   that only ever saw photographs is a poor guide there.

Source: Hinton, Vinyals and Dean 2015 (distillation); Wang et al. 2020 (the compressed
VGG-19 that serves as teacher for the network in `data/weights`).
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn
from tqdm.auto import tqdm

from . import assets
from .datasets import load_folder, random_crops
from .images import load_image
from .lesson_pictures import PaintedPictures, bend
from .loss_network import ARCHITECTURES, LossNetwork
from .teachers import load_teacher
from .vgg import initialize

LEAK = 0.1  # some of the negative responses count, or a dead channel would stay dead


@dataclass(frozen=True)
class Stage:
    """One part of the training.

    Attributes:
        name: "forced", "own" or "end to end".
        steps: how many.
        learning_rate: peak of the one-cycle schedule.
        batch_size: pictures a step.
        off_photograph: share of the batch that are no plain photographs.
        on_policy: share of the batch painted against the student.
    """

    name: str
    steps: int
    learning_rate: float
    batch_size: int = 16
    off_photograph: float = 0.0
    on_policy: float = 0.0


# After the first stage the rates are small on purpose: five times as much, and Adam's
# first steps undo in the deep layers what the first stage had taught them.
STAGES = (
    Stage("forced", 1500, 1e-2),
    Stage("own", 1000, 4e-4, off_photograph=0.25),
    Stage("end to end", 1500, 3e-4, off_photograph=0.25, on_policy=0.5),
)


class Distiller:
    """A student, its teacher, and what is needed to compare the two.

    Where both have the same number of channels they are compared channel by channel.
    Where the teacher is wider, a 1x1 convolution maps the student's channels to the
    teacher's; it is thrown away afterwards.

    Args:
        teacher: pictures -> {student layer: response before the ReLU}.
        student: trained in place.
        photos: `(1, 3, H, W)` uint8; every thirtieth is held out.
        styles: pictures `(1, 3, H, W)` to paint with, beside the photographs.
        size: side of the crops.
        seed: of everything.
    """

    def __init__(
        self,
        teacher: nn.Module,
        student: LossNetwork,
        photos: Sequence[Tensor],
        *,
        styles: Sequence[Tensor] = (),
        size: int = 112,
        seed: int = 0,
    ) -> None:
        self.teacher, self.student, self.size = teacher, student, size
        self.photos = [p for i, p in enumerate(photos) if i % 30] or list(photos)
        self.held_out = list(photos[::30])
        self.styles = [*self.photos, *styles * 20]
        self.chance = random.Random(seed)
        self.noise = torch.Generator().manual_seed(seed)
        student.requires_grad_(True)
        probe = self._crops(48)
        targets = teacher(probe)
        # a channel counts by its own variance; nearly silent ones by the layer's
        self.spread = {
            name: (v + 0.1 * v.mean()).view(1, -1, 1, 1)
            for name, t in targets.items()
            for v in [t.relu().var(dim=(0, 2, 3))]
        }
        self.heads = nn.ModuleDict()
        for name, target in targets.items():
            width = student.convolutions[name].out_channels
            if width != target.shape[1]:
                self.heads[name] = nn.Conv2d(width, target.shape[1], 1)
        self.painted = PaintedPictures(
            student,
            self.photos,
            self.styles,
            size=size,
            chance=self.chance,
            noise=self.noise,
        )

    def _crops(self, count: int) -> Tensor:
        return random_crops(self.photos, count, size=self.size, generator=self.chance)

    def responses(
        self,
        images: Tensor,
        *,
        given: dict[str, Tensor] | None = None,
        cut: bool = False,
    ) -> dict[str, Tensor]:
        """Return the student's answer to each of the teacher's layers.

        Args:
            images: `(N, 3, H, W)` in [0, 1].
            given: the teacher's responses, to feed each layer with instead of the
                student's own.
            cut: let no gradient through from one compared layer to those before it.
        """
        x, found = (images - self.student.mean) / self.student.std, {}
        for name in self.student.plan:
            x = self.student._apply_layer(name, x)
            place = name[4:]
            if name.startswith("conv") and place in self.spread:
                head = self.heads[place] if place in self.heads else nn.Identity()
                found[place] = head(x)
            elif name.startswith("relu") and place in self.spread:
                if given is not None and place not in self.heads:
                    x = given[place].relu()
                elif cut:
                    x = x.detach()
        return found

    def loss(self, found: dict[str, Tensor], wanted: dict[str, Tensor]) -> Tensor:
        """Return the squared error of `found` in units of the variance of `wanted`."""
        total = torch.zeros(())
        for name, target in wanted.items():
            target = F.leaky_relu(target, LEAK)
            # harsh pictures have harsh features: no one batch may shout the others down
            spread = torch.maximum(
                self.spread[name], target.var(dim=(0, 2, 3), keepdim=True)
            )
            error = F.leaky_relu(found[name], LEAK) - target
            total = total + (error.square() / spread).mean()
        return total

    @torch.no_grad()
    def unexplained(self, images: Tensor) -> dict[str, float]:
        """Return the share of the teacher's variance each layer misses on `images`."""
        wanted, found = self.teacher(images), self.responses(images)
        return {
            f"relu{name}": float(
                (found[name].relu() - t.relu()).square().mean()
                / t.relu().var(dim=(0, 2, 3)).mean()
            )
            for name, t in wanted.items()
        }

    def batch(self, stage: Stage) -> Tensor:
        """Return pictures for a stage: photographs, bent ones, painted ones."""
        images = self._crops(stage.batch_size)
        bent = round(stage.off_photograph * stage.batch_size)
        images[:bent] = bend(images[:bent], self.chance, self.noise)
        painted = round(stage.on_policy * stage.batch_size)
        if painted:
            images[-painted:] = self.painted.step(painted)
        return images

    def train(self, stage: Stage, *, every: int = 100, progress: bool = True):
        """Train one stage; yield (step, unexplained) `every` so many steps.

        `progress` shows a bar meanwhile.
        """
        held_out = random_crops(
            self.held_out, 24, size=self.size, generator=random.Random(1)
        )
        groups = self._parameter_groups(stage)
        optimizer = torch.optim.AdamW(groups, weight_decay=1e-4)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            [g["lr"] for g in groups],
            total_steps=stage.steps,
            pct_start=0.05,
        )
        bar = tqdm(
            range(1, stage.steps + 1), stage.name, disable=None if progress else True
        )
        for step in bar:
            images = self.batch(stage)
            wanted = self.teacher(images)
            given = wanted if stage.name == "forced" else None
            found = self.responses(images, given=given, cut=stage.name == "own")
            loss = self.loss(found, wanted)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_([p for g in groups for p in g["params"]], 5.0)
            optimizer.step()
            schedule.step()
            bar.set_postfix(loss=f"{loss.item():.3f}")
            if step % every == 0 or step == stage.steps:
                yield step, self.unexplained(held_out)

    def _parameter_groups(self, stage: Stage) -> list[dict]:
        """Return a slower rate for layers that do the work of several."""
        hard = {"3_2", "3_3", "5_1"}
        convolutions = self.student.convolutions.items()
        easy_ones = [
            p for n, c in convolutions if n not in hard for p in c.parameters()
        ]
        hard_ones = [p for n, c in convolutions if n in hard for p in c.parameters()]
        easy_ones += self.heads.parameters()
        slower = 0.25 if stage.name == "forced" else 0.5
        return [
            {"params": easy_ones, "lr": stage.learning_rate},
            {"params": hard_ones, "lr": stage.learning_rate * slower},
        ]


def distill(
    teacher: str,
    photos: str | Path,
    out: str | Path,
    *,
    stages: Sequence[Stage] = STAGES,
    seed: int = 0,
) -> dict:
    """Train a pocket loss network, write its weights (float16) and its card.

    Args:
        teacher: see `load_teacher`.
        photos: a folder.
        out: a `.safetensors` file; the card goes beside it as `.json`.
        stages: what to do, in order.
        seed: of initialization, crops and noise.

    Returns:
        The card.
    """
    out = Path(out)
    student = LossNetwork(ARCHITECTURES["pocket"])
    initialize(student, seed)
    pictures, skipped = load_folder(photos)
    styles = [load_image(assets.style_path(n), size=320) for n in assets.style_names()]
    styles = [style.mul(255).round().byte() for style in styles]
    distiller = Distiller(
        load_teacher(teacher, student), student, pictures, styles=styles, seed=seed
    )
    curves, began, before = [], time.perf_counter(), 0
    card = {
        "name": "pocket",
        "teacher": Path(teacher).name,
        "photos": len(pictures),
        "skipped": len(skipped),
        "styles": len(styles),
        "crop": distiller.size,
        "seed": seed,
        "stages": [asdict(stage) for stage in stages],
        "parameters": sum(p.numel() for p in student.parameters()),
        "versions": {"torch": torch.__version__},
        "curves": curves,
    }
    for stage in stages:
        for step, unexplained in distiller.train(stage):
            seconds = round(time.perf_counter() - began)
            rounded = {name: round(value, 4) for name, value in unexplained.items()}
            curves.append(
                {
                    "stage": stage.name,
                    "step": before + step,
                    "seconds": seconds,
                    "unexplained": rounded,
                }
            )
            print(json.dumps(curves[-1]), flush=True)
            _write(student, card, out)
        before += stage.steps
    return card


def _write(student: LossNetwork, card: dict, out: Path) -> None:
    """Write weights, then the card with their hash, each whole or not at all."""
    state = {k: v.detach().half().contiguous() for k, v in student.state_dict().items()}
    if not all(math.isfinite(float(v.float().sum())) for v in state.values()):
        raise FloatingPointError("the student's weights are not finite; lower the rate")
    temporary = out.with_suffix(".part")
    save_file(state, temporary)
    temporary.chmod(0o644)  # safetensors keeps files private
    temporary.replace(out)
    card["sha256"] = assets.sha256_of(out)
    temporary.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    temporary.replace(out.with_suffix(".json"))


def main() -> None:
    """Read the command line and distill."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", required=True, help="folder of photographs")
    parser.add_argument("--teacher", default="vgg16", help="vgg16, vgg19 or a file")
    parser.add_argument("--out", required=True, help="the .safetensors file to write")
    parser.add_argument("--steps", type=float, default=1.0, help="multiply all steps")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    scaled = [
        Stage(**(asdict(stage) | {"steps": max(1, round(stage.steps * args.steps))}))
        for stage in STAGES
    ]
    distill(args.teacher, args.photos, args.out, stages=scaled, seed=args.seed)


if __name__ == "__main__":
    main()
