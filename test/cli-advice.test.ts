// Advice works: every command and option that a message or a document proposes is one that the
// program takes. Messages are collected from the sources (all strings of src/, comments left out),
// and provoked where they are put together of parts.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command, Option } from 'commander';
import { transform } from 'esbuild';
import { parseAst } from 'vite';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { timeInWords } from '../src/cli/estimate.ts';
import { makeProgram } from '../src/cli/main.ts';
import { presets } from '../src/gan/presets.ts';
import { commandLine, withProgramName } from '../src/platform/command.ts';
import { didYouMean } from '../src/platform/suggest.ts';
import { adviceOn, CONDITIONS } from '../src/train/health/advice.ts';
import { BIN } from './support/cli.ts';
import { temporaryFolder } from './support/folders.ts';
import { say } from './support/main.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/**
 * Options that messages and documents name and no command defines: commander's own, and those of
 * Node, npm, gunzip, mpirun, srun, compilers, installers, benchmarks and the counts of faults.
 */
const FOREIGN = [
  '--help',
  '--bind-to',
  '--calls',
  '--keep',
  '--least',
  '--jitless',
  '--include',
  '--force',
  '--install',
  '--version',
  '--omit',
  '--mpi',
  '--max-old-space-size',
  '--input-type',
  '--experimental-wasm-relaxed-simd',
];
/** What stands for a value that is only known when the message is made. */
const VALUE = 'VALUE';

interface Found {
  readonly file: string;
  readonly text: string;
}

const program = await makeProgram({ code: 0 });
const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];
const commands = all(program);
const optionsNamed = (long: string): Option[] =>
  commands.flatMap(({ options }) => options.filter((option) => option.long === long));

/** Why a line of words is not a command of the program; null when it is one. Nothing is carried out. */
async function refusal(words: readonly string[]): Promise<string | null> {
  const fresh = await makeProgram({ code: 0 });
  for (const command of all(fresh)) if (command.commands.length === 0) command.action(() => {});
  const typed = words.map((word) => (word === VALUE || word === 'N' ? '1' : word));
  try {
    await fresh.parseAsync(typed, { from: 'user' });
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

type Node = { readonly type: string; readonly [key: string]: unknown };
const isNode = (value: unknown): value is Node => typeof (value as Node | null)?.type === 'string';

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const value of Object.values(node))
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, visit);
}

const textOf = (node: Node): string | null => {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type !== 'TemplateLiteral') return null;
  return (node.quasis as { value: { cooked: string } }[]).map(({ value }) => value.cooked).join(VALUE);
};

