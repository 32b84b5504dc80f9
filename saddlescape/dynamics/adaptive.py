"""The loop of an adaptive flow, copied word for word into its kernels (see link.py) in the place of loop.py.

Every lane has its own trajectory, time and step, and none waits for another: a lane that is through takes the next
trajectory. Ticks are only where a trajectory is looked at (records, and the ends of the windows its status is judged
by): steps are shortened to end there. ``attempt`` makes the state after a step, the derivative there and the error
estimate; a step is accepted where the error, in units of atol + rtol·|x|, is at most 1. Where steps shrink to nothing a
trajectory has arrived at a point across which the field jumps: it stays there. An accepted step that would end outside
the bounds of a trajectory (infinite, unless it is to end there) is not taken: the trajectory is through (borders.py).
"""
# mypy: ignore-errors
# ruff: noqa: F821, SIM109

SAFETY, LEAST, MOST = 0.9, 0.2, 5.0
#: a step shorter than this part of the run's length is none
NOTHING_LEFT = 1e-12
ONE = 1072693248.0  # the high word of the bits of 1.0
#: rows of a second tile: when a lane is looked at next, its shortest step, that tick, its trajectory, its next record,
#: whether it is there, how many attempts it has made, and how long the one was that left its bounds (INSIDE: none)
GOAL, SHORTEST, TICK, PLACE, RECORD, THERE, ATTEMPTS, LEAVING = 0, 1, 2, 3, 4, 5, 6, 7
#: the goal of a lane that has nothing to do; THERE of a lane whose trajectory is new
NEVER, NEW = 1e300, 2.0
INSIDE = -1.0


@inline
def tenth_root(a):
    """a^(−1/10) to a few parts in a hundred, from the bits of a > 0: the step takes no more."""
    high = 1.1 * ONE - 0.1 * float(_bits(a) >> 32)
    return _float_of_bits(_word(high) << 32)


@called
def attempted(w):
    """Make the attempt of every lane."""
    widen()
    apart()
    attempt(shaped(w))


@called
def judge(w, own):
    """Accept or refuse the attempt of every lane, choose its next step; return how many are where they are looked at.

    What is chosen from is computed first: lanes need no branch then, and lie side by side in vectors.
    """
    widen()
    apart()
    w = shaped(w)
    own = shaped(own)
    arrived = 0
    for i in range(LANES):
        size = 0.0
        for c in range(STATE):
            here, there = abs(w[c, i]), abs(w[NEXT + c, i])
            e = w[ERROR + c, i] / (w[ATOL, i] + w[RTOL, i] * (there if there > here else here))
            size += e * e
        size = size / STATE
        tried, before, time = w[H, i], w[STEP, i], w[TIME, i]
        goal, shortest = own[GOAL, i], own[SHORTEST, i]
        outside = False
        for c in range(DIM):
            there = w[NEXT + c, i]
            outside = outside | (there < w[LOW + c, i]) | (there > w[HIGH + c, i])
        leaves = outside & (size <= 1.0)
        good = (size <= 1.0) & (not outside)
        later = time + tried
        time = later if good else time
        factor = SAFETY * tenth_root(size + 1e-300)
        factor = MOST if factor > MOST else factor
        factor = factor if factor > LEAST else LEAST
        factor = factor if size < 1e300 else LEAST
        proposed = tried * factor
        full = (tried >= before) | (not good)  # a step that was cut short says little of the next
        step = proposed if full | (proposed > before) else before
        stuck = (step < shortest) & (not good)
        for c in range(STATE):
            now, after = w[c, i], w[NEXT + c, i]
            w[c, i] = after if good else now
            slope, slope_after = w[SLOPE + c, i], w[SLOPE_NEXT + c, i]
            w[SLOPE + c, i] = slope_after if good else slope
        left = goal - time
        near = left <= shortest
        place = w[0, i]
        done = (stuck | near | leaves | (place != place)) & (goal < NEVER)
        half = 0.5 * left  # two halves rather than a whole and a sliver
        cut = left if left <= step else half
        cut = step if left > 2.0 * step else cut
        w[TIME, i] = goal if near else time
        w[STEP, i] = step
        w[H, i] = 0.0 if done else cut
        own[THERE, i] = 1.0 if done else 0.0
        own[ATTEMPTS, i] += 1.0 if goal < NEVER else 0.0
        own[LEAVING, i] = tried if leaves else INSIDE
        arrived += 1 if done else 0
    return arrived


