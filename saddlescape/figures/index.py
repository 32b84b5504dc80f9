"""The pages that show the gallery: ``index.html``, which needs nothing but itself, and ``README.md`` "
"beside small files."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from saddlescape.figures.base import CHAPTERS, plate

#: pixels of a picture within the page
WIDTH = 560
STYLE = """
:root{color-scheme:light dark;--ink:#16191d;--page:#fbfbf9;--faint:#5d6873;--rule:#d5d9dd;--card:#fff}
@media(prefers-color-scheme:dark){:root{--ink:#e9edf1;--page:#14181d;--faint:#9aa6b2;--rule:#39424c;--card:#1c2229}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem 1rem 4rem;max-width:76rem;background:var(--page);color:var(--ink);
font:1rem/1.5 Georgia,"Times New Roman",serif}
h1{margin:.2rem 0 .4rem;font-size:1.7rem}h2{margin:2.6rem 0 .8rem;font-size:1.25rem;border-bottom:1px solid var(--rule)}
h3{margin:.7rem 0 .2rem;font-size:1.06rem}p{margin:.35rem 0}nav{display:flex;flex-wrap:wrap;gap:0 .9rem}
a{color:inherit}.plates{display:grid;gap:1.4rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,30rem),1fr))}
figure{margin:0;padding:.8rem;background:var(--card);border:1px solid var(--rule);border-radius:6px;min-width:0}
figure img{width:100%;height:auto;display:block;border-radius:3px;background:#fff}
details{margin-top:.4rem;color:var(--faint);font-size:.92rem}summary{cursor:pointer}
details p{overflow-x:auto}svg{max-width:100%;fill:currentColor}
code{display:block;padding:.35rem .5rem;margin:.45rem 0 0;overflow-x:auto;white-space:pre;font:.82rem/1.4 ui-monospace,
Menlo,Consolas,monospace;background:var(--page);border:1px solid var(--rule);border-radius:4px}
"""


def page(entries: Mapping[str, Mapping[str, Any]], folder: Path) -> str:
    """Return the HTML page of the figures in ``entries`` (name -> what the command says of it), "
    "pictures in ``folder``."""
    chapters = {
        chapter: [entries[name] for name in names if name in entries] for chapter, names in CHAPTERS.items()
    }
    full = {chapter: found for chapter, found in chapters.items() if found}
    links = "".join(f'<a href="#{_anchor(chapter)}">{html.escape(chapter)}</a>' for chapter in full)
    body = "".join(
        f'<h2 id="{_anchor(chapter)}">{html.escape(chapter)}</h2><div class="plates">'
        + "".join(_plate(each, folder) for each in found)
        + "</div>"
        for chapter, found in full.items()
    )
    count = sum(map(len, full.values()))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><title>saddlescape: gallery</title>'
        f"<style>{STYLE}</style></head><body><h1>Gallery</h1><p>{count} figure{'s' * (count != 1)} of "
        f"optimisers on toy loss "
        f"landscapes. Each teaches one thing, and says how it is "
        f"made.</p><nav>{links}</nav>{body}</body></html>\n"
    )


def _plate(entry: Mapping[str, Any], folder: Path) -> str:
    from saddlescape.plots import inline

    file = str(entry["file"])
    picture = base64.b64encode(inline.reduced((folder / file).read_bytes(), WIDTH)).decode()
    wide, tall = entry["size"]
    commands = "\n".join(html.escape(text) for text in (entry["command"], entry["also"]) if text)
    return (
        f'<figure id="{entry["name"]}"><a href="{html.escape(file)}"><img alt="{html.escape(entry["lesson"])}" '
        f'loading="lazy" width="{wide}" height="{tall}" src="data:image/png;base64,{picture}"></a><figcaption>'
        f"<h3>{html.escape(entry['title'])}</h3><p>{html.escape(entry['lesson'])}</p>"
        f"<details><summary>How it is "
        f"made</summary>{''.join(map(_paragraph, entry['caption']))}</details>"
        f"<code>{commands}</code></figcaption></figure>"
    )


def _paragraph(pieces: Sequence[str]) -> str:
    from saddlescape.plots import inline

    said = " ".join(
        inline.svg(p) if p.startswith("$") and p.endswith("$") else html.escape(p) for p in pieces
    )
    return f"<p>{said}</p>"


def _anchor(chapter: str) -> str:
    return chapter.lower().replace(" ", "-")


def readme() -> str:
    """Return the Markdown page of all figures, pictures beside it."""
    parts = [
        "# Gallery",
        "Every figure teaches one thing. `landscape gallery` draws all of them, with a page that shows "
        "them; "
        "`landscape gallery NAME` one. This page and its small pictures are made by `landscape gallery "
        "--small -o gallery`.",
    ]
    for chapter, names in CHAPTERS.items():
        parts.append(f"## {chapter}")
        for name in names:
            one = plate(name)
            also = f"\n    {one.also}" if one.also else ""
            parts += [
                f"### {one.title}",
                one.lesson,
                f"![{one.lesson}]({name}.png)",
                f"    {one.command}{also}",
            ]
    return "\n\n".join(parts) + "\n"
