"""Plasticity that remembers: STDP, BCM and a reward, differentiated by their constants."""

import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)


def stdp(theta, now, x):
    grow, shrink, decay = theta
    w, before, after = now
    y = jax.nn.sigmoid(w @ x - 0.5)
    w += grow * jnp.outer(y, before) - shrink * jnp.outer(after, x)
    return (w, decay * before + x, decay * after + y), 0.0


def bcm(theta, now, x):
    rate, decay = theta
    w, threshold = now
    y = jax.nn.relu(w @ x)
    w += rate * jnp.outer(y * (y - threshold), x)
    return (w, decay * threshold + (1 - decay) * y**2), 0.0


def reward(theta, now, noise):
    rate, decay = theta
    w, r, traces, usual = now
    following = jnp.tanh(w @ r + noise)
    traces = decay * traces + jnp.outer(noise, r)
    reward = -((following.mean() - 0.3) ** 2)
    w += rate * (reward - usual) * traces
    usual = decay * usual + (1 - decay) * reward
    return (w, following, traces, usual), -reward / 1000


def run(name, step, carried, theta, inputs):
    weights = 0.1 + 0.1 * jax.random.normal(jax.random.key(2), carried[0])
    start = (weights, *(jnp.zeros(shape) for shape in carried[1:]))

    def loss(theta):
        body = jax.checkpoint(lambda now, x: step(theta, now, x))
        last, losses = jax.lax.scan(body, start, inputs)
        return losses.sum() + (last[0] ** 2).mean()

    value, slopes = jax.jit(jax.value_and_grad(loss))(jnp.array(theta))
    print(f"{name}: loss {value:.4f}, by its constants {slopes}")


keys = jax.random.split(jax.random.key(1), 3)
spikes = (jax.random.uniform(keys[0], [2000, 20]) < 0.1).astype(float)
run("STDP", stdp, [[5, 20], [20], [5]], [5e-3, 6e-3, 0.9], spikes)
rates = jax.random.uniform(keys[1], [2000, 20])
run("BCM", bcm, [[5, 20], [5]], [1e-3, 0.95], rates)
noise = 0.1 * jax.random.normal(keys[2], [1000, 10])
run("reward", reward, [[10, 10], [10], [10, 10], []], [0.5, 0.9], noise)
