"""Quizzes: what a file must have, what the page gets, answers that code confirms."""

import copy
import json
import re

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from fst_lessons import assets, quiz
from fst_lessons.adjustable_net import AdjustableConfig
from fst_lessons.checkpoints import load_net
from fst_lessons.degradation import degrade, enlarge
from fst_lessons.images import load_image
from fst_lessons.loss_network import load_loss_network
from fst_lessons.losses import (
    PerceptualLoss,
    feature_reconstruction_loss,
    gram_matrix,
    pixel_loss,
    total_variation,
)
from fst_lessons.metrics import psnr
from fst_lessons.optimize_image import transfer_style
from fst_lessons.quiz import Answer, Question, Quiz, load_quiz, quiz_names, rich
from fst_lessons.recipes import AUTHORS_CODE, convert_style_weight
from fst_lessons.transform_net import TransformNet

GOOD = {
    "questions": [
        {
            "text": f"Question {number}?",
            "see": "A section",
            "answers": [
                {"text": "no", "feedback": "Because."},
                {"text": "yes", "feedback": "Indeed.", "right": True},
                {"text": "perhaps", "feedback": "Decide.", "see": "Another"},
            ],
        }
        for number in range(3)
    ]
}
NAMES = [name for name in quiz_names() if name != "template"]


def written(folder, change=lambda facts: None):
    """Return a file with the good quiz after a change."""
    facts = copy.deepcopy(GOOD)
    change(facts)
    path = folder / "mine.json"
    path.write_text(json.dumps(facts), encoding="utf-8")
    return path


def first(facts):
    return facts["questions"][0]


def test_a_good_file_is_read(tmp_path):
    found = load_quiz(written(tmp_path))
    assert repr(found) == "Quiz('mine', 3 questions)"
    assert found.questions[0].right.text == "yes"
    assert {*found._repr_mimebundle_()} == {"text/plain", "text/html"}
    assert load_quiz(str(written(tmp_path))).name == "mine"


BAD = {
    "no right answer": (
        lambda f: first(f)["answers"][1].pop("right"),
        r"'Question 0\?' has 0 right answers; mark one",
    ),
    "two right answers": (
        lambda f: first(f)["answers"][0].update(right=True),
        "has 2 right answers",
    ),
    "right that is a word": (
        lambda f: first(f)["answers"][0].update(right="yes"),
        "must be true or false, got 'yes'",
    ),
    "no feedback": (
        lambda f: first(f)["answers"][0].pop("feedback"),
        "the feedback of the answer 'no' must be a text",
    ),
    "empty feedback": (
        lambda f: first(f)["answers"][2].update(feedback="  "),
        "the feedback of the answer 'perhaps' must be a text",
    ),
    "an answer without text": (
        lambda f: first(f)["answers"][0].pop("text"),
        "an answer lacks text",
    ),
    "a number for a text": (
        lambda f: first(f)["answers"][0].update(text=3),
        "an answer must be a text of a few words, got 3",
    ),
    "a question without text": (
        lambda f: first(f).update(text=""),
        "a question must be a text",
    ),
    "a misspelt key": (
        lambda f: first(f)["answers"][0].update(feedbak="x"),
        "an answer has no feedbak",
    ),
    "an unknown key": (
        lambda f: first(f).update(hint="x"),
        "a question has no hint",
    ),
    "the same answer twice": (
        lambda f: first(f)["answers"][0].update(text="yes"),
        "two answers .* are the same",
    ),
    "two answers": (
        lambda f: first(f)["answers"].pop(),
        r"expected 3 to 4 answers to 'Question 0\?', got 2",
    ),
    "five answers": (
        lambda f: first(f)["answers"].extend([{"text": "x", "feedback": "y"}] * 2),
        "expected 3 to 4 answers",
    ),
    "answers that are no list": (
        lambda f: first(f).update(answers="yes"),
        "expected a list of answers",
    ),
    "an answer that is no object": (
        lambda f: first(f)["answers"].__setitem__(0, "no"),
        "an answer must be an object in braces, got 'no'",
    ),
    "two questions": (lambda f: f["questions"].pop(), "expected 3 to 5 questions"),
    "six questions": (
        lambda f: f["questions"].extend(f["questions"][:3]),
        "expected 3 to 5 questions, got 6",
    ),
    "a question twice": (
        lambda f: f["questions"].append(f["questions"][0]),
        r"'Question 0\?' is asked twice",
    ),
    "no questions at all": (lambda f: f.pop("questions"), "a quiz lacks questions"),
    "questions that are no list": (
        lambda f: f.update(questions=5),
        "expected a list of questions, got 5",
    ),
    "an open backtick": (
        lambda f: first(f).update(text="What is `x?"),
        "a backtick is left open",
    ),
}


