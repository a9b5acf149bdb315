"""The tf2018 training step in PyTorch: the same mathematics on the same batch, written as PyTorch users would.

A worker: prints one JSON line when ready, then one for each line it is sent on stdin (any line: take one step).
    python step.py [--mode default|channels_last|compile] [--threads 2] [--batch 256]
Checked against a golden file (safetensors, see src/gan/golden.ts for the format):
    python step.py --golden FILE --images MNIST_IDX_FILE
One generator pass, the discriminator once on reals and once on fakes, both gradients before either update, as the preset has it.
"""

import argparse
import json
import math
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

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


class Trainer:
    """Parameters in PyTorch's layouts: convolutions [out, in, h, w], transposed ones [in, out, h, w]."""

    def __init__(self, start, channels_last=False):
        self.format = torch.channels_last if channels_last else torch.contiguous_format
        self.p = {name: self.leaf(name, start[name]) for name, _ in VARIABLES}
        self.moving = {f"generator/bn{i}": (torch.zeros(n), torch.ones(n)) for i, n in ((1, 3136), (2, 64), (3, 32))}
        self.m = {name: torch.zeros_like(p) for name, p in self.p.items()}
        self.v = {name: torch.zeros_like(p) for name, p in self.p.items()}
        self.steps = 0

    def leaf(self, name, array):
        tensor = torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))
        if tensor.ndim == 4:
            # Both kinds: TensorFlow's last two axes, swapped, come first.
            tensor = tensor.permute(3, 2, 0, 1).contiguous(memory_format=self.format)
        return tensor.clone(memory_format=torch.preserve_format).requires_grad_(True)

    def norm(self, name, x):
        # One fused call, running statistics included (PyTorch keeps n / (n - 1) times the variance for 2-D inputs too).
        mean, variance = self.moving[name]
        p = self.p
        return F.batch_norm(x, mean, variance, p[f"{name}/gamma"], p[f"{name}/beta"], True, 1 - MOMENTUM, EPSILON)

    def generate(self, z):
        p = self.p
        x = torch.relu(self.norm("generator/bn1", z @ p["generator/fc1/kernel"]))
        x = x.view(-1, 7, 7, 64).permute(0, 3, 1, 2).contiguous(memory_format=self.format)
        x = F.conv_transpose2d(x, p["generator/conv1/kernel"], stride=1, padding=2)
        x = torch.relu(self.norm("generator/bn2", x))
        # Keras' SAME for stride 2: one pixel is cut at the top and left, two at the bottom and right of the full result.
        x = F.conv_transpose2d(x, p["generator/conv2/kernel"], stride=2, padding=1)[:, :, :-1, :-1]
        x = torch.relu(self.norm("generator/bn3", x))
        x = F.conv_transpose2d(x, p["generator/conv3/kernel"], stride=2, padding=1)[:, :, :-1, :-1]
        return torch.tanh(x)

    def judge(self, x, masks):
        p = self.p
        for layer in (1, 2):
            x = F.conv2d(F.pad(x, (1, 2, 1, 2)), p[f"discriminator/conv{layer}/kernel"], p[f"discriminator/conv{layer}/bias"], stride=2)
            x = F.leaky_relu(x, SLOPE)
            x = F.dropout(x, RATE) if masks is None else x * masks[layer - 1]
        return x.permute(0, 2, 3, 1).reshape(x.shape[0], -1) @ p["discriminator/fc1/kernel"] + p["discriminator/fc1/bias"]

    def losses(self, reals, z, masks):
        fakes = self.generate(z)
        real_logits = self.judge(reals, masks and masks[:2])
        fake_logits = self.judge(fakes, masks and masks[2:])
        one, zero = torch.ones_like, torch.zeros_like
        bce = F.binary_cross_entropy_with_logits
        g = bce(fake_logits, one(fake_logits))
        d = bce(real_logits, one(real_logits)) + bce(fake_logits, zero(fake_logits))
        return g, d

    def step(self, reals, z, masks=None):
        g, d = self.losses(reals, z, masks)
        own = lambda pool: [name for name in self.p if name.startswith(pool)]
        gradients = {}
        for pool, loss, keep in (("generator", g, True), ("discriminator", d, False)):
            names = own(pool)
            for name, gradient in zip(names, torch.autograd.grad(loss, [self.p[n] for n in names], retain_graph=keep)):
                gradients[name] = gradient
        self.steps += 1
        t = self.steps
        rate = LEARNING_RATE * math.sqrt(1 - BETA2**t) / (1 - BETA1**t)
        with torch.no_grad():
            names = list(self.p)
            m, v, w = ([source[n] for n in names] for source in (self.m, self.v, self.p))
            grads = [gradients[n] for n in names]
            torch._foreach_mul_(m, BETA1)
            torch._foreach_add_(m, grads, alpha=1 - BETA1)
            torch._foreach_mul_(v, BETA2)
            torch._foreach_addcmul_(v, grads, grads, 1 - BETA2)
            root = torch._foreach_sqrt(v)
            torch._foreach_add_(root, ADAM_EPSILON)
            torch._foreach_addcdiv_(w, m, root, -rate)
        return g.item(), d.item()


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


