"""One episode in JAX: online learning by a plasticity rule, and the gradient of the query loss.

    python jax_episode.py INPUT.npz VARIANT

reads the input that `cargo bench --bench peer -- --write INPUT.npz` wrote, compiles, prints one
JSON line with loss, gradient and seconds of compilation, and then runs one more episode for each
line on standard input, of which it prints the milliseconds. Variants:

    inner         the loss alone
    reverse       jax.value_and_grad through lax.scan
    checkpointed  the same, with segments of about sqrt(steps) steps recomputed
    forward       jax.jvp by all coefficients at once
    rewind        an adjoint written by hand, which undoes the updates of the weights

All of them use the rank-one structure of the rule: no outer product is formed but in the update

    W <- (1 - th3) W + e p^T + y q^T + 1 r^T

of a layer with activity y, teaching signal e, input activity x, input error d and v = W^T y, where

    p = -(th0 + th5 sum(y) + th7 v.d) x - th2 d
    q = -(th1 + th6 v.d + th8 z.e) d + th9 (x - v)
    r = -th4 d
"""

import json
import resource
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np

BETA = 10.0
TERMS = 10


def read_input(path):
    """Weights, feedback weights, support set, query set, and the terms with their coefficients."""
    data = np.load(path)
    layers = sum(name.startswith("W") for name in data.files)
    weights = [jnp.asarray(data[f"W{l + 1}"]) for l in range(layers)]
    feedback = [jnp.asarray(data[f"B{l + 1}"]) for l in range(layers)]
    support = jnp.asarray(data["x"]), jnp.asarray(data["labels"].astype(np.int32))
    query = jnp.asarray(data["xq"]), jnp.asarray(data["labels_q"].astype(np.int32))
    terms = [int(term) for term in data["terms"]]
    return weights, feedback, support, query, terms, jnp.asarray(data["theta"])


@jax.custom_vjp
def outer(u, v):
    """u v^T, whose reverse is two products with vectors and not a sum over a broadcast."""
    return u[:, None] * v[None, :]


outer.defvjp(lambda u, v: (outer(u, v), (u, v)), lambda uv, bar: (bar @ uv[1], uv[0] @ bar))


class Rule:
    """Coefficients by index; a term that is not in use is left out of the program. A function with
    a reverse of its own has no forward mode, which takes `jnp.outer` instead."""

    def __init__(self, terms, theta, outer=outer):
        self.theta = {term: theta[place] for place, term in enumerate(terms)}
        self.outer = outer

    def __contains__(self, term):
        return term in self.theta

    def __getitem__(self, term):
        return self.theta.get(term, 0.0)


def softplus(z):
    scaled = BETA * z
    return jnp.where(scaled > 20.0, z, jnp.log1p(jnp.exp(jnp.minimum(scaled, 20.0))) / BETA)


def slope(y):
    """The derivative of softplus, from its value."""
    return 1.0 - jnp.exp(-BETA * y)


def signals(weights, feedback, image, label):
    """What a step computes before it updates: activities, pre-activations, transported errors,
    errors, and back-projections; all from the weights before the step."""
    y, z = [image], []
    for l, w in enumerate(weights):
        z.append(w @ y[-1])
        y.append(softplus(z[-1]) if l + 1 < len(weights) else jax.nn.softmax(z[-1]))
    errors = [y[-1] - jax.nn.one_hot(label, y[-1].size)]
    transported = []
    for l in reversed(range(len(weights))):
        # A vector from the left: for `w.T @ e` XLA copies the transposed matrix in every step.
        transported.insert(0, errors[0] @ feedback[l])
        errors.insert(0, transported[0] * slope(y[l]))
    back = [y[l + 1] @ w for l, w in enumerate(weights)]
    return y, z, transported, errors, back


def factors(rule, x, d, y, e, z, v):
    """p, q and r of one layer, with the sums they depend on."""
    sums = jnp.sum(y), v @ d, z @ e
    a = rule[0] + rule[5] * sums[0] + rule[7] * sums[1]
    b = rule[1] + rule[6] * sums[1] + rule[8] * sums[2]
    p = -a * x - rule[2] * d
    q = -b * d + rule[9] * (x - v)
    return p, q, -rule[4] * d, a, b, sums


