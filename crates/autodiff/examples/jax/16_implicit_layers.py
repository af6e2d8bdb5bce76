"""Implicit layers and control flow: a fixed point, a Gaussian process, a cube root, a ball."""

import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)


def fixed_point(w, x):
    z = jnp.zeros_like(x)
    for _ in range(100):
        z = jnp.tanh(jax.lax.stop_gradient(w @ z + x))
    y = jnp.tanh(w @ z + x)
    slope = (1 - y**2)[:, None]
    return z + jnp.linalg.solve(jnp.eye(len(x)) - slope * w, y - z)


def gaussian_process(theta):
    at = jnp.arange(30) * 0.2
    length, noise = jnp.exp(theta)
    kernel = jnp.exp(-((at[:, None] - at) ** 2) / (2 * length**2))
    l = jnp.linalg.cholesky(kernel + noise * jnp.eye(30))
    y = jnp.sin(at) + 0.1 * jnp.cos(7 * at)
    white = jax.scipy.linalg.solve_triangular(l, y, lower=True)
    return 0.5 * (white**2).sum() + jnp.log(jnp.diag(l)).sum()


def cube_root(a):
    newton = lambda x: x - (x**3 - a) / (3 * x**2)
    x = jax.lax.while_loop(lambda x: abs(x**3 - a) > 1e-14, newton, a)
    # The last step's derivative is that of the root.
    return newton(x)


def ball(p):
    height, kept = p
    flight = lambda y, v: (v + jnp.sqrt(v**2 + 2 * 9.81 * y)) / 9.81

    def bounce(now):
        y, v, left = now
        time = flight(y, v)
        return 0.0 * y, kept * (9.81 * time - v), left - time

    falling = lambda now: flight(now[0], now[1]) <= now[2]
    y, v, left = jax.lax.while_loop(falling, bounce, (height, 0 * height, 0 * height + 2))
    return y + v * left - 0.5 * 9.81 * left**2


keys = jax.random.split(jax.random.key(1))
w, x = 0.2 * jax.random.normal(keys[0], [5, 5]), jax.random.normal(keys[1], [5])
by_x = jax.grad(lambda x: fixed_point(w, x).sum())(x)
print(f"fixed point: by x {by_x}")
value, slope = jax.value_and_grad(gaussian_process)(jnp.array([0.0, -2.0]))
print(f"Gaussian process: {value:.4f}, by ln length and ln noise {slope}")
curvature = jax.jacfwd(jax.jacfwd(cube_root))(8.0)
print(f"cube root of 8: curvature {curvature:.6f}, by hand {-2 / 9 / 32:.6f}")
# Loops of any length have no reverse mode in JAX.
start = jnp.array([1.0, 0.8])
slope, curvature = jax.jacfwd(ball)(start), jax.jacfwd(jax.jacfwd(ball))(start)
print(f"ball: by height and bounce {slope}, second derivatives {curvature}")
