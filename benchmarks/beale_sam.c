/* The map of SAM on Beale's function, by hand: the fixed peer of sam_beale.py.
 *
 * f(x, y) = (3/2 - x + xy)^2 + (9/4 - x + xy^2)^2 + (21/8 - x + xy^3)^2
 * step:     z <- z - eta * grad f(z + rho * unit(grad f(z))),   unit(0) = 0
 *
 * A block of LANES trajectories is kept in local arrays for all its steps, lanes innermost; blocks go to threads.
 * The order of operations is that of the kernel that saddlescape prints, so that strict builds agree in every bit.
 */
#include <math.h>

#define LANES 64

/* The gradient: 25 operations, in the printed order (landscape show beale --kernel sam). */
static inline __attribute__((always_inline)) void gradient(double x, double y, double *gx, double *gy) {
    double p1 = y - 1.0;
    double a = p1 * x + 1.5;
    double y2 = y * y;
    double p2 = y2 - 1.0;
    double b = p2 * x + 2.25;
    double p3 = y2 * y - 1.0;
    double c = p3 * x + 2.625;
    *gx = 2.0 * (p1 * a + p2 * b + p3 * c);
    *gy = 2.0 * x * (a + 3.0 * y2 * c + 2.0 * b * y);
}

/* 1/n, and 0 at 0. The division is by 1 there: both sides of the choice can be computed, so lanes need no branch. */
static inline __attribute__((always_inline)) double recip(double n) {
    double inverse = 1.0 / (n == 0.0 ? 1.0 : n);
    return n == 0.0 ? 0.0 : inverse;
}

static inline __attribute__((always_inline)) void step(double *px, double *py, double eta, double rho) {
    double x = *px, y = *py, gx, gy;
    gradient(x, y, &gx, &gy);
    double s = rho * recip(sqrt(gx * gx + gy * gy));
    gradient(x + s * gx, y + s * gy, &gx, &gy);
    *px = x - eta * gx;
    *py = y - eta * gy;
}

/* x0 and out: n rows of (x, y). */
void run(long n, long steps, const double *x0, double *out, double eta, double rho) {
#pragma omp parallel for schedule(dynamic, 16)
    for (long first = 0; first < n; first += LANES) {
        double x[LANES] __attribute__((aligned(64)));
        double y[LANES] __attribute__((aligned(64)));
        long lanes = n - first < LANES ? n - first : LANES;
        for (long i = 0; i < LANES; i++) { /* the last block is padded with its first trajectory */
            long from = first + (i < lanes ? i : 0);
            x[i] = x0[2 * from];
            y[i] = x0[2 * from + 1];
        }
        for (long t = 0; t < steps; t++) {
#pragma omp simd aligned(x, y : 64)
            for (long i = 0; i < LANES; i++) step(&x[i], &y[i], eta, rho);
        }
        for (long i = 0; i < lanes; i++) {
            out[2 * (first + i)] = x[i];
            out[2 * (first + i) + 1] = y[i];
        }
    }
}
