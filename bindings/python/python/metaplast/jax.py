"""Episodes as nodes of JAX's graphs, with gradients exact in θ and in the first weights.

Each node is a callback with a vector-Jacobian product of its own, so that nothing is compiled but the call:
``jax.jit``, ``jax.grad`` and ``jax.vmap`` work; ``jvp`` and ``hessian``, which would need the derivative of the
product, refuse. Inputs, labels and feedback matrices are constants.

:class:`~metaplast.Start` and :class:`~metaplast.Task` become pytrees by importing this module.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import CustomVJPPrimal, SymbolicZero

from metaplast import _metaplast
from metaplast.episodes import _judged, _learn_vjp, _learning
from metaplast.episodes import learn as _learn
from metaplast.networks import Network, Start
from metaplast.rules import Rule
from metaplast.tasks import Task

__all__ = ["learn", "loss"]

Array: TypeAlias = Any

jax.tree_util.register_pytree_node(
    Start,
    lambda start: ((start.weights, start.feedback), start.seed),
    lambda seed, parts: Start(parts[0], parts[1], seed),
)
jax.tree_util.register_pytree_node(
    Task,
    lambda task: ((task.support_x, task.support_y, task.query_x, task.query_y), None),
    lambda _, parts: Task(*parts),
)


# JAX has no annotation for it.
_Shape: Any = jax.ShapeDtypeStruct


def _like(values: Any) -> Any:
    return jax.tree_util.tree_map(lambda v: _Shape(v.shape, v.dtype), values)


def _numpy(values: Any) -> Any:
    return jax.tree_util.tree_map(np.asarray, values)


def _call(function: Callable[..., Any], shapes: Any, *arguments: Any) -> Any:
    return jax.pure_callback(function, shapes, *arguments, vmap_method="sequential")


def learn(
    rule: Rule, network: Network, *, steps: int | None = None
) -> Callable[[Array, Start, Array, Array], list[Array]]:
    """The function ``(theta, start, x, y) → weights`` that :func:`metaplast.learn` is, as a node.

    >>> import metaplast as mp
    >>> network = mp.Network([4, 6, 3])
    >>> node = learn(mp.Rule("F0"), network)
    >>> start, x, y = network.start(seed=1), np.eye(4, dtype=np.float32), np.array([0, 1, 2, 0])
    >>> def norm(theta):
    ...     return sum((w ** 2).sum() for w in node(theta, start, x, y))
    >>> jax.grad(norm)(jnp.array([0.1])).shape
    (1,)
    """

    @jax.custom_vjp
    def node(theta: Array, start: Start, x: Array, y: Array) -> list[Array]:
        def run(theta: Any, start: Start, x: Any, y: Any) -> list[Any]:
            theta, start, x, y = _numpy((theta, start, x, y))
            return _learn(rule.with_theta(theta), network, start, x, y, steps=steps)

        found: list[Array] = _call(run, _like(start.weights), theta, start, x, y)
        return found

    def forward(theta: Any, start: Start, x: Any, y: Any) -> tuple[list[Array], Any]:
        wanted = _perturbed(start.weights)
        given = _values((theta, start, x, y))
        # Whether the first weights are differentiated is told by the structure of what is kept.
        return node(*given), (given, () if wanted else None)

    def backward(kept: Any, cotangents: list[Any]) -> tuple[Any, ...]:
        (theta, start, x, y), wanted = kept
        by_weights = wanted is not None

        def run(theta: Any, start: Start, x: Any, y: Any, cotangents: list[Any]) -> Any:
            theta, start, x, y, cotangents = _numpy((theta, start, x, y, cotangents))
            learning = _learning(rule.with_theta(theta), network, start, x, y, steps)
            slopes = _learn_vjp(learning, cotangents, by_weights=by_weights)
            return slopes[0].astype(theta.dtype), slopes[1]

        shapes = (_like(theta), _like(start.weights) if by_weights else None)
        cotangents = _materialised(cotangents)
        by_theta, slopes = _call(run, shapes, theta, start, x, y, cotangents)
        return by_theta, _slopes(start, slopes), None, None

    node.defvjp(forward, backward, symbolic_zeros=True)
    return lambda theta, start, x, y: node(*_arguments(theta, start, x, y))


def loss(
    rule: Rule, network: Network, *, steps: int | None = None
) -> Callable[[Array, Start, Task], Array]:
    """The function ``(theta, start, task) → query cross-entropy`` as a node, which takes its gradient along
    in the forward pass where one is asked for.

    >>> import metaplast as mp
    >>> network = mp.Network([784, 12, 47])
    >>> task = mp.Tasks(mp.glyphs(per_class=20), ways=3, shots=5, queries=5).sample(seed=1)
    >>> node = loss(mp.Rule.preset("bio"), network)
    >>> slope = jax.grad(node)(jnp.array([0.01, 0.0, 0.0]), network.start(seed=1), task)
    >>> slope.shape
    (3,)
    """

    def parts(theta: Any, start: Start, task: Task) -> Any:
        theta, start, task = _numpy((theta, start, task))
        return _judged(rule.with_theta(theta), network, start, task, steps)

    @jax.custom_vjp
    def node(theta: Array, start: Start, task: Task) -> Array:
        kind = start.weights[0].dtype

        def run(theta: Any, start: Start, task: Task) -> Any:
            return np.asarray(_metaplast.score(parts(theta, start, task))[0], dtype=kind)

        return _call(run, _Shape((), kind), theta, start, task)

    def forward(theta: Any, start: Start, task: Task) -> tuple[Array, Any]:
        wanted = _perturbed(start.weights)
        theta, start, task = _values((theta, start, task))
        kind = start.weights[0].dtype

        def run(theta: Any, start: Start, task: Task) -> tuple[Any, Any, list[Any] | None]:
            value, _, slopes = _metaplast.loss_vjp(parts(theta, start, task), wanted)
            if slopes is None:
                nothing = [np.full(w.shape, np.nan, kind) for w in start.weights]
                slopes = [np.nan] * theta.size, nothing if wanted else None
            return np.asarray(value, kind), np.asarray(slopes[0], theta.dtype), slopes[1]

        shapes = (_Shape((), kind), _like(theta), _like(start.weights) if wanted else None)
        value, by_theta, by_weights = _call(run, shapes, theta, start, task)
        return value, (by_theta, by_weights, start)

    def backward(kept: Any, cotangent: Any) -> tuple[Any, ...]:
        by_theta, by_weights, start = kept
        cotangent = _materialised(cotangent)
        if by_weights is not None:
            by_weights = [(cotangent * w).astype(w.dtype) for w in by_weights]
        return (cotangent * by_theta).astype(by_theta.dtype), _slopes(start, by_weights), None

    node.defvjp(forward, backward, symbolic_zeros=True)

    def called(theta: Array, start: Start, task: Task) -> Array:
        theta = _theta(theta)
        return node(theta, *jax.tree_util.tree_map(jnp.asarray, (start, task)))

    return called


def _is_primal(value: Any) -> bool:
    return isinstance(value, CustomVJPPrimal)


def _values(primals: Any) -> Any:
    return jax.tree_util.tree_map(lambda p: p.value, primals, is_leaf=_is_primal)


def _perturbed(primals: Any) -> bool:
    """Whether anything is differentiated by one of these."""
    return any(p.perturbed for p in jax.tree_util.tree_leaves(primals, is_leaf=_is_primal))


def _materialised(cotangents: Any) -> Any:
    """Zeros where JAX knows that a cotangent is zero."""

    def array(value: Any) -> Any:
        return jnp.zeros(value.shape, value.dtype) if isinstance(value, SymbolicZero) else value

    return jax.tree_util.tree_map(array, cotangents, is_leaf=lambda v: isinstance(v, SymbolicZero))


def _theta(theta: Any) -> Any:
    theta = jnp.asarray(theta)
    if not jnp.issubdtype(theta.dtype, jnp.floating):
        raise TypeError(f"theta: of {theta.dtype}; give floats")
    return theta


def _arguments(theta: Any, start: Start, x: Any, y: Any) -> tuple[Any, ...]:
    return (_theta(theta), *jax.tree_util.tree_map(jnp.asarray, (start, x, y)))


def _slopes(start: Start, by_weights: Any) -> Start | None:
    """Derivatives by what was started from, none where nobody asked; feedback is a constant."""
    if by_weights is None:
        return None
    zeros: list[Any] = [jnp.zeros_like(b) for b in start.feedback]
    return Start(by_weights, zeros, start.seed)
