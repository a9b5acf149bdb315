#!/usr/bin/env python3
"""What the figures of src/metrics must come to: computed with scipy, and again by the papers' own packages.

Writes test/golden/metrics.json. Features and images are computed from a seed by draws.py, as the tests compute them.

  python3 -m venv /tmp/metrics && /tmp/metrics/bin/pip install numpy scipy prdc pytorch-fid
  /tmp/metrics/bin/python test/golden/metrics.py
"""
import json
from pathlib import Path

import numpy as np
from prdc import compute_prdc
from scipy import linalg
from scipy.ndimage import convolve
from scipy.spatial.distance import cdist
from scipy.special import log_softmax

import draws

SEED, WIDTH = 11, 12


def features(stream, count, spread, shift):
    mixed = draws.normals(SEED, stream, count * WIDTH).reshape(count, WIDTH)
    # Neighbours share something, so that covariances are not diagonal.
    mixed = mixed + 0.5 * np.roll(mixed, 1, axis=1)
    return (spread * mixed + shift).astype(np.float32).astype(np.float64)


def frechet(a, b):
    (m1, c1), (m2, c2) = [(x.mean(0), np.cov(x, rowvar=False)) for x in (a, b)]
    root = linalg.sqrtm(c1 @ c2).real
    return float(((m1 - m2) ** 2).sum() + np.trace(c1 + c2 - 2 * root))


def frechet_of_few(a, b):
    """Where samples are fewer than values: the root's trace is the sum of the singular values of the centred sets' products."""
    (x, y) = [(each - each.mean(0)) / np.sqrt(len(each) - 1) for each in (a, b)]
    means = ((a.mean(0) - b.mean(0)) ** 2).sum()
    return float(means + (x**2).sum() + (y**2).sum() - 2 * linalg.svdvals(x @ y.T).sum())


def manifold(reals, fakes):
    rr, ff, rf = cdist(reals, reals), cdist(fakes, fakes), cdist(reals, fakes)
    radius = lambda d, k: np.sort(d, 1)[:, k]
    narrow, wide, own = radius(rr, 3), radius(rr, 5), radius(ff, 3)
    return dict(
        precision=float((rf <= narrow[:, None]).any(0).mean()),
        recall=float((rf <= own[None, :]).any(1).mean()),
        density=float((rf <= wide[:, None]).sum(0).mean() / 5),
        coverage=float((rf.min(1) <= wide).mean()),
    )


def score(logits):
    p = np.exp(log_softmax(logits, 1))
    return float(np.exp((p * (np.log(p) - np.log(p.mean(0)))).sum(1).mean()))


KERNEL = np.outer(*[np.array([1, 4, 6, 4, 1]) / 16] * 2)


def blur(x, strength=1):
    return np.stack([np.stack([convolve(c, strength * KERNEL, mode="mirror") for c in np.moveaxis(i, 2, 0)], 2) for i in x])


def pyramid(x):
    levels = []
    while x.shape[1] % 2 == 0 and x.shape[1] // 2 >= 14:
        half = blur(x)[:, ::2, ::2]
        # A zero between any two pixels; mirrored beyond the last pixel of the half, not of the whole.
        padded = np.pad(half, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
        wide = np.zeros((len(x), 2 * padded.shape[1], 2 * padded.shape[2], x.shape[3]))
        wide[:, ::2, ::2] = padded
        levels.append(x - blur(wide, 4)[:, 2:-2, 2:-2])
        x = half
    return [*levels, x]


def sliced(a, b, seed):
    result = []
    for level, sets in enumerate(zip(pyramid(a), pyramid(b))):
        side, channels = sets[0].shape[1], sets[0].shape[3]
        width, places = 49 * channels, side - 6
        lines = []
        for d in range(128):
            w = draws.philox(seed, level, 1000 + d, (width + 3) // 4)
            u, v = ((w[:, ::2] >> np.uint64(8)) + np.uint64(1)) / 2**24, (w[:, 1::2] >> np.uint64(8)) / 2**24
            r = np.sqrt(-2 * np.log(u))
            line = np.stack([r * np.cos(2 * np.pi * v), r * np.sin(2 * np.pi * v)], 2).reshape(-1)[:width]
            lines.append(line / np.linalg.norm(line))
        projected = []
        for x in sets:
            words = draws.philox(seed, level, 0, len(x) * 4).reshape(-1)
            rows = []
            for n, word in enumerate(words[: len(x) * 16].astype(int)):
                top, left = (word >> 16) % places, (word & 0xFFFF) % places
                rows.append(x[n // 16, top : top + 7, left : left + 7].reshape(-1, channels))
            rows = np.array(rows)
            rows = (rows - rows.mean((0, 1))) / rows.std((0, 1))
            projected.append(np.sort(rows.reshape(len(rows), -1) @ np.array(lines).T, 0))
        result.append(dict(side=side, distance=float(1000 * np.abs(projected[0] - projected[1]).mean())))
    return result


def pictures(stream, count, side, channels):
    size = count * side * side * channels
    return ((np.floor(draws.uniforms(SEED, stream, size) * 256) - 127.5) / 127.5).reshape(count, side, side, channels)


def package_frechet(a, b):
    """pytorch-fid's own function, without the network around it."""
    import ast
    import importlib.util
    source = (Path(importlib.util.find_spec("pytorch_fid").submodule_search_locations[0]) / "fid_score.py").read_text()
    tree = ast.parse(source)
    tree.body = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "calculate_frechet_distance"]
    scope = {"np": np, "linalg": linalg}
    exec(compile(tree, "fid_score", "exec"), scope)
    stats = [(x.mean(0), np.cov(x, rowvar=False)) for x in (a, b)]
    return float(scope["calculate_frechet_distance"](*stats[0], *stats[1]))


reals, fakes = features(1, 900, 1.0, 0.0), features(2, 700, 0.8, 0.3)
three, five = [compute_prdc(reals, fakes, nearest_k=k) for k in (3, 5)]
a, b = pictures(3, 40, 28, 1), 0.7 * pictures(4, 40, 28, 1)
colours = pictures(5, 12, 64, 3), 0.5 * pictures(6, 12, 64, 3)
values = dict(
    frechet=frechet(reals, fakes), few=frechet_of_few(reals.reshape(75, 144)[:60], fakes.reshape(-1)[: 58 * 144].reshape(58, 144)),
    manifold=manifold(reals, fakes), score=score(3 * reals[:, :10]),
    sliced=sliced(a, b.astype(np.float32).astype(np.float64), 9),
    slicedColours=sliced(colours[0], colours[1].astype(np.float32).astype(np.float64), 9),
    packages=dict(
        frechet=package_frechet(reals, fakes),
        manifold=dict(precision=float(three["precision"]), recall=float(three["recall"]),
                      density=float(five["density"]), coverage=float(five["coverage"])),
    ),
)
Path(__file__).with_name("metrics.json").write_text(json.dumps(values, indent=2) + "\n")
print(json.dumps(values, indent=2))
