"""Plasticity rules: terms with coefficients θ."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from metaplast import _metaplast
from metaplast._arrays import array, whole

if TYPE_CHECKING:
    from metaplast.networks import Network


@dataclass(frozen=True)
class Term:
    """A term of the pool: what it adds to the weights of a layer, times its coefficient."""

    symbol: str
    """Its name in rules and files: ``F0``."""
    name: str
    """A readable name."""
    formula: str
    """The term as maths, with its sign."""
    locality: str
    """What a synapse must know to apply it."""
    source: str
    """Where it comes from."""


def terms() -> list[Term]:
    """The pool of terms: eq. 4 of Shervani-Tabar & Rosenbaum (2023), signs included.

    >>> [term.symbol for term in terms()][:3]
    ['F0', 'F1', 'F2']
    >>> print(terms()[9].formula)
    y_l y_(l−1)ᵀ − (y_l y_lᵀ) W_l
    """
    return [Term(*described) for described in _metaplast.terms()]


class Rule:
    """Plasticity terms with coefficients θ: ``W_l ← W_l + Σ_r θ_r F^r_l`` in every step.

    A rule does not change; :meth:`with_theta` makes another. Terms are of the pool, ``"F0"``, or one's own,
    ``"hebb = y * y_pre^T - 0.1 * W"``, as ``docs/own-terms.md`` describes them. Those of the pool come first,
    by number, whatever the order in which they are given.

    >>> rule = Rule(["F2", "F0"], [-0.02, 0.01])
    >>> rule.names, rule.theta
    (('F0', 'F2'), array([ 0.01, -0.02]))
    >>> print(rule)
    ΔW_l = −0.01 e_l y_(l−1)ᵀ + 0.02 e_l e_(l−1)ᵀ
    >>> Rule({"F0": 0.01, "hebb = y * y_pre^T": 0.002}).names
    ('F0', 'hebb')

    A rule may remember, as ``docs/rules-with-memory.md`` describes; constants of memories follow the terms'
    coefficients in θ.

    >>> bcm = Rule("bcm = y .* (y - m) * y_pre^T", [0.01], remember="m = m + k * (y .* y - m)")
    >>> bcm.names, bcm.theta
    (('bcm', 'k'), array([0.01, 0.1 ]))

    Args:
        terms: The terms, or a mapping of terms to coefficients.
        theta: One coefficient for each term, zeros unless given; of a rule per layer also a row for each
            term, ``[terms, layers]``.
        per_layer: The number of layers of weights, if each is to have coefficients of its own.
        remember: What each layer keeps from step to step, in the order in which it is updated. Its constants
            are 0.1 unless ``theta`` has a value for each of them, too, after the terms.

    Raises:
        ValueError: If a term or memory is not known or cannot be read, stands twice, or there is none; if there are
            more or fewer coefficients, or one is not finite.
    """

    __slots__ = ("_inner",)
    _inner: _metaplast.Rule

    def __init__(
        self,
        terms: str | Sequence[str] | Mapping[str, float],
        theta: Any = None,
        *,
        per_layer: int | None = None,
        remember: str | Sequence[str] = (),
    ) -> None:
        if isinstance(terms, Mapping):
            if theta is not None:
                raise TypeError("theta: the mapping of terms has the coefficients already")
            theta, terms = list(terms.values()), list(terms)
        texts = [terms] if isinstance(terms, str) else list(terms)
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("terms: give texts like 'F0' or 'hebb = y * y_pre^T'")
        layers = None if per_layer is None else whole(per_layer, "per_layer", 1)
        memories = [remember] if isinstance(remember, str) else list(remember)
        if not all(isinstance(text, str) for text in memories):
            raise TypeError("remember: give texts like 'm = m + k * (y - m)'")
        inner = _metaplast.Rule(texts, None, layers, memories)
        if theta is not None:
            given = _coefficients(theta)
            count = len(texts) + len(inner.constants)
            if given.shape[0] in (len(texts), count):
                if layers is not None and given.ndim == 1:
                    given = np.repeat(given[:, None], layers, axis=1)
                # In the order of the rule.
                of_text = (_metaplast.Rule([text], None, None, memories) for text in texts)
                symbols = [_symbol(one.terms[0]) for one in of_text]
                order = [symbols.index(_symbol(text)) for text in inner.terms]
                order += range(len(texts), given.shape[0])
                given = given[order]
                if given.shape[0] < count:
                    constants = np.array(inner.theta).reshape(count, *given.shape[1:])
                    given = np.concatenate([given, constants[len(texts) :]])
            inner = inner.with_theta(given.ravel().tolist())
        self._inner = inner

    @classmethod
    def _of(cls, inner: _metaplast.Rule) -> Rule:
        rule = cls.__new__(cls)
        rule._inner = inner
        return rule

    @classmethod
    def preset(cls, name: str) -> Rule:
        """The terms of a rule of the paper, coefficients zero: ``fa`` and ``bp`` (F0), ``ehebb`` (F0, F2),
        ``oja`` (F0, F9), ``bio`` (F0, F2, F9) or ``pool`` (all ten); or a known rule of the literature with
        coefficients to begin with: ``hebb``, ``covariance``, ``bcm``, ``oja-unit``, ``oja-subspace``,
        ``sanger``, ``scaling``, ``stdp``, ``stdp-triplet``, ``momentum``, ``reinforce``, ``reinforce-trace``,
        ``three-factor``, ``e-prop``, ``node-perturbation``, ``weight-perturbation``, ``foldiak`` or
        ``soft-bounds``.

        >>> Rule.preset("bio").names
        ('F0', 'F2', 'F9')
        >>> Rule.preset("bcm").names
        ('bcm', 'k')
        """
        return cls._of(_metaplast.Rule.preset(name))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Rule:
        """The rule of a file as ``meta-train`` writes it, ``rule.toml``."""
        return cls._of(_metaplast.Rule.read(os.fspath(path))[0])

    def save(self, path: str | os.PathLike[str], network: Network | None = None) -> None:
        """Writes a file that :meth:`load` and the command read; it also names the network that the rule is
        for, that of the paper unless given."""
        from metaplast.networks import Network

        network = network or Network.paper()
        self._inner.write(os.fspath(path), network._inner)

    def with_theta(self, theta: Any) -> Rule:
        """The same terms with other coefficients, in the order of :attr:`names`."""
        return Rule._of(self._inner.with_theta(_coefficients(theta).ravel().tolist()))

    def with_reward_delay(self, steps: int) -> Rule:
        """The same rule, whose ``reward`` comes so many steps after its action; ``docs/rules-with-memory.md``
        says what is left of an action by then.

        >>> Rule.preset("reinforce-trace").with_reward_delay(2).reward_delay
        2
        """
        return Rule._of(self._inner.with_reward_delay(whole(steps, "steps")))

    @property
    def reward_delay(self) -> int:
        """Steps from an action to its reward."""
        return self._inner.reward_delay

    @property
    def theta(self) -> npt.NDArray[np.float64]:
        """The coefficients, in the order of :attr:`names`; a copy."""
        return np.array(self._inner.theta, dtype=np.float64)

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each coefficient: ``F2``, or ``F2_l1`` of layer 1."""
        return tuple(self._inner.names)

    @property
    def terms(self) -> tuple[str, ...]:
        """The terms, as they can be given."""
        return tuple(self._inner.terms)

    @property
    def remember(self) -> tuple[str, ...]:
        """What each layer keeps from step to step, as it can be given."""
        return tuple(self._inner.remember)

    @property
    def per_layer(self) -> int | None:
        """The number of layers that have coefficients of their own, if they have."""
        return self._inner.per_layer

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, self._parts()

    def _parts(self) -> tuple[tuple[str, ...], list[float], int | None, tuple[str, ...], int]:
        return self.terms, self._inner.theta, self.per_layer, self.remember, self.reward_delay

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Rule):
            return NotImplemented
        return self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash((self.terms, tuple(self._inner.theta), self.per_layer, self.remember))

    def __str__(self) -> str:
        return str(self._inner)

    def __repr__(self) -> str:
        layers = "" if self.per_layer is None else f", per_layer={self.per_layer}"
        memories = f", remember={list(self.remember)}" if self.remember else ""
        delay = f".with_reward_delay({self.reward_delay})" if self.reward_delay else ""
        return f"Rule({list(self.terms)}, {self._inner.theta}{layers}{memories}){delay}"


def _restored(
    terms: tuple[str, ...],
    theta: list[float],
    per_layer: int | None,
    remember: tuple[str, ...] = (),
    reward_delay: int = 0,
) -> Rule:
    inner = _metaplast.Rule(list(terms), theta, per_layer, list(remember))
    return Rule._of(inner.with_reward_delay(reward_delay))


def _symbol(text: str) -> str:
    return text.split("=")[0].strip()


def _coefficients(theta: Any) -> npt.NDArray[np.float64]:
    given = array(theta, "theta")
    if given.dtype.kind not in "fiu":
        raise TypeError(f"theta: of {given.dtype}; give numbers")
    if given.ndim not in (1, 2):
        raise ValueError(f"theta: of shape {list(given.shape)}; give one coefficient for each term")
    return given.astype(np.float64)
