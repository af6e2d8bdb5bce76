"""Softmax regression by L-BFGS, by Newton's method, and by Newton's method with products alone."""

import jax
import jax.numpy as jnp
import optax
from jax.scipy.sparse.linalg import cg

jax.config.update("jax_enable_x64", True)
keys = jax.random.split(jax.random.key(1), 3)
centres = jax.random.normal(keys[0], [3, 13])
classes = jax.random.randint(keys[1], [178], 0, 3)
x = centres[classes] + jax.random.normal(keys[2], [178, 13])
x = jnp.concatenate([x, jnp.ones([178, 1])], 1)


def loss(w):
    losses = optax.softmax_cross_entropy_with_integer_labels(x @ w, classes)
    return losses.mean() + 5e-3 * (w**2).sum()


solver = optax.lbfgs()
value_and_grad = optax.value_and_grad_from_state(loss)


@jax.jit
def step(w, state):
    value, g = value_and_grad(w, state=state)
    updates, state = solver.update(g, state, w, value=value, grad=g, value_fn=loss)
    return optax.apply_updates(w, updates), state


grad, hessian = jax.jit(jax.grad(loss)), jax.jit(jax.hessian(loss))
w, steps = jnp.zeros([14, 3]), 0
state = solver.init(w)
while jnp.linalg.norm(grad(w)) > 1e-8:
    w, state = step(w, state)
    steps += 1
print(f"L-BFGS: {loss(w):.12f} after {steps} steps")

newton = products = jnp.zeros([14, 3])
for _ in range(8):
    h = hessian(newton).reshape(42, 42)
    newton -= jnp.linalg.solve(h, grad(newton).ravel()).reshape(14, 3)
    hvp = lambda v: jax.jvp(grad, (products,), (v,))[1]
    products -= cg(hvp, grad(products), tol=1e-6)[0]
print(f"Newton: {jnp.linalg.norm(newton - w):.1e} from there")
print(f"Newton by products: {jnp.linalg.norm(products - w):.1e} from there")
print(f"{((x @ newton).argmax(1) == classes).sum()} of 178 samples in their class")
