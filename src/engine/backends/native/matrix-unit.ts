// Whether kernels may use the processor's matrix unit for bf16 numbers (Intel's AMX,
// kernels/amx.h). The processor must have it, the compiler must know it, and the system must let
// this process use it: Linux gives its registers to who asks (Documentation/arch/x86/xstate.rst),
// and sandboxes and containers may refuse. Without the permission the first instruction of the
// unit ends the process, so it is asked for before any such kernels are built or loaded.
import { type Compiler, hasFeature, processor } from './compiler.ts';

/** Numbers of Linux on x86-64: the call arch_prctl, its request, and the registers of the tiles. */
const ARCH_PRCTL = 158;
const ARCH_REQ_XCOMP_PERM = 0x1023;
const TILE_DATA = 18;

/** Asks the system; returns why it refuses, or null. Once given, a permission stays. */
export async function askSystem(): Promise<string | null> {
  try {
    const { default: koffi } = await import('koffi');
    const call = koffi.load(null).func('long syscall(long number, long request, long feature)');
    if (call(ARCH_PRCTL, ARCH_REQ_XCOMP_PERM, TILE_DATA) === 0) return null;
    return `the system does not let this process use it (arch_prctl: error ${koffi.errno()})`;
  } catch (error) {
    return `the system cannot be asked for it: ${(error as Error).message}`;
  }
}

/** Whether the processor has the unit, whatever the compiler and the system say. */
export function hasMatrixUnit(features: string = processor()): boolean {
  return process.platform === 'linux' && process.arch === 'x64' && /\bamx_bf16\b/.test(features);
}

/**
 * Why the matrix unit is not used: null when it may be used, empty when this processor has none.
 * `features` is what the processor says of itself (/proc/cpuinfo), `ask` asks the system.
 */
export async function whyNoMatrixUnit(
  compiler: Compiler,
  features: string = processor(),
  ask: () => Promise<string | null> = askSystem,
): Promise<string | null> {
  if (!hasMatrixUnit(features)) return '';
  if (!(await hasFeature(compiler, '__AMX_BF16__')))
    return `${compiler.name} does not use it (gcc 11, clang 12 and newer do)`;
  return ask();
}
