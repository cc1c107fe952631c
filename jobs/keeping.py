"""Files that are kept for people: whole or not at all, and never through a link."""

from __future__ import annotations

from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write the file beside its place, then put it there. What a crash left is written over, a link that somebody planted under
    either name is replaced, never followed. Raises OSError.
    """
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with draft.open("xb") as file:
        file.write(content)
    draft.replace(path)
