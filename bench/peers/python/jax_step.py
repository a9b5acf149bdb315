"""The tf2018 training step in JAX, one jitted function with donated state: see common.py for how it is driven."""

import os

import numpy as np

from common import ADAM_EPSILON, BETA1, BETA2, EPSILON, MOMENTUM, NORMS, RATE, SLOPE, adam_rate, main

AXES = ("NHWC", "HWIO", "NHWC")


def load(mode, threads, device):
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    import jax
    import jax.numpy as jnp

    def norm(p, i, x, moving):
        axes = tuple(range(x.ndim - 1))
        mean = x.mean(axes)
        variance = jnp.square(x - mean).mean(axes)
        n = x.size // x.shape[-1]
        unbiased = variance * (n / (n - 1)) if x.ndim == 4 else variance
        old_mean, old_variance = moving[i]
        moving = {**moving, i: (MOMENTUM * old_mean + (1 - MOMENTUM) * mean, MOMENTUM * old_variance + (1 - MOMENTUM) * unbiased)}
        scale = p[f"generator/bn{i}/gamma"] * jax.lax.rsqrt(variance + EPSILON)
        return (x - mean) * scale + p[f"generator/bn{i}/beta"], moving

    def transposed(x, kernel, stride):
        # TensorFlow's kernel is [h, w, out, in]; transpose_kernel flips it and swaps its last axes, SAME as Keras has it.
        return jax.lax.conv_transpose(x, kernel, (stride, stride), "SAME", dimension_numbers=AXES, transpose_kernel=True)

    def generate(p, z, moving):
        x, moving = norm(p, 1, z @ p["generator/fc1/kernel"], moving)
        x = jax.nn.relu(x).reshape(-1, 7, 7, 64)
        x, moving = norm(p, 2, transposed(x, p["generator/conv1/kernel"], 1), moving)
        x, moving = norm(p, 3, transposed(jax.nn.relu(x), p["generator/conv2/kernel"], 2), moving)
        return jnp.tanh(transposed(jax.nn.relu(x), p["generator/conv3/kernel"], 2)), moving

    def judge(p, x, masks, keys):
        for layer in (1, 2):
            x = jax.lax.conv_general_dilated(x, p[f"discriminator/conv{layer}/kernel"], (2, 2), "SAME", dimension_numbers=AXES)
            x = jax.nn.leaky_relu(x + p[f"discriminator/conv{layer}/bias"], SLOPE)
            x = x * (masks[layer - 1] if masks else jax.random.bernoulli(keys[layer - 1], 1 - RATE, x.shape) / (1 - RATE))
        return x.reshape(x.shape[0], -1) @ p["discriminator/fc1/kernel"] + p["discriminator/fc1/bias"]

    def update(state, reals, z, rate, key, masks):
        pools = [{n: v for n, v in state["p"].items() if n.startswith(pool)} for pool in ("generator", "discriminator")]
        keys = jax.random.split(key, 5)
        if masks is None:
            z = jax.random.normal(keys[4], z.shape)

        def losses(g, d):
            fakes, moving = generate(g, z, state["moving"])
            real = judge(d, reals, masks and masks[:2], keys[:2])
            fake = judge(d, fakes, masks and masks[2:], keys[2:4])
            return (jax.nn.softplus(-fake).mean(), jax.nn.softplus(-real).mean() + jax.nn.softplus(fake).mean()), moving

        # There is one forward pass; each loss is pulled back to its own network.
        values, pull, moving = jax.vjp(losses, *pools, has_aux=True)
        slopes = {**pull((1.0, 0.0))[0], **pull((0.0, 1.0))[1]}
        m = {n: BETA1 * state["m"][n] + (1 - BETA1) * s for n, s in slopes.items()}
        v = {n: BETA2 * state["v"][n] + (1 - BETA2) * s * s for n, s in slopes.items()}
        p = {n: w - rate * m[n] / (jnp.sqrt(v[n]) + ADAM_EPSILON) for n, w in state["p"].items()}
        return {"p": p, "m": m, "v": v, "moving": moving}, values

    compiled = jax.jit(update, donate_argnums=0)

    class Trainer:
        def __init__(self, start):
            p = {name: jnp.asarray(value, jnp.float32) for name, value in start.items()}
            zeros = lambda: {name: jnp.zeros_like(value) for name, value in p.items()}
            moving = {i: (jnp.zeros(n), jnp.ones(n)) for i, n in NORMS}
            self.state = {"p": p, "m": zeros(), "v": zeros(), "moving": moving}
            self.steps = 0

        def prepare(self, reals, noise):
            return jnp.asarray(reals), jnp.asarray(noise)

        def finals(self):
            found = {name: np.asarray(value) for name, value in self.state["p"].items()}
            for i, (mean, variance) in self.state["moving"].items():
                found[f"generator/bn{i}/moving_mean"] = np.asarray(mean)
                found[f"generator/bn{i}/moving_variance"] = np.asarray(variance)
            return found

        def step(self, reals, z, masks):
            self.steps += 1
            key = jax.random.fold_in(jax.random.key(1), self.steps)
            masks = masks and [jnp.asarray(mask) for mask in masks]
            self.state, values = compiled(self.state, reals, z, adam_rate(self.steps), key, masks)
            # The step is done when its state is ready.
            jax.block_until_ready(self.state)
            return [float(value) for value in values]

    return Trainer, jax.__version__


if __name__ == "__main__":
    main(["jit"], load)
