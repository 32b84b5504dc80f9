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
def returned(w, mark, known):
    """Whether the state of every lane is, in every bit, what it was CHECK ticks ago; ``mark`` becomes the state now."""
    same = known
    for c in range(STATE):
        for i in range(LANES):
            now, then = w[c, i], mark[c, i]
            same = same and (now == then or (now != now and then != then))
            mark[c, i] = now
    return same


@inline
def watch(w, boxes, k, part, since):
    """Widen the bounding box of every lane; at the first tick start it there, later note the first return to there.

    A return is being back within 1e-6 of the box's longest side.
    """
    for i in range(LANES):
        size = 0.0
        for c in range(DIM):
            size = max(size, boxes[k, part, DIM + c, i] - boxes[k, part, c, i])
        back = since > 1
        for c in range(DIM):
            here = w[c, i]
            if since == 1:
                boxes[k, part, c, i] = here
                boxes[k, part, DIM + c, i] = here
                boxes[k, part, 2 * DIM + c, i] = here
            low, high = boxes[k, part, c, i], boxes[k, part, DIM + c, i]
            away = here - boxes[k, part, 2 * DIM + c, i]
            back = back and -1e-6 * size <= away <= 1e-6 * size
            boxes[k, part, c, i] = here if here < low else low
            boxes[k, part, DIM + c, i] = here if here > high else high
        if back and boxes[k, part, 3 * DIM, i] == 0.0:
            boxes[k, part, 3 * DIM, i] = since - 1


@compiled
def run(buffer, boxes, record, start, stop, every, last, window):
    """Advance every block of ``buffer`` from tick ``start`` to tick ``stop`` of a run of ``last`` ticks.

    ``buffer`` (blocks, ROWS, LANES) holds state and numbers and is updated. Positions at ticks k·every and at
    ``last`` go to ``record`` (trajectories, records, DIM). Each lane is watched for ``window`` ticks after three
    quarters of the run and for the ``window`` ticks before its end: its bounding boxes, and in the second the return
    to its first place, go to ``boxes`` (blocks, 2, BOX, LANES).
    Lanes are frozen at multiples of CHECK and at ``last``, whatever start, stop and every are. A block that is where it
    was CHECK ticks ago goes on in that cycle for ever (the map knows no time), so whole cycles are left out.
    """
    widen()
    w = tile()
    mark = tile()
    late = last - window
    early = min(3 * last // 4, late - window)
    for k in range(buffer.shape[0]):
        for row in range(ROWS):
            for i in range(LANES):
                w[row, i] = buffer[k, row, i]
        t = start
        alive = LANES
        known = False
        cyclic = False
        while t < stop:
            until = min(stop, t - t % every + every)
            if not cyclic:
                until = min(until, t - t % CHECK + CHECK)
            if early <= t < early + window or t >= late:
                until = t + 1
            else:
                until = min(until, early if t < early else late)
            ticks = (until - t) % CHECK if cyclic else until - t
            if alive > 0:
                advance(w, ticks)
            t = until
            if t % CHECK == 0 or t == last:
                alive = freeze(w)
            if t % CHECK == 0 and not cyclic:
                cyclic = returned(w, mark, known)
                known = True
            if early < t <= early + window:
                watch(w, boxes, k, 0, t - early)
            if t > late:
                watch(w, boxes, k, 1, t - late)
            if t % every == 0 or t == last:
                slot = (t + every - 1) // every
                for c in range(DIM):
                    for i in range(LANES):
                        if k * LANES + i < record.shape[0]:
                            record[k * LANES + i, slot, c] = w[c, i]
        for row in range(STATE):
            for i in range(LANES):
                buffer[k, row, i] = w[row, i]
