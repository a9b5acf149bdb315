// What a training would do and cost, from its graph and plan alone: no device is opened, nothing is written.
import { compile } from '../engine/compile.ts';
import { costOf } from '../engine/cost.ts';
import { arenaBytes } from '../engine/plan.ts';
import { makeModel, parameterCounts } from '../gan/model.ts';
import { trainingStep } from '../gan/step.ts';
import type { TrainOptions } from '../train/options.ts';
import { stepsPerEpoch } from '../train/order.ts';
import { configFor, dataOfRun, openData } from '../train/prepare.ts';
import { readRunConfig, resolveRun } from '../train/run.ts';
import { columns, grouped, large, megabytes } from './format.ts';

export async function dryRun(options: TrainOptions, json: boolean): Promise<string> {
  const run = options.resume === undefined ? null : readRunConfig(resolveRun(options.resume));
  const data = await openData(run ? dataOfRun(run, options) : options);
  const config = run ? { ...run.config, epochs: options.epochs ?? run.config.epochs } : configFor(options, data);
  const model = makeModel(config);
  const step = trainingStep(model, config.batchSize);
  const steps = stepsPerEpoch(data.count, config.batchSize);
  const report = {
    config,
    seed: run?.seed ?? options.seed ?? null,
    data: { name: data.name, count: data.count },
    stepsPerEpoch: steps,
    parameters: parameterCounts(model),
    arenaBytes: arenaBytes(compile(step, model.layout)),
    flopPerStep: costOf(step),
  };
  if (json) return `${JSON.stringify(report)}\n`;
  const { nominal, shared, needed } = report.flopPerStep;
  const settings = Object.entries(config).map(([name, value]) => [name, String(value)] as const);
  const rows: (readonly [string, string])[] = [
    ...settings,
    ['seed', report.seed === null ? 'random, drawn when the run starts' : String(report.seed)],
    ['data', `${data.name}, ${grouped(data.count)} images of ${data.height} x ${data.width} x ${data.channels}`],
    ['steps', `${grouped(steps)} an epoch, ${grouped(steps * config.epochs)} in all`],
    ['generator', `${grouped(report.parameters.generator)} parameters`],
    ['discriminator', `${grouped(report.parameters.discriminator)} parameters`],
    ['arena', megabytes(report.arenaBytes)],
    ['a step costs', `${large(nominal)}FLOP nominal, ${large(shared)}FLOP shared, ${large(needed)}FLOP needed`],
  ];
  return `${columns(rows)}\n`;
}