def check(file, idx):
    from safetensors import safe_open

    with safe_open(file, "np") as golden:
        meta = golden.metadata()
        want = golden.get_tensor("losses")
    seed, batch, real, steps = (int(meta[key]) for key in ("seed", "batch", "real", "steps"))
    images = np.fromfile(idx, np.uint8, offset=16).reshape(-1, 28, 28)
    trainer = Trainer({name: glorot(seed, k, name, shape) for k, (name, shape) in enumerate(VARIABLES)})
    worst = 0.0
    for t in range(1, steps + 1):
        reals = torch.from_numpy(((images[(t - 1) * real : t * real] - 127.5) / 127.5).astype(np.float32)).unsqueeze(1)
        n = batch * 100
        u, w = uniforms(seed, 1000 * t, 0, n), uniforms(seed, 1000 * t, n, n)
        z = torch.from_numpy((np.sqrt(-2 * np.log(u + 2.0**-33)) * np.cos(2 * np.pi * w)).astype(np.float32)).view(batch, 100)
        masks = []
        for i, (count, size, channels) in enumerate(((real, 14, 64), (real, 7, 128), (batch, 14, 64), (batch, 7, 128))):
            kept = uniforms(seed, 1000 * t + 1 + i, 0, count * size * size * channels) >= RATE
            mask = (kept / (1 - RATE)).astype(np.float32).reshape(count, size, size, channels)
            masks.append(torch.from_numpy(mask).permute(0, 3, 1, 2))
        got = trainer.step(reals, z, masks)
        worst = max(worst, *(abs(a - float(b)) for a, b in zip(got, want[t - 1])))
    print(f"losses differ by at most {worst:.2e} (1e-5 allowed)")
    return 0 if worst <= 1e-5 else 1


def work(mode, batch):
    torch.manual_seed(1)
    np.random.seed(1)
    last = mode == "channels_last"
    trainer = Trainer({name: glorot(1, k, name, shape) for k, (name, shape) in enumerate(VARIABLES)}, last)
    if mode == "compile":
        trainer.losses = torch.compile(trainer.losses)
    reals = torch.tanh(torch.randn(batch, 1, 28, 28)).contiguous(memory_format=trainer.format)
    trainer.step(reals, torch.randn(batch, 100))
    trainer.step(reals, torch.randn(batch, 100))
    version = torch.__version__
    print(json.dumps({"ready": mode, "torch": version, "threads": torch.get_num_threads()}), flush=True)
    for _ in sys.stdin:
        began = time.perf_counter()
        trainer.step(reals, torch.randn(batch, 100))
        print(json.dumps({"seconds": time.perf_counter() - began}), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", choices=["default", "channels_last", "compile"], default="default")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--golden")
    parser.add_argument("--images")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.golden:
        sys.exit(check(options.golden, options.images))
    work(options.mode, options.batch)
