r"""Judge loss networks by the pictures they lead to, in the features of a judge.

For every painting and photograph a picture is optimized against each loss network (256
pixels, from the photograph, 150 L-BFGS evaluations, history 20, content weight 1 at
relu3_3, style weight 100 at relu1_2, 2_2, 3_3, 4_3, total variation 1, relative units).
Then a judge's features say how far the result is from painting and photograph.

    python tools/compare_loss_networks.py --judge JUDGE.py --paintings DIR \\
        --photos A.jpg B.jpg C.jpg [--weights FILE ...]

The judge is a Python file with `load_file`, `features(weights, image)`, `gram`,
`relative` and a folder `teacher` beside it. Paintings and judge are not part of the
project; without them there is nothing to measure. A judge that shares layers with a
network's teacher measures imitation: say so beside the numbers.
"""

import argparse
import importlib.util
import statistics
import time
from pathlib import Path

import torch

from fst_lessons.images import load_image, save_image
from fst_lessons.loss_network import load_loss_network
from fst_lessons.optimize_image import transfer_style

STYLE_LAYERS = ("11", "21", "31", "41")  # as the judge names relu1_1 ... relu4_1


def load_judge(path: Path):
    """Return the judge module and its weights."""
    spec = importlib.util.spec_from_file_location("judge", path)
    judge = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(judge)
    return judge, judge.load_file(next((path.parent / "teacher").glob("*.safetensors")))


@torch.inference_mode()
def verdict(judge, weights, result, style, content) -> list[float]:
    """Return the relative style loss of each layer, then the relative content loss."""
    made, wanted, shown = (judge.features(weights, x) for x in (result, style, content))
    losses = [
        judge.relative(judge.gram(made[n]), judge.gram(wanted[n])) for n in STYLE_LAYERS
    ]
    return [*losses, judge.relative(made["41"], shown["41"])]


def main() -> None:
    """Print one line a picture and the mean, for every weight file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--judge", type=Path, required=True)
    parser.add_argument("--paintings", type=Path, required=True)
    parser.add_argument("--photos", type=Path, nargs="+", required=True)
    parser.add_argument("--weights", nargs="+", default=["default"])
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--out", type=Path, help="folder for the pictures")
    args = parser.parse_args()
    judge, judge_weights = load_judge(args.judge)
    for name in args.weights:
        network = load_loss_network("pocket", weights=name)
        rows = []
        for painting in sorted(args.paintings.glob("*.jpg")):
            style = load_image(painting, size=256)
            for photo in args.photos:
                content = load_image(photo, size=256)
                began = time.perf_counter()
                made = transfer_style(
                    content,
                    style,
                    loss_network=network,
                    num_steps=args.steps,
                    progress=False,
                )
                rows.append(verdict(judge, judge_weights, made.image, style, content))
                numbers = " ".join(f"{v:.3f}" for v in rows[-1])
                seconds = (time.perf_counter() - began) / args.steps
                print(
                    f"{painting.stem:16} {photo.stem:12} {numbers}",
                    f"{seconds:.3f} s/eval",
                    f"total {made.losses['total']:.3f}",
                    flush=True,
                )
                if args.out:
                    args.out.mkdir(parents=True, exist_ok=True)
                    save_image(
                        made.image, args.out / f"{painting.stem}_{photo.stem}.png"
                    )
        means = " ".join(
            f"{statistics.mean(column):.4f}" for column in zip(*rows, strict=True)
        )
        print(f"mean of {name}: style {means[:27]} content {means[28:]}", flush=True)


if __name__ == "__main__":
    main()
