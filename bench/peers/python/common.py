"""What all Python peers share: the models' numbers, the golden file's inputs, and the worker
that a comparison drives.

A peer makes a Trainer with step(reals, noise, masks) -> (generator loss, discriminator loss) on NumPy arrays, NHWC,
prepare(reals, noise) for its own arrays, and finals() -> every variable and moving statistic as a NumPy array in TensorFlow's
order, by name; `main` does the rest:
    python PEER_step.py --mode M [--threads 2] [--batch 256]       a worker: one JSON line when ready, one for each line sent:
                                                                   `step`, or `sample N` where the Trainer has sample(N)
    python PEER_step.py --mode M --golden FILE --images MNIST_IDX  eight steps against TensorFlow's in double precision
Without --preset the step is that of `tf2018`. A peer that has MODELS["best"] too is checked with a file of
bench/peers/golden.mjs.
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


class Model:
    """A preset's numbers. With classes, both networks also have an embedding of each image's class (or group)."""

    def __init__(self, classes=0, dropout=RATE, beta1=BETA1, learning_rate=LEARNING_RATE, ema=0.0):
        self.classes, self.dropout, self.beta1, self.learning_rate, self.ema = classes, dropout, beta1, learning_rate, ema
        self.variables = list(VARIABLES)
        if classes:
            self.variables.insert(1, ("generator/embedding/kernel", (classes, 3136)))
            self.variables.append(("discriminator/embedding/kernel", (classes, 6272)))

    def adam_rate(self, t):
        return self.learning_rate * math.sqrt(1 - BETA2**t) / (1 - self.beta1**t)

    def start(self, seed):
        return {name: glorot(seed, k, name, shape) for k, (name, shape) in enumerate(self.variables)}


# `best` finds 100 groups in MNIST. Its step has batches of 64.
MODELS = {"tf2018": Model(), "best": Model(classes=100, dropout=0, beta1=0.5, learning_rate=5e-4, ema=0.999)}


def adam_rate(t):
    return MODELS["tf2018"].adam_rate(t)


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


def check(make, model, file, idx):
    """Replays a golden file.

    Returns 0 when losses, variables and moving statistics stay within the bounds that hold for dcgan itself.
    """
    from safetensors import safe_open

    with safe_open(file, "np") as golden:
        meta = golden.metadata()
        wanted = {name: golden.get_tensor(name) for name in golden.keys()}
    seed, batch, real, steps = (int(meta[key]) for key in ("seed", "batch", "real", "steps"))
    images = np.fromfile(idx, np.uint8, offset=16).reshape(-1, 28, 28, 1)
    classes = np.fromfile(idx.replace("images-idx3", "labels-idx1"), np.uint8, offset=8).astype(np.int64)
    before = model.start(seed)
    trainer = make(before)
    losses = []
    for t in range(1, steps + 1):
        reals = ((images[(t - 1) * real : t * real] - 127.5) / 127.5).astype(np.float32)
        n = batch * 100
        u, w = uniforms(seed, 1000 * t, 0, n), uniforms(seed, 1000 * t, n, n)
        noise = (np.sqrt(-2 * np.log(u + 2.0**-33)) * np.cos(2 * np.pi * w)).astype(np.float32).reshape(batch, 100)
        masks = []
        for i, (count, size, channels) in enumerate(((real, 14, 64), (real, 7, 128), (batch, 14, 64), (batch, 7, 128))):
            if not model.dropout:
                break
            kept = uniforms(seed, 1000 * t + 1 + i, 0, count * size * size * channels) >= RATE
            masks.append((kept / (1 - RATE)).astype(np.float32).reshape(count, size, size, channels))
        if model.classes:
            trainer.classes(classes[(t - 1) * real : t * real], batch)
        losses.append([float(loss) for loss in trainer.step(*trainer.prepare(reals, noise), masks)])
    off = {"losses": np.abs(np.array(losses) - wanted["losses"]).max() / 1e-5}
    for name, got in trainer.finals().items():
        want = wanted[f"final/{name}"].astype(np.float64).reshape(got.shape)
        variable = name.removeprefix("ema/")
        moved = np.linalg.norm(want - before.get(variable, 0))
        rounding = 1e-7 * np.abs(want).max() if variable in before else 2e-7
        off[name] = np.linalg.norm(got - want) / (1e-3 * moved + rounding * math.sqrt(want.size))
    worst = max(off, key=lambda name: off[name] if off[name] == off[name] else math.inf)
    print(f"{len(off)} tensors; worst {worst}: {off[worst]:.3f} of what is allowed")
    return 0 if off[worst] <= 1 else 1


def work(make, model, version, mode, batch):
    random = np.random.default_rng(1)
    trainer = make(model.start(1))
    if model.classes:
        trainer.classes(np.arange(batch) % model.classes, batch)
    reals = np.tanh(random.standard_normal((batch, 28, 28, 1))).astype(np.float32)
    given = trainer.prepare(reals, random.standard_normal((batch, 100)).astype(np.float32))
    for _ in range(3):
        trainer.step(*given, None)
    print(json.dumps({"ready": mode, "version": version}), flush=True)
    for line in sys.stdin:
        began, worked = time.perf_counter(), time.process_time()
        if line.startswith("sample"):
            trainer.sample(int(line.split()[1]))
        elif line.startswith("steps"):
            trainer.run(int(line.split()[1]), *given)
        else:
            trainer.step(*given, None)
        taken = {"seconds": time.perf_counter() - began, "processor": time.process_time() - worked}
        print(json.dumps(taken), flush=True)


def main(modes, load, devices=("cpu",), presets=("tf2018",)):
    """`load(mode, threads, device)` imports the peer once the environment is set.

    It returns (make trainer, version). A peer with several presets is given the preset's Model too.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", choices=modes, default=modes[0])
    parser.add_argument("--device", choices=devices, default=devices[0])
    parser.add_argument("--preset", choices=presets, default=presets[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--golden")
    parser.add_argument("--images")
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    model = MODELS[options.preset]
    given = (model,) if len(presets) > 1 else ()
    make, version = load(options.mode, options.threads, options.device, *given)
    if options.golden:
        sys.exit(check(make, model, options.golden, options.images))
    work(make, model, version, options.mode, options.batch)