describe('what the sources say', () => {
  const texts: Found[] = [];
  const lines: { readonly file: string; readonly words: readonly string[] }[] = [];
  beforeAll(async () => {
    const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))) {
      const { code } = await transform(readFileSync(join(ROOT, 'src', file), 'utf8'), { loader: 'ts' });
      walk(parseAst(code) as unknown as Node, (node) => {
        const text = textOf(node);
        if (text !== null) texts.push({ file, text });
        const { callee, arguments: given } = node as { callee?: Node; arguments?: Node[] } & Node;
        if (node.type !== 'CallExpression' || callee!.name !== 'commandLine') return;
        const words = given![0]!.elements as Node[] | undefined;
        if (words) lines.push({ file, words: words.map((word) => textOf(word) ?? VALUE) });
      });
    }
  });

  it('proposes only options that there are, with values that they take', () => {
    let found = 0;
    // What begins with two dashes in the page's own files is a variable of its style.
    const advice = texts.filter(({ file }) => !/^studio\/page\/(parts|views)\//.test(file));
    for (const { file, text } of advice)
      for (const [, long, value] of text.matchAll(/(?<![\w-])(--[a-z][a-z0-9-]*)(?: ([0-9]\S*|N\b|VALUE))?/g)) {
        if (FOREIGN.includes(long!)) continue;
        const options = optionsNamed(long!);
        expect(options, `${long} in ${file}: ${text}`).not.toEqual([]);
        found++;
        if (value === undefined || value === VALUE) continue;
        const plain = value.replace(/[.,;)]+$/, '').replace('N', '1');
        const fitting = options.filter(({ required, optional, parseArg }) => {
          if (!required && !optional) return false;
          try {
            parseArg?.(plain, undefined);
            return true;
          } catch {
            return false;
          }
        });
        expect(fitting, `${long} ${value} in ${file}: ${text}`).not.toEqual([]);
      }
    expect(found).toBeGreaterThan(100);
  });

  it('proposes only commands that there are', async () => {
    expect(lines.length).toBeGreaterThan(10);
    for (const { file, words } of lines) {
      // `${name} --help` is for the command that was asked for.
      const known = words.filter((word) => word !== '--help');
      if (known.length === 0 || known.includes(VALUE) === (known.length === 1)) continue;
      const reason = await refusal(known);
      // Words that end the advice on purpose: what follows is the reader's own.
      const open = /missing required argument|required option/.test(reason ?? '');
      expect(open ? null : reason, `${file}: ${known.join(' ')}`).toBe(null);
    }
  });

  it('shows examples whose lines are right', async () => {
    const examples = texts.flatMap(({ file, text }) =>
      [...text.matchAll(/^ {2}dcgan (.*)$/gm)].map(([, line]) => ({ file, line: line! })),
    );
    expect(examples.length).toBeGreaterThan(40);
    for (const { file, line } of examples) {
      const words = line
        .split(/ {2,}| \|/)[0]!
        .trim()
        .split(/\s+/);
      expect(await refusal(words), `${file}: ${line}`).toBe(null);
    }
  });

  it('calls the program as it was called: by commandLine, or in help, where the name is put in', () => {
    const names = program.commands.map((command) => command.name()).join('|');
    const calls = texts.filter(({ text }) => new RegExp(`(?<!npx )\\bdcgan (${names})\\b`).test(text));
    for (const { file, text } of calls) expect(/^cli\/(commands\/|main\.ts)/.test(file), `${file}: ${text}`).toBe(true);
  });
});

