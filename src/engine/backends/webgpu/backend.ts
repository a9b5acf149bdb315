// Runs plans on a GPU, in Node and in pages alike. The arena is one buffer, bound as a whole. An
// instruction is a dispatch (or two), and a run is one command buffer. WebGPU's queue keeps the
// order of calls, so calls take effect at once. All calls of one turn of the event loop (inputs, a
// run, its outputs) are one submission, with one read-back of the few numbers wanted.
/// <reference types="@webgpu/types" />
import { DcganError } from '../../../platform/errors.ts';
import { CONTROL_WORDS } from '../../control.ts';
import type { Address, Plan } from '../../plan.ts';
import { type Backend, type BackendInfo, type Executable, refuseBf16, refuseOtherState } from '../backend.ts';
import type { OpenedGpu } from './adapter.ts';
import { gpuError, lostError, tooLarge } from './errors.ts';
import { tunedTiles } from './tune.ts';
import { planKernels } from './wgsl/kernels.ts';

// These are numbers of the specification. The globals that hold them exist in pages alone.
const USAGE = { mapRead: 1, copySource: 4, copyTarget: 8, uniform: 64, storage: 128 } as const;
const MAP_READ = 1;

interface Prepared extends Executable {
  readonly dispatches: readonly {
    readonly pipeline: GPUComputePipeline;
    readonly workgroups: readonly [number, number];
  }[];
}

interface Reading {
  readonly address: Address;
  readonly length: number;
  readonly resolve: (values: Float32Array) => void;
  readonly reject: (reason: unknown) => void;
}

export class WebGpuBackend implements Backend {
  readonly info: BackendInfo;
  readonly #device: GPUDevice;
  readonly #stateFloats: number;
  readonly #gpu: OpenedGpu;
  readonly #control: GPUBuffer;
  #arena: GPUBuffer;
  #encoder: GPUCommandEncoder | null = null;
  #runs: { readonly resolve: () => void; readonly reject: (reason: unknown) => void }[] = [];
  #reads: Reading[] = [];
  #failure: { readonly reason: unknown } | null = null;
  #disposed: Promise<void> | null = null;
  readonly #onError = ({ error }: GPUUncapturedErrorEvent): void => this.#fail(gpuError(error));

