"""The golden files' own generator of numbers (see src/gan/golden.ts), and Philox as the project draws by it."""
import numpy as np

M32 = np.uint64(0xFFFFFFFF)


def mix(x):
    x = x & M32
    x ^= x >> np.uint64(16)
    x = (x * np.uint64(0x7FEB352D)) & M32
    x ^= x >> np.uint64(15)
    x = (x * np.uint64(0x846CA68B)) & M32
    return x ^ (x >> np.uint64(16))


def uniforms(seed, stream, count, first=0):
    """Values first, first + 1, ... of a stream, in [0, 1)."""
    key = mix(np.uint64((stream * 0x9E3779B9 + seed) & 0xFFFFFFFF))
    i = np.arange(first, first + count, dtype=np.uint64)
    return mix((mix(i ^ key) + key) & M32).astype(np.float64) / 2**32


def normals(seed, stream, count):
    u, v = uniforms(seed, stream, count), uniforms(seed, stream, count, count)
    return np.sqrt(-2 * np.log(u + 2.0**-33)) * np.cos(2 * np.pi * v)


def philox(seed, step, stream, blocks):
    """Words [blocks, 4] of Philox-4x32-10 (Salmon et al. 2011): counter (block, stream, step), key seed."""
    c = [np.arange(blocks, dtype=np.uint64), np.full(blocks, stream, np.uint64),
         np.full(blocks, step & 0xFFFFFFFF, np.uint64), np.full(blocks, step >> 32, np.uint64)]
    k = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(10):
        a, b = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(b >> np.uint64(32)) ^ c[1] ^ np.uint64(k[0]), b & M32,
             (a >> np.uint64(32)) ^ c[3] ^ np.uint64(k[1]), a & M32]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return np.stack(c, 1)
