"""The training steps of tf2018 and best in PyTorch, written as its users would: see common.py for how it is driven.

Mode bf16 is PyTorch's own mixed precision (autocast): what it calls safe runs in bfloat16, variables stay float32.
With --device cuda it runs on a GPU, where mode graph replays the whole step as one captured CUDA graph.
One generator pass, the discriminator once on reals and once on fakes, and both gradients before either
update, as the preset has it.
"""

import sys

import numpy as np
import torch
import torch.nn.functional as F

from common import ADAM_EPSILON, BETA2, EPSILON, MODELS, MOMENTUM, NORMS, SLOPE, main


class Trainer:
    """Parameters in PyTorch's layouts: convolutions [out, in, h, w], transposed ones [in, out, h, w]."""

    # Classes of reals and fakes, where the model has them.
    labels = fake_labels = None

    def __init__(self, start, device, channels_last=False, bf16=False, model=MODELS["tf2018"]):
        self.device = device
        self.model = model
        self.bf16 = bf16
        self.format = torch.channels_last if channels_last else torch.contiguous_format
        self.p = {name: self.leaf(name, start[name]) for name, _ in model.variables}
        self.moving = {f"generator/bn{i}": (torch.zeros(n, device=device), torch.ones(n, device=device)) for i, n in NORMS}
        self.m = {name: torch.zeros_like(p) for name, p in self.p.items()}
        self.v = {name: torch.zeros_like(p) for name, p in self.p.items()}
        self.average = {name: value.detach().clone() for name, value in self.averaged().items()} if model.ema else {}
        self.steps = 0

    def averaged(self):
        """What the moving average follows: the generator's variables and moving statistics."""
        found = {name: value for name, value in self.p.items() if name.startswith("generator")}
        for name, (mean, variance) in self.moving.items():
            found[f"{name}/moving_mean"], found[f"{name}/moving_variance"] = mean, variance
        return found

    def classes(self, labels, batch):
        """Sets the classes of the reals; those of the fakes are the same in turn."""
        self.labels = torch.from_numpy(labels).to(self.device)
        self.fake_labels = self.labels[torch.arange(batch) % len(labels)]

    def leaf(self, name, array):
        tensor = torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32)).to(self.device)
        if tensor.ndim == 4:
            # For both kinds of kernel, TensorFlow's last two axes come first, swapped.
            tensor = tensor.permute(3, 2, 0, 1).contiguous(memory_format=self.format)
        return tensor.clone(memory_format=torch.preserve_format).requires_grad_(True)

    def norm(self, name, x, training=True):
        # One fused call, running statistics included (PyTorch keeps n / (n - 1) times the variance for 2-D inputs too).
        mean, variance = self.moving[name]
        p = self.p
        return F.batch_norm(x, mean, variance, p[f"{name}/gamma"], p[f"{name}/beta"], training, 1 - MOMENTUM, EPSILON)

    def generate(self, z, training=True):
        p = self.p
        x = z @ p["generator/fc1/kernel"]
        if self.model.classes:
            x = x + F.embedding(self.fake_labels, p["generator/embedding/kernel"])
        x = torch.relu(self.norm("generator/bn1", x, training))
        x = x.view(-1, 7, 7, 64).permute(0, 3, 1, 2).contiguous(memory_format=self.format)
        x = F.conv_transpose2d(x, p["generator/conv1/kernel"], stride=1, padding=2)
        x = torch.relu(self.norm("generator/bn2", x, training))
        # Keras' SAME for stride 2: one pixel is cut at the top and left, two at the bottom and right of the full result.
        x = F.conv_transpose2d(x, p["generator/conv2/kernel"], stride=2, padding=1)[:, :, :-1, :-1]
        x = torch.relu(self.norm("generator/bn3", x, training))
        x = F.conv_transpose2d(x, p["generator/conv3/kernel"], stride=2, padding=1)[:, :, :-1, :-1]
        return torch.tanh(x)

    def judge(self, x, masks, labels):
        p = self.p
        for layer in (1, 2):
            x = F.conv2d(F.pad(x, (1, 2, 1, 2)), p[f"discriminator/conv{layer}/kernel"], p[f"discriminator/conv{layer}/bias"], stride=2)
            x = F.leaky_relu(x, SLOPE)
            if self.model.dropout:
                x = F.dropout(x, self.model.dropout) if masks is None else x * masks[layer - 1]
        x = x.permute(0, 2, 3, 1).reshape(x.shape[0], -1)
        logits = x @ p["discriminator/fc1/kernel"] + p["discriminator/fc1/bias"]
        if self.model.classes:
            logits = logits + (x * F.embedding(labels, p["discriminator/embedding/kernel"])).sum(1, keepdim=True)
        return logits

    def losses(self, reals, z, masks):
        fakes = self.generate(z)
        real_logits = self.judge(reals, masks and masks[:2], self.labels)
        fake_logits = self.judge(fakes, masks and masks[2:], self.fake_labels)
        one, zero = torch.ones_like, torch.zeros_like
        bce = F.binary_cross_entropy_with_logits
        g = bce(fake_logits, one(fake_logits))
        d = bce(real_logits, one(real_logits)) + bce(fake_logits, zero(fake_logits))
        return g, d

    def finals(self):
        found = {}
        for name, value in self.p.items():
            array = value.detach().cpu()
            found[name] = (array.permute(2, 3, 1, 0) if array.ndim == 4 else array).numpy()
        for name, (mean, variance) in self.moving.items():
            if name == "generator/bn1":
                # Here PyTorch keeps n / (n - 1) times what Keras does; the start, 1, is no variance of a batch.
                start = MOMENTUM**self.steps
                variance = start + (variance - start) * (self.batch - 1) / self.batch
            found[f"{name}/moving_mean"] = mean.cpu().numpy()
            found[f"{name}/moving_variance"] = variance.cpu().numpy()
        for name, value in self.average.items():
            if "/moving_" not in name:
                array = value.cpu()
                found[f"ema/{name}"] = (array.permute(2, 3, 1, 0) if array.ndim == 4 else array).numpy()
        return found

    def prepare(self, reals, noise):
        self.batch = len(noise)
        images = torch.from_numpy(reals).permute(0, 3, 1, 2).contiguous(memory_format=self.format)
        return images.to(self.device), torch.from_numpy(noise).to(self.device)

    def sample(self, count):
        with torch.inference_mode():
            return torch.cat([self.generate(z, False) for z in torch.randn(count, 100, device=self.device).split(256)])

    def update(self, reals, z, masks):
        """Everything of a step that happens on the device."""
        if masks is None:
            z = torch.randn_like(z)
        with torch.autocast(self.device, torch.bfloat16, enabled=self.bf16):
            g, d = self.losses(reals, z, masks)
        own = lambda pool: [name for name in self.p if name.startswith(pool)]
        gradients = {}
        for pool, loss, keep in (("generator", g, True), ("discriminator", d, False)):
            names = own(pool)
            for name, gradient in zip(names, torch.autograd.grad(loss, [self.p[n] for n in names], retain_graph=keep)):
                gradients[name] = gradient
        with torch.no_grad():
            names = list(self.p)
            m, v, w = ([source[n] for n in names] for source in (self.m, self.v, self.p))
            grads = [gradients[n] for n in names]
            torch._foreach_mul_(m, self.model.beta1)
            torch._foreach_add_(m, grads, alpha=1 - self.model.beta1)
            torch._foreach_mul_(v, BETA2)
            torch._foreach_addcmul_(v, grads, grads, 1 - BETA2)
            root = torch._foreach_sqrt(v)
            torch._foreach_add_(root, ADAM_EPSILON)
            self.move(w, m, root)
            if self.average:
                decay = min(self.model.ema, (1 + self.steps) / (10 + self.steps))
                torch._foreach_lerp_(list(self.average.values()), list(self.averaged().values()), 1 - decay)
        return g.detach(), d.detach()

    def move(self, w, m, root):
        torch._foreach_addcdiv_(w, m, root, -self.model.adam_rate(self.steps))

    def step(self, reals, z, masks):
        if masks is not None:
            masks = [torch.from_numpy(mask).permute(0, 3, 1, 2).to(self.device) for mask in masks]
        self.steps += 1
        g, d = self.update(reals, z, masks)
        return g.item(), d.item()

    def run(self, count, reals, z):
        """Runs steps and asks for the losses of the last one alone: nothing is waited for between them."""
        for _ in range(count):
            self.steps += 1
            g, d = self.update(reals, z, None)
        return g.item(), d.item()