  private constructor(gpu: OpenedGpu, stateFloats: number, arena: GPUBuffer) {
    const { device, variant } = gpu;
    this.#gpu = gpu;
    this.#device = device;
    this.#stateFloats = stateFloats;
    this.info = { device: 'webgpu', variant, threads: 1, stepsAtOnce: 2 };
    this.#arena = arena;
    this.#control = device.createBuffer({ size: 4 * CONTROL_WORDS, usage: USAGE.uniform | USAGE.copyTarget });
    device.addEventListener('uncapturederror', this.#onError);
    void device.lost.then(({ message }) => this.#fail(lostError(message)));
  }

  static async open(opened: OpenedGpu, stateFloats: number): Promise<WebGpuBackend> {
    const { buffer, made } = makeArena(opened.device, Math.max(4, stateFloats));
    await made;
    return new WebGpuBackend(opened, stateFloats, buffer);
  }

  async compile(plan: Plan): Promise<Executable> {
    this.#check();
    refuseBf16(plan, 'webgpu');
    refuseOtherState(plan, 'webgpu', this.#stateFloats);
    try {
      const floats = plan.stateFloats + plan.scratchFloats;
      if (4 * floats > this.#arena.size) await this.#grow(floats);
      const { pipelines, tunes } = this.#gpu;
      const kernels = planKernels(plan, tunes ? await tunedTiles(this.#gpu, plan) : undefined);
      const dispatches = await Promise.all(
        kernels.map(async (kernel) => ({
          pipeline: await pipelines.get(kernel),
          workgroups: kernel.workgroups,
        })),
      );
      this.#check();
      const prepared: Prepared = { plan, dispatches };
      return prepared;
    } catch (error) {
      this.#fail(error);
      throw this.#failure!.reason;
    }
  }

  async write(address: Address, data: Float32Array | Uint32Array): Promise<void> {
    this.#check();
    // Reads that were asked for before must see the old values.
    this.#flush();
    // Dawn's Node binding crashes on shared memory.
    const shared = typeof SharedArrayBuffer !== 'undefined' && data.buffer instanceof SharedArrayBuffer;
    const own = (shared ? data.slice() : data) as Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
    this.#device.queue.writeBuffer(this.#arena, 4 * address, own);
  }

  read(address: Address, length: number): Promise<Float32Array> {
    return new Promise((resolve, reject) => {
      this.#check();
      this.#reads.push({ address, length, resolve, reject });
      this.#flushSoon();
    });
  }

  run(executable: Executable): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#check();
      const { plan, dispatches } = executable as Prepared;
      // Reads that were asked for before this run must see the values before it.
      if (this.#reads.length > 0) this.#flush();
      const encoder = this.#encoder ?? this.#device.createCommandEncoder();
      this.#encoder = encoder;
      encoder.copyBufferToBuffer(this.#arena, 4 * plan.control, this.#control, 0, 4 * CONTROL_WORDS);
      const pass = encoder.beginComputePass();
      pass.setBindGroup(
        0,
        this.#device.createBindGroup({
          layout: this.#gpu.pipelines.bindings,
          entries: [
            { binding: 0, resource: { buffer: this.#arena } },
            { binding: 1, resource: { buffer: this.#control } },
          ],
        }),
      );
      for (const { pipeline, workgroups } of dispatches) {
        pass.setPipeline(pipeline);
        pass.dispatchWorkgroups(...workgroups);
      }
      pass.end();
      this.#runs.push({ resolve, reject });
      this.#flushSoon();
    });
  }

  dispose(): Promise<void> {
    this.#disposed ??= this.#close();
    return this.#disposed;
  }

  async #close(): Promise<void> {
    if (!this.#failure) {
      this.#flush();
      await this.#device.queue.onSubmittedWorkDone().catch(() => {});
    }
    this.#device.removeEventListener('uncapturederror', this.#onError);
    this.#arena.destroy();
    this.#control.destroy();
  }

  #flushing = false;

  /** Submits at the end of the current turn of the event loop. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  /** Submits what waits: the runs, then one copy of everything to be read. */
  #flush(): void {
    const [encoder, runs, reads] = [this.#encoder, this.#runs, this.#reads];
    if (!encoder && reads.length === 0) return;
    [this.#encoder, this.#runs, this.#reads] = [null, [], []];
    const device = this.#device;
    const rejectAll = (): void => {
      for (const { reject } of [...runs, ...reads]) reject(this.#failure!.reason);
    };
    if (this.#failure) {
      rejectAll();
      return;
    }
    const commands = encoder ?? device.createCommandEncoder();
    const staging = reads.length > 0 ? this.#copyOut(commands, reads) : null;
    device.queue.submit([commands.finish()]);
    void device.queue.onSubmittedWorkDone().then(
      () => {
        if (this.#failure) {
          rejectAll();
          return;
        }
        for (const { resolve } of runs) resolve();
      },
      (reason) => {
        this.#fail(reason);
        rejectAll();
      },
    );
    if (staging)
      void hand(staging, reads).catch((reason) => {
        this.#fail(reason);
        rejectAll();
      });
  }

  #copyOut(commands: GPUCommandEncoder, reads: readonly Reading[]): GPUBuffer {
    const floats = reads.reduce((total, { length }) => total + length, 0);
    const staging = this.#device.createBuffer({
      size: 4 * Math.max(1, floats),
      usage: USAGE.mapRead | USAGE.copyTarget,
    });
    let at = 0;
    for (const { address, length } of reads) {
      if (length > 0) commands.copyBufferToBuffer(this.#arena, 4 * address, staging, 4 * at, 4 * length);
      at += length;
    }
    return staging;
  }

  /** Replaces the arena by a larger one with the same state. */
  async #grow(floats: number): Promise<void> {
    this.#flush();
    const old = this.#arena;
    const device = this.#device;
    const { buffer, made } = makeArena(device, floats);
    this.#arena = buffer;
    const commands = device.createCommandEncoder();
    commands.copyBufferToBuffer(old, 0, this.#arena, 0, 4 * this.#stateFloats);
    device.queue.submit([commands.finish()]);
    old.destroy();
    await made;
  }

  #check(): void {
    if (this.#disposed) throw new DcganError({ what: 'webgpu: the backend was disposed' });
    if (this.#failure) throw this.#failure.reason;
  }

  #fail(reason: unknown): void {
    this.#failure ??= { reason };
  }
}

/** Creates a buffer for an arena at once. `made` rejects when there is no memory for it. */
function makeArena(device: GPUDevice, floats: number): { readonly buffer: GPUBuffer; readonly made: Promise<void> } {
  const size = 16 * Math.ceil(floats / 4);
  const most = Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize);
  if (size > most) throw tooLarge(size, most);
  device.pushErrorScope('out-of-memory');
  const buffer = device.createBuffer({ size, usage: USAGE.storage | USAGE.copySource | USAGE.copyTarget });
  const made = device.popErrorScope().then((error) => {
    if (error) throw tooLarge(size, null);
  });
  return { buffer, made };
}

/** Gives each reader its part. */
async function hand(staging: GPUBuffer, reads: readonly Reading[]): Promise<void> {
  await staging.mapAsync(MAP_READ);
  const values = new Float32Array(staging.getMappedRange());
  let at = 0;
  for (const { length, resolve } of reads) {
    resolve(values.slice(at, at + length));
    at += length;
  }
  staging.destroy();
}
