// bf16 on native: the kernels built a second time, to round what they multiply (kernels/bf16.h).
// They multiply by the matrix unit where there is one (kernels/amx.h), else pairs of numbers by
// vectors. Where the processor has neither, bf16 is refused; tests have both anyway, in plain C.
import { processorName } from '../../../platform/host.ts';
import { notice } from '../../../platform/notices.ts';
import { WITHOUT_BF16 } from '../backend.ts';
import { type Compiler, hasFeature, processor } from './compiler.ts';
import { KeptAnswers } from './kept.ts';
import { library, usableCompiler } from './library.ts';
import { loadLibrary, type NativeKernels } from './load.ts';
import { whyNoMatrixUnit } from './matrix-unit.ts';
import { DoesNotRun, NoLibrary } from './no-library.ts';
import { chooseSet } from './prebuilt.ts';

const PAIRS = ['-DDCGAN_BF16'];
const UNIT = [...PAIRS, '-DDCGAN_AMX'];

let emulatedBits: number | null = null;
let unitWanted: boolean | null = null;
/** By the variant that is to be taken again. */
const opened = new KeptAnswers(build);

/**
 * For tests: from now on bf16 runs on any machine, slowly, as pairs of numbers or, with `unit`, as
 * the matrix unit does it. Fewer than its 8 bits show that bounds can fail. With null for `bits`
 * the processor's own instructions are used again, and of these only those of pairs where `unit`
 * is false.
 */
export function emulateBf16(bits: number | null = 8, unit: boolean | null = null): void {
  emulatedBits = bits;
  unitWanted = unit;
  opened.clear();
}

/**
 * Returns the bf16 kernels. `kept` is a variant to take again where this machine has it. @throws
 * NoLibrary when they cannot be built
 */
export function bf16Kernels(kept = ''): Promise<NativeKernels> {
  return opened.get(kept);
}

async function build(kept: string): Promise<NativeKernels> {
  if (emulatedBits !== null) return kernels([...(unitWanted ? UNIT : PAIRS), `-DDCGAN_BF16_BITS=${emulatedBits}`]);
  if (unitWanted === null) {
    const chosen = await chooseSet('bf16', kept);
    if (chosen) return loadLibrary(chosen.set);
  }
  const missing = await whatIsMissing();
  if (missing) throw missing;
  if (unitWanted === false) return byInstructions(PAIRS);
  const why = (await whyNoMatrixUnit(await usableCompiler())) ?? (await byInstructions(UNIT).catch(doesNotRun));
  if (typeof why !== 'string') return why;
  if (why !== '') notice(`bf16 does not use this processor's matrix unit (AMX), only AVX512-BF16: ${why}`);
  return byInstructions(PAIRS);
}

/** Kernels that use the instructions. A compiler whose assembler is older makes others. */
async function byInstructions(defines: readonly string[]): Promise<NativeKernels> {
  const made = await kernels(defines);
  if (!made.variant.includes(' emulated ')) return made;
  throw new DoesNotRun('the assembler does not know the instructions', 'Install newer binutils');
}

const kernels = async (defines: readonly string[]): Promise<NativeKernels> =>
  loadLibrary(await library(process.env, defines));

/** Why the kernels do not run here, as a trial in a process of its own showed. */
function doesNotRun(error: unknown): string {
  if (error instanceof DoesNotRun) return error.message;
  throw error;
}

/** Says why this machine cannot multiply bf16 numbers, or returns null. It builds nothing. */
export async function whatIsMissing(): Promise<NoLibrary | null> {
  if (await chooseSet('bf16')) return null;
  let compiler: Compiler;
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
  return new NoLibrary(`this processor (${processorName()}) has no AVX512-BF16`, WITHOUT_BF16);
}