class GraphTrainer(Trainer):
    """The step captured once as a CUDA graph.

    Inputs and losses have fixed places; the random numbers go on from replay to replay.
    """

    graph = None

    def move(self, w, m, root):
        # The rate is a tensor, since a captured number would stay what it was.
        change = torch._foreach_div(m, root)
        torch._foreach_mul_(change, self.rate)
        torch._foreach_sub_(w, change)

    def update(self, reals, z, masks):
        if self.graph is None:
            self.rate = torch.zeros((), device=self.device)
        self.rate.fill_(self.model.adam_rate(self.steps))
        if masks is not None:
            return super().update(reals, z, masks)
        if self.graph is None:
            side = torch.cuda.Stream()
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                for _ in range(3):
                    super().update(reals, z, None)
            torch.cuda.current_stream().wait_stream(side)
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph):
                self.captured = super().update(reals, z, None)
        self.graph.replay()
        return self.captured


def load(mode, threads, device, model):
    torch.set_num_threads(threads)
    if mode == "graph" and device != "cuda":
        sys.exit("Error: mode graph needs --device cuda")

    def make(start):
        kind = GraphTrainer if mode == "graph" else Trainer
        trainer = kind(start, device, mode in ("channels_last", "bf16"), mode == "bf16", model)
        if mode == "compile":
            if device == "cuda":
                # Its own choice of layouts contradicts what cuDNN gives back here, and fails an assertion of its own (2.11).
                torch._inductor.config.layout_optimization = False
            trainer.losses = torch.compile(trainer.losses)
        return trainer

    return make, torch.__version__


if __name__ == "__main__":
    main(["default", "channels_last", "compile", "bf16", "graph"], load, ("cpu", "cuda"), tuple(MODELS))
