"""The loop of a first exit, copied word for word into its kernels (see link.py) in the place of loop.py.

It knows no records and no windows: after every tick every lane is measured against its ball, and the tick at which it
was first outside is kept with the place. A block all of whose lanes have left is not gone on with. What is not finite
is outside.
"""
# mypy: ignore-errors
# ruff: noqa: F821


@inline
def copied(a, b, rows):
    """Copy the first ``rows`` rows of tile ``a`` to ``b``."""
    for row in range(rows):
        for i in range(LANES):
            b[row, i] = a[row, i]


@inline
def measure(w, ball, left, t):
    """Note the lanes that are outside for the first time, at tick ``t``; return how many are still inside.

    ``ball`` holds the centre and the squared radius, ``left`` the tick (0: not yet) and the place of the exit.
    """
    inside = 0
    for i in range(LANES):
        far = 0.0
        for c in range(DIM):
            away = w[c, i] - ball[c, i]
            far += away * away
        new = (left[0, i] == 0.0) & (not (far <= ball[DIM, i]))
        left[0, i] = t if new else left[0, i]
        for c in range(DIM):
            left[1 + c, i] = w[c, i] if new else left[1 + c, i]
        inside += 1 if left[0, i] == 0.0 else 0
    return inside


@compiled
def run(buffer, boxes, record, halt, start, stop, every, last, window, lo, hi):
    """Advance every block of ``buffer`` from tick ``start`` to tick ``stop``, or until all its lanes have left.

    ``boxes`` (blocks, 2, BOX, LANES) holds the ball of every lane and gets what ``measure`` sees; the other arguments
    are those of loop.py, and idle. A lane has the bits it has there: it is advanced alike.
    """
    widen()
    w = tile()
    ball = tile_box()
    left = tile_box()
    for k in range(len(buffer)):
        copied(buffer[k], w, ROWS)
        copied(boxes[k][0], ball, BOX)
        copied(boxes[k][1], left, BOX)
        inside = 0
        for i in range(LANES):
            inside += 1 if left[0, i] == 0.0 else 0
        t = start
        while (t < stop) & (inside > 0):
            advance(w, t, 1, t == start, lo, hi)
            t += 1
            inside = measure(w, ball, left, float(t))
        copied(left, boxes[k][1], BOX)
        copied(w, buffer[k], STATE)
