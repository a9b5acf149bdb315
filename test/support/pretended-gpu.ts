// A made-up GPU, built from another device, for tests of training on one.
import type { Backend } from '../../src/engine/backends/backend.ts';

/** A backend that presents itself as a GPU's, with some of its calls replaced. */
export function pretended(backend: Backend, calls: Partial<Backend>): Backend {
  return {
    info: { ...backend.info, device: 'webgpu', variant: 'pretended', stepsAtOnce: 2 },
    compile: (plan) => backend.compile(plan),
    write: (...args) => backend.write(...args),
    read: (...args) => backend.read(...args),
    run: (executable) => backend.run(executable),
    dispose: () => backend.dispose(),
    ...calls,
  };
}