@pytest.mark.parametrize(("change", "message"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_is_refused_and_says_why(tmp_path, change, message):
    with pytest.raises(ValueError, match=rf"^mine\.json is no quiz: .*{message}"):
        load_quiz(written(tmp_path, change))


def test_files_that_cannot_be_read(tmp_path):
    path = tmp_path / "torn.json"
    path.write_text('{"questions": [')
    with pytest.raises(ValueError, match=r"torn\.json is no quiz: Expecting"):
        load_quiz(path)
    with pytest.raises(ValueError, match=r"none\.json is no quiz"):
        load_quiz(tmp_path / "none.json")
    path.write_text("[]")
    with pytest.raises(ValueError, match="a quiz must be an object in braces"):
        load_quiz(path)


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean 04_style_reconstruction"):
        load_quiz("04_style_reconstructions")


def test_a_quiz_can_be_made_in_code():
    answers = [Answer("a", "No."), Answer("b", "Yes.", right=True), Answer("c", "No.")]
    questions = [Question(text, answers) for text in "xyz"]
    assert "Look again" not in Quiz(questions)._repr_html_()  # no section was named
    with pytest.raises(ValueError, match="expected 3 to 5 questions, got 2"):
        Quiz(questions[:2])
    with pytest.raises(ValueError, match="'x' is asked twice"):
        Quiz([*questions, questions[0]])


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        ("<script>x</script>", "&lt;script&gt;x&lt;/script&gt;"),
        ("`relu3_3 < *`", "<code>relu3_3 &lt; *</code>"),
        (
            "λ_s and C^2, *not* `x`",
            "λ<sub>s</sub> and C<sup>2</sup>, <em>not</em> <code>x",
        ),
        ("2 * 3", "2 * 3"),
    ],
)
def test_texts_become_html(text, html):
    assert rich(text).startswith(html)


def test_nothing_of_a_file_gets_into_the_page_as_markup(tmp_path):
    def spoil(facts):
        for one in facts["questions"]:
            one["text"] += "<img src=x>"
            one["see"] = '"><i>'
            one["answers"][0]["feedback"] = "<script>alert(1)</script>"

    body = load_quiz(written(tmp_path, spoil))._body()
    assert "<img" not in body and "<script" not in body and '"><i>' not in body
    assert "&lt;script&gt;alert(1)" in body


def test_what_stands_on_the_page(tmp_path):
    body = load_quiz(written(tmp_path))._body()
    assert body.count("<details>") == 3  # an answer is folded, not shown
    assert body.count('<li class="fst-right"><b>Right.</b> Indeed.</li>') == 3
    assert body.count("<b>Not this one.</b>") == 6
    assert "Because. <span>Look again: <q>A section</q></span>" in body
    assert "Decide. <span>Look again: <q>Another</q></span>" in body


@pytest.mark.parametrize("name", quiz_names())
def test_the_page_is_small_and_asks_for_nothing(name):
    html = load_quiz(name)._repr_html_()
    assert len(html.encode()) < 20_000
    assert not re.search(r"https?:|url\(|import\b|fetch\(|\bid=", html)
    assert html == load_quiz(name)._repr_html_()


@pytest.mark.parametrize("name", quiz_names())
def test_questions_are_fair(name):
    """A right answer shows by no habit: neither by its place nor by its length."""
    questions = load_quiz(name).questions
    places = {question.answers.index(question.right) for question in questions}
    assert len(places) > 1
    longest = [
        all(len(q.right.text) > len(a.text) for a in q.answers if not a.right)
        for q in questions
    ]
    assert sum(longest) <= len(questions) / 2 or name == "template"


@pytest.mark.parametrize("name", quiz_names())
def test_feedback_says_more_than_wrong(name):
    for question in load_quiz(name).questions:
        said = [answer.feedback for answer in question.answers]
        assert len(set(said)) == len(said)
        for text in said:
            assert len(text.split()) >= 6, text
            assert text[-1] in ".?", text


# ---- what a question says is so is computed here ----


def right(name, asked):
    """Return the right answer to the one question that says `asked`."""
    (found,) = [q for q in load_quiz(name).questions if asked in q.text]
    return found.right.text


