// Uses any network as an extractor: an ONNX file, run by onnxruntime-web in a worker of its own
// (onnx-runner.ts). That package is not a dependency (it has 139 MB); it is loaded when it is
// needed. The network's own shapes say what it takes and gives: one input of images, one output of
// features [N, D], and optionally one of classes.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readFile } from '../platform/durable.ts';
import { DcganError, usage } from '../platform/errors.ts';
import { sha256 } from '../platform/sha256.ts';
import type { Extracted, Extractor } from './extractor.ts';
import { type NetworkInput, networkInput, type PixelRange, showInput } from './network-input.ts';
import { chooseOutputs, showTensors } from './onnx-outputs.ts';
import { NetworkRunner } from './onnx-runner.ts';
import type { Found, Opened } from './onnx-worker.ts';

export interface OnnxOptions {
  /** The height of the images in pixels. */
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** The default is -1..1. */
  readonly range: PixelRange | undefined;
  readonly threads: number;
  /** How long each mini-batch may take; 5 minutes when not given. */
  readonly limitMs?: number;
  /** The most bytes for its kernels; by default half of the free memory, at most 4 GiB. */
  readonly mostBytes?: number;
  /** Aborting ends the network, and fails what it computes. */
  readonly signal?: AbortSignal | undefined;
}

/** The number of values given to the network at once: fifteen images of 299 x 299 in colour. */
const VALUES_AT_ONCE = 2 ** 22;
const MOST_AT_ONCE = 256;

/** Opens a network. `find` returns the path of the runtime's module. */
export async function openOnnx(
  path: string,
  options: OnnxOptions,
  find: () => string = () => createRequire(import.meta.url).resolve('onnxruntime-web'),
): Promise<Extractor> {
  const name = basename(path);
  const file = readFile(path);
  // Weights beyond 2 GB, and those of PyTorch's exporter, lie in a second file.
  const beside = existsSync(`${path}.data`) ? readFile(`${path}.data`) : null;
  const { runner, opened } = await openNetwork(runtimeAt(find, name), name, options, file, beside);
  try {
    const { input, batch } = inputOf(opened, name, options);
    const outputs = chooseOutputs(opened.outputs, name);
    const most = batch ?? atOnce(input);
    const { height, width, channels } = options;
    const hash = sha256(beside ? Buffer.concat([file, beside]) : file);
    return {
      name,
      sha256: hash,
      input: showInput(input),
      computedBy: `onnxruntime-web ${opened.version}`,
      async extract(images, count): Promise<Extracted> {
        const features = new Rows(count);
        const classes = new Rows(count);
        const size = images.length / count;
        for (let first = 0; first < count; first += most) {
          const n = Math.min(most, count - first);
          const values = networkInput(
            images.subarray(first * size, (first + n) * size),
            { count: n, height, width, channels },
            input,
          );
          const found = await runNetwork(runner, name, input, values, batch ?? n);
          features.add(found[outputs.features]!, batch ?? n, n);
          if (outputs.classes !== null) classes.add(found[outputs.classes]!, batch ?? n, n);
        }
        return { features: features.all(), logits: outputs.classes === null ? null : asLogits(classes.all()) };
      },
      dispose: () => runner.close(),
    };
  } catch (error) {
    await runner.close();
    throw error;
  }
}

function runtimeAt(find: () => string, name: string): string {
  try {
    return pathToFileURL(find()).href;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw cause;
    throw new DcganError({
      what: `extractor ${name} needs the package onnxruntime-web, which is not installed`,
      todo: 'Install it beside dcgan: "npm install onnxruntime-web"',
      cause,
    });
  }
}

async function openNetwork(
  runtime: string,
  name: string,
  { threads, limitMs, mostBytes, signal }: OnnxOptions,
  file: Uint8Array,
  weights: Uint8Array | null,
): Promise<{ readonly runner: NetworkRunner; readonly opened: Opened }> {
  const beside = weights && { path: `${name}.data`, data: weights };
  try {
    return await NetworkRunner.open({ runtime, threads, file, beside }, { name, limitMs, mostBytes, signal });
  } catch (cause) {
    if (cause instanceof DcganError) throw cause;
    throw new DcganError({
      what: `${name} is not a network that can be run`,
      expected: 'an ONNX file',
      got: messageOf(cause),
      todo: 'Check the file; export it again',
      cause,
    });
  }
}

