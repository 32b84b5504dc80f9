# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # First steps: why does SAM stay at a saddle?
#
# Sharpness-aware minimisation (SAM) looks a little uphill before it steps: it takes the gradient at a point at
# distance $\rho$ in the direction of the gradient, and steps against that one. We look at what this does on one
# landscape, and then why.

# %%
# %matplotlib inline
import numpy as np

import saddlescape as ss

# %% [markdown]
# ## A landscape
#
# Beale's function: a minimum in a long valley, and a saddle above it. An object shows itself: its formula, its shape, its
# critical points.

# %%
L = ss.landscape("beale")
L

# %% [markdown]
# A method shows its formula.

# %%
ss.method("sam:rho=0.5")

# %% [markdown]
# ## GD and SAM side by side
#
# One line runs a method from the landscape's own start, another draws what it did.

# %%
gd, sam = ss.simulate(L, "gd"), ss.simulate(L, "sam:rho=0.5")
ss.plots.run_figure([gd, sam], style="notebook")

# %% [markdown]
# Gradient descent runs into the valley of the minimum. SAM stops at the saddle $(0, 1)$, and stays:

# %%
sam

# %% [markdown]
# ## Why the saddle becomes an attractor
#
# The simplest saddle is $f = x^2 - y^2$. Along $y$ the loss falls to both sides, so gradient descent leaves: its
# flow is $\dot y = 2y$. SAM does not ask for the gradient at $y$ but at $y + s$, where $s$ has length $\rho$ and
# points *uphill*, which is towards the saddle and beyond. Nearer than $\rho$ it looks across: the slope there
# points the other way.

# %%
saddle = ss.landscape("saddle")
y = np.linspace(-1, 1, 9)
on_axis = np.stack([0 * y, y], axis=1)
velocity = {text: ss.drift(saddle, text)(on_axis)[:, 1] for text in ("gd", "sam:rho=0.5")}
for k, place in enumerate(y):
    print(f"y = {place:5.2f}   " + "   ".join(f"{text}: dy/dt = {v[k]:5.2f}" for text, v in velocity.items()))

# %% [markdown]
# Inside $|y| < \rho$ the sign has turned: SAM's flow leads **to** the saddle. It is caught at once from there, and from
# farther away when it comes in along $x$: the border is known in closed form.

# %%
rho = 0.5
starts = np.array([[-3.0, 0.05], [-3.0, 0.2], [-3.0, 0.3], [-3.0, 1.0]])
caught = ss.simulate(saddle, f"sam@flow:rho={rho},dt=0.01", starts, steps=400)
for start, status, least in zip(starts, caught.status, ss.quadratic_saddle_tipping(starts), strict=True):
    print(f"from ({start[0]:.0f}, {start[1]:.2f}): {status:7}  (caught by every rho above {least:.3f})")

# %%
ss.plots.run_figure(caught, style="notebook")

# %% [markdown]
# The un-normalised variant (USAM: $s = \rho\,\nabla f$) is smooth, so its linearisation decides. On this saddle it holds
# exactly if $\rho > 1/2$.

# %%
for rho in (0.4, 0.6):
    print(ss.stability(saddle, f"usam:rho={rho}"), "\n")

# %% [markdown]
# ## Exercise
#
# 1. At which $\rho$ does SAM on Beale's function stop reaching the minimum, from the start $(1, 2)$? Try some values.
# 2. Kim et al. (2023) advise momentum against this trap. Does it help here? (`sam:rho=0.5,beta=0.9`)
#
# <details><summary>Answer</summary>
#
# ```python
# rhos = ss.product(L.start, rho=np.linspace(0.1, 0.6, 11))
# many = ss.simulate(L, ss.method("sam", rho=rhos["rho"]), rhos["x0"])
# for rho, status in zip(rhos["rho"], many.status): print(f"{rho:.2f} {status}")
# ```
#
# Between 0.30 and 0.35 the end changes from the valley to the saddle: `moving` becomes `trapped`. With `beta=0.9` SAM at
# $\rho = 0.5$ overshoots the trap and ends in the valley; the change lies between $\beta = 0.8$ and $0.85$.
# The figures `rho_family` and `momentum_frees` of `landscape gallery` show both.
#
# </details>

# %% [markdown]
# ## Where to go from here
#
# `ss.basins(L, "sam")` maps where every start ends, `landscape gallery` draws all figures there are, and
# `ss.landscape("x^2 - a*y^2", params={"a": 2})` is a landscape of your own.