def feedback(name, answer):
    """Return what is said to an answer."""
    several = [a for q in load_quiz(name).questions for a in q.answers]
    (found,) = [a.feedback for a in several if a.text == answer]
    return found


@pytest.fixture(scope="module")
def network():
    return load_loss_network("pocket")


def picture(name, size, load=assets.photo_path):
    return load_image(load(name), size=size, square=True)


def relative(network, image, reference, layer):
    phi_hat, phi = (network(x, [layer])[layer] for x in (image, reference))
    return float((phi_hat - phi).square().sum() / phi.square().sum())


def test_01_stripes():
    stripes = torch.tensor([0.0, 0, 1, 1]).repeat(4).expand(1, 3, 16, 16)
    loss = float(pixel_loss(stripes.roll(1, -1), stripes))
    assert right("01_pixels_and_perception", "Stripes") == f"{loss:g}"
    narrow = torch.tensor([0.0, 1]).repeat(8).expand(1, 3, 16, 16)
    assert float(pixel_loss(narrow.roll(1, -1), narrow)) == 1
    assert float(pixel_loss(torch.full_like(stripes, 0.5), stripes)) == 0.25


def test_01_decibels():
    black = torch.zeros(1, 3, 4, 4)
    errors = {db: 10 ** (-db / 20) for db in (20, 30)}
    for db, error in errors.items():
        assert psnr(black + error, black) == pytest.approx(db, abs=1e-4)
    assert (errors[20] / errors[30]) ** 2 == pytest.approx(10)
    assert errors[20] / errors[30] == pytest.approx(10**0.5)  # if all are equally off
    assert "a tenth" in right("01_pixels_and_perception", "30 dB")


def test_01_a_move_through_the_layers(network):
    wide = load_image(assets.photo_path("cat"), size=272)
    photo, moved = wide[..., 8:264, 70:326], wide[..., 8:264, 72:328]
    layers = ("relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_1")
    pixels = float((moved - photo).square().sum() / photo.square().sum())
    course = [pixels, *(relative(network, moved, photo, k) for k in layers)]
    assert course[1] > course[0]
    assert course[1:] == sorted(course[1:], reverse=True)
    asked = right("01_pixels_and_perception", "Follow its relative")
    assert asked == "It rises to `relu1_2`, then falls from layer to layer"


def test_02_receptive_field():
    def side(operations, pool=1, double=2):
        side, stride = 1, 1
        for operation in operations:
            side += 2 * stride if operation == "c" else pool * stride
            stride *= double if operation == "p" else 1
        return side

    (asked,) = [q for q in load_quiz("02_loss_network").questions if "wide" in q.text]
    slips = [side("cc"), side("cpc", double=1), side("cpc", pool=0), side("cpc")]
    assert [int(answer.text) for answer in asked.answers] == slips
    assert int(asked.right.text) == side("cpc")
    x = torch.rand(1, 1, 32, 32, requires_grad=True)
    kernel = torch.ones(1, 1, 3, 3)
    y = F.conv2d(F.avg_pool2d(F.conv2d(x, kernel), 2), kernel)
    y[0, 0, 5, 5].backward()
    assert int(x.grad[0, 0].any(0).sum()) == side("cpc")


def test_02_cost():
    costs = [
        multiply_adds_of(nn.Conv2d(c, c, 3, padding=1, bias=False)) for c in (16, 32)
    ]
    assert costs[1] / costs[0] == 4
    assert right("02_loss_network", "twice as many channels").startswith("Four times")
    whole = [
        load_loss_network(name, weights=None).multiply_adds("relu4_3", 256, 256)
        for name in ("pocket", "vgg16")
    ]
    assert whole[0] / whole[1] < 0.1


def multiply_adds_of(layer, side=16):
    """Return how many weights are multiplied: all of a channel's, at each place."""
    outputs = layer(torch.zeros(1, layer.in_channels, side, side))
    return outputs.numel() * layer.weight[0].numel()


def test_02_silent_mistakes(network):
    kept = nn.Conv2d(3, 4, 3)(torch.rand(1, 3, 8, 8)).detach() - 0.1
    negative = kept < 0
    nn.ReLU(inplace=True)(kept)
    assert negative.any() and (kept[negative] == 0).all()
    photo = picture("pagoda", 128)
    foggy = photo * network.std + network.mean  # what it takes bare pixels for
    features = network(foggy, ["relu3_3"])["relu3_3"]
    assert features.isfinite().all()
    assert relative(network, foggy, photo, "relu3_3") > 0.2


