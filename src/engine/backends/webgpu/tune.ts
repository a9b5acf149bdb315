// Chooses the tile for each product. On a hardware adapter the tiles of tile.ts are timed alone on
// the product's shape. The fastest that gives exactly the bits of the standard one is taken, and is
// kept by adapter and shape. A choice changes no result, so it may differ from run to run.
/// <reference types="@webgpu/types" />
import { finding, keepFinding } from '../../../platform/findings.ts';
import { sha256 } from '../../../platform/sha256.ts';
import { VERSION } from '../../../platform/version.ts';
import { type Convolution, isConvolution } from '../../instructions/index.ts';
import type { Geometry, Plan } from '../../plan.ts';
import { partialFloats } from '../../room.ts';
import { secondsOfOne, secondsOfPass } from './clock.ts';
import { Pipelines } from './pipelines.ts';
import { conv2dKernel, convFilterKernels, convInputKernel } from './wgsl/convolution.ts';
import { grid, type Kernel } from './wgsl/kernel.ts';
import type { TileOf } from './wgsl/kernels.ts';
import { STANDARD, TILES, type Tile } from './wgsl/tile.ts';

/**
 * Another tile must take at most this share of the standard one's time, because clocks are not
 * exact.
 */
const WORTH = 0.95;
/** A tile is timed for this many seconds, three times. */
const LONG_ENOUGH = 0.005;

export interface TileTrial {
  readonly seconds: number;
  readonly bits: Uint32Array;
}

/**
 * Returns the fastest tile that gives the first one's bits, if it gains enough. A tile that does
 * not run is no candidate. All are measured twice, and the better time counts, because an idle card
 * takes a while to reach its clock rate.
 */
export async function fastestTile(
  tiles: readonly Tile[],
  measure: (tile: Tile) => Promise<TileTrial | null>,
): Promise<Tile> {
  const once: (TileTrial | null)[] = [];
  for (const tile of tiles) once.push(await measure(tile));
  const [standard] = once;
  if (!standard) return tiles[0]!;
  const seconds: number[] = [];
  for (const [i, trial] of once.entries()) {
    const same = trial?.bits.every((word, at) => word === standard.bits[at]);
    const again = same ? await measure(tiles[i]!) : null;
    seconds.push(trial && again ? Math.min(trial.seconds, again.seconds) : Number.POSITIVE_INFINITY);
  }
  const best = seconds.indexOf(Math.min(...seconds));
  return tiles[seconds[best]! < WORTH * seconds[0]! ? best : 0]!;
}

export interface Tunable {
  readonly device: GPUDevice;
  readonly variant: string;
}

/**
 * Returns the tile of each convolution of a plan. Shapes without a stored choice are measured now.
 */
export async function tunedTiles(gpu: Tunable, { instructions }: Plan): Promise<TileOf> {
  const chosen = new Map<string, Tile>();
  for (const instruction of instructions) {
    if (!isConvolution(instruction)) continue;
    const shape = shapeOf(instruction);
    if (!chosen.has(shape)) chosen.set(shape, await tileOf(gpu, instruction, shape));
  }
  return (convolution) => chosen.get(shapeOf(convolution)) ?? STANDARD;
}

async function tileOf(gpu: Tunable, convolution: Convolution, shape: string): Promise<Tile> {
  const name = `tile-${sha256(new TextEncoder().encode([gpu.variant, VERSION, shape].join('\n')))}`;
  const kept = TILES[(await finding(name)) as number];
  if (kept) return kept;
  const bench = await Bench.open(gpu.device, convolution);
  try {
    const tiles = bench.distinct(TILES);
    await bench.prepare(tiles);
    const best = tiles.length > 1 ? await fastestTile(tiles, (tile) => bench.measure(tile)) : STANDARD;
    await keepFinding(name, TILES.indexOf(best));
    return best;
  } finally {
    bench.close();
  }
}

const KEYS = ['N', 'H', 'W', 'C', 'KH', 'KW', 'OC', 'OH', 'OW', 'stride', 'padTop', 'padLeft'] as const;

function shapeOf(convolution: Convolution): string {
  const numbers = KEYS.map((key: keyof Geometry) => convolution[key]);
  return [convolution.kind, ...numbers, convolution.kind === 'convFilter' ? convolution.imageRuns : 0].join(' ');
}

const USAGE = { mapRead: 1, copySource: 4, copyTarget: 8, uniform: 64, storage: 128 } as const;
const MAP_READ = 1;

interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly workgroups: readonly [number, number];
}

/** Runs one convolution alone, on arbitrary numbers, in a buffer of its own. */
export class Bench {
  readonly #device: GPUDevice;
  /**
   * These pipelines are its own, because only one of the tiles that are tried is used, and with
   * other addresses.
   */
  readonly #pipelines: Pipelines;
  readonly #kernels: (tile: Tile) => readonly Kernel[];
  readonly #result: { readonly address: number; readonly floats: number };
  readonly #buffers: readonly GPUBuffer[];
  readonly #group: GPUBindGroup;

