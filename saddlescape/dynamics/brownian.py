"""Increments of Brownian motion over a tick, copied into the kernels of SDEs (see draws.py) for every motion there is.

The path of a trajectory is fixed by the seed. Over a step eta of the map it moves by √eta times the normals which the
map draws in that step, so that map and SDE see the same noise. Within a step of SPLITS·2^DEPTH ticks it is found by
bridges: the step is cut into SPLITS parts one after the other, each part is halved DEPTH times (Lévy). Halving the tick
(DEPTH + 1) therefore refines the same path. Where the ticks do not divide a step SPLITS is 0, and ticks are independent.
``STREAM, SPLITS, DEPTH, ETA, DT`` are rows of the tile.

The names ``MOTION, ROOT, OUT, NORMALS, ROOTS, REST, FRESH, LEVELS, COUNT, TAG`` are replaced when this is copied: rows
are literals then, and a loop over rows that may be the same is not vectorised. The increments of COUNT motions go to the
rows from OUT on; NORMALS are those of the step, drawn by draw_ROOT; ROOTS are √dt and √eta, taken once; REST is what a
step has still to move, FRESH are normals of a bridge, LEVELS right halves kept for later.
"""
# mypy: ignore-errors
# ruff: noqa: F821


@called
def increments_MOTION(w, t, fresh, lo, hi):
    """Put the increments over tick ``t`` into their rows; ticks come one after the other, if not ``fresh``."""
    widen()
    apart()
    w = shaped(w)
    if fresh:
        for i in range(LANES):
            w[ROOTS, i] = sqrt(w[DT, i])
            w[ROOTS + 1, i] = sqrt(w[ETA, i])
    splits, depth = int(w[SPLITS, 0]), int(w[DEPTH, 0])
    leaves = 1 << depth
    ticks = max(1, splits) * leaves
    if ticks == 1:  # a tick is a step, or has no part in one
        draw_ROOT(w, t, fresh, lo, hi)
        for c in range(COUNT):
            for i in range(LANES):
                root = w[ROOTS, i] if splits == 0 else w[ROOTS + 1, i]
                w[OUT + c, i] = root * w[NORMALS + c, i]
        return
    begin = t - t % ticks if fresh else t
    for s in range(begin, t + 1):
        k, j = s // ticks, s % ticks
        part, leaf = j // leaves, j % leaves
        level = 0
        if leaf == 0:
            if part == 0:
                draw_ROOT(w, k, fresh, lo, hi)
                for c in range(COUNT):
                    for i in range(LANES):
                        w[REST + c, i] = w[ROOTS + 1, i] * w[NORMALS + c, i]
            left = splits - part
            if left > 1:
                for slot in range((COUNT + 3) // 4):
                    normal_rows(w, FRESH + 4 * slot, COUNT - 4 * slot, k * splits + part, TAG, slot, lo, hi)
                share = 1.0 / left
                spread = sqrt(leaves * (1.0 - share))
                for c in range(COUNT):
                    for i in range(LANES):
                        move = share * w[REST + c, i] + spread * w[ROOTS, i] * w[FRESH + c, i]
                        w[REST + c, i] = w[REST + c, i] - move
                        w[OUT + c, i] = move
            else:
                for c in range(COUNT):
                    for i in range(LANES):
                        w[OUT + c, i] = w[REST + c, i]
        else:
            level = depth
            while leaf >> (depth - level) & 1 == 0:
                level -= 1
            for c in range(COUNT):
                for i in range(LANES):
                    w[OUT + c, i] = w[LEVELS + level * COUNT + c, i]
        while level < depth:
            level += 1
            node = ((k * splits + part) << (level - 1)) + (leaf >> (depth - level + 1))
            for slot in range((COUNT + 3) // 4):
                normal_rows(w, FRESH + 4 * slot, COUNT - 4 * slot, node, TAG + level, slot, lo, hi)
            spread = 0.5 * sqrt(1.0 * (1 << (depth - level + 1)))
            for c in range(COUNT):
                for i in range(LANES):
                    whole = w[OUT + c, i]
                    first = 0.5 * whole + spread * w[ROOTS, i] * w[FRESH + c, i]
                    w[FRESH + c, i] = whole - first
                    w[OUT + c, i] = first
            for c in range(COUNT):
                for i in range(LANES):
                    w[LEVELS + level * COUNT + c, i] = w[FRESH + c, i]