describe('what the documents say', () => {
  const documents = ['README.md', 'AGENTS.md', 'SECURITY.md', 'RELEASING.md'].concat(
    readdirSync(join(ROOT, 'docs'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  );
  /** The line without its comment, its pipe and what the shell does after it. */
  const wordsOf = (line: string): string[] =>
    (line.split(/ {2,}|\s#|\s[|&>]|;/)[0]!.match(/"[^"]*"|'[^']*'|\S+/g) ?? [])
      .map((word) => word.replace(/^(["'])(.*)\1$/, '$2'))
      .map((word) => (/^\[.*\]$|^\$|^N$/.test(word) ? VALUE : word));
  const said = documents.flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8').replace(/ *\\\n */g, ' ');
    const lines = [...text.matchAll(/^ *(?:\S+=\S+ )*(?:mpirun .*?|srun .*?)?(?:npx )?dcgan ([a-z-].*)$/gm)];
    const inline = [...text.matchAll(/`(?:npx )?dcgan ([a-z-][^`]*)`/g)];
    return [...lines, ...inline].map(([, line]) => ({ file, line: line! }));
  });

  it('is commands that the program takes', async () => {
    expect(said.length).toBeGreaterThan(90);
    const wrong: string[] = [];
    for (const { file, line } of said) {
      const reason = await refusal(wordsOf(line));
      // A command that is only named in a sentence has no arguments.
      if (reason && !/missing required argument|required option/.test(reason))
        wrong.push(`${file}: ${line}: ${reason}`);
    }
    expect(wrong).toEqual([]);
  });

  it('names options of the program', () => {
    const wrong = documents.flatMap((file) =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(/`(--[a-z][a-z0-9-]*)(?: [^`]*)?`/g)]
        .filter(([, long]) => !FOREIGN.includes(long!) && optionsNamed(long!).length === 0)
        .map(([code]) => `${file}: ${code}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe('what is put together', () => {
  const configs = Object.values(presets).map((preset) => ({ ...preset, batchSize: 8 }));
  const said = [
    ...CONDITIONS.flatMap((condition) => configs.map((config) => adviceOn(condition, config))),
    ...configs.flatMap((config) => [1, 1e4, 1e8].map((seconds) => timeInWords(config, 100, seconds))),
  ];
  it('is options of dcgan train, with values', async () => {
    let found = 0;
    for (const text of said)
      for (const [part] of text.matchAll(/--[a-z].*?(?=,| \(|$)/g)) {
        expect(await refusal(['train', ...part.split(' ')]), part).toBe(null);
        found++;
      }
    expect(found).toBeGreaterThan(50);
  });
});

describe('the right word', () => {
  it.each([
    ['train --gpu', '--device webgpu'],
    ['train --device gpu', 'webgpu'],
    ['train --device CUDA', 'webgpu'],
    ['train --learning-rate 1e-3', '--lr'],
    ['train --learning_rate 1e-3', '--lr'],
    ['train --batch_size 8', '--batch-size'],
    ['train --batch 8', '--batch-size'],
    ['train --image-size 32', '--size'],
    ['train --conditional', '--cond'],
    ['train --checkpoint x', '--resume'],
    ['train --output x', '--out'],
    ['sample --n 4', '--count'],
    ['sample --out x.png', '--output'],
    ['generate', 'sample'],
    ['eval', 'evaluate'],
    ['resume', 'train'],
    ['train --precision bfloat16', 'bf16'],
    ['train --data MNIST', 'mnist'],
    ['train --data fashion_mnist', 'fashion-mnist'],
    ['train --loss lsgan', 'ls'],
  ])('of "%s" is %s', async (line, meant) => {
    const { code, stderr } = await say(line.split(' '), '.');
    expect([code > 0, stderr]).toEqual([true, expect.stringContaining(`Did you mean ${meant}?`)]);
  });

  it('is one of those that there are', () => {
    expect(didYouMean('lr', ['learningRate', 'epochs'])).toBe('Did you mean learningRate?');
    expect(didYouMean('gpu', ['native', 'wasm'])).toBe(null);
    expect(didYouMean('constructor', ['seed'])).toBe(null);
  });
});

describe('the name of the program', () => {
  const called = (entry: string, environment: Record<string, string> = {}): string => {
    vi.stubGlobal('process', { ...process, env: environment, argv: ['node', entry], cwd: () => '/home/ada/app' });
    try {
      return commandLine(['train', '--resume', 'my run']);
    } finally {
      vi.unstubAllGlobals();
    }
  };
  it.each([
    ['/home/ada/app/bin/dcgan.js', {}, "node bin/dcgan.js train --resume 'my run'"],
    ['/opt/it is/dcgan.js', {}, "node '/opt/it is/dcgan.js' train --resume 'my run'"],
    ['/usr/bin/dcgan', { PATH: '/bin:/usr/bin' }, "dcgan train --resume 'my run'"],
    ['/home/ada/app/node_modules/.bin/dcgan', {}, "node_modules/.bin/dcgan train --resume 'my run'"],
    ['/home/ada/app/node_modules/.bin/dcgan', { npm_command: 'exec' }, "npx dcgan train --resume 'my run'"],
    ['/home/ada/app/train.mjs', {}, "npx dcgan train --resume 'my run'"],
  ])('%s', (entry, environment, line) => {
    expect(called(entry, environment)).toBe(line);
  });

  it('stands in help, where no other text is changed', () => {
    expect(withProgramName('Usage: dcgan train [options]\n  dcgan gif   the dcgan.gif')).toBe(
      'Usage: npx dcgan train [options]\n  npx dcgan gif   the dcgan.gif',
    );
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'bin'));
    symlinkSync(join(ROOT, 'dist'), join(folder, 'dist'));
    cpSync(BIN, join(folder, 'bin/dcgan.js'));
    const help = execFileSync(process.execPath, ['bin/dcgan.js', 'gif', '--help'], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, npm_command: '' },
    });
    expect(help).toMatch(/^Usage: node bin\/dcgan\.js gif /);
  });
});
