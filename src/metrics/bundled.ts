// Runs a network that is part of the package on a device, in mini-batches.
import { indexTensors } from '../checkpoint/safetensors.ts';
import { type Computation, compile } from '../engine/compile.ts';
import { layoutState } from '../engine/layout.ts';
import type { Plan } from '../engine/plan.ts';
import type { Variables } from '../nn/variables.ts';
import type { Features } from './extractor.ts';
import { type MetricsMachine, openSession } from './machine.ts';

/** A network of the package: its weights, and what it computes. */
export interface Bundled {
  /** The name of the file in errors. */
  readonly name: string;
  /** A safetensors file with all variables. */
  readonly bytes: Uint8Array;
  readonly variables: Variables;
  /** Makes the computation for a number of images; its only input is `images`. */
  computation(count: number): Computation;
  /** For each output that is asked for, the number of values an image. */
  readonly outputs: Readonly<Record<string, number>>;
  /** The most images that are computed together. */
  readonly batch: number;
}

export interface OpenedNetwork {
  /** Identifies device and kernels. */
  readonly computedBy: string;
  /** Returns the outputs, in their order, for images [count, ...] as the network takes them. */
  run(images: Float32Array, count: number): Promise<Features[]>;
  dispose(): Promise<void>;
}

export async function openBundled(network: Bundled, machine: MetricsMachine): Promise<OpenedNetwork> {
  const { name, bytes, variables, batch, outputs } = network;
  const layout = layoutState(variables.all.map(({ tensor }) => tensor));
  const tensors = indexTensors(bytes, name, ['F32', 'F16']).tensors();
  const session = await openSession(layout, machine);
  try {
    await session.writeState(new Map([...tensors].map(([tensor, { data }]) => [tensor, data])));
  } catch (error) {
    await session.dispose();
    throw error;
  }
  const plans = new Map<number, Plan>();
  const planFor = (count: number): Plan => {
    const plan = plans.get(count) ?? compile(network.computation(count), layout);
    plans.set(count, plan);
    return plan;
  };
  return {
    computedBy: `${session.backend.info.device} ${session.backend.info.variant}`,
    async run(images, count) {
      const size = images.length / count;
      const found = Object.values(outputs).map((width) => ({ count, width, values: new Float32Array(count * width) }));
      for (let first = 0; first < count; first += batch) {
        const n = Math.min(batch, count - first);
        const values = await session.run(planFor(n), {
          key: { seed: 0, step: 0 },
          inputs: { images: images.subarray(first * size, (first + n) * size) },
          outputs: Object.keys(outputs),
        });
        found.forEach(({ values: all, width }, i) => {
          all.set(values[i]!, first * width);
        });
      }
      return found;
    },
    dispose: () => session.dispose(),
  };
}
