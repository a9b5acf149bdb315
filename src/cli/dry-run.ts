// Says what a training would do and cost, from its graph and plan and from a few steps on the
// device. It writes nothing.

import type { Dataset } from '../data/dataset.ts';
import { compile } from '../engine/compile.ts';
import { arenaBytes } from '../engine/plan.ts';
import { makeModel, parameterCounts } from '../gan/model.ts';
import type { Config } from '../gan/schema.ts';
import { readSnapshot } from '../gan/snapshot-file.ts';
import { trainingStep } from '../gan/step.ts';
import { isCheckpoint, openAdopted } from '../train/adopt.ts';
import { type Evaluations, settleEvaluations } from '../train/best.ts';
import { stepsPerEpoch } from '../train/epoch.ts';
import { configFor } from '../train/prepare.ts';
import { checkpointToResume } from '../train/reopen.ts';
import { readRunConfig, resolveRun } from '../train/run.ts';
import { dataOfRun, openData } from '../train/run-data.ts';
import { locate } from '../train/run-names.ts';
import type { TrainOptions } from '../train/run-options.ts';
import { settingText } from '../train/setting.ts';
import { refuseDone } from '../train/settle.ts';
import { costOfStep, estimateTraining, timeInWords } from './estimate.ts';
import { columns, count, duration, grouped, large, megabytes } from './format.ts';

export async function dryRun(options: TrainOptions, json: boolean): Promise<string> {
  const notes: string[] = [];
  const { data, config, seed, taken } = await settled(options, (note) => notes.push(note));
  // A training starts Node and opens its data too.
  const secondsToOpen = process.uptime();
  const model = makeModel(config);
  const step = trainingStep(model, config.batchSize);
  const steps = stepsPerEpoch(data.count, config.batchSize);
  const left = config.epochs * steps - taken;
  const endsLeft = config.epochs - Math.floor(taken / steps);
  const estimate = await estimateTraining(config, data, { device: options.device, threads: options.threads });
  const secondsToStart = secondsToOpen + estimate.secondsForGroups;
  const report = {
    config,
    seed,
    data: { name: data.name, count: data.count },
    notes,
    stepsPerEpoch: steps,
    stepsLeft: left,
    parameters: parameterCounts(model),
    arenaBytes: arenaBytes(compile(step, model.layout)),
    flopPerStep: costOfStep(config),
    estimate,
    seconds: secondsToStart + left * estimate.secondsPerStep + endsLeft * estimate.secondsPerEpochEnd,
  };
  if (json) return `${JSON.stringify(report)}\n`;
  const { nominal, shared, needed } = report.flopPerStep;
  const { device, threads, secondsPerStep, secondsPerEpochEnd } = report.estimate;
  const time =
    taken === 0
      ? timeInWords(config, steps, secondsPerStep, secondsPerEpochEnd, secondsToStart)
      : `${duration(report.seconds)} for what is left`;
  const settings = Object.entries(config).map(([name, value]) => [name, settingText(name, value)] as const);
  const rows: (readonly [string, string])[] = [
    ...settings,
    ['seed', report.seed === null ? 'random, drawn when the run starts' : String(report.seed)],
    ['data', `${data.name}, ${grouped(data.count)} images of ${data.height} x ${data.width} x ${data.channels}`],
    [
      'steps',
      `${grouped(steps)} an epoch, ${grouped(steps * config.epochs)} in all${taken === 0 ? '' : `, ${grouped(left)} left`}`,
    ],
    ['generator', `${grouped(report.parameters.generator)} parameters`],
    ['discriminator', `${grouped(report.parameters.discriminator)} parameters`],
    ['arena', megabytes(report.arenaBytes)],
    ['a step costs', `${large(nominal)}FLOP nominal, ${large(shared)}FLOP shared, ${large(needed)}FLOP needed`],
    [
      'it takes',
      left === 0 ? 'no time: all epochs are done' : `${time} (${device}, ${count(threads, 'thread')}, just measured)`,
    ],
  ];
  return `${columns(rows)}\n${notes.map((note) => `Note: ${note}.\n`).join('')}`;
}

/**
 * Returns what the run would have, and the number of steps it has taken already: a fresh run, one
 * from a checkpoint alone, or a resumed one.
 */
async function settled(
  options: TrainOptions,
  onNote: (note: string) => void,
): Promise<{ data: Dataset; config: Config; seed: number | null; taken: number }> {
  const { resume, epochs, seed = null } = options;
  const noteEvaluations = (before?: Evaluations): void => {
    if (settleEvaluations(options, before).evaluateEvery > 0) onNote('the time does not count the evaluations');
  };
  if (resume === undefined) {
    noteEvaluations();
    const data = await openData(options, onNote);
    return { data, config: configFor(options, data), seed, taken: 0 };
  }
  if (isCheckpoint(resume)) {
    noteEvaluations();
    const { data, config, snapshot } = await openAdopted(locate(resume), options, onNote);
    return { data, config, seed: snapshot.seed, taken: snapshot.step };
  }
  const folder = resolveRun(resume);
  const run = readRunConfig(folder);
  noteEvaluations(run);
  const data = await openData(dataOfRun(folder, run, options), onNote);
  const config = { ...run.config, epochs: epochs ?? run.config.epochs };
  const path = checkpointToResume(folder, options);
  const taken = path === null ? 0 : readSnapshot(path).step;
  refuseDone(config.epochs, Math.ceil(taken / stepsPerEpoch(data.count, config.batchSize)));
  return { data, config, seed: run.seed, taken };
}
