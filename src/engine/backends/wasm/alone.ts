// Runs the kernels on the calling thread, for a page's Worker that may not share memory. The thread
// is the only member of its team.
import { DcganError } from '../../../platform/errors.ts';
import type { Kernels } from './module.ts';
import type { Team } from './team.ts';
import type { WorkerStart } from './worker.ts';

export class WasmAlone implements Team {
  onFailure: (error: DcganError) => void = () => {};
  readonly #walk: () => number;

  constructor({ exports }: Kernels, { job, tls, stack, space }: WorkerStart) {
    exports.__stack_pointer.value = stack;
    exports.__wasm_init_tls(tls);
    exports.dcgan_workspace(space);
    this.#walk = () => exports.dcgan_walk(job, 0);
  }

  async run(): Promise<number> {
    try {
      return this.#walk();
    } catch (cause) {
      throw new DcganError({
        what: 'wasm: the kernels failed',
        got: cause instanceof Error ? cause.message : String(cause),
        todo: 'Open the device again; what the arena held is lost',
        cause,
      });
    }
  }

  async close(): Promise<void> {}
}
