// Exports on disk with the images and logits that they must give, for programs of Python to compare.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeNpy } from '../../src/data/npy.ts';
import { type ExportKind, exportSnapshot } from '../../src/export/kinds.ts';
import { judged, MODELS, numbers, trained } from './exported.ts';

const COUNT = 3;

/** Writes, for each model, `KIND/` of both networks and what goes in and out; returns the folders. */
export async function writeCases(folder: string, kinds: readonly ExportKind[]): Promise<string[]> {
  const cases: string[] = [];
  for (const [i, options] of Object.values(MODELS).entries()) {
    const { gan, snapshot } = await trained(options);
    const { classes, latent } = gan.config;
    const shape = gan.imageShape;
    const noise = await gan.sampleNoise(COUNT, 9);
    const labels = Array.from({ length: COUNT }, (_, n) => (n + 1) % Math.max(1, classes));
    const made = await gan.generate(noise, classes > 0 ? { classes: labels } : {});
    await gan.dispose();
    const reals = numbers(7, COUNT * shape[0] * shape[1] * shape[2]);
    const place = join(folder, `case${i}`);
    mkdirSync(place);
    const save = (name: string, values: ArrayLike<number>, shape: readonly number[]): void =>
      writeFileSync(join(place, `${name}.npy`), encodeNpy(Float32Array.from(values), shape));
    save('noise', noise, [COUNT, latent]);
    save('made', made, [COUNT, ...shape]);
    save('reals', reals, [COUNT, ...shape]);
    save('logits', judged(snapshot, reals, labels), [COUNT, 1]);
    if (classes > 0) save('labels', labels, [COUNT]);
    for (const kind of kinds)
      for (const network of ['generator', 'discriminator'] as const) {
        const where = join(place, `${network}-${kind}`);
        mkdirSync(where);
        for (const [name, bytes] of exportSnapshot(snapshot, kind, { network }))
          writeFileSync(join(where, name), bytes);
      }
    cases.push(place);
  }
  return cases;
}

/** The start of a program: `case(folder)` gives arrays by name, `same(a, b)` compares within 1e-5. */
export const COMPARE = `
import sys, numpy
from pathlib import Path
def case(folder):
    return {path.stem: numpy.load(path) for path in Path(folder).glob("*.npy")}
def same(got, want):
    assert got.shape == want.shape, (got.shape, want.shape)
    far = abs(got - want).max() / max(1, abs(want).max())
    assert far < 1e-5, far
first = lambda images: numpy.ascontiguousarray(images.transpose(0, 3, 1, 2))
last = lambda images: images.transpose(0, 2, 3, 1)
`;

/** `model(folder)` loads the module that was exported there. */
export const LOAD = `
import importlib.util
def model(folder):
    spec = importlib.util.spec_from_file_location("model", f"{folder}/model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load()
`;
