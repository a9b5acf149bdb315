// Evaluations while a run is under way: after which epochs, what was measured, whether it is the best so far. Samples are made of noise of
// their own and with running statistics, so that a run that is evaluated has the bits of one that is not.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DeviceFailure } from '../engine/backends/backend.ts';
import type { DCGAN } from '../gan/dcgan.ts';
import type { Extractor } from '../metrics/extractor.ts';
import { openExtractor } from '../metrics/extractors.ts';
import { comparable, Gauge } from '../metrics/gauge.ts';
import { complaintText, DcganError } from '../platform/errors.ts';
import { BEST_NAME } from './best.ts';
import type { EvaluationEvent, WarningEvent } from './events.ts';
import { type EvaluationLine, type MetricsLine, metricsWith } from './metrics.ts';
import { heldOutFor, type Prepared } from './prepare.ts';
import { checkpointsOf } from './run.ts';

export class Evaluator {
  readonly #run: Prepared;
  readonly #lines: EvaluationLine[];
  #opened: { readonly gauge: Gauge; readonly extractor: Extractor | null } | null = null;

  constructor(run: Prepared) {
    this.#run = run;
    this.#lines = [...metricsWith(run.folder, 'evaluation')].filter((line) => line.type === 'evaluation');
  }

  isDue(epoch: number): boolean {
    const { evaluateEvery } = this.#run.record;
    return evaluateEvery > 0 && epoch % evaluateEvery === 0;
  }

  /** Measures samples of the model. An evaluation that fails becomes a warning: a training never ends by it. */
  async evaluate(gan: DCGAN, at: { epoch: number; step: number }): Promise<EvaluationEvent | WarningEvent> {
    try {
      return await this.#evaluate(gan, at);
    } catch (error) {
      // The training computes on the same device, and changes to another where it can.
      if (error instanceof DeviceFailure) throw error;
      return failedEvaluation(error, at.step);
    }
  }

  async #evaluate(gan: DCGAN, { epoch, step }: { epoch: number; step: number }): Promise<EvaluationEvent> {
    const started = performance.now();
    const gauge = await this.#gauge(gan);
    const found = await gauge.measureModel(gan);
    const line = { type: 'evaluation', epoch, step, ...found, seconds: (performance.now() - started) / 1000 } as const;
    const best = found.value < this.#lowest(line);
    this.#lines.push(line);
    return { ...line, best };
  }

  async dispose(): Promise<void> {
    await this.#opened?.gauge.dispose();
    await this.#opened?.extractor?.dispose();
  }

  /** Of what can be compared. Without its checkpoint an earlier evaluation counts for nothing. */
  #lowest(found: EvaluationLine): number {
    const { folder, record } = this.#run;
    if (record.keepBest && !existsSync(join(checkpointsOf(folder), BEST_NAME))) return Number.POSITIVE_INFINITY;
    const alike = this.#lines.filter((line) => comparable(line, found));
    return Math.min(...alike.map(({ value }) => value));
  }

  async #gauge({ info }: DCGAN): Promise<Gauge> {
    if (!this.#opened) {
      const { data } = this.#run;
      const machine = { device: info.device, threads: info.threads };
      const extractor = await openExtractor(this.#run.record, data, machine);
      try {
        this.#opened = { extractor, gauge: await Gauge.open(data, await heldOutFor(data), { ...machine, extractor }) };
      } catch (error) {
        await extractor?.dispose();
        throw error;
      }
    }
    return this.#opened.gauge;
  }
}

function failedEvaluation(error: unknown, step: number): WarningEvent {
  const seen = error instanceof DcganError ? complaintText(error.complaint) : `internal error: ${String(error)}`;
  return {
    type: 'warning',
    condition: 'evaluation-failed',
    step,
    since: step,
    seen: `the evaluation failed: ${seen}`,
    help: 'The training goes on without its figure',
  };
}

/** An event as it stands in metrics.jsonl: whether it was the best follows from the lines before. */
export function lineOf({ best: _, ...line }: EvaluationEvent): MetricsLine {
  return line;
}
