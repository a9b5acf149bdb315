// Golden replay checks training against steps that were computed elsewhere in double precision. The
// same plan that trains repeats these steps with the same start, noise and masks. golden-judge.ts
// compares the results tensor by tensor. A golden file (safetensors) stores only results. The
// inputs follow from its seed by the small generator below.
import { decodeTensors, type TensorFile } from '../checkpoint/safetensors.ts';
import type { Dataset } from '../data/dataset.ts';
import { size } from '../engine/graph.ts';
import type { Precision } from '../engine/plan.ts';
import { momentNames } from '../nn/adam.ts';
import { DcganError } from '../platform/errors.ts';
import { parseJson } from '../platform/json.ts';
import { architecture } from './architecture.ts';
import { resolveConfig } from './config.ts';
import { oneHot } from './drawing.ts';
import { Machine, type MachineInfo, type MachineOptions } from './machine.ts';
import { allClasses, FIXED_COUNT } from './model.ts';
import type { Config, ConfigOverrides } from './schema.ts';
import type { StepRequest } from './step-feeds.ts';
import { augmentSources, MIXING, maskSource, NOISE } from './streams.ts';

/** The numbers of a golden file that say what to replay. */
export interface Script {
  readonly config: Config;
  readonly seed: number;
  readonly reals: number;
  readonly steps: number;
}

const EVAL_STREAM = 7;

/** The results of our own steps, and their start. */
export interface Replayed {
  readonly info: MachineInfo;
  readonly precision: Precision;
  readonly tensors: ReadonlyMap<string, Float32Array>;
  readonly start: ReadonlyMap<string, Float64Array>;
}

/** Where a golden file is replayed, and how its steps are computed. */
export interface GoldenOptions extends MachineOptions {
  readonly precision?: Precision | undefined;
  readonly shards?: number | undefined;
}

/**
 * Repeats the steps of a golden file on images of `data`, in file order. `file` names the golden
 * file in errors.
 */
export async function replayGolden(
  bytes: Uint8Array,
  file: string,
  data: Dataset,
  { precision = 'float32', shards = 1, ...options }: GoldenOptions = {},
): Promise<Replayed> {
  const script = readScript(decodeTensors(bytes, file), file, { precision, shards });
  const machine = await Machine.open(script.config, options);
  try {
    const start = startValues(machine, script.seed);
    const tensors = await replay(machine, script, start, data);
    return { info: machine.info, precision, tensors, start };
  } finally {
    await machine.dispose();
  }
}

/** Reads these numbers from a file's metadata; `file` names it in errors. */
export function readScript(
  { metadata }: TensorFile,
  file: string,
  how: { readonly precision: Precision; readonly shards: number },
): Script {
  const number = (key: string): number => {
    const value = Number(metadata[key] ?? Number.NaN);
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw new DcganError({
      what: `${file}: metadata ${key}`,
      expected: 'a whole number above 0',
      got: metadata[key] ?? 'none',
      todo: 'Give a file in the golden format',
    });
  };
  const overrides = parseJson(metadata.config ?? '{}') as ConfigOverrides;
  const config = resolveConfig(metadata.preset ?? 'none', { ...overrides, batchSize: number('batch'), ...how });
  return { config, seed: number('seed'), reals: number('real'), steps: number('steps') };
}

function mix(x: number): number {
  let y = x ^ (x >>> 16);
  y = Math.imul(y, 0x7feb352d);
  y ^= y >>> 15;
  y = Math.imul(y, 0x846ca68b);
  return (y ^ (y >>> 16)) >>> 0;
}

/** The golden file's own generator: uniform values in [0, 1). */
export function uniforms(seed: number, stream: number): (i: number) => number {
  const key = mix((Math.imul(stream, 0x9e3779b9) + seed) >>> 0);
  return (i) => mix((mix((i ^ key) >>> 0) + key) >>> 0) / 2 ** 32;
}

/** Its normal values, by Box and Muller; both uniforms come from the one stream. */
export function normals(seed: number, stream: number, n: number): Float32Array {
  const u = uniforms(seed, stream);
  return Float32Array.from(
    { length: n },
    (_, i) => Math.sqrt(-2 * Math.log(u(i) + 2 ** -33)) * Math.cos(2 * Math.PI * u(n + i)),
  );
}

/** Its dropout masks, whose values are 0 or 1 / (1 - rate). */
export function masks(seed: number, stream: number, n: number, rate: number): Float32Array {
  const u = uniforms(seed, stream);
  return Float32Array.from({ length: n }, (_, i) => (u(i) >= rate ? 1 / (1 - rate) : 0));
}

/**
 * Returns the start of every variable in double precision. Kernels stay within Glorot's limit; the
 * others are near their usual start.
 */
