// What a person sees on a terminal, tested on made-up streams; and what doctor prints when a kernel
// ends its process.
import { PassThrough } from 'node:stream';
import { afterEach, expect, it, vi } from 'vitest';
import { makeReport } from '../src/cli/checks/kernel-report.ts';
import { KERNEL_CHECKS } from '../src/cli/checks/kernels.ts';
import { clock, grouped, large, median } from '../src/cli/format.ts';
import { Screen, warn } from '../src/cli/output.ts';
import { Progress } from '../src/cli/progress.ts';
import { presets } from '../src/gan/presets.ts';
import { commandLine } from '../src/platform/command.ts';
import { makeGrid } from '../src/render/grid.ts';
import type { RunEvent, StepEvent } from '../src/train/events.ts';
import { seenLines } from './support/terminal.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

function terminal(columns: number, isTTY = true, rows = 24): { screen: Screen; text: () => string } {
  vi.stubEnv('TERM', 'xterm-256color');
  const stream = Object.assign(new PassThrough(), { isTTY, columns, rows });
  return { screen: new Screen(stream as unknown as NodeJS.WriteStream), text: () => String(stream.read() ?? '') };
}

const RUN: RunEvent = {
  type: 'run',
  folder: 'runs/00001-mnist-tf2018',
  config: presets.tf2018,
  seed: 1,
  data: { name: 'mnist', count: 60_000 },
  info: {
    device: 'native',
    variant: 'avx2 gcc-12 abc',
    threads: 1,
    stepsAtOnce: 1,
    fallback: null,
    reason: 'the fastest here',
  },
  stepsPerEpoch: 235,
  resumed: null,
  notes: [],
};

const step = (stepInEpoch: number): StepEvent => ({
  type: 'step',
  step: stepInEpoch,
  epoch: 1,
  stepInEpoch,
  images: 256,
  seconds: 0.5,
  generatorLoss: 1.07,
  discriminatorLoss: 0.73,
  realScore: 0.8,
  fakeScore: 0.37,
});

const PICTURE = makeGrid(new Float32Array(16 * 784), [16, 28, 28, 1]);

it('a terminal has one live line, which gives way to others and is gone at the end', () => {
  vi.useFakeTimers();
  const { screen, text } = terminal(120);
  const progress = new Progress(screen, false);
  progress.show(RUN);
  expect(text()).toBe(
    'Device: native (avx2 gcc-12 abc), 1 thread: the fastest here\n' +
      'Run: runs/00001-mnist-tf2018, preset tf2018, seed 1, 60,000 images of mnist, 150 epochs of 235 steps\n' +
      'A picture after each epoch: runs/00001-mnist-tf2018/images. The first two show one grey pattern sixteen times; digits come later. ' +
      'Legible digits after two epochs: --preset best --epochs 2.\n',
  );
  vi.advanceTimersByTime(200);
  progress.show(step(1));
  expect(text().replace('\r\x1b[K', '>')).toMatch(
    /^>epoch 1\/150 {2}step 1\/235 {2}ETA 4:53:45 {2}512 images\/s {2}G 1\.070 {2}D 0\.730 {2}D\(x\) 0\.80 {2}D\(G\(z\)\) 0\.37 {2}\d+ MB$/,
  );
  progress.show(step(2));
  expect(text()).toBe('');
  progress.show({
    ...step(235),
    type: 'epoch',
    seconds: 117.5,
    diversity: 0.5,
    classDiversity: null,
    recall: null,
    coverage: null,
    generatorGradient: 1,
    discriminatorGradient: 1,
  });
  expect(text()).toBe(
    '\r\x1b[KTime taken for epoch 1 is 117.50 sec\n' +
      '  generator loss 1.070, discriminator loss 0.730, D(x) 0.80, D(G(z)) 0.37\n',
  );
  screen.clear();
  expect(text()).toBe('');
});

it('says once what takes long, and warnings on lines of their own', () => {
  const { screen, text } = terminal(80, false);
  const progress = new Progress(screen, false, true, () => false);
  progress.show(RUN);
  text();
  for (let i = 1; i <= 20; i++) progress.show({ ...step(i), seconds: 10 });
  progress.show({
    type: 'warning',
    condition: 'explosion',
    since: 2,
    step: 21,
    seen: 'the losses explode: G 1e+4, D 0.1',
    help: 'What usually helps, in a new run: --lr 0.00001',
  });
  expect(text()).toBe(
    'Note: at this speed it takes about 4 days for 150 epochs; smaller: --epochs 18 (about 12 hours).\n' +
      'Warning, since step 2, seen in step 21: the losses explode: G 1e+4, D 0.1. What usually helps, in a new run: --lr 0.00001.\n',
  );
});

