// Kernels that were built beforehand, from an optional package for this system
// (scripts/prebuild.mjs). One library holds a set of kernels for every level of processor, and the
// processor itself says which may run (kernels/prebuilt/processor.c). A set of one release computes
// the same bits on every machine that it runs on, so a run that names its set goes on anywhere.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { DcganError } from '../../../platform/errors.ts';
import { notice } from '../../../platform/notices.ts';
import { sha256 } from '../../../platform/sha256.ts';
import { type Loadable, loadKoffi } from './load.ts';
import { askSystem } from './matrix-unit.ts';
import { kernelSources } from './sources.ts';

/** What a package says of itself; scripts/prebuild.mjs writes it. */
const packageSchema = z.object({
  format: z.literal(1),
  version: z.string().regex(/^[\w.+-]+$/),
  sources: z.string(),
  /** The SHA-256 of each library by the name of its file. */
  files: z.record(z.string(), z.string()),
  /** From the set that every processor runs upwards. `needs` are bits of dcgan_processor. */
  sets: z.array(z.object({ name: z.string().regex(/^\w+$/), needs: z.int().nonnegative() })),
});

/** A package of prebuilt kernels that fits this program and this system. */
export interface Prebuilt {
  /** @dcgan/kernels-SYSTEM-PROCESSOR and its version. */
  readonly title: string;
  /** The sets that this processor runs, the best last. */
  readonly sets: readonly PrebuiltSet[];
}

export interface PrebuiltSet extends Loadable {
  readonly name: string;
  /** The variant that kernels of this set report. */
  readonly variant: string;
}

/** The sets that multiply in bf16; the second by the matrix unit. The others compute in float32. */
const UNIT_SET = 'bf16_unit';
const BF16_SETS: readonly string[] = ['bf16_pairs', UNIT_SET];

const PACKAGE = `@dcgan/kernels-${process.platform}-${process.arch}`;

/** The word of variants that were built beforehand. */
export const PREBUILT = 'prebuilt';

/** What DCGAN_KERNELS may hold besides the name of a set. */
const COMPILED = 'compiled';

/** Whether this Node runs on musl, whose libraries differ from those of glibc. */
function isMusl(): boolean {
  const report = process.report.getReport() as { readonly header?: { readonly glibcVersionRuntime?: string } };
  return process.platform === 'linux' && report.header?.glibcVersionRuntime === undefined;
}

function fileOfThisSystem(): string {
  if (process.platform === 'win32') return 'kernels.dll';
  if (process.platform === 'darwin') return 'kernels.dylib';
  return isMusl() ? 'musl.so' : 'gnu.so';
}

let found: Promise<Prebuilt | null> | undefined;

/** Returns the installed package, or null when there is none that fits. The answer is kept. */
export function prebuilt(): Promise<Prebuilt | null> {
  found ??= lookForPrebuilt(createRequire(import.meta.url).resolve).then((answer) => {
    if (typeof answer !== 'string') return answer;
    notice(`the package ${PACKAGE} is not used: ${answer}`);
    return null;
  });
  return found;
}

/**
 * Looks for the package. `resolve` gives the path of one of its files, and throws without a
 * package. Returns null then, and a text that says why a package does not fit.
 */
export async function lookForPrebuilt(resolve: (file: string) => string): Promise<Prebuilt | string | null> {
  let about: string;
  try {
    about = resolve(`${PACKAGE}/kernels.json`);
  } catch {
    return null; // an optional package that is not installed
  }
  const parsed = packageSchema.safeParse(readJson(about));
  if (!parsed.success) return 'its kernels.json is damaged';
  const { version, sources, files, sets } = parsed.data;
  if (sources !== kernelSources().hash) return `it is of another version of dcgan (${version})`;
  const file = fileOfThisSystem();
  const path = join(dirname(about), file);
  if (!existsSync(path) || files[file] !== sha256(readFileSync(path)))
    return `${file} is not what was built (its SHA-256 differs)`;
  try {
    const lib = (await loadKoffi()).load(path);
    const can = lib.func('int32_t dcgan_processor()')() as number;
    const maker = `${PREBUILT} ${version} ${sources}`;
    const runnable = sets.filter(({ needs }) => (can & needs) === needs);
    return {
      title: `${PACKAGE} ${version}`,
      sets: runnable.map((set) => ({
        name: set.name,
        variant: `${lib.func(`const char *dcgan_variant_${set.name}()`)()} ${maker}`,
        path,
        suffix: `_${set.name}`,
        maker,
      })),
    };
  } catch (error) {
    return (error as Error).message;
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

/**
 * Returns the prebuilt set to load, or null when kernels are to be compiled here. `kept` is the
 * variant that a run has used: its set is taken again where this machine has it, so that the run's
 * bits go on.
 * @throws DcganError when DCGAN_KERNELS names a set that cannot run here
 */
export async function chooseSet(
  precision: 'float32' | 'bf16',
  kept?: string,
  look: () => Promise<Prebuilt | null> = prebuilt,
): Promise<{ readonly set: PrebuiltSet; readonly title: string } | null> {
  const wanted = process.env.DCGAN_KERNELS?.trim() || undefined;
  if (wanted === COMPILED) return null;
  const found = await look();
  const all = found?.sets ?? [];
  if (wanted !== undefined && !all.some(({ name }) => name === wanted))
    throw new DcganError({
      what: 'DCGAN_KERNELS names kernels that this machine does not have',
      expected: [COMPILED, ...all.map(({ name }) => name)].join(', '),
      got: JSON.stringify(wanted),
      todo: 'Leave DCGAN_KERNELS out',
    });
  const offered = all.filter(({ name }) => BF16_SETS.includes(name) === (precision === 'bf16'));
  // Without the system's permission the unit's first instruction would end the process.
  if (offered.at(-1)?.name === UNIT_SET && (await askSystem()) !== null) offered.pop();
  const set =
    offered.find(({ name }) => name === wanted) ??
    offered.find(({ variant }) => kept?.split(' + ').includes(variant)) ??
    offered.at(-1);
  return set ? { set, title: found!.title } : null;
}
