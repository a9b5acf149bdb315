// The programs of docs/recipes.md that read a run in Python and draw in Jupyter, as they stand there,
// with packages of PyPI and Deno of npm.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { readMetrics } from '../../src/train/metrics.ts';
import { ROOT } from '../support/pack.ts';
import { type Python, python } from '../support/python.ts';
import { events, SMALL } from '../support/training.ts';

const TEXT = readFileSync(join(ROOT, 'docs/recipes.md'), 'utf8');
const [, PROGRAM] = /## Python[\s\S]*?```python\n([\s\S]*?)```/.exec(TEXT)!;
const [, CELL] = /## Jupyter[\s\S]*?```ts\n([\s\S]*?)```/.exec(TEXT)!;
/**
 * Runs a cell in a notebook with Deno's kernel, and prints the MIME types of its outputs. A cell
 * before it waits for the kernel, because what that shows first is lost where nobody listens yet.
 */
const NOTEBOOK = `
import json, sys, nbformat
from nbclient import NotebookClient
wait = "await new Promise((done) => setTimeout(done, 1000))"
notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in (wait, sys.argv[2])])
NotebookClient(notebook, timeout=120, iopub_timeout=60, kernel_name="deno").execute(cwd=sys.argv[1])
print(json.dumps([list(output["data"]) for output in notebook.cells[1].outputs]))
`;

let environment: Python;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dcgan-recipes-'));
  environment = await python(['pandas', 'safetensors', 'numpy', 'nbclient', 'nbformat', 'jupyter-client']);
}, 300_000);
afterAll(() => {
  environment?.remove();
  rmSync(folder, { recursive: true, force: true });
});

it('Python reads the metrics with their times, and a checkpoint', async () => {
  const run = join(folder, 'runs/00001-mnist-tf2018');
  await events({ ...SMALL, limit: 16, epochs: 15, device: 'wasm', out: run });
  const shown = 'print(epochs.shape, int(epochs.time.iloc[-1].timestamp() * 1000), kernel.shape, kernel.dtype)';
  const text = await environment.run(`import os\nos.chdir(${JSON.stringify(folder)})\n${PROGRAM}${shown}\n`);
  const { time } = [...readMetrics(run)].at(-1)!;
  expect(text).toBe(`(15, 3) ${time} (100, 784) float32\n`);
});

it("a notebook of Deno's kernel shows a picture", async () => {
  const book = join(folder, 'book');
  mkdirSync(join(book, 'node_modules'), { recursive: true });
  writeFileSync(join(book, 'package.json'), '{"name":"book","private":true,"type":"module"}');
  await promisify(execFile)('npm', ['install', '--no-audit', '--no-fund', 'deno@2'], { cwd: book });
  symlinkSync(ROOT, join(book, 'node_modules/dcgan'));
  writeFileSync(join(book, 'deno.json'), '{ "nodeModulesDir": "manual" }');
  const deno = join(book, 'node_modules/.bin/deno');
  const kernel = { argv: [deno, 'jupyter', '--kernel', '--conn', '{connection_file}'], language: 'typescript' };
  mkdirSync(join(folder, 'jupyter/kernels/deno'), { recursive: true });
  const spec = JSON.stringify({ ...kernel, display_name: 'Deno' });
  writeFileSync(join(folder, 'jupyter/kernels/deno/kernel.json'), spec);
  vi.stubEnv('JUPYTER_PATH', join(folder, 'jupyter'));
  try {
    expect(JSON.parse(await environment.run(NOTEBOOK, book, CELL!))).toEqual([['image/png']]);
  } finally {
    vi.unstubAllEnvs();
  }
});