it('says which precision may be faster, on native and where the processor has a matrix unit', () => {
  const bf16 = { ...presets.tf2018, precision: 'bf16' } as const;
  const runs = [
    { run: RUN, unit: true, said: true },
    { run: RUN, unit: false, said: false },
    { run: { ...RUN, config: bf16 }, unit: true, said: false },
    { run: { ...RUN, info: { ...RUN.info, device: 'wasm' } }, unit: true, said: false },
  ] as const;
  for (const { run, unit, said } of runs) {
    const { screen, text } = terminal(80, false);
    const progress = new Progress(screen, false, true, () => unit);
    progress.show(run);
    for (let i = 1; i <= 20; i++) progress.show({ ...step(i), seconds: 10 });
    const doctor = commandLine(['doctor']);
    const way = ` A new run with --precision bf16 may take half the time, because this processor has a matrix unit (${doctor} times both).`;
    expect(text().includes(`(about 12 hours).${way}\n`)).toBe(said);
  }
});

it('a narrow terminal gets fewer words, and never a second line', () => {
  vi.useFakeTimers();
  for (const columns of [80, 40]) {
    const { screen, text } = terminal(columns);
    const progress = new Progress(screen, false);
    progress.show(RUN);
    text();
    vi.advanceTimersByTime(200);
    progress.show(step(1));
    const line = text().replace('\r\x1b[K', '');
    expect(line.length).toBeLessThan(columns);
    expect(line).toMatch(/^1\/150 1\/235 ETA 4:53:45 512\/s G 1/);
  }
});

it('in a pipe there are plain lines, at tenths of an epoch but at least 5 seconds apart, or after 30 seconds', () => {
  vi.useFakeTimers();
  const { screen, text } = terminal(80, false);
  const progress = new Progress(screen, false);
  progress.show(RUN);
  text();
  const seen: number[] = [];
  for (let i = 1; i <= 235; i++) {
    // The first quarter is fast; slow steps follow.
    vi.advanceTimersByTime(i < 60 ? 100 : 2_000);
    progress.show(step(i));
    const line = text();
    if (line === '' || line.startsWith('Note: at this speed')) continue;
    expect(line).toMatch(/^epoch 1\/150 {2}step \d+\/235 {2}ETA .* MB\n$/);
    seen.push(i);
  }
  expect(seen).toEqual([50, 74, 89, 104, 119, 134, 149, 164, 179, 194, 209, 224]);
  progress.show({ type: 'picture', epoch: 1, path: 'x.png', picture: PICTURE });
  expect(text()).toBe('');
});

it('pictures are small half-blocks, and signs without colours', () => {
  const { screen, text } = terminal(100);
  expect(screen.picture(PICTURE)).toBe(32);
  const coloured = text();
  expect(coloured).toContain('▀');
  vi.stubEnv('NO_COLOR', '1');
  screen.picture(PICTURE);
  const plain = text();
  expect(plain).not.toContain('\x1b');
  expect(plain.split('\n')[5]).toHaveLength(64);
  vi.stubEnv('TERM', 'dumb');
  const dumb = new PassThrough();
  expect(new Screen(Object.assign(dumb, { isTTY: true }) as unknown as NodeJS.WriteStream).picture(PICTURE)).toBe(0);
});

it('a picture is as wide as the terminal, but no higher than it', () => {
  const rowsAt = (columns: number, rows: number): number => terminal(columns, true, rows).screen.picture(PICTURE);
  expect([rowsAt(40, 24), rowsAt(100, 24), rowsAt(100, 80), rowsAt(1000, 80)]).toEqual([20, 32, 50, 78]);
});

it('a picture takes the place of the last one, and what was printed in between stays above it', () => {
  const { screen, text } = terminal(60, true, 30);
  let output = '';
  const rows = 22;
  for (let epoch = 1; epoch <= 30; epoch++) {
    screen.live('working');
    screen.pictureInPlace(PICTURE);
    screen.print(`epoch ${epoch}\n  ${'x'.repeat(70)}`);
    output += text();
  }
  const lines = seenLines(output, 60).map((line) => line.trimEnd());
  expect(lines).toHaveLength(3 * 30 + rows + 1);
  expect(lines.slice(0, 3)).toEqual(['epoch 1', `  ${'x'.repeat(58)}`, 'x'.repeat(12)]);
  expect(lines.filter((line) => line.includes('▀'))).toHaveLength(rows);
  expect(lines.at(-4)).toBe('epoch 30');
});