/** Returns the network's input; `batch` is the number of images at once when it is fixed. */
function inputOf(
  { inputs }: Opened,
  name: string,
  { height: high, width: wide, range }: OnnxOptions,
): { readonly input: NetworkInput; readonly batch: number | null } {
  const [tensor] = inputs;
  const shape = tensor?.isTensor ? tensor.shape : [];
  const bytes = tensor?.isTensor === true && tensor.type === 'uint8';
  const known = (axis: number): 1 | 3 | null => (shape[axis] === 1 || shape[axis] === 3 ? shape[axis] : null);
  const channels = known(1) ?? known(3);
  const typed = bytes || (tensor?.isTensor === true && tensor.type === 'float32');
  if (inputs.length !== 1 || shape.length !== 4 || channels === null || !typed)
    throw new DcganError({
      what: `${name} does not take images`,
      expected: 'one input, float32 or uint8, [N, C, H, W] or [N, H, W, C] with 1 or 3 channels',
      got: showTensors(inputs),
      todo: 'Choose another network, or export this one so',
    });
  if (bytes && range !== undefined && range !== '0..255')
    throw usage({ what: `${name} takes bytes`, expected: 'range 0..255', got: range, todo: 'Leave the range out' });
  const order = known(1) !== null ? 'NCHW' : 'NHWC';
  const [height, width] = (order === 'NCHW' ? shape.slice(2) : shape.slice(1, 3)).map((n, axis) =>
    typeof n === 'number' ? n : [high, wide][axis],
  ) as [number, number];
  const input = { order, height, width, channels, range: bytes ? '0..255' : (range ?? '-1..1'), bytes } as const;
  return { input, batch: typeof shape[0] === 'number' ? shape[0] : null };
}

function atOnce({ height, width, channels }: NetworkInput): number {
  return Math.max(1, Math.min(MOST_AT_ONCE, Math.floor(VALUES_AT_ONCE / (height * width * channels))));
}

/** Returns each output's values for a batch, which is filled up with zeros. */
async function runNetwork(
  runner: NetworkRunner,
  name: string,
  { order, height, width, channels, bytes }: NetworkInput,
  values: Float32Array | Uint8Array,
  batch: number,
): Promise<Found> {
  const dims = order === 'NCHW' ? [batch, channels, height, width] : [batch, height, width, channels];
  const length = dims.reduce((a, b) => a * b, 1);
  const full = bytes ? new Uint8Array(length) : new Float32Array(length);
  full.set(values);
  try {
    return await runner.run({ type: bytes ? 'uint8' : 'float32', data: full, dims });
  } catch (cause) {
    if (cause instanceof DcganError) throw cause;
    throw new DcganError({
      what: `${name} cannot be run on ${batch} images of ${height} x ${width} x ${channels}`,
      got: messageOf(cause),
      todo: 'Export it with the size it was trained on',
      cause,
    });
  }
}

/** Collects rows of one width, batch by batch. */
class Rows {
  readonly #count: number;
  #values = new Float32Array();
  #done = 0;

  constructor(count: number) {
    this.#count = count;
  }

  /** Adds the first `n` rows of a batch's output. */
  add(values: Float32Array, batch: number, n: number): void {
    const width = values.length / batch;
    if (this.#done === 0) this.#values = new Float32Array(this.#count * width);
    this.#values.set(values.subarray(0, n * width), this.#done * width);
    this.#done += n;
  }

  all(): Extracted['features'] {
    return { count: this.#count, width: this.#values.length / this.#count, values: this.#values };
  }
}

/** Rows that sum to 1 are probabilities. Their logarithms serve as logits. */
function asLogits(found: Extracted['features']): Extracted['features'] {
  const { count, width, values } = found;
  for (let n = 0; n < count; n++) {
    const row = values.subarray(n * width, (n + 1) * width);
    const total = row.reduce((sum, value) => sum + value, 0);
    if (!(Math.abs(total - 1) < 1e-3) || row.some((value) => value < 0)) return found;
  }
  return { ...found, values: values.map((value) => Math.log(Math.max(value, Number.MIN_VALUE))) };
}

function messageOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0]!.slice(0, 200);
}
