// Whoever adds a kind of instruction, an opcode or an op to the engine is told by the compiler of every
// place that must follow. Here something made up is added to a copy of the sources, and what `tsc` says
// is compared with the list of those places.
import { execFile } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryFolder } from './support/folders.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** A file, a text in it, and the text in its place. */
type Change = readonly [file: string, from: string, to: string];

interface Addition {
  readonly what: string;
  readonly changes: readonly Change[];
  /** Files that must follow. */
  readonly named: readonly string[];
  /** Files that the compiler names as well, until those have followed. */
  readonly others?: readonly string[];
}

const opcode = (row: string): Change => [
  'opcodes.ts',
  '  mask: {\n    code: 27,',
  `  madeUp: { code: 28, ${row} },\n  mask: {\n    code: 27,`,
];

const ADDITIONS: readonly Addition[] = [
  { what: 'nothing', changes: [], named: [] },
  {
    what: 'an opcode',
    changes: [opcode("form: 'unary', scalar: (a) => a")],
    named: ['backends/webgpu/wgsl/lines.ts', 'ops/elementwise.ts'],
    others: ['ops/index.ts'],
  },
  {
    what: 'an opcode without a definition',
    changes: [opcode("form: 'draw'")],
    named: ['backends/webgpu/wgsl/lines.ts', 'opcodes.ts'],
    others: ['ops/random.ts'],
  },
  {
    what: 'a form of opcodes',
    changes: [['opcodes.ts', 'interface Fields {', 'interface Fields {\n  readonly madeUp: { readonly a: number };']],
    named: ['opcodes.ts'],
  },
  {
    what: 'a kind of instruction',
    changes: [
      [
        'instructions/index.ts',
        'export type Instruction =',
        "export type Instruction =\n  | { readonly kind: 'madeUp'; readonly x: number }\n  |",
      ],
    ],
    named: ['backends/webgpu/wgsl/kernels.ts', 'instructions/index.ts'],
    others: ['backends/native/probe.ts', 'isa.ts', 'passes/kernels.ts'],
  },
  {
    what: 'an op that has an instruction of its own',
    changes: [['graph.ts', "readonly kernel: 'matmul'", "readonly kernel: 'madeUp' | 'matmul'"]],
    named: ['ops/index.ts', 'passes/kernels.ts'],
  },
  {
    what: 'an elementwise op that is no opcode',
    changes: [['graph.ts', "elementwise: ScalarCode | 'constant'", "elementwise: ScalarCode | 'madeUp' | 'constant'"]],
    named: ['ops/index.ts'],
  },
  {
    what: 'kinds that each lack a part of their record',
    changes: [
      ['instructions/conv2d.ts', '  number:', '  lacking:'],
      ['instructions/conv-input.ts', '  leads:', '  lacking:'],
      ['instructions/conv-filter.ts', '  words:', '  lacking:'],
      ['instructions/elementwise.ts', '  touches:', '  lacking:'],
      ['instructions/reduce.ts', '  print:', '  lacking:'],
      ['instructions/transpose.ts', '  samples:', '  lacking:'],
      ['instructions/shift-cut.ts', '  checks:', '  lacking:'],
    ],
    named: ['conv-filter', 'conv-input', 'conv2d', 'elementwise', 'reduce', 'shift-cut', 'transpose'].map(
      (kind) => `instructions/${kind}.ts`,
    ),
  },
];

/** The files that the compiler names in a copy of the engine with an addition. */
async function filesNamed(changes: readonly Change[]): Promise<string[]> {
  const folder = temporaryFolder();
  for (const room of ['engine', 'platform'])
    cpSync(join(ROOT, 'src', room), join(folder, 'src', room), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8'));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
  for (const [file, from, to] of changes) {
    const path = join(folder, 'src/engine', file);
    const text = readFileSync(path, 'utf8');
    expect(text, `${file} holds the text to change`).toContain(from);
    writeFileSync(path, text.replace(from, to));
  }
  const output = await new Promise<string>((resolve) => {
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
    execFile(process.execPath, [compiler, '-p', folder], { cwd: folder }, (_, stdout) => resolve(stdout));
  });
  const names = [...output.matchAll(/^src\/engine\/(\S+)\(\d+,\d+\): error/gm)].map(([, name]) => name!);
  return [...new Set(names)].sort();
}

it.each(ADDITIONS)(
  '$what: the compiler names every place that must follow',
  async ({ changes, named, others = [] }) => {
    expect(await filesNamed(changes)).toEqual([...named, ...others].sort());
  },
);
