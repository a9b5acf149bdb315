// bf16 on the native device: the kernels are built a second time and round the operands of products
// (kernels/bf16.h). This is worth it where the processor multiplies pairs of bf16 numbers, and is
// refused elsewhere. Tests run it anywhere, in plain C.
import { cpus } from 'node:os';
import { WITHOUT_BF16 } from '../backend.ts';
import { hasFeature, processor } from './compiler.ts';
import { library, loadLibrary, type NativeKernels, NoLibrary, usableCompiler } from './library.ts';

let emulatedBits: number | null = null;
let opened: Promise<NativeKernels> | undefined;

/**
 * For tests: from now on bf16 runs on any machine, slowly. Fewer than its 8 bits show that bounds
 * can fail. Null ends it.
 */
export function emulateBf16(bits: number | null = 8): void {
  emulatedBits = bits;
  opened = undefined;
}

/** Returns the bf16 kernels. @throws NoLibrary when they cannot be built */
export function bf16Kernels(): Promise<NativeKernels> {
  opened ??= build();
  opened.catch(() => {
    opened = undefined;
  });
  return opened;
}

async function build(): Promise<NativeKernels> {
  if (emulatedBits !== null)
    return loadLibrary(await library(process.env, ['-DDCGAN_BF16', `-DDCGAN_BF16_BITS=${emulatedBits}`]));
  const missing = await whatIsMissing();
  if (missing) throw missing;
  return loadLibrary(await library(process.env, ['-DDCGAN_BF16']));
}

/** Says why this machine cannot multiply bf16 numbers, or returns null. It builds nothing. */
export async function whatIsMissing(): Promise<NoLibrary | null> {
  let compiler: Awaited<ReturnType<typeof usableCompiler>>;
  try {
    compiler = await usableCompiler();
  } catch (error) {
    if (error instanceof NoLibrary) return error;
    throw error;
  }
  if (await hasFeature(compiler, '__AVX512BF16__')) return null;
  if (/\bavx512_bf16\b/.test(processor()))
    return new NoLibrary(
      `${compiler.name} does not know AVX512-BF16, which this processor has`,
      'Set CC to gcc 10 or clang 9, or newer',
    );
  return new NoLibrary(`this processor (${cpus()[0]?.model.trim() || process.arch}) has no AVX512-BF16`, WITHOUT_BF16);
}
