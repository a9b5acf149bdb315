// A GPU for tests of what trains on one, made of another device.
import type { Backend } from '../../src/engine/backends/backend.ts';

/** A backend that gives itself out as a GPU's, some of its calls replaced. */
export function pretended(backend: Backend, calls: Partial<Backend>): Backend {
  return {
    info: { ...backend.info, device: 'webgpu', variant: 'pretended' },
    compile: (plan) => backend.compile(plan),
    write: (...args) => backend.write(...args),
    read: (...args) => backend.read(...args),
    run: (executable) => backend.run(executable),
    dispose: () => backend.dispose(),
    ...calls,
  };
}
