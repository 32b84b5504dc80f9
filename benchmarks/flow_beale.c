/* RK4 with a fixed step for the flows of gradient descent and SAM on Beale's function, by hand: a peer of flow_ensemble.py.
 *
 * dx/dt = -G(x), G = grad f(x) or grad f(x + rho * unit(grad f(x))). Blocks of LANES trajectories stay in local arrays for
 * all steps, lanes innermost; blocks go to threads. The order of operations is that of the printed kernel.
 */
#include <math.h>

#define LANES 64
#define INLINE static inline __attribute__((always_inline))

INLINE void gradient(double x, double y, double *gx, double *gy) {
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

/* 1/n, and 0 at 0, without a branch. */
INLINE double recip(double n) {
    double inverse = 1.0 / (n == 0.0 ? 1.0 : n);
    return n == 0.0 ? 0.0 : inverse;
}

/* -G */
INLINE void slope(int sam, double x, double y, double rho, double *ux, double *uy) {
    double gx, gy;
    gradient(x, y, &gx, &gy);
    if (sam) {
        double s = rho * recip(sqrt(gx * gx + gy * gy));
        gradient(x + s * gx, y + s * gy, &gx, &gy);
    }
    *ux = -gx;
    *uy = -gy;
}

/* <g, g after dt (-G + g)>, and where on that way g would be shortest if it changed evenly. */
INLINE double turning(double x, double y, double dt, double ux, double uy, double *sx, double *sy) {
    double gx, gy, ax, ay;
    gradient(x, y, &gx, &gy);
    double jx = ux + gx, jy = uy + gy;
    gradient(x + dt * jx, y + dt * jy, &ax, &ay);
    double cx = gx - ax, cy = gy - ay;
    double part = (gx * cx + gy * cy) * recip(cx * cx + cy * cy) * dt;
    *sx = x + part * jx;
    *sy = y + part * jy;
    return gx * ax + gy * ay;
}

/* SAM's flow stays where a step would turn the gradient round twice: it would be carried across a zero of it. */
INLINE int stays(double x, double y, double dt, double rho, double ux, double uy) {
    double sx, sy, tx, ty;
    double first = turning(x, y, dt, ux, uy, &sx, &sy);
    slope(1, sx, sy, rho, &ux, &uy);
    double second = turning(sx, sy, dt, ux, uy, &tx, &ty);
    return (first < 0.0) & (second < 1e-300);
}

INLINE void step(int sam, double *px, double *py, double dt, double rho) {
    double x = *px, y = *py, ax, ay, bx, by, cx, cy, dx, dy;
    double half = 0.5 * dt, sixth = dt / 6.0;
    slope(sam, x, y, rho, &ax, &ay);
    int held = sam ? stays(x, y, dt, rho, ax, ay) : 0;
    slope(sam, x + half * ax, y + half * ay, rho, &bx, &by);
    slope(sam, x + half * bx, y + half * by, rho, &cx, &cy);
    slope(sam, x + dt * cx, y + dt * cy, rho, &dx, &dy);
    double nx = x + sixth * (ax + 2.0 * (bx + cx) + dx);
    double ny = y + sixth * (ay + 2.0 * (by + cy) + dy);
    *px = held ? x : nx;
    *py = held ? y : ny;
}

INLINE void block(int sam, long lanes, long steps, const double *x0, double *out, double dt, double rho) {
    double x[LANES] __attribute__((aligned(64)));
    double y[LANES] __attribute__((aligned(64)));
    for (long i = 0; i < LANES; i++) { /* the last block is padded with its first trajectory */
        long from = i < lanes ? i : 0;
        x[i] = x0[2 * from];
        y[i] = x0[2 * from + 1];
    }
    for (long t = 0; t < steps; t++) {
#pragma omp simd aligned(x, y : 64)
        for (long i = 0; i < LANES; i++) step(sam, &x[i], &y[i], dt, rho);
    }
    for (long i = 0; i < lanes; i++) {
        out[2 * i] = x[i];
        out[2 * i + 1] = y[i];
    }
}

/* x0 and out: n rows of (x, y). rho < 0: gradient descent. */
void run(long n, long steps, const double *x0, double *out, double dt, double rho) {
#pragma omp parallel for schedule(dynamic, 16)
    for (long first = 0; first < n; first += LANES) {
        long lanes = n - first < LANES ? n - first : LANES;
        if (rho < 0.0)
            block(0, lanes, steps, x0 + 2 * first, out + 2 * first, dt, 0.0);
        else
            block(1, lanes, steps, x0 + 2 * first, out + 2 * first, dt, rho);
    }
}