@inline
def freeze(w, i):
    """Turn lane ``i`` into NaN if it has diverged (not finite, or farther than 1e8)."""
    far = 0.0
    for c in range(DIM):
        far += w[c, i] * w[c, i]
    if not far <= 1e16:
        for c in range(STATE):
            w[c, i] = nan


@inline
def boxed(w, i, box, j, first):
    """Widen the box of a trajectory by where its lane ``i`` is, or start it there."""
    for c in range(DIM):
        low = w[c, i] if first or w[c, i] < box[c, j] else box[c, j]
        high = w[c, i] if first or w[c, i] > box[DIM + c, j] else box[DIM + c, j]
        box[c, j], box[DIM + c, j], box[2 * DIM + c, j] = low, high, low
    box[3 * DIM, j] = 0.0


@inline
def settle(early, late, j):
    """Say of a trajectory whether it is recurrent: its two boxes are the same to a quarter of their longest side."""
    size = 0.0
    far = 0.0
    for c in range(DIM):
        low, high = late[c, j], late[DIM + c, j]
        size = max(size, high - low)
        far = max(far, abs(low), abs(high))
    same = True
    slack = 0.25 * size + 4e-15 * far
    for c in range(DIM):
        same = same and abs(late[c, j] - early[c, j]) <= slack
        same = same and abs(late[DIM + c, j] - early[DIM + c, j]) <= slack
    late[3 * DIM + 1, j] = 1.0 if same else 0.0


@called
def aim(w, own, every, early, late, last, window):
    """Send every lane that is there to the next tick at which it is looked at, with the step that it has."""
    widen()
    apart()
    w = shaped(w)
    own = shaped(own)
    every, early, middle, late, last = (
        1.0 * every,
        1.0 * early,
        1.0 * (early + window),
        1.0 * late,
        1.0 * last,
    )
    for i in range(LANES):
        t, goal, h, there = own[TICK, i], own[GOAL, i], w[H, i], own[THERE, i]
        found = own[RECORD, i] * every
        found = last if last < found else found
        found = early if (early > t) & (early < found) else found
        found = middle if (middle > t) & (middle < found) else found
        found = late if (late > t) & (late < found) else found
        step, then = w[STEP, i], found * w[DT, i]
        left = then - w[TIME, i]
        half = 0.5 * left
        cut = left if left <= step else half
        cut = step if left > 2.0 * step else cut
        cut = 0.0 if there == NEW else cut
        sent = (there != 0.0) & (goal < NEVER)
        own[TICK, i] = found if sent else t
        own[GOAL, i] = then if sent else goal
        w[H, i] = cut if sent else h


@inline
def begin(w, own, i, buffer, place, last):
    """Put a trajectory into lane ``i``. Its first attempt is a step of nothing: that makes the derivative there."""
    k, j = place // LANES, place % LANES
    for row in range(ROWS):
        w[row, i] = buffer[k][row, j]
    for c in range(STATE):
        w[SLOPE + c, i] = 0.0
    w[TIME, i] = 0.0
    w[STEP, i] = w[DT, i]
    own[SHORTEST, i] = NOTHING_LEFT * last * w[DT, i]
    own[PLACE, i] = place
    own[GOAL, i] = 0.0
    own[THERE, i] = NEW
    own[TICK, i] = 0.0
    own[RECORD, i] = 1.0
    own[ATTEMPTS, i] = 0.0
    own[LEAVING, i] = INSIDE
    freeze(w, i)


@called
def windows(w, i, boxes, place, t, early, late, last, window):
    """Put where lane ``i`` is into the boxes of its trajectory."""
    apart()
    freeze(w, i)
    k, j = place // LANES, place % LANES
    if t == early or t == early + window:
        boxed(w, i, boxes[k][0], j, t == early)
    if t == late or t == last:
        boxed(w, i, boxes[k][1], j, t == late)
    if t == last and window > 1:
        settle(boxes[k][0], boxes[k][1], j)


