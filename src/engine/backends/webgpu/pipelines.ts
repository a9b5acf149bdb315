// Compiled kernels, kept as long as the device. A model that is opened again, or a step that was
// measured before it is trained, compiles nothing twice. All kernels take the same two bindings:
// the arena, and the run's control words.
/// <reference types="@webgpu/types" />
import { shaderError } from './errors.ts';
import type { Kernel } from './wgsl/kernel.ts';

const COMPUTE = 4;
/**
 * The number of kernels that compile at once. It is more than processors have cores, and far fewer
 * than the 250 at which a driver has ended the process.
 */
const AT_ONCE = 32;

export class Pipelines {
  readonly #device: GPUDevice;
  readonly #layout: GPUPipelineLayout;
  readonly #made = new Map<string, Promise<GPUComputePipeline>>();
  readonly bindings: GPUBindGroupLayout;
  /** One lane for each kernel that compiles at once. The lane's next kernel waits for it. */
  readonly #lanes: Promise<unknown>[] = new Array(AT_ONCE).fill(Promise.resolve());
  #next = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
    this.bindings = device.createBindGroupLayout({
      entries: [
        { binding: 0, visibility: COMPUTE, buffer: { type: 'storage' } },
        { binding: 1, visibility: COMPUTE, buffer: { type: 'uniform' } },
      ],
    });
    this.#layout = device.createPipelineLayout({ bindGroupLayouts: [this.bindings] });
  }

  /** @throws DeviceFailure with the compiler's lines when a kernel does not compile */
  get(kernel: Kernel): Promise<GPUComputePipeline> {
    const { code } = kernel;
    let made = this.#made.get(code);
    if (!made) {
      const lane = this.#next++ % AT_ONCE;
      made = this.#lanes[lane]!.then(() => this.#make(kernel));
      this.#made.set(code, made);
      this.#lanes[lane] = made.catch(() => this.#made.delete(code));
    }
    return made;
  }

  async #make({ name, code }: Kernel): Promise<GPUComputePipeline> {
    const device = this.#device;
    // The pipeline's rejection reports what is wrong with the text.
    device.pushErrorScope('validation');
    const module = device.createShaderModule({ label: name, code });
    const making = device.createComputePipelineAsync({ label: name, layout: this.#layout, compute: { module } });
    const [made] = await Promise.allSettled([making, device.popErrorScope()]);
    if (made.status === 'rejected') throw await shaderError(name, module, made.reason);
    return made.value;
  }
}
