// Placeholder until the kernels stand.
import type { OpenBackend } from './backend.ts';
export const openNative: OpenBackend = async () => {
  throw new Error('not yet');
};
export async function nativeAvailability() {
  return { ok: false as const, reason: 'not yet', todo: 'Wait' };
}