def update(rule, w, e, p, y, q, r):
    if 3 in rule:
        w = (1.0 - rule[3]) * w
    w = w + rule.outer(e, p)
    if any(term in rule for term in (1, 6, 8, 9)):
        w = w + rule.outer(y, q)
    return w + r[None, :] if 4 in rule else w


def undo(rule, w, e, p, y, q, r):
    if 4 in rule:
        w = w - r[None, :]
    if any(term in rule for term in (1, 6, 8, 9)):
        w = w - rule.outer(y, q)
    w = w - rule.outer(e, p)
    return w / (1.0 - rule[3]) if 3 in rule else w


def step(rule, weights, feedback, image, label):
    y, z, transported, errors, back = signals(weights, feedback, image, label)
    updated = []
    for l, w in enumerate(weights):
        x, d, post, e = y[l], errors[l], y[l + 1], errors[l + 1]
        p, q, r, *_ = factors(rule, x, d, post, e, z[l], back[l])
        updated.append(update(rule, w, e, p, post, q, r))
    return updated, (y[1:], z, transported, back)


def query_loss(weights, images, labels):
    y = images
    for w in weights[:-1]:
        y = softplus(y @ w.T)
    scores = jax.nn.log_softmax(y @ weights[-1].T)
    return -jnp.mean(jnp.take_along_axis(scores, labels[:, None], axis=1))


def episode_loss(rule, weights, feedback, support, query, segments=None):

    def body(weights, sample):
        return step(rule, weights, feedback, *sample)[0], None

    if segments is None:
        weights, _ = jax.lax.scan(body, weights, support)
    else:
        parts = jax.tree.map(lambda a: a.reshape(segments, -1, *a.shape[1:]), support)
        segment = jax.checkpoint(lambda w, part: jax.lax.scan(body, w, part))
        weights, _ = jax.lax.scan(segment, weights, parts)
    return query_loss(weights, *query)


def layer_adjoint(rule, w, wbar, x, d, y, e, z, v):
    """The reverse of one layer's update: adjoints of x, d, y, e, z, of what w was read for, and of
    the coefficients. `w` is the weights before the update, `wbar` the adjoint after it."""
    p, q, r, a, b, (total, overlap, drive) = factors(rule, x, d, y, e, z, v)
    theta = [0.0] * TERMS
    ebar, ybar = wbar @ p, wbar @ q
    pbar, qbar = e @ wbar, y @ wbar
    abar, bbar = -(pbar @ x), -(qbar @ d)
    xbar = -a * pbar + rule[9] * qbar
    dbar = -rule[2] * pbar - b * qbar
    vbar = -rule[9] * qbar
    zbar = jnp.zeros_like(z)
    theta[0], theta[2], theta[9] = abar, -(pbar @ d), qbar @ (x - v)
    if 3 in rule:
        theta[3] = -jnp.sum(wbar * w)
    if 4 in rule:
        rbar = jnp.sum(wbar, axis=0)
        dbar = dbar - rule[4] * rbar
        theta[4] = -(rbar @ d)
    if any(term in rule for term in (1, 5, 6, 7, 8)):
        theta[1], theta[5], theta[7] = bbar, abar * total, abar * overlap
        theta[6], theta[8] = bbar * overlap, bbar * drive
        overlapbar = rule[7] * abar + rule[6] * bbar
        drivebar = rule[8] * bbar
        ybar = ybar + rule[5] * abar
        vbar = vbar + overlapbar * d
        dbar = dbar + overlapbar * v
        zbar = zbar + drivebar * e
        ebar = ebar + drivebar * z
    ybar = ybar + w @ vbar
    return xbar, dbar, ybar, ebar, zbar, vbar, jnp.stack([jnp.asarray(t, w.dtype) for t in theta])


