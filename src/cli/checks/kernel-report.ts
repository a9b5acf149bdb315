// The parent's side of the kernel checks. It starts the child, reads its lines, and puts the way it
// ended into words.
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DeviceName } from '../../engine/backends/backend.ts';
import { runChild } from '../../platform/child.ts';
import type { ChildLine } from './kernel-child.ts';
import { KERNEL_CHECKS, TOLERANCE } from './kernels.ts';

/** The child lies beside this file, as .ts in the sources and as .js when built. */
const CHILD = fileURLToPath(new URL(`./kernel-child${extname(import.meta.url)}`, import.meta.url));
/** A software GPU compiles its kernels for a minute. */
const PATIENCE_MS = 300_000;

export interface KernelReport {
  /** The checks that passed; `worstError` is the largest error among them. */
  readonly passed: readonly string[];
  readonly worstError: number;
  /** The problems, in words. */
  readonly problems: readonly string[];
}

export async function checkKernels(device: DeviceName, threads: number): Promise<KernelReport> {
  const command = [process.execPath, CHILD, device, String(threads)] as const;
  const { ok, stdout, stderr, signal, failure } = await runChild(command, { limitMs: PATIENCE_MS });
  const lines = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as ChildLine);
  const end = ok ? null : signal ? `was ended by ${signal}` : lastLine(failure ?? stderr);
  return makeReport(lines, end);
}

/**
 * Makes the report from the child's lines. `end` says in words how the child failed, or is null.
 */
export function makeReport(lines: readonly ChildLine[], end: string | null): KernelReport {
  const passed: string[] = [];
  const problems: string[] = [];
  let worstError = 0;
  let under = 'starting';
  let explained = false;
  for (const line of lines) {
    if ('starting' in line) under = line.starting;
    else if ('failed' in line) {
      problems.push(`${under}: ${line.failed}`);
      explained = true;
    } else if (line.error !== null && line.error <= TOLERANCE) {
      passed.push(line.done);
      worstError = Math.max(worstError, line.error);
    } else problems.push(`${line.done}: differs from the reference by ${line.error ?? 'more than a number can say'}`);
  }
  if (!explained && end !== null) problems.push(`${under}: the process ${end}`);
  if (problems.length === 0 && passed.length < KERNEL_CHECKS.length) problems.push(`${under}: the checks ended early`);
  return { passed, worstError, problems };
}

function lastLine(text: string): string {
  return `failed: ${text.trim().split('\n').at(-1) || 'no reason given'}`;
}
