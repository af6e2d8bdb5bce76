"""Hamiltonian Monte Carlo on a logistic regression with a hundred coefficients."""

import jax
import jax.numpy as jnp
import optax

jax.config.update("jax_enable_x64", True)
SAMPLES, LEAPFROGS, STEP = 1000, 20, 0.1

keys = iter(jax.random.split(jax.random.key(1), 5))
x = jax.random.normal(next(keys), [500, 100]) * 0.3
truth = jax.random.normal(next(keys), [100])
y = (jax.random.uniform(next(keys), [500]) < jax.nn.sigmoid(x @ truth)).astype(float)


def energy(w):
    return optax.sigmoid_binary_cross_entropy(x @ w, y).sum() + 0.5 * (w**2).sum()


at = jax.value_and_grad(energy)


@jax.jit
def sample(key, w, value, gradient):
    keys = jax.random.split(key)
    p = jax.random.normal(keys[0], [100])
    before = value + 0.5 * p @ p

    def leapfrog(_, now):
        w, p, _, slope = now
        p -= 0.5 * STEP * slope
        w += STEP * p
        value, slope = at(w)
        return w, p - 0.5 * STEP * slope, value, slope

    moved, p, there, slope = jax.lax.fori_loop(0, LEAPFROGS, leapfrog, (w, p, value, gradient))
    accepted = jax.random.uniform(keys[1]) < jnp.exp(before - there - 0.5 * p @ p)
    choose = lambda new, old: jnp.where(accepted, new, old)
    return choose(moved, w), choose(there, value), choose(slope, gradient), accepted


w = jnp.zeros(100)
value, gradient = at(w)
count, total = 0, 0
for key in jax.random.split(next(keys), SAMPLES):
    w, value, gradient, accepted = sample(key, w, value, gradient)
    count += accepted
    total += w
mean, norm = total / SAMPLES, jnp.linalg.norm
fit = mean @ truth / (norm(mean) * norm(truth))
print(f"accepted {count / SAMPLES:.2f}; posterior mean against the truth: cosine {fit:.3f}")