@called
def at_windows(own, early, late, last, window):
    """Return how many lanes are where a window begins or ends: few, so ``look`` is spared the question."""
    widen()
    apart()
    own = shaped(own)
    early, middle, late, last = 1.0 * early, 1.0 * (early + window), 1.0 * late, 1.0 * last
    found = 0
    for i in range(LANES):
        t = own[TICK, i]
        there = (own[THERE, i] != 0.0) & (own[GOAL, i] < NEVER)
        found += 1 if there & ((t == early) | (t == middle) | (t == late) | (t == last)) else 0
    return found


@inline
def look(w, own, i, record, every, last):
    """Note where lane ``i`` is, at the tick it was sent to."""
    freeze(w, i)
    slot = int(own[RECORD, i])
    if int(own[TICK, i]) == min(slot * every, last):
        for c in range(DIM):
            record[int(own[PLACE, i]), slot, c] = w[c, i]
        own[RECORD, i] = slot + 1.0


@inline
def through(w, own, i, buffer, boxes):
    """Hand over the state of a trajectory that is at its end, and how many attempts it took (in the last row of its
    early box), and leave lane ``i`` idle.

    Of one that left: the state before that step, its time, the step's length and the tick it was on the way to (in the
    first rows of the early box), and the state after it (in those of the late one).
    """
    place = int(own[PLACE, i])
    k, j = place // LANES, place % LANES
    early, late = boxes[k][0], boxes[k][1]
    early[3 * DIM, j], early[3 * DIM + 1, j] = own[LEAVING, i], own[ATTEMPTS, i]
    for c in range(STATE):
        buffer[k][c, j] = w[c, i]
    if own[LEAVING, i] != INSIDE:
        early[0, j], early[1, j] = w[TIME, i], own[TICK, i]
        for c in range(STATE):
            late[c, j] = w[NEXT + c, i]
    own[GOAL, i] = NEVER
    w[STEP, i] = 0.0
    w[H, i] = 0.0


@compiled
def run(buffer, boxes, record, halt, start, stop, every, last, window, lo, hi):
    """Carry every trajectory of ``buffer`` from tick 0 to tick ``last``; the arrays are those of loop.run.

    Nobody knows how many steps that takes: it ends, with nothing of use, once ``halt`` is not 0.
    """
    widen()
    w = tile()
    own = tile()
    for row in range(TILE):
        for i in range(LANES):
            w[row, i] = 0.0
            own[row, i] = 0.0
    late = last - window
    early = min(3 * last // 4, late - window)
    waiting = record.shape[0]  # trajectories that are not through
    following = 0  # the next to begin
    for i in range(LANES):
        own[THERE, i] = 1.0
        own[GOAL, i] = NEVER
        own[TICK, i] = last
        own[LEAVING, i] = INSIDE
    while waiting > 0:
        if at_windows(own, early, late, last, window) > 0:
            for i in range(LANES):
                if own[THERE, i] != 0.0 and own[GOAL, i] < NEVER:
                    place, t = int(own[PLACE, i]), int(own[TICK, i])
                    windows(w, i, boxes, place, t, early, late, last, window)
        for i in range(LANES):
            if own[THERE, i] != 0.0:
                if own[GOAL, i] < NEVER:
                    look(w, own, i, record, every, last)
                    if own[TICK, i] == last or own[LEAVING, i] != INSIDE:
                        through(w, own, i, buffer, boxes)
                        waiting -= 1
                if own[GOAL, i] == NEVER and following < record.shape[0]:
                    begin(w, own, i, buffer, following, last)
                    if early == 0:
                        windows(w, i, boxes, following, 0, early, late, last, window)
                    following += 1
        aim(w, own, every, early, late, last, window)
        arrived = 0
        while waiting > 0 and arrived == 0:
            if seen(halt) != 0.0:
                return
            attempted(w)
            arrived = judge(w, own)
