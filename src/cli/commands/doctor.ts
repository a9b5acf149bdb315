// `dcgan doctor` says what this machine can run, and why not the rest. It checks that the kernels
// compute what they should, and measures how fast the best device is.
import { type Command, Option } from 'commander';
import { DEVICES, type DeviceName } from '../../engine/backends/backend.ts';
import { availability } from '../../engine/backends/index.ts';
import { nativeAvailability } from '../../engine/backends/native/backend.ts';
import { bf16Kernels, whatIsMissing } from '../../engine/backends/native/bf16.ts';
import { NoLibrary } from '../../engine/backends/native/no-library.ts';
import { examineGpu, type GpuReport } from '../../engine/backends/webgpu/examine.ts';
import { nodeGpu } from '../../engine/backends/webgpu/node.ts';
import type { Precision } from '../../engine/plan.ts';
import { PASSES, type PassName, printAfter } from '../../engine/print-graph.ts';
import { resolveConfig } from '../../gan/config.ts';
import { makeModel } from '../../gan/model.ts';
import { DEFAULT_PRESET } from '../../gan/presets.ts';
import { trainingStep } from '../../gan/step.ts';
import { cacheFolder } from '../../platform/cache.ts';
import { usableCores } from '../../platform/cores.ts';
import { usage } from '../../platform/errors.ts';
import { processorName } from '../../platform/host.ts';
import { onNotice } from '../../platform/notices.ts';
import { VERSION } from '../../platform/version.ts';
import { checkKernels, type KernelReport } from '../checks/kernel-report.ts';
import { precisionText } from '../checks/precision.ts';
import { measureSpeed, type Speed } from '../checks/speed.ts';
import type { Outcome } from '../failure.ts';
import { count, grouped } from '../format.ts';
import { choice, debugOption, PRESET_NAMES, threadsOption } from '../options/values.ts';
import { Screen, write } from '../output.ts';

const SPEED_SECONDS = 5;

const EXAMPLES = `
Examples:
  dcgan doctor                    everything, in about half a minute
  dcgan doctor --plan tiny        the compiled training step of a preset, as text
  dcgan doctor --plan tiny --after share    its graph after a pass of the compiler
  dcgan doctor --json             for a bug report`;

interface Flags {
  readonly plan?: string | true;
  readonly after?: PassName;
  readonly threads?: number;
  readonly json?: true;
}

interface Bf16Report {
  readonly ok: boolean;
  readonly variant?: string;
  readonly reason?: string;
}

interface DeviceReport {
  readonly device: DeviceName;
  readonly ok: boolean;
  readonly variant?: string;
  readonly prebuilt?: string;
  readonly compiler?: string;
  readonly cache?: { readonly path: string; readonly kind: string };
  /** Only native has this: whether --precision bf16 runs and by which kernels, or why not. */
  readonly bf16?: Bf16Report | undefined;
  readonly reason?: string;
  readonly todo?: string;
  readonly kernels?: KernelReport;
  readonly gpu?: GpuReport | null;
}

export function defineDoctor(program: Command, outcome: Outcome): void {
  program
    .command('doctor')
    .description('Say what this machine can run and why not, check every kernel, and time the best device.')
    .addOption(
      new Option('--plan [preset]', `print a preset's compiled step instead (default: ${DEFAULT_PRESET})`).argParser(
        choice('--plan', PRESET_NAMES),
      ),
    )
    .addOption(
      new Option('--after <pass>', `with --plan: the step after this pass: ${PASSES.join(', ')}`).argParser(
        choice('--after', PASSES),
      ),
    )
    .addOption(threadsOption())
    .option('--json', 'as one JSON object')
    .addOption(debugOption())
    .addHelpText('after', EXAMPLES)
    .action(async ({ plan, after, threads, json }: Flags) => {
      if (after !== undefined && plan === undefined) throw usage({ what: '--after shows a plan', todo: 'Add --plan' });
      if (plan !== undefined) write(planText(plan === true ? DEFAULT_PRESET : plan, after));
      else if (!(await examine(threads ?? usableCores(), json === true))) outcome.code = 1;
    });
}

function planText(preset: string, after: PassName = 'memory'): string {
  const config = resolveConfig(preset);
  const model = makeModel(config);
  return printAfter(after, trainingStep(model, config.batchSize), model.layout);
}

/** Returns true when some device can train and none computes wrongly. */
async function examine(threads: number, json: boolean): Promise<boolean> {
  const screen = new Screen(json ? process.stderr : process.stdout);
  const say = (text: string): void => {
    if (!json) screen.print(text);
  };
  const notes: string[] = [];
  onNotice((text) => {
    notes.push(text);
    say(`note: ${text}.`);
  });
  const machine = {
    version: VERSION,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: processorName(),
    cores: usableCores(),
    threads,
    cache: cacheText(),
  };
  say(`dcgan ${VERSION}, node ${machine.node}, ${machine.platform}`);
  say(`${machine.cpu}, ${machine.cores} usable cores; ${threads} threads are used`);
  say(`cache: ${machine.cache}`);

  const devices: DeviceReport[] = [];
  for (const device of DEVICES) {
    screen.live(`${device}: looking, and checking its kernels ...`);
    const report = await examineDevice(device, threads);
    devices.push(report);
    say(deviceText(report));
  }
  const sound = devices.filter(({ device, ok, kernels }) => ok && device !== 'reference' && !kernels?.problems.length);
  // A training would take `auto`, unless some device has to be avoided.
  const best = devices.every(({ kernels }) => !kernels?.problems.length) ? 'auto' : sound[0]?.device;
  screen.live(`timing the best device for ${SPEED_SECONDS} seconds ...`);
  const speed = best && sound.length > 0 ? await timed(best, threads) : null;
  say(speed ? speedText(speed) : 'Nothing here can train: see above what to do.');
  const inBf16 = speed?.device === 'native' && devices.some(({ bf16 }) => bf16?.ok);
  if (inBf16) screen.live(`timing it in bf16 for ${SPEED_SECONDS} seconds ...`);
  const bf16Speed = inBf16 ? await timed('native', threads, 'bf16') : null;
  if (speed && bf16Speed) say(precisionText(speed, bf16Speed));
  screen.clear();
  if (json) write(`${JSON.stringify({ ...machine, devices, speed, bf16Speed, notes })}\n`);
  return speed !== null && devices.every(({ kernels }) => !kernels || kernels.problems.length === 0);
}