export function startValues({ model }: Pick<Machine, 'model'>, seed: number): Map<string, Float64Array> {
  const start = new Map<string, Float64Array>();
  const { generator, discriminator, average } = model;
  const started = [
    ...generator.trainable,
    ...discriminator.trainable,
    ...discriminator.all.filter(({ trainable }) => !trainable),
  ];
  started.forEach(({ name, tensor: { shape } }, k) => {
    const u = uniforms(seed, k);
    const [a, b] = shape.slice(-2) as [number, number];
    const receptive = size(shape.slice(0, -2));
    const limit = Math.sqrt(6 / (receptive * a + receptive * b));
    const part = name.slice(name.lastIndexOf('/') + 1);
    const value = (i: number): number => {
      if (part === 'kernel') return limit * (2 * u(i) - 1);
      if (part === 'u') return 2 * u(i) - 1;
      return part === 'gamma' ? 1 + 0.1 * (2 * u(i) - 1) : 0.05 * (2 * u(i) - 1);
    };
    start.set(
      name,
      Float64Array.from({ length: size(shape) }, (_, i) => value(i)),
    );
  });
  for (const { name } of average?.variables.trainable ?? []) start.set(name, start.get(name.replace(/^ema\//, ''))!);
  return start;
}

/** The draws that are uniform values, and the offsets of their streams from 1000 t. */
const UNIFORM: Readonly<Record<string, number>> = Object.fromEntries(
  [
    MIXING.name,
    ...(['real', 'fake'] as const).flatMap((of) => Object.values(augmentSources(of)).map(({ name }) => name)),
  ].map((name, i) => [name, 500 + i]),
);

/**
 * Returns the values that are injected for a draw of step t. The masks have the streams 1000 t + 1,
 * 2, ..., in the order of the layers of reals, fakes and mixtures.
 */
function drawn(config: Config, name: string, seed: number, t: number, n: number): Float32Array {
  if (name === NOISE.name) return normals(seed, 1000 * t, n);
  if (name in UNIFORM) return Float32Array.from({ length: n }, (_, i) => uniforms(seed, 1000 * t + UNIFORM[name]!)(i));
  const layers = architecture(config).discriminatorWidths.length;
  const place = MASKED.flatMap((of) => Array.from({ length: layers }, (_, i) => maskSource(of, i + 1).name)).indexOf(
    name,
  );
  return masks(seed, 1000 * t + 1 + place, n, config.dropout);
}

const MASKED = ['real', 'fake', 'mixed'] as const;

/**
 * Returns what step t of a golden file is given: the images in file order, and a value for each
 * draw, whose shapes are `draws`.
 */
export function goldenStep(
  { config, seed, reals }: Script,
  t: number,
  draws: ReadonlyMap<string, readonly number[]>,
  data: Dataset,
): Omit<StepRequest, 'outputs'> {
  const images = data.batch(Array.from({ length: reals }, (_, i) => (t - 1) * reals + i));
  const injected = Object.fromEntries(
    [...draws].map(([name, shape]) => [name, drawn(config, name, seed, t, size(shape))]),
  );
  const classes = data.labels?.subarray((t - 1) * reals, t * reals);
  return { seed, step: t, images, reals, ...(classes && { classes }), injected };
}

async function replay(
  machine: Machine,
  script: Script,
  start: ReadonlyMap<string, Float64Array>,
  data: Dataset,
): Promise<Map<string, Float32Array>> {
  const { config, seed, reals, steps } = script;
  const got = new Map<string, Float32Array>();
  await machine.start(seed);
  await machine.writeState(new Map([...start].map(([name, values]) => [name, Float32Array.from(values)])));
  const draws = machine.drawShapes(reals);
  const losses: number[] = [];
  for (let t = 1; t <= steps; t++) {
    const outputs = ['generatorLoss', 'discriminatorLoss', 'fakes', 'realLogits', 'fakeLogits'];
    const given = goldenStep(script, t, draws, data);
    const [g, d, fakes, realLogits, fakeLogits] = await machine.step({ ...given, outputs });
    losses.push(g![0]!, d![0]!);
    if (t > 1) continue;
    got.set('step1/fake', fakes!).set('step1/real_logits', realLogits!).set('step1/fake_logits', fakeLogits!);
    for (const [name, values] of await firstGradients(machine)) got.set(`step1/grad/${name}`, values);
  }
  got.set('losses', Float32Array.from(losses));
  for (const [name, values] of await machine.readState()) got.set(`final/${name}`, values);
  const noise = normals(seed, EVAL_STREAM, FIXED_COUNT * config.latent);
  const shares = oneHot(allClasses(config), FIXED_COUNT, config.classes);
  got.set('final/eval_images', await machine.generate(noise, FIXED_COUNT, shares));
  return got;
}

/**
 * Returns the first gradients: after one step from zero, Adam's first moment is (1 - beta1) times
 * the gradient.
 */
async function firstGradients(machine: Machine): Promise<Map<string, Float32Array>> {
  const { generator, discriminator, config } = machine.model;
  const state = await machine.readState();
  return new Map(
    [...generator.trainable, ...discriminator.trainable].map(({ name }) => [
      name,
      state.get(momentNames(name).m)!.map((m) => m / (1 - config.beta1)),
    ]),
  );
}
