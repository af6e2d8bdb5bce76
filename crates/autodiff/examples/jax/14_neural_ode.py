"""A neural differential equation: a hundred thousand steps of Runge and Kutta, differentiated."""

import jax
import jax.numpy as jnp
import optax

jax.config.update("jax_enable_x64", True)
STEPS, EVERY = 100_000, 1000
H = 5 / STEPS


def rk4(y, f):
    k1 = f(y)
    k2 = f(y + k1 * (0.5 * H))
    k3 = f(y + k2 * (0.5 * H))
    k4 = f(y + k3 * H)
    return y + (k1 + (k2 + k3) * 2 + k4) * (H / 6)


def loss(w, data):
    def f(y):
        return w[2] @ jnp.tanh(w[0] @ y + w[1])

    @jax.checkpoint
    def thousand(y, there):
        y, _ = jax.lax.scan(lambda y, _: (rk4(y, f), None), y, length=EVERY)
        return y, ((y - there) ** 2).sum()

    return jax.lax.scan(thousand, jnp.array([1.0, 0.0]), data)[1].sum()


# A damped oscillation.
t = jnp.arange(1, STEPS // EVERY + 1) * EVERY * H
data = jnp.exp(-0.1 * t)[:, None] * jnp.stack([jnp.cos(t), -jnp.sin(t)], 1)
keys = jax.random.split(jax.random.key(1), 3)
w = [jax.random.normal(k, shape) * 0.3 for k, shape in zip(keys, [[16, 2], [16], [2, 16]])]
adam = optax.adam(0.05)
state = adam.init(w)
value_and_grad = jax.jit(jax.value_and_grad(loss))
for i in range(31):
    value, gradients = value_and_grad(w, data)
    updates, state = adam.update(gradients, state)
    w = optax.apply_updates(w, updates)
    if i % 5 == 0:
        print(f"round {i:2}: loss {value:.4f}")