it('what the terminal may have moved is left alone', () => {
  const pictures = (change: (screen: Screen, stream: { columns: number }) => void, rows = 30): number => {
    vi.stubEnv('TERM', 'xterm-256color');
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 60, rows });
    const screen = new Screen(stream as unknown as NodeJS.WriteStream);
    screen.pictureInPlace(PICTURE);
    change(screen, stream);
    screen.pictureInPlace(PICTURE);
    const lines = seenLines(String(stream.read() ?? ''));
    return lines.filter((line) => line.includes('▀')).length / 22;
  };
  expect(pictures(() => {})).toBe(1);
  // Another width, a note on standard error, letters of unknown width, and a picture that has left the screen.
  expect(pictures((_, stream) => Object.assign(stream, { columns: 59 }))).toBe(2);
  const quiet = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  expect(pictures(() => warn('a note\n'))).toBe(2);
  quiet.mockRestore();
  expect(pictures((screen) => screen.print('런/00001'))).toBe(2);
  expect(pictures((screen) => screen.print('line\n'.repeat(9)))).toBe(2);
  expect(pictures(() => {}, 12)).toBe(0);
});

it('the time left follows the pace of the run, not that of the last steps', () => {
  vi.useFakeTimers();
  const { screen, text } = terminal(120);
  const progress = new Progress(screen, false, false);
  progress.show(RUN);
  let line = '';
  for (let i = 1; i <= 230; i++) {
    vi.advanceTimersByTime(500);
    // Every tenth step is slow, for others use the machine; the last ones are quick.
    progress.show({ ...step(i), seconds: i % 10 === 0 && i < 200 ? 5.5 : 0.5 });
    progress.show({ type: 'picture', epoch: 1, path: 'x.png', picture: PICTURE });
    line = text();
  }
  expect(line).not.toContain('▀');
  // 150 epochs of 235 steps at 0.9 seconds each, not at 0.6.
  expect(Number(/ETA (\d+):/.exec(line)![1])).toBe(8);
});

it('a kernel that ends its process is named, as is one that is wrong', () => {
  const [first, second] = KERNEL_CHECKS.map(({ name }) => name);
  const all = KERNEL_CHECKS.map(({ name }) => ({ done: name, error: 1e-7 }));
  expect(makeReport(all, null)).toEqual({
    passed: KERNEL_CHECKS.map(({ name }) => name),
    worstError: 1e-7,
    problems: [],
  });
  expect(
    makeReport([{ starting: first! }, { done: first!, error: 0 }, { starting: second! }], 'was ended by SIGILL')
      .problems,
  ).toEqual([`${second}: the process was ended by SIGILL`]);
  expect(makeReport([{ done: first!, error: 0.5 }, ...all.slice(1)], null).problems).toEqual([
    `${first}: differs from the reference by 0.5`,
  ]);
  expect(makeReport([{ done: first!, error: null }, ...all.slice(1)], null).problems).toHaveLength(1);
  expect(makeReport([{ starting: first! }, { failed: 'no memory' }], 'failed: it').problems).toEqual([
    `${first}: no memory`,
  ]);
  expect(makeReport([], null).problems).toEqual(['starting: the checks ended early']);
});

it('numbers and commands read well', () => {
  expect([clock(5), clock(65.4), clock(3725), clock(Number.NaN)]).toEqual(['0:05', '1:05', '1:02:05', '?']);
  expect([grouped(7), grouped(1234), grouped(1234567)]).toEqual(['7', '1,234', '1,234,567']);
  expect([large(48.9e9), large(829e6), large(1.614e12), large(12)]).toEqual(['48.9 G', '829 M', '1.61 T', '12.0 ']);
  expect([median([3, 1, 2]), median([4, 1, 3, 2])]).toEqual([2, 2.5]);
  vi.stubEnv('npm_command', '');
  expect(commandLine(['train', '--resume', "it's here"])).toBe("npx dcgan train --resume 'it'\\''s here'");
});
