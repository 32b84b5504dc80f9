"""The real loop, copied word for word into every kernel (see link.py). Not run from here.

A tile ``w`` holds LANES trajectories side by side, one row per coordinate of the state, then one per number; SIMD runs
across the lanes. ``advance``, ``tile``, ``ROWS``, ``STATE``, ``DIM`` and ``LANES`` are printed by the linker;
``compiled`` and ``inline`` are numba's decorators, or nothing when the same file is run as plain Python.
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
def copied(a, b, rows):
    """Copy the first ``rows`` rows of tile ``a`` to ``b``."""
    for row in range(rows):
        for i in range(LANES):
            b[row, i] = a[row, i]


@inline
def returned(w, mark):
    """Whether the state of every lane is, in every bit, what it was when it was marked."""
    for c in range(STATE):
        for i in range(LANES):
            now, then = w[c, i], mark[c, i]
            if now != then and (now == now or then == then):
                return False
    return True


@inline
def watch(w, box, since):
    """Widen the box of every lane by where it is, starting it there at the first tick of a window.

    Then note the first return to there: within 1e-6 of the box's longest side.
    """
    if since == 1:
        for c in range(DIM):
            for i in range(LANES):
                box[c, i] = w[c, i]
                box[DIM + c, i] = w[c, i]
                box[2 * DIM + c, i] = w[c, i]
        for i in range(LANES):
            box[3 * DIM, i] = 0.0
        return
    for c in range(DIM):
        for i in range(LANES):
            box[c, i] = w[c, i] if w[c, i] < box[c, i] else box[c, i]
            box[DIM + c, i] = w[c, i] if w[c, i] > box[DIM + c, i] else box[DIM + c, i]
    for i in range(LANES):
        size = 0.0
        away = 0.0
        far = 0.0
        for c in range(DIM):
            side = box[DIM + c, i] - box[c, i]
            size = side if side > size else size
            shift = abs(w[c, i] - box[2 * DIM + c, i])
            away = shift if shift > away else away
            place = abs(w[c, i])
            far = place if place > far else far
        period = box[3 * DIM, i]
        box[3 * DIM, i] = since - 1.0 if (period == 0.0) & (away <= 1e-6 * size + 4e-15 * far) else period


@inline
def settle(early, late):
    """Say of every lane whether it is recurrent: its two boxes are the same to a quarter of their longest side."""
    for i in range(LANES):
        size = 0.0
        far = 0.0
        for c in range(DIM):
            low, high = late[c, i], late[DIM + c, i]
            size = max(size, high - low)
            far = max(far, abs(low), abs(high))
        same = True
        slack = (
            0.25 * size + 4e-15 * far
        )  # of the whole position: what one coordinate does below its rounding is rest
        for c in range(DIM):
            same = same and abs(late[c, i] - early[c, i]) <= slack
            same = same and abs(late[DIM + c, i] - early[DIM + c, i]) <= slack
        late[3 * DIM + 1, i] = 1.0 if same else 0.0


@inline
def keep(w, record, k, slot):
    """Write the positions of block ``k`` to place ``slot`` of their records, NaN for those that have diverged.

    The filling of the last block is left out.
    """
    for i in range(min(LANES, record.shape[0] - k * LANES)):
        far = 0.0
        for c in range(DIM):
            far += w[c, i] * w[c, i]
        for c in range(DIM):
            record[k * LANES + i, slot, c] = w[c, i] if far <= 1e16 else nan


@compiled
def run(buffer, boxes, record, halt, start, stop, every, last, window, lo, hi):
    """Advance every block of ``buffer`` from tick ``start`` to tick ``stop`` of a run of ``last`` ticks.

    ``buffer`` (blocks, ROWS, LANES) holds state and numbers and is updated. Positions at ticks k·every and at
    ``last`` go to ``record`` (trajectories, records, DIM). Each lane is watched for ``window`` ticks after three
    quarters of the run and for the ``window`` ticks before its end. ``boxes`` (blocks, 2, BOX, LANES) gets, per window,
    the lowest and highest and the first place, then the period and, at the end, whether the lane is recurrent.
    Lanes are frozen at multiples of CHECK and at ``last``, whatever start, stop and every are. A block that is where it
    was CHECK ticks ago goes on in that cycle for ever (a map without noise knows no time), so whole cycles are left out.
    ``lo`` and ``hi`` are the words of the seed. ``halt`` is for loops that know no end (adaptive.py).
    """
    widen()
    w = tile()
    mark = tile()
    box = tile_box()
    late = last - window
    early = min(3 * last // 4, late - window)
    for k in range(len(buffer)):
        copied(buffer[k], w, ROWS)
        copied(boxes[k][1 if start > late else 0], box, BOX)
        t = start
        alive = LANES
        known = False
        cyclic = False
        while t < stop:
            until = t + 1
            if not (every == 1 or early <= t < early + window or t >= late):
                until = min(stop, t - t % every + every, early if t < early else late)
                if not cyclic:
                    until = min(until, t - t % CHECK + CHECK)
            if alive > 0:
                advance(w, t, (until - t) % CHECK if cyclic else until - t, t == start, lo, hi)
            t = until
            if t % CHECK == 0 or t == last:
                alive = freeze(w)
            if t % CHECK == 0 and not cyclic and not RANDOM:
                cyclic = known and returned(w, mark)
                copied(w, mark, STATE)
                known = True
            if early < t <= early + window or t > late:
                watch(w, box, t - late if t > late else t - early)
                if t == early + window or t == stop:
                    copied(box, boxes[k][1 if t > late else 0], BOX)
            if t % every == 0 or t == last:
                keep(w, record, k, (t + every - 1) // every)
        if t == last and window > 1:
            settle(boxes[k][0], boxes[k][1])
        copied(w, buffer[k], STATE)
