// Writes a run's metrics as CSV (RFC 4180) for spreadsheets, R and pandas. Each line of
// metrics.jsonl becomes a row, in its order. What a line does not have is an empty field.
import { EPOCH_FIGURES, STEP_FIGURES } from '../train/line-figures.ts';
import { readMetrics } from '../train/metrics.ts';

const COLUMNS = [
  'type',
  'epoch',
  'step',
  ...STEP_FIGURES,
  ...EPOCH_FIGURES,
  'measure',
  'value',
  'floor',
  'samples',
  'seconds',
  'time',
] as const;

/** So many rows are encoded together. */
const ROWS_AT_ONCE = 1000;

/** The file in pieces. @throws DcganError naming a line that cannot be understood */
export function* metricsCsv(run: string): Generator<Uint8Array, void, undefined> {
  const encoder = new TextEncoder();
  let rows = [COLUMNS.join(',')];
  for (const line of readMetrics(run)) {
    const values = line as Readonly<Record<string, unknown>>;
    rows.push(COLUMNS.map((column) => field(values[column])).join(','));
    if (rows.length < ROWS_AT_ONCE) continue;
    yield encoder.encode(`${rows.join('\r\n')}\r\n`);
    rows = [];
  }
  if (rows.length > 0) yield encoder.encode(`${rows.join('\r\n')}\r\n`);
}

/** Numbers and words: none of them holds a comma, a quote or a line's end. */
function field(value: unknown): string {
  return typeof value === 'number' || typeof value === 'string' ? String(value) : '';
}
