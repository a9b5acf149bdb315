// The wasm backend without Node: it joins kernels, arena and team behind the backend's five calls.
// A WasmPlatform holds what differs between Node and a page: where the artefact's bytes come from,
// and how a worker starts. node.ts is Node's, and page.ts a page's. Calls queue in the order in
// which they are made. The arena could be touched at once when no run is under way, but a queue
// without exceptions makes the order certain.
import { DcganError } from '../../../platform/errors.ts';
import { encode } from '../../encode.ts';
import type { Address, Plan } from '../../plan.ts';
import { freeWhenCollected, isDisposed, whileInUse } from '../abandoned.ts';
import {
  type Backend,
  type BackendInfo,
  type DeviceName,
  type Executable,
  type OpenBackend,
  refuseBf16,
  refuseOtherState,
} from '../backend.ts';
import { CallQueue } from '../call-queue.ts';
import { unknownToKernels } from '../unknown.ts';
import { WasmAlone } from './alone.ts';
import { WasmArena } from './memory.ts';
import { type Kernels, kernelVariant, loadKernels } from './module.ts';
import { type SpawnWorker, type Team, WasmTeam } from './team.ts';

export interface WasmPlatform {
  /** The built kernels and their SHA-256 in hexadecimal. */
  artefact(): Promise<{ readonly bytes: Uint8Array; readonly sha256: string }>;
  /**
   * Null where memory may not be shared with workers. The calling thread then runs the kernels
   * itself.
   */
  readonly spawn: SpawnWorker | null;
  /**
   * Whether a terminated worker is really gone when `terminate` settles, so that later use of its
   * memory is safe.
   */
  readonly endsSurely: boolean;
}

/**
 * Identifies what decides this build's bits: the kernels' own name for it, and the start of the
 * artefact's hash.
 */
export function wasmVariant(kernels: Kernels, sha256: string): string {
  return `${kernelVariant(kernels)} ${sha256.slice(0, 12)}`;
}

/** Returns an OpenBackend for any platform. Results are recorded under the name `device`. */
export function wasmOpener(platform: WasmPlatform, device: DeviceName = 'wasm'): OpenBackend {
  // A memory is freed when it is garbage-collected, which may be late. Until then the next backend
  // takes it over.
  const idle: WeakRef<Kernels>[] = [];
  const idleKernels = (): Kernels | undefined => {
    while (idle.length > 0) {
      const kernels = idle.pop()?.deref();
      if (kernels) return kernels;
    }
    return undefined;
  };
  return async ({ stateFloats, threads: wanted }) => {
    const { spawn } = platform;
    const threads = spawn ? wanted : 1;
    const { bytes, sha256 } = await platform.artefact();
    const kernels = idleKernels() ?? (await loadKernels(bytes));
    const arena = new WasmArena(kernels, stateFloats, threads);
    const { module, memory } = kernels;
    const { signals, job } = arena;
    const starts = arena.threads.map((own, thread) => ({ module, memory, thread, threads, signals, job, ...own }));
    const team = spawn
      ? await WasmTeam.open(spawn, starts, () => arena.signalWords())
      : new WasmAlone(kernels, starts[0]!);
    const info: BackendInfo = { device, variant: wasmVariant(kernels, sha256), threads, stepsAtOnce: 1 };
    const release = (): void => {
      if (platform.endsSurely) idle.push(new WeakRef(kernels));
    };
    return new WasmBackend(info, stateFloats, arena, team, release);
  };
}

/** Workers and the memory that they share. */
class WasmHoldings {
  readonly #team: Team;
  readonly #release: () => void;

  constructor(team: Team, release: () => void) {
    this.#team = team;
    this.#release = release;
  }

  async free(): Promise<void> {
    await this.#team.close();
    this.#release();
  }
}

/**
 * This is a function of its own, so that the workers, which are never collected, do not keep the
 * backend alive.
 */
function failWith(team: Team, queue: CallQueue): void {
  team.onFailure = (reason) => queue.fail(reason);
}

class WasmBackend implements Backend {
  readonly info: BackendInfo;
  readonly #stateFloats: number;
  readonly #arena: WasmArena;
  readonly #team: Team;
  readonly #holdings: WasmHoldings;
  readonly #words = new WeakMap<Executable, Int32Array>();
  readonly #queue = new CallQueue('wasm');

  /** `release` is called when nobody works on the memory any more. */
  constructor(info: BackendInfo, stateFloats: number, arena: WasmArena, team: Team, release: () => void) {
    this.info = info;
    this.#stateFloats = stateFloats;
    this.#arena = arena;
    this.#team = team;
    this.#holdings = new WasmHoldings(team, release);
    failWith(team, this.#queue);
    freeWhenCollected(this, this.#holdings);
  }

  async compile(plan: Plan): Promise<Executable> {
    refuseBf16(plan, this.info.device);
    return this.#queue.ask(() => {
      refuseOtherState(plan, 'wasm', this.#stateFloats);
      const words = encode(plan);
      this.#arena.reserve(plan.scratchFloats, words.length, `plan "${plan.name}"`);
      const executable: Executable = { plan };
      this.#words.set(executable, words);
      return executable;
    });
  }

  write(address: Address, data: Float32Array | Uint32Array): Promise<void> {
    // slice() copies to memory of its own, even from a shared buffer.
    const { buffer, byteOffset, length } = data.slice();
    return this.#queue.ask(() => this.#arena.floats(address, length).set(new Float32Array(buffer, byteOffset, length)));
  }

  read(address: Address, length: number): Promise<Float32Array> {
    return this.#queue.ask(() => this.#arena.floats(address, length).slice());
  }

  run(executable: Executable): Promise<void> {
    return this.#queue.ask(async () => {
      const words = this.#words.get(executable);
      const { plan } = executable;
      if (!words) throw new DcganError({ what: `plan "${plan.name}" was compiled by another backend` });
      this.#arena.prepare(words, plan.control);
      const code = await whileInUse([this], () => this.#team.run());
      if (code !== 0) throw unknownToKernels('wasm', plan, code, 'Rebuild the kernels: "npm run wasm"');
    });
  }

  dispose(): Promise<void> {
    return this.#queue.close(() => {
      isDisposed(this);
      return this.#holdings.free();
    });
  }
}