def test_02_unexplained_variance():
    card = json.loads(assets.data_path("weights", "pocket.json").read_text())
    last = card["curves"][-1]["unexplained"]
    assert max(last, key=last.get) == "relu5_1"
    (asked,) = [
        q.text for q in load_quiz("02_loss_network").questions if "relu5_1" in q.text
    ]
    assert f"of {last['relu5_1']:.2f}." in asked


def test_03_feature_loss():
    target = torch.zeros(1, 4, 2, 2)
    features = target.clone()
    features[0, 0, 0, 0], features[0, 3, 1, 1] = 2, 2
    loss = float(feature_reconstruction_loss(features, target))
    assert right("03_feature_reconstruction", "eq. (2)") == f"{loss:g}"
    total = float(features.square().sum())
    assert [total, total / 2, total / 4, total / 16] == [8, 4, 2, loss]


def test_03_a_target_of_its_own(network):
    y_hat = torch.rand(1, 3, 32, 32, requires_grad=True)
    F_hat, target = (network(y_hat, ["relu2_2"])["relu2_2"] for _ in range(2))
    loss = feature_reconstruction_loss(F_hat, target)
    (gradient,) = torch.autograd.grad(loss, y_hat)
    assert loss.item() == 0 and gradient.abs().max().item() == 0
    assert right("03_feature_reconstruction", "target inside").startswith("It is 0")


def test_03_what_a_deep_layer_minds(network):
    photo = picture("dahlia", 176)
    tiles = F.unfold(photo, 4, stride=4).reshape(1, 3, 16, -1)
    order = torch.rand(tiles.shape[2:], generator=torch.Generator().manual_seed(0))
    tiles = tiles.gather(2, order.argsort(dim=0).expand(1, 3, -1, -1)).flatten(1, 2)
    edits = {
        "A move by two pixels": photo.roll(2, dims=3),
        "Other colours: red, green and blue change places": photo[:, [1, 2, 0]],
        "Pixels shuffled within tiles of 4 × 4": F.fold(
            tiles, photo.shape[-2:], 4, stride=4
        ),
    }
    layout = photo.roll(88, dims=3)
    more = []
    for name, edit in edits.items():
        shares = [
            relative(network, edit, photo, layer)
            / relative(network, layout, photo, layer)
            for layer in ("relu1_2", "relu5_1")
        ]
        if shares[1] > shares[0]:
            more.append(name)
    assert more == [right("03_feature_reconstruction", "mind *more*")]


def test_04_gram_by_hand():
    features = torch.tensor([[[[1.0, 2.0]], [[3.0, 0.0]]]])
    entry = float(gram_matrix(features)[0, 0, 1])
    (asked,) = [
        q for q in load_quiz("04_style_reconstruction").questions if "G_12" in q.text
    ]
    assert asked.right.text == f"{entry:g}"
    slips = [entry * 4, entry * 2, entry, entry / 2]  # C*H*W is 4, C is 2
    assert [float(answer.text) for answer in asked.answers] == slips


def test_04_shape_and_size():
    features = torch.rand(4, 64, 32, 32)
    shape = tuple(gram_matrix(features).shape)
    assert right("04_style_reconstruction", "shape") == f"`{shape}`"
    larger = features.repeat(1, 1, 2, 2)
    sums = [gram_matrix(x) * x[0, 0].numel() for x in (larger, features)]
    assert float((sums[0] / sums[1]).mean()) == pytest.approx(4, rel=1e-4)
    assert "four times" in right("04_style_reconstruction", "by C alone")


def test_04_shuffled_tiles(network):
    painting = picture("nocturne", 192, assets.style_path)
    generator = torch.Generator().manual_seed(0)
    gap = {}
    for side in (48, 6, 1):
        tiles = F.unfold(painting, side, stride=side)
        order = torch.randperm(tiles.shape[-1], generator=generator)
        mixed = F.fold(tiles[..., order], (192, 192), side, stride=side)
        a, b = (
            gram_matrix(network(x, ["relu3_3"])["relu3_3"]) for x in (mixed, painting)
        )
        gap[side] = float((a - b).norm() / b.norm())
    assert gap[48] < 0.2 < 0.4 < min(gap[6], gap[1])
    assert right("04_style_reconstruction", "shuffle").startswith("Tiles of 48")


def test_04_mean_of_entries():
    g, a = torch.rand(2, 1, 4, 4)
    weight = 16 * float((g - a).square().mean() / (g - a).square().sum())
    assert right("04_style_reconstruction", "*averages*") == f"{weight:g}"
    converted = convert_style_weight(
        16, source=AUTHORS_CODE.convention, channels={"a layer": 4}
    )
    assert converted["a layer"] == pytest.approx(weight)


