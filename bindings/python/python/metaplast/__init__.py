"""Differentiate through learning itself.

A network learns online, one sample at a time, by a *plasticity rule*: a few terms with coefficients θ.
metaplast runs such episodes and differentiates what comes of them, exactly and through every update, with
respect to θ and to the first weights; and it meta-learns θ.

>>> import metaplast as mp
>>> network = mp.Network([784, 30, 47])
>>> rule = mp.Rule.preset("bio").with_theta([0.01, -0.01, 0.001])
>>> task = mp.Tasks(mp.glyphs(per_class=20), ways=3, shots=10, queries=5).sample(seed=1)
>>> outcome = mp.value_and_grad(rule, network, network.start(seed=1), task)
>>> outcome.gradient.shape
(3,)

=============================  ==========================================================================
:class:`Rule`, :func:`terms`   plasticity terms with coefficients θ
:class:`Network`               what learns: sizes, feedback pathway, activation; and what it starts from
:class:`Tasks`                 few-shot tasks from a :class:`Dataset`, :func:`glyphs` or :func:`load`
:func:`learn`                  final weights; :func:`learn_vjp` their exact vector-Jacobian product
:func:`value_and_grad`         loss, accuracy and meta-gradient of an episode
:func:`simulate`               a learning curve, without a gradient
:func:`meta_train`             finds θ, as the command ``metaplast meta-train`` does, with the same bytes
:func:`evaluate`               rules on fresh tasks, with intervals
:func:`fit`                    the rule that explains recorded weights or activity; of many candidates
                               :func:`fit_candidates` finds the few terms that do
:func:`explain`                which term of a rule moved the weights, and where terms cancel
:mod:`metaplast.jax`           episodes as nodes of JAX's graphs; :mod:`metaplast.torch` of PyTorch's
:mod:`metaplast.cluster`       episodes for any ``concurrent.futures.Executor``
:mod:`metaplast.experiments`   the experiments of the paper and of other published systems
:mod:`metaplast.identify`      which rule a recorded network learned by
:mod:`metaplast.predictive`    predictive coding beside backpropagation
:mod:`metaplast.reservoir`     reservoirs that learn movements by reward
:mod:`metaplast.search`        settings by tree search with a fitted policy, and by its peers
:mod:`metaplast.spiking`       spiking networks whose neurons' own parameters learn
=============================  ==========================================================================

Matrices have the shape of the paper, ``[n_l, n_(l-1)]``, first layer first. Everything random follows from
seeds, and equal arguments give equal bits, whatever the number of threads.
"""

from metaplast._metaplast import DivergedError, __version__
from metaplast.episodes import Curve, Diagnostics, Outcome, learn, learn_vjp, simulate, value_and_grad
from metaplast.evaluation import Row, Table, evaluate
from metaplast.explaining import explain
from metaplast.fitting import Candidate, CandidateFit, Fit, fit, fit_candidates
from metaplast.networks import Network, Start
from metaplast.rules import Rule, Term, terms
from metaplast.runs import Episodes, Run
from metaplast.sweeps import Sweep, sweep
from metaplast.tasks import Dataset, Task, Tasks, glyphs, load
from metaplast.training import Record, Training, meta_train

__all__ = [
    "Candidate",
    "CandidateFit",
    "Curve",
    "Dataset",
    "Diagnostics",
    "DivergedError",
    "Episodes",
    "Fit",
    "Network",
    "Outcome",
    "Record",
    "Row",
    "Rule",
    "Run",
    "Start",
    "Sweep",
    "Table",
    "Task",
    "Tasks",
    "Term",
    "Training",
    "__version__",
    "evaluate",
    "explain",
    "fit",
    "fit_candidates",
    "glyphs",
    "learn",
    "learn_vjp",
    "load",
    "meta_train",
    "simulate",
    "sweep",
    "terms",
    "value_and_grad",
]