def step_adjoint(rule, carry, feedback, sample, kept):
    """The reverse of one step: weights go back, adjoints of weights and coefficients come along."""
    after, adjoints, gradient = carry
    image, label = sample
    y, z, transported, back = kept
    y = [image, *y]
    layers = len(after)
    errors = [transported[l] * slope(y[l]) for l in range(layers)]
    errors.append(y[-1] - jax.nn.one_hot(label, y[-1].size))
    ybar = [jnp.zeros_like(a) for a in y]
    ebar = [jnp.zeros_like(a) for a in y]
    before, zbar, vbar = [], [], []
    for l in range(layers):
        x, d, post, e = y[l], errors[l], y[l + 1], errors[l + 1]
        p, q, r, *_ = factors(rule, x, d, post, e, z[l], back[l])
        before.append(undo(rule, after[l], e, p, post, q, r))
        of_x, of_d, of_y, of_e, of_z, of_v, of_theta = layer_adjoint(
            rule, before[l], adjoints[l], x, d, post, e, z[l], back[l]
        )
        ybar[l], ebar[l] = ybar[l] + of_x, ebar[l] + of_d
        ybar[l + 1], ebar[l + 1] = ybar[l + 1] + of_y, ebar[l + 1] + of_e
        zbar.append(of_z)
        vbar.append(of_v)
        gradient = gradient + of_theta
    for l in range(layers):
        # The error below layer l is complete now; it came through B and the slope at y.
        ebar[l + 1] = ebar[l + 1] + feedback[l] @ (ebar[l] * slope(y[l]))
        if l > 0:
            ybar[l] = ybar[l] + ebar[l] * transported[l] * BETA * jnp.exp(-BETA * y[l])
    top = ybar[-1] + ebar[-1]
    zbar[-1] = zbar[-1] + y[-1] * (top - top @ y[-1])
    earlier = [None] * layers
    for l in reversed(range(layers)):
        kept_adjoint = (1.0 - rule[3]) * adjoints[l] if 3 in rule else adjoints[l]
        reads = rule.outer(zbar[l], y[l]) + rule.outer(y[l + 1], vbar[l])
        earlier[l] = kept_adjoint + reads
        if l > 0:
            below = ybar[l] + zbar[l] @ before[l]
            zbar[l - 1] = zbar[l - 1] + below * slope(y[l])
    return before, earlier, gradient


def rewinding(theta, terms, weights, feedback, support, query):
    rule = Rule(terms, theta)
    last, kept = jax.lax.scan(lambda w, s: step(rule, w, feedback, *s), weights, support)
    loss, adjoints = jax.value_and_grad(query_loss)(last, *query)

    def body(carry, inputs):
        return step_adjoint(rule, carry, feedback, *inputs), None

    start = last, adjoints, jnp.zeros(TERMS, theta.dtype)
    (_, _, gradient), _ = jax.lax.scan(body, start, (support, kept), reverse=True)
    return loss, gradient[jnp.asarray(terms)]


def program(variant, terms, steps):
    """The function of (theta, weights, feedback, support, query) that a variant compiles."""

    def loss(theta, *rest, segments=None, outer=outer):
        return episode_loss(Rule(terms, theta, outer), *rest, segments=segments)

    if variant == "inner":
        return loss
    if variant == "reverse":
        return jax.value_and_grad(loss)
    if variant == "checkpointed":
        divisors = [n for n in range(1, steps + 1) if steps % n == 0]
        segments = min(divisors, key=lambda n: abs(n - steps**0.5))
        return jax.value_and_grad(lambda *a: loss(*a, segments=segments))
    if variant == "forward":

        def forward(theta, *rest):
            def along(direction):
                plain = lambda theta: loss(theta, *rest, outer=jnp.outer)
                return jax.jvp(plain, (theta,), (direction,))

            return jax.vmap(along, out_axes=(None, 0))(jnp.eye(theta.size, dtype=theta.dtype))

        return forward
    if variant == "rewind":
        return lambda theta, *rest: rewinding(theta, terms, *rest)
    raise SystemExit(f"no variant {variant}; see the head of this file")


def main():
    path, variant = sys.argv[1:]
    weights, feedback, support, query, terms, theta = read_input(path)
    arguments = theta, weights, feedback, support, query
    begin = time.perf_counter()
    compiled = jax.jit(program(variant, terms, len(support[1]))).lower(*arguments).compile()
    compiling = time.perf_counter() - begin

    def run():
        begin = time.perf_counter()
        result = jax.block_until_ready(compiled(*arguments))
        return result, 1e3 * (time.perf_counter() - begin)

    result, _ = run()
    loss, gradient = (result, None) if variant == "inner" else result
    answer = {
        "loss": float(loss),
        "gradient": None if gradient is None else np.asarray(gradient, float).tolist(),
        "compile_s": compiling,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(answer), flush=True)
    for _ in sys.stdin:
        print(run()[1], flush=True)


if __name__ == "__main__":
    main()
