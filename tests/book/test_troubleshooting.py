"""Every entry of the troubleshooting page helps, and its checks run as they stand."""

import re

import pytest
from chapters import BOOK

PAGE = (BOOK / "troubleshooting.md").read_text(encoding="utf-8")
ENTRIES = dict(re.findall(r"(?ms)^### (.+?)\n(.*?)(?=^##|\Z)", PAGE))
BLOCKS = re.findall(r"(?ms)^```python\n(.*?)^```", PAGE)


@pytest.mark.parametrize(("symptom", "text"), ENTRIES.items(), ids=list(ENTRIES))
def test_an_entry_says_what_to_do(symptom, text):
    parts = re.findall(r"(?m)^\*\*(Cause|Check|Do)\.\*\*", text)
    assert parts == [p for p in ("Cause", "Check", "Do") if p in parts], "in this order"
    assert "Do" in parts or "Check" in parts
    assert len(text.split()) < 140


def test_the_common_symptoms_are_there():
    told = " ".join(ENTRIES).casefold()
    words = ("nan", "checkerboard", "tile", "batch", "l-bfgs", "memory", "flickers")
    assert [
        word for word in (*words, "psnr", "colours", "slider") if word not in told
    ] == []


def test_the_checks_run_one_after_the_other(capsys):
    place = {}
    for block in BLOCKS:
        exec(compile(block, "troubleshooting.md", "exec"), place)
    said = capsys.readouterr().out
    assert said.startswith("tensor(True)")  # the Gram matrix in half precision
    assert "style/relu4_3" in said
    assert "Right: " in said
    assert "torch.Size([2, 32, 32]) True" in said


def test_what_is_not_there_yet_is_not_shown():
    hidden = re.findall(r"(?m)^```\{when-there\} (\S+)$", PAGE)
    assert hidden == ["fst_lessons/doctor.py", "book/failure_gallery.ipynb"]
    outside = re.sub(r"(?ms)^```\{when-there\}.*?^```", "", PAGE)
    assert "failure_gallery" not in outside and "doctor" not in outside
