"""The loop of an adaptive flow, copied word for word into its kernels (see link.py) in the place of loop.py.

Every lane has its own time and step. Ticks are only where a trajectory is looked at (records, and the ends of the
windows its status is judged by): steps are shortened to end there. ``attempt`` makes the state after a step, the
derivative there and the error estimate; a step is accepted where the error, in units of atol + rtol·|x|, is at most 1.
Where steps shrink to nothing a trajectory has arrived at a point across which the field jumps: it stays there.
"""
# mypy: ignore-errors
# ruff: noqa: F821, SIM109

SAFETY, LEAST, MOST = 0.9, 0.2, 5.0
#: a step shorter than this part of the run's length is none
NOTHING_LEFT = 1e-12
ONE = 1072693248.0  # the high word of the bits of 1.0


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
def tenth_root(a):
    """a^(−1/10) to a few parts in a hundred, from the bits of a > 0: the step takes no more."""
    high = 1.1 * ONE - 0.1 * float(_bits(a) >> 32)
    return _float_of_bits(_word(high) << 32)


@inline
def judge(w, goal, least):
    """Accept or refuse the attempt of every lane, choose its next step; return how many have not reached ``goal``."""
    waiting = 0
    for i in range(LANES):
        size = 0.0
        for c in range(STATE):
            here, there = abs(w[c, i]), abs(w[NEXT + c, i])
            e = w[ERROR + c, i] / (w[ATOL, i] + w[RTOL, i] * (there if there > here else here))
            size += e * e
        size = size / STATE
        tried = w[H, i]
        good = size <= 1.0
        time = w[TIME, i] + tried if good else w[TIME, i]
        factor = SAFETY * tenth_root(size + 1e-300)
        factor = MOST if factor > MOST else factor
        factor = factor if factor > LEAST else LEAST
        factor = factor if size < 1e300 else LEAST
        full = (tried >= w[STEP, i]) | (not good)  # a step that was cut short says little of the next
        step = tried * factor if full | (tried * factor > w[STEP, i]) else w[STEP, i]
        stuck = (step < least[0, i]) & (not good)
        for c in range(STATE):
            w[c, i] = w[NEXT + c, i] if good else w[c, i]
            w[SLOPE + c, i] = w[SLOPE_NEXT + c, i] if good else w[SLOPE + c, i]
        left = goal[0, i] - time
        done = stuck | (left <= least[0, i]) | (w[0, i] != w[0, i])
        w[TIME, i] = goal[0, i] if left <= least[0, i] else time
        w[STEP, i] = step
        # two halves rather than a whole and a sliver
        w[H, i] = 0.0 if done else (step if left > 2.0 * step else (left if left <= step else 0.5 * left))
        waiting += 0 if done else 1
    return waiting


@inline
def keep(w, record, k, slot):
    """Write the positions of block ``k`` to place ``slot`` of their records, NaN for those that have diverged."""
    for i in range(min(LANES, record.shape[0] - k * LANES)):
        far = 0.0
        for c in range(DIM):
            far += w[c, i] * w[c, i]
        for c in range(DIM):
            record[k * LANES + i, slot, c] = w[c, i] if far <= 1e16 else nan


@inline
def boxed(w, box, first):
    """Widen the box of every lane by where it is, or start it there."""
    for c in range(DIM):
        for i in range(LANES):
            low = w[c, i] if first or w[c, i] < box[c, i] else box[c, i]
            high = w[c, i] if first or w[c, i] > box[DIM + c, i] else box[DIM + c, i]
            box[c, i], box[DIM + c, i], box[2 * DIM + c, i] = low, high, low
    for i in range(LANES):
        box[3 * DIM, i] = 0.0


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
        slack = 0.25 * size + 4e-15 * far
        for c in range(DIM):
            same = same and abs(late[c, i] - early[c, i]) <= slack
            same = same and abs(late[DIM + c, i] - early[DIM + c, i]) <= slack
        late[3 * DIM + 1, i] = 1.0 if same else 0.0


@compiled
def run(buffer, boxes, record, start, stop, every, last, window, lo, hi):
    """Carry every block of ``buffer`` from tick 0 to tick ``last``; the arrays are those of loop.run."""
    widen()
    w = tile()
    goal = tile()
    least = tile()
    box = tile_box()
    late = last - window
    early = min(3 * last // 4, late - window)
    for k in range(len(buffer)):
        copied(buffer[k], w, ROWS)
        for i in range(LANES):
            w[TIME, i] = 0.0
            w[H, i] = 0.0
            w[STEP, i] = w[DT, i]
            least[0, i] = NOTHING_LEFT * last * w[DT, i]
        attempt(w)  # a step of nothing: its derivative is the one to begin with
        for c in range(STATE):
            for i in range(LANES):
                w[SLOPE + c, i] = w[SLOPE_NEXT + c, i]
        t = 0
        while t < last:
            t += 1
            if t % every != 0 and t != last and t != early and t != early + window and t != late:
                continue
            for i in range(LANES):
                goal[0, i] = t * w[DT, i]
                left = goal[0, i] - w[TIME, i]
                w[H, i] = (
                    w[STEP, i] if left > 2.0 * w[STEP, i] else (left if left <= w[STEP, i] else 0.5 * left)
                )
            waiting = freeze(w)
            while waiting > 0:
                attempt(w)
                waiting = judge(w, goal, least)
            if t == early or t == early + window or t == late or t == last:
                boxed(w, box, t == early or t == late)
                if t == early + window or t == last:
                    copied(box, boxes[k][1 if t == last else 0], BOX)
            if t % every == 0 or t == last:
                keep(w, record, k, (t + every - 1) // every)
        if window > 1:
            settle(boxes[k][0], boxes[k][1])
        copied(w, buffer[k], STATE)
