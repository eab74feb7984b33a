"""How tools write a notebook: as they read it, and only where something changed."""

import json
from pathlib import Path


def rewrite(path: Path, change) -> bool:
    """Let a function alter a notebook in place; return whether its file changed.

    Args:
        path: of the notebook.
        change: takes the notebook as read from JSON.
    """
    text = path.read_text(encoding="utf-8")
    notebook = json.loads(text)
    change(notebook)
    new = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if new != text:
        path.write_text(new, encoding="utf-8")
    return new != text
