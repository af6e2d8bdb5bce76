"""A convolutional net like LeNet on images of ten kinds, in single precision."""

import jax
import jax.numpy as jnp
import optax


def net(w, images):
    x = images
    for kernel, bias in w[:2]:
        x = jax.lax.conv(x, kernel, [1, 1], "VALID") + bias
        x = jax.nn.relu(x)
        x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, [1, 1, 2, 2], [1, 1, 2, 2], "VALID")
    x = x.reshape(len(x), 256)
    for matrix, bias in w[2:4]:
        x = jax.nn.relu(x @ matrix + bias)
    return x @ w[4][0] + w[4][1]


def batch(key):
    keys = jax.random.split(key, 3)
    classes = jax.random.randint(keys[0], [64], 0, 10)
    kind = classes[:, None, None, None]
    phase = jax.random.uniform(keys[1], [64, 1, 1, 1]) * 6.3
    row, col = jnp.meshgrid(jnp.arange(28), jnp.arange(28), indexing="ij")
    along = jnp.sin(0.6 * kind) * row + jnp.cos(0.6 * kind) * col
    images = jnp.sin((0.3 + 0.03 * kind) * along + phase)
    return images + jax.random.normal(keys[2], images.shape), classes


keys = iter(jax.random.split(jax.random.key(1), 200))
w = []
for shape in [[6, 1, 5, 5], [16, 6, 5, 5], [256, 120], [120, 84], [84, 10]]:
    bias = jnp.zeros([shape[0], 1, 1] if len(shape) == 4 else shape[1])
    w.append((jax.nn.initializers.he_normal()(next(keys), shape), bias))
adam = optax.adam(1e-3)


@jax.jit
def step(w, state, images, classes):
    def loss(w):
        return optax.softmax_cross_entropy_with_integer_labels(net(w, images), classes).mean()

    value, gradients = jax.value_and_grad(loss)(w)
    updates, state = adam.update(gradients, state)
    return value, optax.apply_updates(w, updates), state


state = adam.init(w)
for i in range(101):
    value, w, state = step(w, state, *batch(next(keys)))
    if i % 20 == 0:
        print(f"step {i:3}: loss {value:.3f}")
images, classes = batch(next(keys))
print(f"{(net(w, images).argmax(1) == classes).sum()} of 64 new images named")
