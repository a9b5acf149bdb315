// Whether a state can be kept: a value that is not finite spreads to every other one within a few
// steps, so a checkpoint with one is of no use.
import type { StoredTensor } from './safetensors.ts';

/** Describes the first tensor with a value that is not finite; null when there is none. */
export function brokenTensor(tensors: ReadonlyMap<string, StoredTensor>): string | null {
  for (const [name, { data }] of tensors)
    if (!allFinite(data)) return `tensor ${name} holds ${data.find((value) => !Number.isFinite(value))}`;
  return null;
}

/** NaN and infinity times zero are NaN. One sum is twice as fast as a question for each value. */
function allFinite(data: Float32Array): boolean {
  let zero = 0;
  for (let i = 0; i < data.length; i++) zero += data[i]! * 0;
  return zero === 0;
}
