"""The plain loop that PyTorch users write for MNIST, on tf2018's networks: our samples are compared
with its samples. Batch 128, Adam 2e-4 with beta1 0.5, N(0, 0.02), batch norm in the discriminator, real
labels at 0.9, two backward passes. After each epoch it writes 10,000 samples as a .npy that
`dcgan evaluate FILE --against mnist` reads, and the epoch's seconds into epochs.jsonl.
    python bench/quality/pytorch_loop.py --images MNIST_IDX --out FOLDER [--epochs 5] [--seed 1] [--threads 2]
    node bench/quality/quality.mjs loop --from FOLDER
"""

import argparse
import json
import pathlib
import time

import numpy as np
import torch
from torch import nn

LATENT, BATCH, SAMPLES = 100, 128, 10_000


def generator():
    up = lambda i, o, **how: nn.ConvTranspose2d(i, o, 5, bias=False, **how)
    return nn.Sequential(
        nn.Linear(LATENT, 7 * 7 * 64, bias=False),
        nn.BatchNorm1d(7 * 7 * 64),
        nn.ReLU(),
        nn.Unflatten(1, (64, 7, 7)),
        up(64, 64, padding=2),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        up(64, 32, stride=2, padding=2, output_padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        up(32, 1, stride=2, padding=2, output_padding=1),
        nn.Tanh(),
    )


def discriminator():
    return nn.Sequential(
        nn.Conv2d(1, 64, 5, stride=2, padding=2),
        nn.LeakyReLU(0.2),
        nn.Conv2d(64, 128, 5, stride=2, padding=2, bias=False),
        nn.BatchNorm2d(128),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(7 * 7 * 128, 1),
    )


def start(module):
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
        nn.init.normal_(module.weight, 0, 0.02)
    elif isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
        nn.init.normal_(module.weight, 1, 0.02)
        nn.init.zeros_(module.bias)


def write_samples(g, noise, file):
    g.eval()
    with torch.inference_mode():
        images = torch.cat([g(z) for z in noise.split(500)])
    g.train()
    np.save(file, ((images + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).numpy())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", required=True)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    pixels = np.fromfile(options.images, np.uint8, offset=16).reshape(-1, 1, 28, 28)
    images = torch.from_numpy(pixels.astype(np.float32) / 127.5 - 1)
    g, d = generator(), discriminator()
    g.apply(start)
    d.apply(start)
    g, d = (net.to(memory_format=torch.channels_last) for net in (g, d))
    adam = lambda net: torch.optim.Adam(net.parameters(), 2e-4, betas=(0.5, 0.999))
    train_g, train_d = adam(g), adam(d)
    loss = nn.BCEWithLogitsLoss()
    record = (options.out / "epochs.jsonl").open("w", buffering=1)
    for epoch in range(1, options.epochs + 1):
        began = time.perf_counter()
        for chosen in torch.randperm(len(images)).split(BATCH):
            reals = images[chosen]
            n = len(reals)
            fakes = g(torch.randn(n, LATENT))
            train_d.zero_grad()
            (loss(d(reals), torch.full((n, 1), 0.9)) + loss(d(fakes.detach()), torch.zeros(n, 1))).backward()
            train_d.step()
            train_g.zero_grad()
            loss(d(fakes), torch.ones(n, 1)).backward()
            train_g.step()
        seconds = time.perf_counter() - began
        write_samples(g, torch.randn(SAMPLES, LATENT), options.out / f"epoch-{epoch:04d}.npy")
        record.write(json.dumps({"epoch": epoch, "seconds": seconds, "torch": torch.__version__}) + "\n")


if __name__ == "__main__":
    main()
