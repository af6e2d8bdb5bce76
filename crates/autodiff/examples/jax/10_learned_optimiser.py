"""A learned optimiser: the constants of Adam, found by the gradient of where it gets to."""

import jax
import jax.numpy as jnp
import optax

jax.config.update("jax_enable_x64", True)
STEPS = 100
keys = jax.random.split(jax.random.key(1), 4)
x = jax.random.uniform(keys[0], [50, 1], minval=-2, maxval=2)
y = jnp.sin(2 * x)


def task(w):
    return ((jnp.tanh(x @ w[0] + w[1]) @ w[2] - y) ** 2).mean()


def end(theta, w):
    rate, keep = jnp.exp(theta[0]), jax.nn.sigmoid(theta[1:])

    def step(now, t):
        w, mean, square = now
        g = jax.grad(task)(w)
        mean = [keep[0] * m + (1 - keep[0]) * g for m, g in zip(mean, g)]
        square = [keep[1] * s + (1 - keep[1]) * g**2 for s, g in zip(square, g)]
        correction = 1 - keep ** (t + 1)
        size = [jnp.sqrt(s / correction[1] + 1e-12) for s in square]
        w = [w - rate * (m / correction[0]) / s for w, m, s in zip(w, mean, size)]
        return (w, mean, square), None

    zeros = [jnp.zeros_like(w) for w in w]
    last, _ = jax.lax.scan(jax.checkpoint(step), (w, zeros, zeros), jnp.arange(STEPS))
    return task(last[0])


shapes = [[1, 16], [1, 16], [16, 1]]
w = [0.7 * jax.random.normal(key, shape) for key, shape in zip(keys[1:], shapes)]
theta = jnp.array([-6.0, 2.2, 6.9])
outer = optax.adam(0.05)
state = outer.init(theta)
value_and_grad = jax.jit(jax.value_and_grad(end))
print(f"loss after {STEPS} steps, and the constants that it was made with")
for i in range(51):
    value, gradient = value_and_grad(theta, w)
    if i % 10 == 0:
        rate, (beta1, beta2) = jnp.exp(theta[0]), jax.nn.sigmoid(theta[1:])
        print(f"{i:3}: {value:.5f}   rate {rate:.4f}, β₁ {beta1:.3f}, β₂ {beta2:.4f}")
    updates, state = outer.update(gradient, state)
    theta = optax.apply_updates(theta, updates)
