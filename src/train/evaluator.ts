// Evaluates a run while it trains. It decides after which epochs, measures, and says whether a
// figure is the best so far. The samples use noise of their own and running statistics, so an
// evaluation does not change a bit of the run.
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
import { STOPPED } from './loop.ts';
import { type EvaluationLine, type MetricsLine, metricsWith } from './metrics.ts';
import type { Prepared } from './prepare.ts';
import { checkpointsOf } from './run.ts';
import { heldOutFor } from './run-data.ts';

export class Evaluator {
  readonly #run: Prepared;
  readonly #lines: EvaluationLine[];
  readonly #signal: AbortSignal | undefined;
  #opened: { readonly gauge: Gauge; readonly extractor: Extractor | null } | null = null;

  constructor(run: Prepared, signal: AbortSignal | undefined) {
    this.#run = run;
    this.#signal = signal;
    this.#lines = [...metricsWith(run.folder, 'evaluation')].filter((line) => line.type === 'evaluation');
  }

  isDue(epoch: number): boolean {
    const { evaluateEvery } = this.#run.record;
    return evaluateEvery > 0 && epoch % evaluateEvery === 0;
  }

  /**
   * Measures samples of the model. A failed evaluation becomes a warning, because it must not end a
   * training. Returns STOPPED when the training is asked to stop while an extractor computes, since
   * a stranger's may never end.
   */
  async evaluate(
    gan: DCGAN,
    at: { epoch: number; step: number },
  ): Promise<EvaluationEvent | WarningEvent | typeof STOPPED> {
    try {
      return await this.#evaluate(gan, at);
    } catch (error) {
      // The training computes on the same device. It may continue on another one.
      if (error instanceof DeviceFailure) throw error;
      if (this.#signal?.aborted) return STOPPED;
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

  /**
   * Returns the lowest figure that can be compared with `found`. Without the best checkpoint no
   * earlier evaluation counts.
   */
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
      const extractor = await openExtractor(this.#run.record, data, machine, this.#signal);
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
    help: 'The training continues without its figure',
  };
}

/**
 * Returns an event as its line in metrics.jsonl. Whether it was the best follows from the lines
 * before it.
 */
export function lineOf({ best: _, ...line }: EvaluationEvent): MetricsLine {
  return line;
}