async function examineDevice(device: DeviceName, threads: number): Promise<DeviceReport> {
  const found = device === 'native' ? await nativeAvailability() : await availability(device);
  if (!found.ok || device === 'reference') return { device, ...found };
  const kernels = await checkKernels(device, threads);
  if (device === 'native') return { device, ...found, bf16: await examineBf16(), kernels };
  if (device !== 'webgpu' || kernels.problems.length > 0) return { device, ...found, kernels };
  return { device, ...found, kernels, gpu: await examineGpu((await nodeGpu())!) };
}

async function examineBf16(): Promise<Bf16Report> {
  const missing = await whatIsMissing();
  if (missing) return { ok: false, reason: missing.message };
  try {
    return { ok: true, variant: (await bf16Kernels()).variant };
  } catch (error) {
    if (error instanceof NoLibrary) return { ok: false, reason: error.message };
    throw error;
  }
}

function timed(device: DeviceName | 'auto', threads: number, precision: Precision = 'float32'): Promise<Speed> {
  const options = { device, threads, steps: 1000, seconds: SPEED_SECONDS };
  return measureSpeed(resolveConfig(DEFAULT_PRESET, { precision }), options);
}

function deviceText({ device, ok, variant, reason, todo, ...checked }: DeviceReport): string {
  const { prebuilt, compiler, cache, bf16, kernels, gpu } = checked;
  if (!ok) return `${device}: cannot run here: ${reason}. ${todo}.`;
  const lines = [`${device}: ok, ${variant}`];
  if (device === 'reference') lines[0] += ' (slow; for tests only)';
  if (prebuilt) lines.push(`  kernels of the package ${prebuilt}`);
  if (compiler) lines.push(`  compiler: ${compiler}`);
  if (cache) lines.push(`  kernels are kept in ${cache.path} (${cache.kind})`);
  if (bf16) lines.push(`  --precision bf16: ${bf16.ok ? `ok, ${bf16.variant}` : `cannot run here: ${bf16.reason}`}`);
  if (kernels) {
    const { passed, worstError, problems } = kernels;
    lines.push(
      `  ${passed.length} kernel checks passed, ${problems.length} failed; worst error ${worstError.toExponential(1)}`,
    );
    for (const problem of problems) lines.push(`  FAILED ${problem}`);
  }
  if (gpu) lines.push(...gpuLines(gpu).map((line) => `  ${line}`));
  return lines.join('\n');
}

function gpuLines({ adapter, driver, hardware, limits, features, subgroups, ...speed }: GpuReport): string[] {
  const mib = (bytes: number): string => `${grouped(Math.floor(bytes / 2 ** 20))} MiB`;
  const names = (offered: boolean): string =>
    Object.entries(features)
      .filter(([, is]) => is === offered)
      .map(([name]) =>
        name === 'subgroups' && subgroups ? `subgroups of ${subgroups.least} to ${subgroups.most}` : name,
      )
      .join(', ') || 'none';
  return [
    `adapter: ${adapter}; driver: ${driver}${hardware ? '' : '; software, which auto never takes'}`,
    `limits: buffers of ${mib(limits.maxBufferSize)}, ${mib(limits.maxStorageBufferBindingSize)} of one in use; workgroups of ` +
      `${limits.maxComputeInvocationsPerWorkgroup} threads and ${limits.maxComputeWorkgroupStorageSize / 1024} KiB, ` +
      `${grouped(limits.maxComputeWorkgroupsPerDimension)} in a row`,
    `features: ${names(true)}; not offered: ${names(false)}`,
    `measured: ${speed.gflopsPerSecond.toPrecision(3)} GFLOP/s of multiply-adds, ${speed.gigabytesPerSecond.toPrecision(3)} GB/s copied`,
  ];
}

function speedText({ device, threads, preset, batch, steps, secondsPerStep, ...rest }: Speed): string {
  return (
    `speed: ${device}, ${count(threads, 'thread')}: ${secondsPerStep.median.toFixed(3)} s a step of ${preset}, batch ${batch} ` +
    `(median of ${steps}), ${rest.imagesPerSecond.toFixed(0)} images/s, ${rest.gflopsPerSecond.toFixed(0)} GFLOP/s (nominal)`
  );
}

function cacheText(): string {
  try {
    const { path, kind } = cacheFolder('native');
    return `${path} (${kind})`;
  } catch (error) {
    return (error as Error).message;
  }
}
