"""What all Python peers share: the tf2018 model's numbers, the golden file's inputs, and the worker
that a comparison drives.

A peer makes a Trainer with step(reals, noise, masks) -> (generator loss, discriminator loss) on NumPy arrays, NHWC,
prepare(reals, noise) for its own arrays, and finals() -> every variable and moving statistic as a NumPy array in TensorFlow's
order, by name; `main` does the rest:
    python PEER_step.py --mode M [--threads 2] [--batch 256]       a worker: one JSON line when ready, one for each line sent:
                                                                   `step`, or `sample N` where the Trainer has sample(N)
    python PEER_step.py --mode M --golden FILE --images MNIST_IDX  eight steps against TensorFlow's in double precision
"""

import argparse
import json
import math
import os
import sys
import time

import numpy as np

RATE, SLOPE, MOMENTUM, EPSILON = 0.3, 0.2, 0.99, 1e-3
LEARNING_RATE, BETA1, BETA2, ADAM_EPSILON = 1e-4, 0.9, 0.999, 1e-8

# Name, shape in TensorFlow's order: kernels [h, w, in, out], transposed [h, w, out, in], dense [in, out].
VARIABLES = [
    ("generator/fc1/kernel", (100, 3136)),
    ("generator/bn1/gamma", (3136,)),
    ("generator/bn1/beta", (3136,)),
    ("generator/conv1/kernel", (5, 5, 64, 64)),
    ("generator/bn2/gamma", (64,)),
    ("generator/bn2/beta", (64,)),
    ("generator/conv2/kernel", (5, 5, 32, 64)),
    ("generator/bn3/gamma", (32,)),
    ("generator/bn3/beta", (32,)),
    ("generator/conv3/kernel", (5, 5, 1, 32)),
    ("discriminator/conv1/kernel", (5, 5, 1, 64)),
    ("discriminator/conv1/bias", (64,)),
    ("discriminator/conv2/kernel", (5, 5, 64, 128)),
    ("discriminator/conv2/bias", (128,)),
    ("discriminator/fc1/kernel", (6272, 1)),
    ("discriminator/fc1/bias", (1,)),
]


# Channels of the generator's batch normalizations.
NORMS = ((1, 3136), (2, 64), (3, 32))


def adam_rate(t):
    return LEARNING_RATE * math.sqrt(1 - BETA2**t) / (1 - BETA1**t)


def mix(x):
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x7FEB352D)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x846CA68B)
    return x ^ (x >> np.uint32(16))


def uniforms(seed, stream, first, count):
    key = mix(np.array([(stream * 0x9E3779B9 + seed) & 0xFFFFFFFF], dtype=np.uint32))
    index = np.arange(first, first + count, dtype=np.uint32)
    return mix(mix(index ^ key) + key).astype(np.float64) / 2**32


def glorot(seed, k, name, shape):
    u = uniforms(seed, k, 0, int(np.prod(shape))).reshape(shape)
    if name.endswith("kernel"):
        receptive = int(np.prod(shape[:-2]))
        return math.sqrt(6 / (receptive * (shape[-1] + shape[-2]))) * (2 * u - 1)
    return 1 + 0.1 * (2 * u - 1) if name.endswith("gamma") else 0.05 * (2 * u - 1)


def start(seed):
    return {name: glorot(seed, k, name, shape) for k, (name, shape) in enumerate(VARIABLES)}


def check(make, file, idx):
    """Replays a golden file.

    Returns 0 when losses, variables and moving statistics stay within the bounds that hold for dcgan itself.
    """
    from safetensors import safe_open

    with safe_open(file, "np") as golden:
        meta = golden.metadata()
        wanted = {name: golden.get_tensor(name) for name in golden.keys()}
    seed, batch, real, steps = (int(meta[key]) for key in ("seed", "batch", "real", "steps"))
    images = np.fromfile(idx, np.uint8, offset=16).reshape(-1, 28, 28, 1)
    before = start(seed)
    trainer = make(before)
    losses = []
    for t in range(1, steps + 1):
        reals = ((images[(t - 1) * real : t * real] - 127.5) / 127.5).astype(np.float32)
        n = batch * 100
        u, w = uniforms(seed, 1000 * t, 0, n), uniforms(seed, 1000 * t, n, n)
        noise = (np.sqrt(-2 * np.log(u + 2.0**-33)) * np.cos(2 * np.pi * w)).astype(np.float32).reshape(batch, 100)
        masks = []
        for i, (count, size, channels) in enumerate(((real, 14, 64), (real, 7, 128), (batch, 14, 64), (batch, 7, 128))):
            kept = uniforms(seed, 1000 * t + 1 + i, 0, count * size * size * channels) >= RATE
            masks.append((kept / (1 - RATE)).astype(np.float32).reshape(count, size, size, channels))
        losses.append([float(loss) for loss in trainer.step(*trainer.prepare(reals, noise), masks)])
    off = {"losses": np.abs(np.array(losses) - wanted["losses"]).max() / 1e-5}
    for name, got in trainer.finals().items():
        want = wanted[f"final/{name}"].astype(np.float64)
        moved = np.linalg.norm(want - before.get(name, 0))
        rounding = 1e-7 * np.abs(want).max() if name in before else 2e-7
        off[name] = np.linalg.norm(got - want) / (1e-3 * moved + rounding * math.sqrt(want.size))
    worst = max(off, key=lambda name: off[name] if off[name] == off[name] else math.inf)
    print(f"{len(off)} tensors; worst {worst}: {off[worst]:.3f} of what is allowed")
    return 0 if off[worst] <= 1 else 1


def work(make, version, mode, batch):
    random = np.random.default_rng(1)
    trainer = make(start(1))
    reals = np.tanh(random.standard_normal((batch, 28, 28, 1))).astype(np.float32)
    given = trainer.prepare(reals, random.standard_normal((batch, 100)).astype(np.float32))
    for _ in range(3):
        trainer.step(*given, None)
    print(json.dumps({"ready": mode, "version": version}), flush=True)
    for line in sys.stdin:
        began = time.perf_counter()
        if line.startswith("sample"):
            trainer.sample(int(line.split()[1]))
        elif line.startswith("steps"):
            trainer.run(int(line.split()[1]), *given)
        else:
            trainer.step(*given, None)
        print(json.dumps({"seconds": time.perf_counter() - began}), flush=True)


def main(modes, load, devices=("cpu",)):
    """`load(mode, threads, device)` imports the peer once the environment is set.

    It returns (make trainer, version).
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", choices=modes, default=modes[0])
    parser.add_argument("--device", choices=devices, default=devices[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--golden")
    parser.add_argument("--images")
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    make, version = load(options.mode, options.threads, options.device)
    if options.golden:
        sys.exit(check(make, options.golden, options.images))
    work(make, version, options.mode, options.batch)
