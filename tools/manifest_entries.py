"""How tools change the manifest of the data: one kind of file after the other."""

import json

from fst_lessons import assets


def replace_entries(kind: str, entries: list[dict]) -> None:
    """Put new entries where those of a kind stood, so that nothing else moves.

    Args:
        kind: such as "net"; a new one goes to the end.
        entries: all that the manifest shall have of it.
    """
    manifest = assets.data_path("manifest.json")
    known = json.loads(manifest.read_text(encoding="utf-8"))
    kinds = [entry["kind"] for entry in known]
    place = kinds.index(kind) if kind in kinds else len(kinds)
    before = known[:place]
    after = [entry for entry in known[place:] if entry["kind"] != kind]
    text = json.dumps([*before, *entries, *after], indent=2, ensure_ascii=False)
    manifest.write_text(text + "\n", encoding="utf-8")