def test_05_only_ratios_count():
    def best(c, s):  # the chapter's toy
        return (c * 0.2 + s * 0.8) / (c + s)

    assert best(1, 3) == pytest.approx(best(10, 30))
    assert right("05_transfer_by_optimization", "all by 10") == "The same as before"


def test_05_content_rises_from_the_photograph(network):
    photo, style = picture("pagoda", 64), picture("woodblock", 64, assets.style_path)
    run = transfer_style(
        photo, style, loss_network=network, num_steps=5, progress=False
    )
    assert run.history[0]["content"] < 1e-6 < run.history[-1]["content"]
    assert run.history[-1]["total"] < run.history[0]["total"]
    assert right("05_transfer_by_optimization", "*rises*") == "Nothing"


def test_05_a_clamp_has_no_slope_outside():
    y = torch.tensor([0.5, 1.2], requires_grad=True)
    y.clamp(0, 1).square().sum().backward()
    assert y.grad.tolist() == [1.0, 0.0]
    asked = right("05_transfer_by_optimization", "stepped above 1")
    assert asked == "It stays out there for good"


def test_05_range_of_the_pixels():
    """255 times the usual deviation of 0.226, squared: content s^2, style s^4."""
    factor = (255 * 0.226) ** 2
    said = "The second, because 1e5 to 1 is more than 5 to 1"
    assert f"about {round(factor, -3):.0f}." in feedback(
        "05_transfer_by_optimization", said
    )


def test_06_stride_costs_nothing():
    costs = [
        multiply_adds_of(nn.Conv2d(c, c, 3, padding=1, bias=False), side)
        for c, side in ((32, 256), (128, 64))
    ]
    assert costs[0] == costs[1]
    assert right("06_transform_net", "256 × 256") == "Both cost the same"


@pytest.mark.parametrize(
    ("kernel", "copies"), [(3, {1, 2, 4}), (5, {4, 6, 9}), (4, {4})]
)
def test_06_copies(kernel, copies):
    ones = torch.ones(1, 1, 8, 8)
    spread = F.conv_transpose2d(ones, torch.ones(1, 1, kernel, kernel), stride=2)
    assert {*spread[0, 0, 4:-4, 4:-4].flatten().tolist()} == copies
    asked = f"Transposed convolution, {kernel} × {kernel}, stride 2"
    alike = len(copies) == 1
    assert (right("06_transform_net", "weights of a kernel") == asked) == alike
    if not alike:
        words = {1: "one", 2: "two", 4: "four"} if kernel == 3 else {}
        for count in copies:
            assert words.get(count, str(count)) in feedback("06_transform_net", asked)


def test_06_contrast_and_blocks():
    torch.manual_seed(0)
    net = TransformNet(width=4).eval().requires_grad_(False)
    photo = picture("cat", 64)
    gap = (net(photo) - net(0.5 + 0.5 * (photo - 0.5))).abs().mean()
    assert float(gap) < 1 / 255
    assert right("06_transform_net", "half the contrast") == "Hardly at all"
    block = net.blocks[0]
    norms = [m for m in block.modules() if isinstance(m, nn.InstanceNorm2d)]
    nn.init.zeros_(norms[-1].weight)
    nn.init.zeros_(norms[-1].bias)
    z = torch.randn(1, norms[-1].num_features, 8, 8)
    assert torch.equal(block(z), z)
    assert right("06_transform_net", "residual block's last norm") == "Its input"


def test_07_no_way_back(network):
    net = TransformNet(width=2)
    loss = PerceptualLoss(network, tv_weight=0.0)
    photo, style = picture("cat", 32), picture("mosaic", 32, assets.style_path)
    targets = loss.targets(content=photo, style=style)
    with torch.no_grad():
        cut, _ = loss(net(photo), targets)
    assert not cut.requires_grad
    assert loss(net(photo), targets)[0].requires_grad
    assert right("07_training", "no_grad()") == "Both losses teach the net nothing"


