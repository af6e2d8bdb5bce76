"""A transformer block on characters: causal attention with four heads, in single precision."""

import jax
import jax.numpy as jnp
import optax

TEXT = """\
what the hand that wrote the rule had known the rule was never told: it found, in steps too small \
to see, the slope that every weight should hold; and when the last of them was drawn the first of \
them was seen to be the same again, and yet not so, for it had learnt to learn in three."""
BATCH, TIME, WIDTH, HEADS = 16, 64, 64, 4


def loss(w, tokens, targets):
    x = w[0][tokens] + w[1]
    split = lambda x: x.reshape(BATCH, TIME, HEADS, WIDTH // HEADS)
    h = jax.nn.standardize(x)
    q, k, v = (split(h @ w[i]) for i in (2, 3, 4))
    scores = jnp.einsum("bqhc,bkhc->bhqk", q, k) / (WIDTH // HEADS) ** 0.5
    later = jnp.triu(jnp.full([TIME, TIME], -1e9), 1)
    read = jnp.einsum("bhqk,bkhc->bqhc", jax.nn.softmax(scores + later), v)
    x += read.reshape(BATCH, TIME, WIDTH) @ w[5]
    x += jax.nn.gelu(jax.nn.standardize(x) @ w[6]) @ w[7]
    logits = jax.nn.standardize(x) @ w[8]
    return optax.softmax_cross_entropy_with_integer_labels(logits, targets).mean()


letters = sorted(set(TEXT))
text = jnp.array([letters.index(c) for c in TEXT])
n, d = len(letters), WIDTH
shapes = [[n, d], [TIME, d], *[[d, d]] * 4, [d, 4 * d], [4 * d, d], [d, n]]
keys = iter(jax.random.split(jax.random.key(1), 100))
w = [jax.random.normal(next(keys), shape) / d**0.5 for shape in shapes]
adam = optax.adam(3e-3)


@jax.jit
def step(w, state, starts):
    taken = text[starts[:, None] + jnp.arange(TIME + 1)]
    value, gradients = jax.value_and_grad(loss)(w, taken[:, :-1], taken[:, 1:])
    updates, state = adam.update(gradients, state)
    return value, optax.apply_updates(w, updates), state


state = adam.init(w)
for i in range(61):
    starts = jax.random.randint(next(keys), [BATCH], 0, len(text) - TIME)
    value, w, state = step(w, state, starts)
    if i % 10 == 0:
        print(f"step {i:2}: {value:.3f} nats a character")
