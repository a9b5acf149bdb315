// `dcgan evaluate RUN --all` gives one figure for every checkpoint that a run has kept, and for
// every epoch that was evaluated during training. It shows them as a table, a curve in the terminal
// and an SVG.
import { join } from 'node:path';
import plot from 'simple-ascii-chart';
import { listCheckpoints } from '../checkpoint/files.ts';
import { DCGAN } from '../gan/dcgan.ts';
import { readSnapshot } from '../gan/snapshot-file.ts';
import { EVALUATION_SEED } from '../metrics/comparison.ts';
import { type ExtractorChoice, openExtractor } from '../metrics/extractors.ts';
import { comparable, Gauge, MEASURE_NAMES, type Measurement } from '../metrics/gauge.ts';
import { writeOwnFile } from '../platform/durable.ts';
import { DcganError } from '../platform/errors.ts';
import { curveSvg } from '../render/curve.ts';
import { readMetrics } from '../train/metrics.ts';
import { checkpointsOf, goOn, readRunConfig } from '../train/run.ts';
import { dataOfRun, heldOutFor, openData } from '../train/run-data.ts';
import { extractorText } from './evaluation-text.ts';
import { grouped } from './format.ts';
import { extractionProgress } from './options/extractor.ts';
import type { Screen } from './output.ts';

const CURVE_NAME = 'evaluation.svg';

interface Question {
  readonly extractor: ExtractorChoice;
  readonly count: number;
  readonly seed: number;
  readonly device: string | undefined;
  readonly threads: number;
}

export interface EpochMeasurement extends Measurement {
  readonly epoch: number;
}

export interface RunEvaluation {
  readonly run: string;
  /** Path of the curve. */
  readonly svg: string;
  readonly epochs: readonly EpochMeasurement[];
}

/**
 * Measures a run's checkpoints, and draws the curve into its folder. It does not repeat a
 * measurement that the training made in the same way.
 */
export async function evaluateAll(run: string, question: Question, screen: Screen): Promise<RunEvaluation> {
  const { seed, count, device, threads } = question;
  const record = readRunConfig(run);
  const data = await openData(dataOfRun(run, record, {}));
  const machine = { device, threads };
  const extractor = await openExtractor(question.extractor, data, machine);
  const found = new Map<number, Measurement>();
  let gauge: Gauge | null = null;
  try {
    const onProgress = extractionProgress(screen);
    gauge = await Gauge.open(data, await heldOutFor(data), { ...machine, extractor, seed, count, onProgress });
    const alike = { measure: gauge.measure, samples: gauge.count, extractor };
    for (const line of seed === EVALUATION_SEED ? readMetrics(run) : [])
      if (line.type === 'evaluation' && comparable(line, alike)) found.set(line.epoch, line);
    for (const { epoch, step, path } of listCheckpoints(checkpointsOf(run))) {
      if (step !== undefined || found.has(epoch)) continue;
      screen.live(`Measuring epoch ${epoch} ...`);
      const gan = await DCGAN.fromSnapshot(readSnapshot(path), machine);
      try {
        found.set(epoch, await gauge.measureModel(gan));
      } finally {
        await gan.dispose();
      }
    }
  } finally {
    screen.clear();
    await gauge?.dispose();
    await extractor?.dispose();
  }
  if (found.size === 0)
    throw new DcganError({
      what: `${run} has no checkpoint of a whole epoch`,
      todo: goOn(run),
    });
  const epochs = [...found]
    .sort(([a], [b]) => a - b)
    .map(([epoch, { measure, value, floor, samples, extractor: by }]) => ({
      epoch,
      measure,
      value,
      floor,
      samples,
      extractor: by,
    }));
  const { floor, measure } = epochs[0]!;
  const points = epochs.map(({ epoch, value }) => [epoch, value] as const);
  const svg = join(run, CURVE_NAME);
  const curve = curveSvg({ title: `${run}: ${MEASURE_NAMES[measure]}`, name: MEASURE_NAMES[measure], points, floor });
  writeOwnFile(svg, new TextEncoder().encode(curve));
  return { run, svg, epochs };
}

/** Returns the evaluation as text for people. */
export function allText({ run, svg, epochs }: RunEvaluation, columns: number): string {
  const { measure, samples, floor, extractor } = epochs[0]!;
  const best = epochs.reduce((a, b) => (b.value < a.value ? b : a));
  const by = extractor ? ` by ${extractorText(extractor)}` : '';
  const rows = epochs.map(
    ({ epoch, value }) =>
      `${String(epoch).padStart(6)}  ${value.toFixed(2).padStart(9)}${epoch === best.epoch ? '  best' : ''}`,
  );
  const width = Math.max(20, Math.min(72, columns - 16));
  const chart =
    epochs.length < 2
      ? ''
      : plot(
          epochs.map(({ epoch, value }): [number, number] => [epoch, value]),
          { width, height: 12, xLabel: 'epoch', formatter: (value) => Number(value.toPrecision(3)) },
        );
  return [
    `${MEASURE_NAMES[measure]}${by} of ${grouped(samples)} samples of ${run}; lower is better, floor ${floor.toFixed(2)}`,
    '',
    ` epoch  ${'distance'.padStart(9)}`,
    ...rows,
    chart.replace(/[ \n]+$/gm, ''),
    `Curve: ${svg}`,
    '',
  ].join('\n');
}
