"""Increments of Brownian motion over a tick, copied word for word into the kernels of SDEs (see link.py).

The path of a trajectory is fixed by the seed. Over a step eta of the map it moves by √eta times the normals which the
map draws in that step, so that map and SDE see the same noise. Within a step of SPLITS·2^DEPTH ticks it is found by
bridges: the step is cut into SPLITS parts one after the other, each part is halved DEPTH times (Lévy). Halving the tick
(DEPTH + 1) therefore refines the same path. Where the ticks do not divide a step SPLITS is 0, and ticks are independent.
``STREAM, SPLITS, DEPTH, ETA, DT`` are rows of the tile.
"""
# mypy: ignore-errors
# ruff: noqa: F821


@inline
def step_ticks(w):
    """How many ticks make a step of the map; 1 where they do not divide it."""
    return max(1, int(w[SPLITS, 0])) << int(w[DEPTH, 0])


@called
def gauss(w, row, count, tick, tag, lo, hi):
    """Fill ``count`` rows from ``row`` on with normals of their own."""
    widen()
    apart()
    w = shaped(w)
    for slot in range((count + 3) // 4):
        first = row + 4 * slot
        if 4 * slot + 2 < count:
            for i in range(LANES):
                w[first, i], w[first + 1, i], w[first + 2, i], w[first + 3, i] = normals4(
                    w[STREAM, i], tick, tag, slot, lo, hi
                )
        else:  # of the four two are enough, and the others are not computed
            for i in range(LANES):
                w[first, i], w[first + 1, i] = normals4(w[STREAM, i], tick, tag, slot, lo, hi)[:2]


@written
def copied_rows(w, source, target, count):
    """Copy ``count`` rows of the tile."""
    for c in range(count):
        for i in range(LANES):
            w[target + c, i] = w[source + c, i]


@written
def roots(w, scale):
    """Keep √dt and √eta of every lane in two rows from ``scale`` on: a root costs as much as a draw's polynomial."""
    for i in range(LANES):
        w[scale, i] = sqrt(w[DT, i])
        w[scale + 1, i] = sqrt(w[ETA, i])


@written
def scaled_rows(w, scale, source, target, count):
    """Write row ``scale`` times ``count`` rows of the tile to others."""
    for c in range(count):
        for i in range(LANES):
            w[target + c, i] = w[scale, i] * w[source + c, i]


@written
def whole_tick(w, out, root, scale, count):
    """Put the increments over a tick that is a step of the map, or has no part in one, into the rows ``out``."""
    if int(w[SPLITS, 0]) == 0:
        scaled_rows(w, scale, root, out, count)
    else:
        scaled_rows(w, scale + 1, root, out, count)


@written
def increments(w, out, root, scale, rest, levels, fresh, count, tag, t, lo, hi):
    """Put the increments over tick ``t`` into ``count`` rows from ``out`` on; ticks come one after the other.

    ``root`` are the normals of the step, ``rest`` what it has still to move, ``levels`` right halves kept for later.
    Rows are literals where this is inlined: a loop over rows that may be the same is not vectorised.
    """
    splits, depth = int(w[SPLITS, 0]), int(w[DEPTH, 0])
    leaves = 1 << depth
    k, j = t // (splits * leaves), t % (splits * leaves)
    part, leaf = j // leaves, j % leaves
    level = 0
    if leaf == 0:
        if part == 0:
            scaled_rows(w, scale + 1, root, rest, count)
        left = splits - part
        if left > 1:
            gauss(w, fresh, count, k * splits + part, tag, lo, hi)
            share = 1.0 / left
            spread = sqrt(leaves * (1.0 - share))
            for c in range(count):
                for i in range(LANES):
                    move = share * w[rest + c, i] + spread * w[scale, i] * w[fresh + c, i]
                    w[rest + c, i] = w[rest + c, i] - move
                    w[out + c, i] = move
        else:
            copied_rows(w, rest, out, count)
    else:
        level = depth
        while leaf >> (depth - level) & 1 == 0:
            level -= 1
        if level == 1:
            copied_rows(w, levels + count, out, count)
        else:
            copied_rows(w, levels + level * count, out, count)
    while level < depth:
        level += 1
        node = ((k * splits + part) << (level - 1)) + (leaf >> (depth - level + 1))
        gauss(w, fresh, count, node, tag + level, lo, hi)
        spread = 0.5 * sqrt(1.0 * (1 << (depth - level + 1)))
        for c in range(count):
            for i in range(LANES):
                whole = w[out + c, i]
                first = 0.5 * whole + spread * w[scale, i] * w[fresh + c, i]
                w[fresh + c, i] = whole - first
                w[out + c, i] = first
        if level == 1:
            copied_rows(w, fresh, levels + count, count)
        else:
            copied_rows(w, fresh, levels + level * count, count)
