"""The real loop, copied word for word into every kernel (see link.py). Not run from here.

A tile ``w`` holds LANES trajectories side by side, one row per coordinate of the state, then one per number; SIMD runs
across the lanes. ``advance``, ``tile``, ``ROWS``, ``STATE``, ``DIM`` and ``LANES`` are printed by the linker; ``compiled``
and ``inline`` are numba's decorators, or nothing when the same file is run as plain Python.
"""
# mypy: ignore-errors
# ruff: noqa: F821


@inline
def freeze(w):
    """Turn lanes that have diverged (not finite, or farther than 1e8) into NaN; return how many still live."""
    alive = 0
    for i in range(LANES):
        far = 0.0
        for c in range(DIM):
            far += w[c, i] * w[c, i]
        if far <= 1e16:
            alive += 1
        else:
            for c in range(STATE):
                w[c, i] = nan
    return alive


@inline
def observe(w, box, first):
    """Widen each lane's bounding box by where it is; ``first`` starts a new one there and marks the place."""
    for c in range(DIM):
        if first:
            for i in range(LANES):
                box[c, i] = w[c, i]
                box[DIM + c, i] = w[c, i]
                box[2 * DIM + c, i] = w[c, i]
        else:
            for i in range(LANES):
                box[c, i] = w[c, i] if w[c, i] < box[c, i] else box[c, i]
                box[DIM + c, i] = w[c, i] if w[c, i] > box[DIM + c, i] else box[DIM + c, i]


@inline
def recur(w, box, since):
    """Note the first tick since the mark at which a lane is back at it, within 1e-6 of its box."""
    for i in range(LANES):
        back = 1
        for c in range(DIM):
            size = box[DIM + c, i] - box[c, i]
            away = w[c, i] - box[2 * DIM + c, i]
            if not (-1e-6 * size <= away <= 1e-6 * size):
                back = 0
        if back == 1 and box[3 * DIM, i] == 0.0:
            box[3 * DIM, i] = since


@compiled
def run(buffer, boxes, record, start, stop, every, last, window):
    """Advance every block of ``buffer`` from tick ``start`` to tick ``stop`` of a run of ``last`` ticks.

    ``buffer`` (blocks, ROWS, LANES) holds state and numbers and is updated. Positions at ticks k·every and at
    ``last`` go to ``record`` (trajectories, records, DIM). In the two windows of ``window`` ticks before ``last`` the bounding boxes,
    and in the second the return to its first place, go to ``boxes`` (blocks, 2, 3·DIM + 1, LANES).
    Ticks at which lanes are frozen are multiples of CHECK and ``last``, whatever start, stop and every are.
    """
    widen()
    w = tile()
    box = tile_box()
    first_window = last - 2 * window
    second_window = last - window
    for k in range(buffer.shape[0]):
        for row in range(ROWS):
            for i in range(LANES):
                w[row, i] = buffer[k, row, i]
        t = start
        alive = LANES
        while t < stop:
            until = min(stop, t - t % CHECK + CHECK, t - t % every + every)
            if t >= first_window:
                until = t + 1
            elif until > first_window:
                until = first_window
            if alive > 0:
                advance(w, until - t)
            t = until
            if t % CHECK == 0 or t == last:
                alive = freeze(w)
            if t > first_window:
                which = 1 if t > second_window else 0
                since = t - second_window if which == 1 else t - first_window
                for row in range(BOX):
                    for i in range(LANES):
                        box[row, i] = boxes[k, which, row, i]
                if since > 1 and which == 1:
                    recur(w, box, since - 1)
                observe(w, box, since == 1)
                for row in range(BOX):
                    for i in range(LANES):
                        boxes[k, which, row, i] = box[row, i]
            if t % every == 0 or t == last:
                slot = (t + every - 1) // every
                for c in range(DIM):
                    for i in range(LANES):
                        if k * LANES + i < record.shape[0]:
                            record[k * LANES + i, slot, c] = w[c, i]
        for row in range(STATE):
            for i in range(LANES):
                buffer[k, row, i] = w[row, i]
