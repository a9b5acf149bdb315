"""The plain DCGAN that PyTorch users train on their own pictures of 64 x 64 in colour: the networks of Radford et al.,
"Unsupervised representation learning with deep convolutional generative adversarial networks", 2016, section 3, which
PyTorch's own tutorial has too. Batch 128, Adam 2e-4 with beta1 0.5, N(0, 0.02), batch norm in both networks. It
trains for so many minutes of processor time, and then writes 2,000 samples as a .npy that `dcgan evaluate FILE` and
parts.mjs read; after each tenth of the time too, with the minutes, steps and losses in progress.jsonl.
    node bench/quality/sets.mjs pixel-art pixel-art.npy
    python bench/quality/pytorch_pictures.py --images pixel-art.npy --out FOLDER --minutes 30 [--seed 1] [--threads 1]
"""

import argparse
import json
import pathlib
import time

import numpy as np
import torch
from pytorch_loop import start, write_samples
from torch import nn

LATENT, BATCH, SAMPLES, WIDTH, SIDE = 100, 128, 2_000, 64, 64


def generator():
    up = lambda i, o, stride=2, padding=1: nn.ConvTranspose2d(i, o, 4, stride, padding, bias=False)
    normed = lambda o: (nn.BatchNorm2d(o), nn.ReLU())
    return nn.Sequential(
        up(LATENT, 8 * WIDTH, 1, 0),
        *normed(8 * WIDTH),
        up(8 * WIDTH, 4 * WIDTH),
        *normed(4 * WIDTH),
        up(4 * WIDTH, 2 * WIDTH),
        *normed(2 * WIDTH),
        up(2 * WIDTH, WIDTH),
        *normed(WIDTH),
        up(WIDTH, 3),
        nn.Tanh(),
    )


def discriminator():
    down = lambda i, o: nn.Conv2d(i, o, 4, 2, 1, bias=False)
    normed = lambda o: (nn.BatchNorm2d(o), nn.LeakyReLU(0.2))
    return nn.Sequential(
        down(3, WIDTH),
        nn.LeakyReLU(0.2),
        down(WIDTH, 2 * WIDTH),
        *normed(2 * WIDTH),
        down(2 * WIDTH, 4 * WIDTH),
        *normed(4 * WIDTH),
        down(4 * WIDTH, 8 * WIDTH),
        *normed(8 * WIDTH),
        nn.Conv2d(8 * WIDTH, 1, 4, 1, 0, bias=False),
        nn.Flatten(),
    )


def noise(count):
    return torch.randn(count, LATENT, 1, 1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", required=True, help="a .npy of uint8 [N, 64, 64, 3]")
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    pixels = np.load(options.images)
    if pixels.shape[1:] != (SIDE, SIDE, 3):
        raise SystemExit(f"{options.images} holds {pixels.shape}, expected [N, {SIDE}, {SIDE}, 3]")
    images = torch.from_numpy(pixels.astype(np.float32) / 127.5 - 1).permute(0, 3, 1, 2)
    g, d = generator(), discriminator()
    g.apply(start)
    d.apply(start)
    g, d = (net.to(memory_format=torch.channels_last) for net in (g, d))
    adam = lambda net: torch.optim.Adam(net.parameters(), 2e-4, betas=(0.5, 0.999))
    train_g, train_d = adam(g), adam(d)
    loss = nn.BCEWithLogitsLoss()
    record = (options.out / "progress.jsonl").open("w", buffering=1)
    limit, spent, step, tenths = options.minutes * 60, 0.0, 0, 0
    while spent < limit:
        for chosen in torch.randperm(len(images)).split(BATCH):
            began = time.process_time()
            reals = images[chosen]
            n = len(reals)
            fakes = g(noise(n))
            train_d.zero_grad()
            lost = loss(d(reals), torch.ones(n, 1)) + loss(d(fakes.detach()), torch.zeros(n, 1))
            lost.backward()
            train_d.step()
            train_g.zero_grad()
            loss(d(fakes), torch.ones(n, 1)).backward()
            train_g.step()
            step += 1
            spent += time.process_time() - began
            reached = min(10, int(10 * spent / limit))
            if reached > tenths:
                tenths = reached
                write_samples(g, noise(SAMPLES), options.out / f"samples-{tenths:02d}.npy")
                line = {"minutes": spent / 60, "step": step, "loss_d": lost.item(), "torch": torch.__version__}
                record.write(json.dumps(line) + "\n")
            if spent >= limit:
                break


if __name__ == "__main__":
    main()
