"""The gallery: names, texts and files agree; pictures are the same bytes again; the page shows what is there."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from saddlescape.figures import CHAPTERS, NAMES, index, plate
from saddlescape.plots import inline, provenance

Said = tuple[int, str, str]
ROOT = Path(__file__).parent.parent
#: a second at most each, also with a cold cache
CHEAP = ("hallucinated", "two_cycles")


def test_every_file_of_the_package_is_a_figure_of_one_chapter() -> None:
    files = {path.stem for path in (ROOT / "saddlescape" / "figures").glob("*.py")}
    assert files - {"__init__", "base", "index", "maps", "pads", "parts"} == set(NAMES)
    assert len(NAMES) == len(set(NAMES)) == sum(map(len, CHAPTERS.values()))


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_says_what_it_teaches_in_a_sentence(name: str) -> None:
    one = plate(name)
    assert one.lesson.endswith(".")
    assert len(one.title) < 70
    assert len(one.lesson) < 140
    keys = re.findall(r"^@\w+\{(\w+),", (ROOT / "references.bib").read_text(encoding="utf-8"), re.M)
    assert set(filter(None, re.split(r"[ ,]+", one.source))) <= set(keys)


def test_pictures_and_page_in_the_repository_are_of_these_figures() -> None:
    folder = ROOT / "gallery"
    assert {path.stem for path in folder.glob("*.png")} == set(NAMES)
    assert (folder / "README.md").read_text(encoding="utf-8") == index.readme()
    for path in folder.glob("*.png"):
        assert path.stat().st_size <= 150_000, path.name
        assert json.loads(provenance.read_spec(path) or "{}") == {
            "schema": "landscape.spec/1", "command": "gallery", "figure": path.stem, "style": "paper", "small": True,
        }  # fmt: skip


def test_figures_are_drawn_into_a_folder_with_a_page(say: Callable[..., Said], tmp_path: Path) -> None:
    code, out, err = say("gallery", *CHEAP, "-o", "pics", "--json")
    assert code == 0, err
    told = json.loads(out)
    assert told["schema"] == "landscape.gallery/1"
    assert [each["name"] for each in told["figures"]] == list(CHEAP)
    page = (tmp_path / "pics" / "index.html").read_text(encoding="utf-8")
    seen = Seen()
    seen.feed(page)
    assert seen.ids >= set(CHEAP)
    # nothing is asked of anybody: pictures are inside, links lead to places of the page or to files beside it
    assert all(source.startswith("data:image/png;base64,") for source in seen.sources)
    assert all(link.startswith("#") or (tmp_path / "pics" / link).is_file() for link in seen.links)
    assert "url(" not in page
    assert "@import" not in page
    say("gallery", CHEAP[0], "-o", "pics", "-q")
    assert (tmp_path / "pics" / "index.html").read_text(encoding="utf-8") == page  # the other is still on it


@pytest.mark.slow
def test_a_figure_is_made_again_with_the_same_bytes(say: Callable[..., Said], tmp_path: Path) -> None:
    say("gallery", "two_cycles", "-o", ".", "-q", "--small", "-j", "1")
    path = tmp_path / "two_cycles.png"
    before = path.read_bytes()
    with Image.open(path) as picture:
        assert (picture.width, picture.mode) == (800, "P")
    assert say("rerun", "two_cycles.png", "--check")[0] == 0
    code, _, err = say("rerun", "two_cycles.png")
    assert (code, path.read_bytes()) == (0, before), err
    path.write_bytes(before + b"\0")
    assert say("rerun", "two_cycles.png", "--check")[0] == 3
    assert say("rerun", "two_cycles.png", "--check", "-o", "a.png")[0] == 2
    assert say("rerun", "two_cycles.png", "-o", "large.pdf", "-q")[0] == 0
    assert (tmp_path / "large.pdf").stat().st_size > 10_000


def test_a_wrong_name_is_answered_with_the_nearest(say: Callable[..., Said], tmp_path: Path) -> None:
    code, _, err = say("gallery", "two_cycle", "-o", "pics")
    assert code == 2
    assert "did you mean 'two_cycles'?" in err
    assert not (tmp_path / "pics").exists()
    (tmp_path / "file").touch()
    code, _, err = say("gallery", "two_cycles", "-o", "file")
    assert code == 1
    assert "cannot make the folder file" in err


def test_ctrl_c_keeps_what_is_done_and_the_same_command_goes_on(
    say: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from saddlescape.commands import gallery

    real = gallery.render

    def pressed(spec: gallery.GallerySpec, path: Path, threads: int | None) -> dict[str, object]:
        if spec.figure == CHEAP[1]:
            raise KeyboardInterrupt
        return real(spec, path, threads)

    monkeypatch.setattr(gallery, "render", pressed)
    code, _, err = say("gallery", *CHEAP, "-o", "pics")
    assert code == 130
    assert "1 of 2 figures are kept in pics" in err
    assert CHEAP[0] in (tmp_path / "pics" / "index.html").read_text(encoding="utf-8")
    made: list[str] = []

    def counted(spec: gallery.GallerySpec, path: Path, threads: int | None) -> dict[str, object]:
        made.append(spec.figure)
        return real(spec, path, threads)

    monkeypatch.setattr(gallery, "render", counted)
    assert say("gallery", *CHEAP, "-o", "pics")[0] == 0
    assert made == [CHEAP[1]]
    assert not (tmp_path / "pics" / "gallery.part").exists()
    say("gallery", *CHEAP, "-o", "pics", "-q")
    assert made == [CHEAP[1], *CHEAP]


def test_list_figures_has_all_with_their_lessons(
    say: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    code, out, _ = say("list", "figures")
    assert code == 0
    for name in NAMES:
        assert re.search(rf"^  {name} +{re.escape(plate(name).lesson)}$", out, re.M)


def test_a_formula_on_the_page_is_as_high_as_its_letters() -> None:
    drawn = inline.svg(r"$x^2$")
    assert 'aria-label="x^2"' in drawn
    height = float(re.search(r"height:([\d.]+)em", drawn)[1])  # type: ignore[index]
    assert 0.6 < height < 1.3  # an x with a square: between an x-height and a line
    deep = re.search(r"vertical-align:(-[\d.]+)em", inline.svg(r"$\frac{1}{2}$"))
    assert deep is not None  # a fraction goes below the line of the text
    assert float(deep[1]) < -0.2


@pytest.mark.slow
def test_all_figures_in_time(say: Callable[..., Said]) -> None:
    say("gallery", "-o", "warm", "-q", "--style", "dark")
    began = time.monotonic()
    code, _, err = say("gallery", "-o", "pics")
    assert code == 0, err
    times = {name: float(t) for name, t in re.findall(r"(\w+)  ([\d.]+) s", err)}
    assert set(times) >= set(NAMES)
    assert max(times.values()) < 20  # the bar: 20 s for one, 5 minutes for all on two cores
    assert time.monotonic() - began < 300


class Seen(HTMLParser):
    """What a page links to and shows."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.sources: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect ids, sources and links."""
        found = dict(attrs)
        self.ids |= {found["id"] or ""} if "id" in found else set()
        self.sources += [found["src"] or ""] if "src" in found else []
        self.links += [found["href"] or ""] if "href" in found else []


def test_a_small_picture_keeps_the_colours_of_a_small_area() -> None:
    """A scale of 200 colours in one corner of a page with a wide background of other shades."""
    pixels = np.full((400, 600, 3), 255, dtype=np.uint8)
    pixels[:, :500, 0] = np.linspace(140, 200, 500)[None]
    pixels[:, :500, 2] = np.linspace(140, 200, 400)[:, None]
    pixels[50:250, 560:566, 0] = np.arange(200, dtype=np.uint8)[:, None]
    pixels[50:250, 560:566, 1] = 30
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    small = np.asarray(Image.open(io.BytesIO(inline.reduced(out.getvalue(), 600))).convert("RGB")).astype(int)
    assert np.abs(small - pixels)[50:250, 560:566].max() < 12


def test_progress_may_be_left_out(say: Callable[..., tuple[int, str, str]]) -> None:
    code, _, err = say("gallery", "sam_step", "-o", "out", "--no-progress")
    assert code == 0
    assert "1/1" not in err
    assert say("critical", "saddle", "--no-progress")[0] == 0
    assert say("flow", "saddle", "--no-progress", "--no-plot")[0] == 0
