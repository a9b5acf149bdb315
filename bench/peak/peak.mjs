// Measures the machine's float32 peak with a small C program. It runs beside what it is compared
// with, so that both meet the same load and clock.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Compiles peak.c; `peak(threads)` resolves to GFLOP/s. */
export function openPeak() {
  const folder = mkdtempSync(join(tmpdir(), 'dcgan-peak-'));
  const program = join(folder, 'peak');
  const source = fileURLToPath(new URL('peak.c', import.meta.url));
  const flags = '-O3 -march=native -pthread -std=gnu17 -ffp-contract=fast'.split(' ');
  const [compiler, ...more] = (process.env.CC ?? 'cc').split(' ');
  execFileSync(compiler, [...more, ...flags, source, '-o', program], { stdio: 'inherit' });
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
  rmSync(folder, { recursive: true });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const peak = async (threads) => {
    child.stdin.write(`${threads}\n`);
    return Number((await lines.next()).value);
  };
  return { peak, close: () => child.stdin.end() };
}
