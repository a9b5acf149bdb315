// The packed package from outside the tree: installed in an empty folder it holds what it needs and
// nothing else, its program runs, its library trains, and its types satisfy a strict consumer.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStudio } from './support/cli.ts';
import { pack, ROOT, run } from './support/pack.ts';

describe('the packed package', () => {
  let folder: string;
  let files: string[];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dcgan-pack-'));
    const tarball = await pack(folder);
    writeFileSync(join(folder, 'package.json'), '{"name":"consumer","type":"module","private":true}');
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', tarball], { cwd: folder });
    files = readdirSync(join(folder, 'node_modules/dcgan'), { recursive: true, encoding: 'utf8' });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('holds program, library, kernels and papers, and no tests, benchmarks or maps to absent sources', () => {
    for (const wanted of [
      'bin/dcgan.js',
      'dist/index.js',
      'dist/index.d.ts',
      'dist/page.js',
      'dist/generate.js',
      'dist/generate/index.d.ts',
      'dist/browser/index.d.ts',
      'dist/cli/main.js',
      'assets/digits.safetensors',
      'assets/pictures.safetensors',
      'kernels/conv.c',
      'kernels/isa.h',
      'kernels/wasm/dcgan.wasm',
      'kernels/wasm/dcgan-relaxed.wasm',
      'kernels/wasm/dcgan-generate.wasm',
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
    ])
      expect(files).toContain(wanted);
    expect(files.filter((name) => /^(test|bench|src|docs|examples|\.ci)(\/|$)|\.map$|\/golden[.-]/.test(name))).toEqual(
      [],
    );
  });

  it('runs its program', async () => {
    const { stdout } = await run('npx', ['--no-install', 'dcgan', '--version'], { cwd: folder });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const trained = await run(
      'npx',
      ['--no-install', 'dcgan', 'train', '--preset', 'tiny', '--limit', '64', '--epochs', '1'],
      {
        cwd: folder,
      },
    );
    expect(trained.stdout).toMatch(/Time taken for epoch 1 is/);
  });

  it('has the studio, which loads nothing from elsewhere and is small', async () => {
    const program = join(folder, 'node_modules/dcgan/bin/dcgan.js');
    const { running: studio, link } = await startStudio(folder, 42700, program);
    try {
      const entered = await fetch(link, { redirect: 'manual' });
      const headers = { Cookie: entered.headers.get('Set-Cookie')!.split(';')[0]! };
      const page = await (await fetch(new URL('/', link), { headers })).text();
      const parts = [...page.matchAll(/(?:src|href)="([^"]+)"/g)]
        .map(([, path]) => path!)
        .filter((path) => !path.startsWith('data:'));
      expect(parts.length).toBeGreaterThan(1);
      let compressed = 0;
      for (const part of parts) {
        expect(part).toMatch(/^\/[\w-]+\.(js|css)$/);
        const answer = await fetch(new URL(part, link), { headers });
        expect(answer.status).toBe(200);
        compressed += gzipSync(await answer.arrayBuffer()).length;
      }
      expect(compressed).toBeLessThan(350_000);
    } finally {
      studio.child.kill('SIGTERM');
    }
    await studio.ended;
  });

  it('leaves the 132 MB for GPUs to those who ask for them, and says how', async () => {
    expect(existsSync(join(folder, 'node_modules/webgpu'))).toBe(false);
    const words = ['--no-install', 'dcgan', 'train', '--preset', 'tiny', '--device', 'webgpu'];
    // Where a driver is missing, that is said first; one is pretended.
    const env = { ...process.env, VK_DRIVER_FILES: join(folder, 'none.json') };
    await expect(run('npx', words, { cwd: folder, env })).rejects.toMatchObject({
      code: 1,
      stderr:
        'dcgan: device webgpu cannot run here: the npm package webgpu is not installed. ' +
        'Install it beside dcgan: npm install webgpu@0.6.\n',
    });
    const { peerDependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect([peerDependencies.webgpu, devDependencies.webgpu]).toEqual([
      expect.stringMatching(/^\^0\.6\./),
      expect.stringMatching(/^0\.6\./),
    ]);
  });

  it('says how to install what an own extractor needs', async () => {
    const network = join(ROOT, 'test/golden/networks/grey.onnx');
    const ended = run('npx', ['--no-install', 'dcgan', 'evaluate', '--count', '20', '--extractor', network], {
      cwd: folder,
    });
    await expect(ended).rejects.toMatchObject({
      code: 1,
      stderr:
        'dcgan: extractor grey.onnx needs the package onnxruntime-web, which is not installed. ' +
        'Install it beside dcgan: "npm install onnxruntime-web".\n',
    });
  });

  it.each(['wasm', 'auto'])('trains through its library on %s', async (device) => {
    writeFileSync(
      join(folder, 'consumer.js'),
      `import { DCGAN, datasets, evaluate, presets, train } from 'dcgan';
const gan = await DCGAN.create({ preset: 'tiny', seed: 1, device: ${JSON.stringify(device)} });
const reals = datasets.mnist().batch([...Array(presets.tiny.batchSize).keys()]);
await gan.step(reals);
const { generatorLoss } = await gan.step(reals);
const images = await gan.generate(4, { seed: 2 });
const { samples, features } = await evaluate(gan, { count: 20, device: ${JSON.stringify(device)} });
console.log(JSON.stringify({ judged: samples.count, extractor: features.extractor.name, generatorLoss, images: images.length, steps: gan.steps, train: typeof train }));
await gan.dispose();`,
    );
    const { stdout } = await run(process.execPath, ['consumer.js'], { cwd: folder });
    const said = JSON.parse(stdout) as Record<string, unknown>;
    expect(said).toMatchObject({ judged: 20, extractor: 'digits', images: 4 * 28 * 28, steps: 2, train: 'function' });
    expect(said.generatorLoss).toBeGreaterThan(0);
  });

  it('has types that hold a strict consumer', async () => {
    writeFileSync(
      join(folder, 'consumer.ts'),
      `import { type Generator, loadGenerator } from 'dcgan/generate';
import { type Config, DCGAN, DcganError, datasets, type Evaluation, evaluate, presets, type StepResult, train, type TrainEvent } from 'dcgan';
const config: Config = presets.tiny;
const gan = await DCGAN.create({ preset: 'tiny', batchSize: config.batchSize, device: 'wasm' });
const result: StepResult = await gan.step(datasets.mnist().batch([0, 1]), { noise: new Float32Array(config.batchSize * config.latent) });
const images: Float32Array = await gan.generate(2);
const found: Evaluation = await evaluate(gan, { data: datasets.mnist(), count: 20, extractor: 'digits' });
export const distance: number | undefined = found.features?.frechetDistance.value;
// @ts-expect-error no such range
await evaluate(images, { extractorRange: '0..2' });
const generator: Generator = await loadGenerator(new Uint8Array(1));
export const drawn: Float32Array = await generator.generate(2, { seed: 1, classes: [0, 1] });
export const loss: number = result.generatorLoss + images.length;
// @ts-expect-error a result cannot be written
result.generatorLoss = 1;
// @ts-expect-error no such option
await DCGAN.create({ pre: 'tiny' });
for await (const event of train({ preset: 'tiny', epochs: 1 })) {
  const seen: TrainEvent = event;
  if (seen.type === 'step') console.log(seen.discriminatorLoss.toFixed(3), seen.stepInEpoch);
}
export const wrong = (error: unknown): boolean => error instanceof DcganError && error.exitCode === 2;`,
    );
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          strict: true,
          module: 'nodenext',
          target: 'es2023',
          noEmit: true,
          skipLibCheck: false,
          types: ['node'],
          exactOptionalPropertyTypes: true,
        },
        files: ['consumer.ts'],
      }),
    );
    symlinkSync(join(ROOT, 'node_modules/@types'), join(folder, 'node_modules/@types'));
    await run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder]);
  });
});
