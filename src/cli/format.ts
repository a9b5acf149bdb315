// Writes numbers and settings as people read them.
import { clean } from '../platform/text.ts';

/** Writes seconds as `1:02:03` or `2:03`. */
export function clock(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  const whole = Math.max(0, Math.round(seconds));
  const two = (n: number): string => String(n).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** Returns `about 3 days`, `about 20 minutes`: in the largest unit that fits about twice. */
export function duration(seconds: number): string {
  const units = [
    ['days', 86_400],
    ['hours', 3600],
    ['minutes', 60],
  ] as const;
  const [name, unit] = units.find(([, length]) => seconds >= 1.95 * length) ?? ['seconds', 1];
  const n = Math.max(1, Math.round(seconds / unit));
  return `about ${n} ${n === 1 ? name.slice(0, -1) : name}`;
}

/** Returns the size in millions of bytes. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Returns three significant digits: `48.9 G`, `1.61 G`, `215 M`. */
export function large(value: number): string {
  const [unit, name] =
    value >= 1e12 ? [1e12, ' T'] : value >= 1e9 ? [1e9, ' G'] : value >= 1e6 ? [1e6, ' M'] : [1, ' '];
  const scaled = value / unit;
  return `${scaled.toFixed(scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2)}${name}`;
}

/** Writes 1234567 as 1,234,567, whatever the locale is. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Writes a count with its word: `1 step`, `2 steps`. */
export function count(n: number, what: string): string {
  return `${grouped(n)} ${what}${n === 1 ? '' : 's'}`;
}

/** Lays names and values out in two columns. */
export function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${clean(value)}`).join('\n');
}

/** Returns a figure in four digits; nothing for none. */
export function shown(value: number | undefined): string {
  return value === undefined ? '' : String(Number(value.toPrecision(4)));
}

/** Columns side by side, each as wide as its widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd())
    .join('\n');
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
