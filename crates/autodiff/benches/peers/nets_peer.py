"""Forward and backward of each operation of `nets.rs`, by PyTorch or by JAX, on one thread.

    taskset -c 0 python3 nets_peer.py torch            # or: jax
    taskset -c 0 python3 nets_peer.py torch tanh       # names that contain this

Prints the table of `nets.rs`: nanoseconds for each element in f32 and f64 (products: for each
thousand multiply-adds of the forward product), the time that one in ten calls stays below.
"""

import os
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

ROWS, COLS = 1024, 256
X, ROW, COLUMN = [ROWS, COLS], [COLS], [ROWS, 1]


def fast(f):
    f()
    times = []
    begin = time.perf_counter_ns()
    while len(times) < 9 or time.perf_counter_ns() - begin < 200_000_000:
        before = time.perf_counter_ns()
        f()
        times.append(time.perf_counter_ns() - before)
    return sorted(times)[len(times) // 10]


def by_torch():
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(1)
    print(f"# PyTorch {torch.__version__}")
    operations = {
        "add": (lambda x, y: x + y, [X, X]),
        "mul": (lambda x, y: x * y, [X, X]),
        "relu": (torch.relu, [X]),
        "exp": (torch.exp, [X]),
        "ln": (torch.log, [X]),
        "sqrt": (torch.sqrt, [X]),
        "tanh": (torch.tanh, [X]),
        "sigmoid": (torch.sigmoid, [X]),
        "gelu": (lambda x: F.gelu(x, approximate="tanh"), [X]),
        "softplus": (F.softplus, [X]),
        "sin": (torch.sin, [X]),
        "cos": (torch.cos, [X]),
        "powf": (lambda x: x.pow(1.7), [X]),
        "softmax": (lambda x: torch.softmax(x, 1), [X]),
        "log_softmax": (lambda x: torch.log_softmax(x, 1), [X]),
        "sum": (torch.sum, [X]),
        "sum_axes_0": (lambda x: x.sum(0), [X]),
        "sum_axes_1": (lambda x: x.sum(1), [X]),
        "norm": (torch.norm, [X]),
        "logsumexp_1": (lambda x: torch.logsumexp(x, 1), [X]),
        "max_1": (lambda x: x.amax(1), [X]),
        "row_add": (lambda x, y: x + y, [X, ROW]),
        "column_mul": (lambda x, y: x * y, [X, COLUMN]),
        # Copies, as they are made here: a view alone moves nothing.
        "permute": (lambda x: x.permute(0, 2, 3, 1).contiguous(), [[8, 32, 32, 32]]),
        "transpose": (lambda x: x.t().contiguous(), [X]),
        "conv_3x3": (lambda x, k: F.conv2d(x, k, padding=1), [[16, 8, 32, 32], [16, 8, 3, 3]]),
        "max_pool": (lambda x: F.max_pool2d(x, 2), [[16, 16, 32, 32]]),
        "avg_pool": (lambda x: F.avg_pool2d(x, 2), [[16, 16, 32, 32]]),
    }
    for n in (64, 256, 512, 1024):
        operations[f"matmul_{n}"] = (torch.matmul, [[n, n], [n, n]])

    def run(f, shapes, dtype):
        generator = torch.Generator().manual_seed(1)
        inputs = [
            (0.25 + 1.5 * torch.rand(s, generator=generator, dtype=dtype)).requires_grad_()
            for s in shapes
        ]
        seed = torch.ones_like(f(*inputs).detach())

        def once():
            for x in inputs:
                x.grad = None
            f(*inputs).backward(seed)

        return fast(once)

    return operations, run, (torch.float32, torch.float64)


def by_jax():
    import jax
    import jax.numpy as np

    jax.config.update("jax_enable_x64", True)
    print(f"# JAX {jax.__version__}")

    def pool(x, f, first):
        return jax.lax.reduce_window(x, first, f, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")

    operations = {
        "add": (lambda x, y: x + y, [X, X]),
        "mul": (lambda x, y: x * y, [X, X]),
        "relu": (jax.nn.relu, [X]),
        "exp": (np.exp, [X]),
        "ln": (np.log, [X]),
        "sqrt": (np.sqrt, [X]),
        "tanh": (np.tanh, [X]),
        "sigmoid": (jax.nn.sigmoid, [X]),
        "gelu": (jax.nn.gelu, [X]),
        "softplus": (jax.nn.softplus, [X]),
        "sin": (np.sin, [X]),
        "cos": (np.cos, [X]),
        "powf": (lambda x: x**1.7, [X]),
        "softmax": (lambda x: jax.nn.softmax(x, 1), [X]),
        "log_softmax": (lambda x: jax.nn.log_softmax(x, 1), [X]),
        "sum": (np.sum, [X]),
        "sum_axes_0": (lambda x: x.sum(0), [X]),
        "sum_axes_1": (lambda x: x.sum(1), [X]),
        "norm": (np.linalg.norm, [X]),
        "logsumexp_1": (lambda x: jax.nn.logsumexp(x, 1), [X]),
        "max_1": (lambda x: x.max(1), [X]),
        "row_add": (lambda x, y: x + y, [X, ROW]),
        "column_mul": (lambda x, y: x * y, [X, COLUMN]),
        "permute": (lambda x: x.transpose(0, 2, 3, 1), [[8, 32, 32, 32]]),
        "transpose": (lambda x: x.T, [X]),
        "conv_3x3": (
            lambda x, k: jax.lax.conv(x, k, (1, 1), "SAME"),
            [[16, 8, 32, 32], [16, 8, 3, 3]],
        ),
        "max_pool": (lambda x: pool(x, jax.lax.max, -np.inf), [[16, 16, 32, 32]]),
        "avg_pool": (lambda x: pool(x, jax.lax.add, 0.0) / 4, [[16, 16, 32, 32]]),
    }
    for n in (64, 256, 512, 1024):
        operations[f"matmul_{n}"] = (np.matmul, [[n, n], [n, n]])

    def run(f, shapes, dtype):
        keys = jax.random.split(jax.random.key(1), len(shapes))
        inputs = [
            jax.random.uniform(k, s, dtype, 0.25, 1.75) for k, s in zip(keys, shapes)
        ]

        @jax.jit
        def both(inputs, seed):
            y, pull_back = jax.vjp(f, *inputs)
            return y, pull_back(seed)

        seed = np.ones_like(f(*inputs))
        return fast(lambda: jax.block_until_ready(both(inputs, seed)))

    return operations, run, (np.float32, np.float64)


def main():
    operations, run, types = {"torch": by_torch, "jax": by_jax}[sys.argv[1]]()
    part = sys.argv[2] if len(sys.argv) > 2 else ""
    print(f"{'operation':12} {'f32':>9} {'f64':>9}")
    for name, (f, shapes) in operations.items():
        if part not in name:
            continue
        units = 1
        for extent in shapes[0]:
            units *= extent
        if name.startswith("matmul"):
            units = shapes[0][0] ** 3 / 1000
        times = [run(f, shapes, dtype) / units for dtype in types]
        print(f"{name:12} {times[0]:9.3f} {times[1]:9.3f}", flush=True)


main()
