"""The peer of `compare_spiking.py`: the same spiking network, trained in JAX.

    python jax_spiking.py INPUT.npz VARIANT

VARIANT is `steps`, which scans over steps as one writes the equations, or `layers`, which runs each
layer over all steps before the next, so that what goes between layers is one product of matrices.
Prints one JSON line with loss and gradient of the first batch, and then, for each line on standard
input, the milliseconds of 10 batches, Adam's steps included.
"""

import json
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np

GAIN, READOUT_GAIN = 3.0, 10.0
RATE, INTRINSIC_RATE = 2e-3, 5e-3
# W1 r1 τm1 τs1 ϑ1, W2 S2 r2 τm2 τs2 ϑ2, Wo So τo
TIMES = {2, 3, 8, 9, 13}
THRESHOLDS = {4, 10}


@jax.custom_jvp
def spike(x):
    return (x > 0).astype(x.dtype)


@spike.defjvp
def spike_jvp(primals, tangents):
    (x,), (dx,) = primals, tangents
    return spike(x), dx / jnp.square(1.0 + 5.0 * jnp.abs(x))


def neurons(state, current, loop, tm, ts, threshold):
    u, s, a = state
    i = current + loop * a
    u = (1.0 - 1.0 / tm) * u * (1.0 - s) + GAIN / tm * i
    s = spike(u - threshold)
    a = (1.0 - 1.0 / ts) * a + s / ts
    return u, s, a


def zeros(batch, n):
    return (jnp.zeros((batch, n)),) * 3


def logits_by_steps(p, x):
    w1, r1, tm1, ts1, h1, w2, s2, r2, tm2, ts2, h2, wo, so, to = p
    batch = x.shape[1]

    def step(carry, x):
        first, second, o = carry
        first = neurons(first, x @ w1.T, r1, tm1, ts1, h1)
        second = neurons(second, first[2] @ w2.T + x @ s2.T, r2, tm2, ts2, h2)
        seen = second[2] @ wo.T + first[2] @ so.T
        o = (1.0 - 1.0 / to) * o + READOUT_GAIN / to * seen
        return (first, second, o), o

    start = zeros(batch, len(r1)), zeros(batch, len(r2)), jnp.zeros((batch, len(to)))
    _, o = jax.lax.scan(step, start, x)
    return o.mean(0)


def logits_by_layers(p, x):
    w1, r1, tm1, ts1, h1, w2, s2, r2, tm2, ts2, h2, wo, so, to = p
    batch = x.shape[1]

    def layer(current, *own):
        def step(state, current):
            state = neurons(state, current, *own)
            return state, state[2]

        return jax.lax.scan(step, zeros(batch, current.shape[2]), current)[1]

    a1 = layer(x @ w1.T, r1, tm1, ts1, h1)
    a2 = layer(a1 @ w2.T + x @ s2.T, r2, tm2, ts2, h2)
    seen = READOUT_GAIN / to * (a2 @ wo.T + a1 @ so.T)

    def step(o, seen):
        o = (1.0 - 1.0 / to) * o + seen
        return o, o

    return jax.lax.scan(step, jnp.zeros((batch, len(to))), seen)[1].mean(0)


def main():
    path, variant = sys.argv[1:]
    logits = {"steps": logits_by_steps, "layers": logits_by_layers}[variant]
    data = np.load(path)
    x, labels = jnp.asarray(data["x"]), jnp.asarray(data["labels"], jnp.int32)
    p = [jnp.asarray(data[name]) for name in sorted(data.files) if name.startswith("p")]

    def loss(p, x, labels):
        scores = jax.nn.log_softmax(logits(p, x))
        return -jnp.mean(jnp.take_along_axis(scores, labels[:, None], axis=1))

    def bounded(q):
        """Parameters from what Adam moves: ln(τ − 1) and ln ϑ in the place of τ and ϑ."""
        def one(k, q):
            if k in TIMES:
                return 1.0 + jnp.exp(q)
            return jnp.exp(q) if k in THRESHOLDS else q

        return [one(k, q) for k, q in enumerate(q)]

    def free(p):
        def one(k, p):
            if k in TIMES:
                return jnp.log(p - 1.0)
            return jnp.log(p) if k in THRESHOLDS else p

        return [one(k, p) for k, p in enumerate(p)]

    @jax.jit
    def train(q, mean, square, count, x, labels):
        value, by = jax.value_and_grad(lambda q: loss(bounded(q), x, labels))(q)
        count = count + 1.0
        mean = [0.9 * m + 0.1 * g for m, g in zip(mean, by)]
        square = [0.999 * v + 0.001 * g * g for v, g in zip(square, by)]

        def moved(k, q, m, v):
            rate = INTRINSIC_RATE if k in TIMES | THRESHOLDS else RATE
            m, v = m / (1.0 - 0.9**count), v / (1.0 - 0.999**count)
            return q - rate * m / (jnp.sqrt(v) + 1e-8)

        q = [moved(k, *all) for k, all in enumerate(zip(q, mean, square))]
        return q, mean, square, count, value

    value, gradient = jax.jit(jax.value_and_grad(loss))(p, x[0], labels[0])
    flat = np.concatenate([np.asarray(g).ravel() for g in gradient])
    state = free(p), [jnp.zeros_like(q) for q in p], [jnp.zeros_like(q) for q in p], 0.0

    def batches(state):
        for k in range(len(x)):
            *state, value = train(*state, x[k], labels[k])
        value.block_until_ready()
        return state

    state = batches(batches(state))
    print(json.dumps({"loss": float(value), "gradient": flat.tolist()}), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        state = batches(state)
        print((time.perf_counter() - start) * 1e3, flush=True)


if __name__ == "__main__":
    main()
