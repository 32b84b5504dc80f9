"""Provenance: where a picture keeps the specification that made it, and how it is read back with the standard
library.
"""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path
from xml.etree import ElementTree

from saddlescape.errors import OutputError

#: keyword of the PNG text chunk, and the mark in SVG and PDF that says a description is ours
KEY = "landscape:spec"
DC = "{http://purl.org/dc/elements/1.1/}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def read_spec(path: str | Path) -> str | None:
    """Return the specification text carried by a PNG, SVG, PDF, GIF or mp4 file, None where there is none.

    Raises OutputError where the file cannot be read. A damaged file has no specification.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise OutputError(f"cannot read {path}: {error.strerror or error}") from error
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _from_png(data)
    if data.startswith(b"%PDF"):
        return _from_pdf(data)
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return _ours(_gif_comment(data))
    if data[4:8] == b"ftyp":
        return _ours(_mp4_comment(data))
    return _from_svg(data) if b"<svg" in data[:2000] else None


def _from_png(data: bytes) -> str | None:
    place = 8
    while place + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        key, _, rest = data[place + 8 : place + 8 + length].partition(b"\0")
        if kind in (b"tEXt", b"zTXt", b"iTXt") and key == KEY.encode():
            try:
                return _png_text(kind, rest)
            except (zlib.error, UnicodeDecodeError):
                return None
        place += 12 + length
    return None


def _png_text(kind: bytes, rest: bytes) -> str:
    if kind == b"tEXt":
        return rest.decode("latin-1")
    if kind == b"zTXt":  # one byte says how it is compressed; only zlib exists
        return zlib.decompress(rest[1:]).decode("latin-1")
    compressed = rest[:1] == b"\1"
    text = rest[2:].split(b"\0", 2)[2]  # language and translated keyword come first
    return (zlib.decompress(text) if compressed else text).decode("utf-8")


def _from_svg(data: bytes) -> str | None:
    if b"<!ENTITY" in data:  # never written by us, and a way to make a parser work for ever
        return None
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError:
        return None
    if KEY not in (item.text for item in root.iter(f"{RDF}li")):
        return None
    return next((item.text for item in root.iter(f"{DC}description")), None)


def _from_pdf(data: bytes) -> str | None:
    if _pdf_entry(data, b"/Keywords") != KEY:
        return None
    return _pdf_entry(data, b"/Subject")


def _pdf_entry(data: bytes, name: bytes) -> str | None:
    """Return the text of the last entry ``name`` of an uncompressed dictionary, written as (…) or <hex>."""
    found = list(re.finditer(re.escape(name) + rb"\s*(?=[(<])", data))
    if not found:
        return None
    start = found[-1].end()
    if data[start : start + 1] == b"<":
        digits = re.sub(rb"[^0-9A-Fa-f]", b"", data[start + 1 :].partition(b">")[0])
        return _pdf_decode(bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode()))
    return _pdf_decode(_pdf_unescape(data, start + 1))


def _pdf_unescape(data: bytes, start: int) -> bytes:
    """Return the bytes of a (…) string that begins at ``start``, up to the parenthesis that balances it."""
    out, depth = bytearray(), 1
    for piece in re.finditer(rb"\\([0-7]{1,3})|\\(\r\n|.)|([()])|([^\\()]+)", data[start:], re.DOTALL):
        octal, escaped, bracket, plain = piece.groups()
        if octal:
            out.append(int(octal, 8) & 255)
        elif escaped:
            out += b"" if escaped in (b"\n", b"\r\n") else ESCAPES.get(escaped, escaped)
        elif bracket:
            depth += 1 if bracket == b"(" else -1
            if depth == 0:
                break
            out += bracket
        else:
            out += plain
    return bytes(out)


def _pdf_decode(raw: bytes) -> str | None:
    try:
        return raw[2:].decode("utf-16-be") if raw.startswith(b"\xfe\xff") else raw.decode("latin-1")
    except UnicodeDecodeError:
        return None


def _ours(comment: bytes) -> str | None:
    """Return the specification in a comment: our keyword, a line end, the text."""
    head, _, text = comment.partition(b"\n")
    try:
        return text.decode("utf-8") if head == KEY.encode() else None
    except UnicodeDecodeError:
        return None


def _gif_comment(data: bytes) -> bytes:
    """Return the first comment of a GIF: extensions and images are blocks, each a row of pieces of up to 255 bytes."""
    place = 13 + _table(data, 10)
    while place + 1 < len(data):
        if data[place] == 0x21:  # an extension: its kind, then its pieces
            kind, place = data[place + 1], place + 2
        elif data[place] == 0x2C:  # an image: its box, its colours, one byte, then its pieces
            kind, place = 0, place + 11 + _table(data, place + 9)
        else:
            break
        pieces = b""
        while place < len(data) and data[place]:
            pieces += data[place + 1 : place + 1 + data[place]]
            place += 1 + data[place]
        place += 1
        if kind == 0xFE and place <= len(data):  # else the file was cut off inside it
            return pieces
    return b""


def _table(data: bytes, at: int) -> int:
    """Return the length of the table of colours that the byte ``at`` announces."""
    flags = data[at] if at < len(data) else 0
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _mp4_comment(data: bytes) -> bytes:
    """Return the comment of an mp4: the text of the data box in the box ©cmt."""
    found = data.find(b"\xa9cmt")
    if found < 0 or data[found + 8 : found + 12] != b"data":
        return b""
    (length,) = struct.unpack(">I", data[found + 4 : found + 8])
    return data[found + 20 : found + 4 + length]
