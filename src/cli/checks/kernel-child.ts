// Runs the kernel checks of one device: `node kernel-child.js DEVICE THREADS`. It has a process of
// its own, since a wrongly built kernel may end it. A line before each check names it, so that it
// is known which one ended the process. A line after the check has its error.
import type { DeviceName } from '../../engine/backends/backend.ts';
import { opener } from '../../engine/backends/index.ts';
import { CHECK_STATE_FLOATS, KERNEL_CHECKS, runCheck, worstError } from './kernels.ts';

/** A line that the parent reads. */
export type ChildLine =
  | { readonly starting: string }
  | { readonly done: string; readonly error: number | null }
  | { readonly failed: string };

const say = (line: ChildLine): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

const [device, threads] = process.argv.slice(2);
try {
  say({ starting: 'opening the device' });
  const state = { stateFloats: CHECK_STATE_FLOATS, threads: Number(threads) };
  const [tested, reference] = await Promise.all([opener(device as DeviceName)(state), opener('reference')(state)]);
  for (const check of KERNEL_CHECKS) {
    say({ starting: check.name });
    const error = worstError(await runCheck(check, tested), await runCheck(check, reference));
    say({ done: check.name, error: Number.isFinite(error) ? error : null });
  }
  await tested.dispose();
} catch (error) {
  say({ failed: (error as Error).message });
  process.exitCode = 1;
}
