"""Moving pictures as files: GIF through Pillow, mp4 through ffmpeg where it is there; the same bytes every time."""

from __future__ import annotations

import base64
import io
import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb
from PIL import Image

from saddlescape import store
from saddlescape.errors import OutputError, UsageError
from saddlescape.plots.provenance import KEY

Frame = np.ndarray[Any, np.dtype[np.uint8]]
#: colours of a GIF, those of methods and text among them
COLOURS = 128
#: frames that the other colours are chosen from
SEEN = 8
#: shares of a colour in its mixtures with the page, which the edges of what is drawn have
MIXED = (1.0, 0.75, 0.5, 0.25)
#: how near, of 255, two colours of a palette are not told apart
BOX = 8


@dataclass(frozen=True, eq=False)
class Movie:
    """Frames (height, width, 3), how long each stands in milliseconds, and the colours that must come out right."""

    frames: tuple[Frame, ...]
    durations: tuple[int, ...]
    exact: tuple[str, ...] = ()
    page: str = "#ffffff"

    def save(self, path: str | Path, spec: Mapping[str, Any] | str = "") -> Path:
        """Write ``path`` (.gif, or .mp4 where there is ffmpeg) with ``spec`` as JSON text inside; return the path.

        Raises UsageError for another suffix or without ffmpeg, OutputError, with nothing half-written, where it cannot.
        """
        path = Path(path)
        text = spec if isinstance(spec, str) else json.dumps(spec, sort_keys=True)
        makers = {".gif": self.gif, ".mp4": self.mp4}
        if path.suffix.lower() not in makers:
            raise UsageError(
                f"a moving picture is saved as .gif or .mp4, not as '{path.suffix or path.name}'"
            )
        try:
            store.write_atomic(path, makers[path.suffix.lower()](text))
        except OSError as error:
            raise OutputError(f"cannot write {path}: {error.strerror or error}") from error
        return path

    def gif(self, text: str = "") -> bytes:
        """Return the bytes of a GIF that repeats for ever; ``text`` stands in a comment."""
        palette = self._palette()
        images = [Image.fromarray(f).quantize(palette=palette, dither=Image.Dither.NONE) for f in self.frames]
        out = io.BytesIO()
        comment = f"{KEY}\n{text}".encode() if text else b""
        images[0].save(
            out, format="GIF", save_all=True, append_images=images[1:], duration=list(self.durations), loop=0,
            comment=comment, optimize=False, disposal=1,
        )  # fmt: skip
        return out.getvalue()

    def mp4(self, text: str = "") -> bytes:
        """Return the bytes of an mp4 (H.264); ``text`` stands in the comment of its metadata."""
        program = need_ffmpeg()
        beat = int(np.gcd.reduce(self.durations))
        height, width, _ = self.frames[0].shape
        even = [frame[: height - height % 2, : width - width % 2] for frame in self.frames]
        raw = b"".join(frame.tobytes() * (ms // beat) for frame, ms in zip(even, self.durations, strict=True))
        size = f"{width - width % 2}x{height - height % 2}"
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / "made.mp4"
            told = ["-metadata", f"comment={KEY}\n{text}"] if text else []
            command = [
                program, "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", f"1000/{beat}",
                "-i", "-", "-an", "-c:v", "libx264", "-preset", "medium", "-crf", "20", "-pix_fmt", "yuv420p",
                "-threads", "1", "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact",
                "-movflags", "+faststart", *told, str(made),
            ]  # fmt: skip
            done = subprocess.run(command, input=raw, capture_output=True, check=False)
            if done.returncode or not made.exists():
                said = done.stderr.decode(errors="replace").strip().splitlines()
                raise OutputError(f"ffmpeg could not make the mp4: {said[-1] if said else 'it says nothing'}")
            return made.read_bytes()

    def _repr_html_(self) -> str:
        return f'<img src="data:image/gif;base64,{base64.b64encode(self.gif()).decode()}">'

    def _palette(self) -> Image.Image:
        """Return the colours of all frames: those that must be exact, mixed with the page, then what is seen most."""
        page = np.array(to_rgb(self.page))
        fixed = [part * np.array(to_rgb(hue)) + (1 - part) * page for hue in self.exact for part in MIXED]
        wanted = {tuple(round(255 * float(c)) for c in rgb) for rgb in (page, *fixed)}
        some = [self.frames[k] for k in np.unique(np.linspace(0, len(self.frames) - 1, SEEN).astype(int))]
        sheet = Image.fromarray(np.concatenate([f[::2, ::2] for f in some]))
        kept = np.array(sorted(wanted))
        found = np.reshape(sheet.quantize(COLOURS - len(kept)).getpalette() or [], (-1, 3))
        # Pillow looks colours up in boxes: one next to an exact colour would be taken for it
        apart = np.abs(found[:, None] - kept).max(axis=2).min(axis=1) > BOX
        palette = Image.new("P", (1, 1))
        palette.putpalette([int(c) for c in np.concatenate([kept, found[apart]]).ravel()])
        return palette


def need_ffmpeg() -> str:
    """Return the path of ffmpeg. Raises UsageError in words where there is none."""
    found = shutil.which("ffmpeg")
    if found is None:
        raise UsageError(
            "mp4 files are made by the program ffmpeg, which is not on the PATH: write a .gif instead"
        )
    return found


def stacked(first: int, each: int, last: int, count: int) -> tuple[int, ...]:
    """Return the durations of ``count`` frames in milliseconds: the first and the last stand longer."""
    return tuple(first if k == 0 else last if k == count - 1 else each for k in range(count))