  private constructor(device: GPUDevice, convolution: Convolution) {
    this.#device = device;
    this.#pipelines = new Pipelines(device);
    const { kernels, result, floats } = aloneAt0(convolution);
    this.#kernels = kernels;
    this.#result = result;
    const data = device.createBuffer({ size: 4 * floats, usage: USAGE.storage | USAGE.copySource });
    const control = device.createBuffer({ size: 32, usage: USAGE.uniform });
    const staging = device.createBuffer({ size: 4 * result.floats, usage: USAGE.mapRead | USAGE.copyTarget });
    this.#buffers = [data, control, staging];
    this.#group = device.createBindGroup({
      layout: this.#pipelines.bindings,
      entries: [data, control].map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
  }

  /** When there is no memory for it, every measurement is null. */
  static async open(device: GPUDevice, convolution: Convolution): Promise<Bench> {
    device.pushErrorScope('out-of-memory');
    const bench = new Bench(device, convolution);
    bench.#usable = (await device.popErrorScope()) === null;
    if (bench.#usable) await bench.#fill();
    return bench;
  }

  #usable = false;

  async #fill(): Promise<void> {
    const quads = Math.ceil(this.#buffers[0]!.size / 16);
    const pipeline = await this.#pipelines.get(noise(quads));
    const fill = [{ pipeline, workgroups: grid(Math.ceil(quads / 64)) }];
    await secondsOfPass(this.#device, (pass) => this.#encode(pass, fill));
  }

  #encode(pass: GPUComputePassEncoder, dispatches: readonly Dispatch[]): void {
    pass.setBindGroup(0, this.#group);
    for (const { pipeline, workgroups } of dispatches) {
      pass.setPipeline(pipeline);
      pass.dispatchWorkgroups(...workgroups);
    }
  }

  /**
   * Returns the first of all tiles that lead to the same kernels here. With few columns there is
   * less to choose, and with dot products nothing.
   */
  distinct(tiles: readonly Tile[]): readonly Tile[] {
    const seen = new Map<string, Tile>();
    for (const tile of tiles) {
      const text = this.#kernels(tile)
        .map(({ code }) => code)
        .join();
      if (!seen.has(text)) seen.set(text, tile);
    }
    return [...seen.values()];
  }

  /** Compiles for several tiles at once. `measure` reports what does not compile. */
  async prepare(tiles: readonly Tile[]): Promise<void> {
    if (!this.#usable) return;
    await Promise.allSettled(tiles.flatMap(this.#kernels).map((kernel) => this.#pipelines.get(kernel)));
  }

  /** Returns seconds and bits with a tile; null when it does not run here. */
  async measure(tile: Tile): Promise<TileTrial | null> {
    if (!this.#usable) return null;
    const dispatches: Dispatch[] = [];
    try {
      for (const kernel of this.#kernels(tile))
        dispatches.push({ pipeline: await this.#pipelines.get(kernel), workgroups: kernel.workgroups });
    } catch {
      return null;
    }
    const seconds = await secondsOfOne(this.#device, LONG_ENOUGH, (pass) => this.#encode(pass, dispatches));
    return { seconds, bits: await this.#read() };
  }

  async #read(): Promise<Uint32Array> {
    const device = this.#device;
    const [data, , staging] = this.#buffers;
    const { address, floats } = this.#result;
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(data!, 4 * address, staging!, 0, 4 * floats);
    device.queue.submit([encoder.finish()]);
    await staging!.mapAsync(MAP_READ);
    const bits = new Uint32Array(staging!.getMappedRange()).slice();
    staging!.unmap();
    return bits;
  }

  close(): void {
    for (const buffer of this.#buffers) buffer.destroy();
  }
}

/**
 * Returns a convolution's kernels without what is attached, with its tensors side by side from
 * address 0, and the place of its result.
 */
function aloneAt0(c: Convolution): {
  readonly kernels: (tile: Tile) => readonly Kernel[];
  readonly result: { readonly address: number; readonly floats: number };
  readonly floats: number;
} {
  let floats = 0;
  const place = (count: number): { readonly address: number; readonly floats: number } => {
    const slot = { address: floats, floats: count };
    floats += 16 * Math.ceil(count / 16);
    return slot;
  };
  const x = place(c.N * c.H * c.W * c.C);
  const w = place(c.KH * c.KW * c.C * c.OC);
  const y = place(c.N * c.OH * c.OW * c.OC);
  const at = { x: x.address, w: w.address, y: y.address };
  if (c.kind === 'conv2d') return { kernels: (tile) => [conv2dKernel({ ...c, ...at }, null, tile)], result: y, floats };
  if (c.kind === 'convInput')
    return { kernels: (tile) => [convInputKernel({ ...c, ...at }, null, tile)], result: x, floats };
  const partials = place(partialFloats(c, c.imageRuns)).address;
  return { kernels: (tile) => convFilterKernels({ ...c, ...at, partials }, tile), result: w, floats };
}

/** Fills the memory with pseudo-random numbers in [-1, 1). */
function noise(quads: number): Kernel {
  return {
    name: 'noise',
    workgroups: grid(Math.ceil(quads / 64)),
    code: `@group(0) @binding(0) var<storage, read_write> arena: array<vec4<f32>>;
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) place: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = (place.y * 65535u + place.x) * 64u + lane;
  if (i >= ${quads}u) { return; }
  var bits = vec4(i * 4u) + vec4(0u, 1u, 2u, 3u);
  bits = bits * 747796405u + 2891336453u;
  bits = ((bits >> ((bits >> vec4(28u)) + 4u)) ^ bits) * 277803737u;
  arena[i] = vec4<f32>(bits >> vec4(8u)) / 8388608.0 - 1.0;
}`,
  };
}
