"""A physics-informed net: Burgers' equation by gradient descent."""

import jax
import jax.numpy as jnp
import optax

jax.config.update("jax_enable_x64", True)
NU = 0.05
STEPS = 2000


def net(w, x, t):
    h = jnp.stack([x, t])
    for weights, bias in w[:-1]:
        h = jnp.tanh(h @ weights + bias)
    return (h @ w[-1][0] + w[-1][1])[0]


def residual(w, x, t):
    u, u_t = jax.value_and_grad(net, 2)(w, x, t)
    u_x, u_xx = jax.value_and_grad(jax.grad(net, 1), 1)(w, x, t)
    return u_t + u * u_x - NU * u_xx


def loss(w, inside, border, values):
    left = jax.vmap(residual, [None, 0, 0])(w, *inside.T)
    on_border = jax.vmap(net, [None, 0, 0])(w, *border.T)
    return (left**2).mean() + ((on_border - values) ** 2).mean()


keys = jax.random.split(jax.random.key(1), 5)
w = []
for key, (rows, cols) in zip(keys, [(2, 32), (32, 32), (32, 32), (32, 1)]):
    w.append((jax.random.normal(key, [rows, cols]) / rows**0.5, jnp.zeros(cols)))
inside = jax.random.uniform(keys[4], [1000, 2]) * jnp.array([2, 1]) - jnp.array([1, 0])
# A hundred points at the start, fifty at each end.
x, t = jnp.linspace(-1, 1, 100), jnp.linspace(0, 1, 50)
start = jnp.stack([x, 0 * x], 1)
ends = [jnp.stack([0 * t + end, t], 1) for end in (-1, 1)]
border = jnp.concatenate([start, *ends])
values = jnp.concatenate([-jnp.sin(jnp.pi * x), 0 * t, 0 * t])

adam = optax.adam(optax.cosine_decay_schedule(3e-3, STEPS))


@jax.jit
def step(w, state):
    value, gradients = jax.value_and_grad(loss)(w, inside, border, values)
    updates, state = adam.update(gradients, state)
    return value, optax.apply_updates(w, updates), state


state = adam.init(w)
for i in range(STEPS + 1):
    value, w, state = step(w, state)
    if i % 500 == 0:
        print(f"step {i:4}: loss {value:.2e}")