def test_07_one_photograph():
    stored = json.loads(
        assets.data_path("experiments", "photographs.json").read_text(encoding="utf-8")
    )
    runs = [run for run in stored["runs"] if run["optimizer"] == "muon"]
    best = {run["seed"]: run for run in runs if run["photographs"] == 1000}

    def excess(count, key):
        ratios = [
            run[key]["total"] / best[run["seed"]][key]["total"]
            for run in runs
            if run["photographs"] == count
        ]
        return round(100 * (sum(ratios) / len(ratios) - 1))

    (asked,) = [
        q.text for q in load_quiz("07_training").questions if "on one photo" in q.text
    ]
    assert f"{-excess(1, 'first')} % *lower*" in asked
    assert f"{excess(1, 'unseen')} % *higher*" in asked
    said = feedback("07_training", "Train it longer, then the 29 % shrink")
    assert f"with ten the {excess(1, 'unseen')} become {excess(10, 'unseen')}." in said


def test_08_speed_up():
    costs = [
        load_loss_network(name, weights=None).multiply_adds("relu4_3", 256, 256)
        for name in ("vgg16", "pocket")
    ]
    assert round(costs[0] / costs[1]) == 11
    assert right("08_real_time", "eleven times") == "It falls to about an eleventh"


def test_08_the_mildest_move():
    plain = assets.data_path("weights", "experiments", "nocturne_16_plain.safetensors")
    net = load_net(plain)[0].eval().requires_grad_(False)
    scene = load_image(assets.photo_path("pagoda"), size=320)

    def aligned(shift):
        window = scene[..., 50 + shift :, 110 + shift :][..., :192, :192]
        start = 40 - shift
        return net(window)[..., start : start + 112, start : start + 112]

    still = aligned(0)
    moved = {n: float((aligned(n) - still).abs().mean()) for n in (1, 2, 6, 8)}
    asked = right("08_real_time", "By how many pixels")
    assert int(asked) == min(moved, key=moved.get)


def test_08_taps():
    taps = torch.tensor([1.0, 2.0, 3.0])
    x = torch.tensor([[[1.0, 4.0, 2.0, 7.0]]])
    slow = F.conv1d(x.repeat_interleave(2, -1), taps.view(1, 1, 3))
    asked = right("08_real_time", "taps 1, 2, 3")
    stamp = torch.tensor([float(n) for n in asked.split(",")]).view(1, 1, 4)
    assert torch.equal(F.conv_transpose1d(x, stamp, stride=2)[..., 2:-2], slow)


def test_09_the_best_guess():
    originals, p = torch.eye(4), torch.tensor([0.7, 0.1, 0.1, 0.1])
    (asked,) = [
        q for q in load_quiz("09_super_resolution").questions if "0.7" in q.text
    ]
    error = {}
    for answer in asked.answers:
        guess = torch.tensor([float(n) for n in answer.text.split(",")])
        error[answer.text] = float(p @ (originals - guess).square().sum(1))
    assert asked.right.text == min(error, key=error.get)
    mean = torch.tensor([float(n) for n in asked.right.text.split(",")])
    torch.testing.assert_close(p @ originals, mean)


def test_09_a_target_out_of_reach():
    wrong = 255 * picture("raccoon", 64)
    greys = {shade: float((shade - wrong).square().mean()) for shade in (0.0, 0.5, 1.0)}
    assert min(greys, key=greys.get) == 1
    assert greys[1.0] < float((wrong / 255 - wrong).square().mean())
    assert right("09_super_resolution", "0..255") == "To paint everything white"


def test_09_psnr_prefers_the_blur():
    wide = load_image(assets.photo_path("pagoda"), size=360)
    photo, moved = wide[..., 20:340, 60:380], wide[..., 20:340, 61:381]
    shrunk = enlarge(degrade(photo, 4), 4).clamp(0, 1)
    scores = [psnr(x, photo, luma=True, border=4) for x in (moved, shrunk)]
    assert scores[1] - scores[0] > 1
    asked = right("09_super_resolution", "higher PSNR")
    assert asked == "The enlarged one: its edges are in place"


def test_10_the_middle_of_the_slider():
    config = AdjustableConfig(("a",))
    assert (config.lightest, config.heaviest) == (1, 100)
    assert right("10_lambda_as_an_input", "slider") == f"{config.middle:g}"


def test_template_variation():
    board = torch.tensor([[0.0, 1.0], [1.0, 0.0]]).expand(1, 3, 2, 2)
    assert right("template", "chessboard") == f"{float(total_variation(board)):g}"
    assert float(total_variation(torch.full((1, 3, 4, 4), 0.3))) == 0


def test_every_quiz_is_listed_with_its_folder():
    assert NAMES[:8] == sorted(NAMES)[:8] and len(NAMES) >= 8
    for name in quiz_names():
        assets.verify(assets.data_path(quiz.FOLDER, f"{name}.json"))
