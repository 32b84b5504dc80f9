"""``--config FILE``: a file that says as much of a specification as it likes; options say the rest, and beat it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from saddlescape.errors import UsageError
from saddlescape.written import SceneSpec, toml_table


def base_of(given: dict[str, Any], kind: type[SceneSpec], example: str) -> dict[str, Any]:
    """Return the fields that the file --config names gives to a specification of ``kind``; the options say the rest.

    ``example`` is what to type for a start, said where neither names a landscape."""
    name = given.get("config")
    base = read_config(name, kind) if name else {}
    if "landscape" not in base and given.get("landscape") is None:
        if name:
            raise UsageError(
                f'{name} names no landscape: add landscape = "beale", or give it before the options'
            )
        raise UsageError(f"which landscape? Give a name (landscape list) or a formula: {example}")
    return base


def read_config(name: str, kind: type[SceneSpec]) -> dict[str, Any]:
    """Return the fields of a specification of ``kind`` that a TOML file has."""
    try:
        text = Path(name).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UsageError(f"the file {name} is missing") from None
    except (OSError, ValueError) as error:
        raise UsageError(
            f"the file {name} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}"
        ) from None
    try:
        return kind.part_of(toml_table(text))
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from None
