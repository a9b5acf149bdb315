// What is said when a training leaves a GPU that failed and goes on on the processor.
import type { GpuFailure } from '../engine/backends/webgpu/errors.ts';
import type { WarningEvent } from './events.ts';

/** @param step the last step that was taken on the GPU */
export function leftGpu({ complaint: { what, expected, got } }: GpuFailure, step: number): WarningEvent {
  const why = [expected && `expected ${expected}`, got && `got ${got}`].filter(Boolean).join(', ');
  return {
    type: 'warning',
    condition: 'gpu-failed',
    step,
    since: step,
    seen: `${what}${why && ` (${why})`}`,
    help: 'It goes on on the processor from its last checkpoint',
  };
}
