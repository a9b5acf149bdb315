// Replays a file in the golden format and prints the worst deviation of each group and its bound:
//   npm run golden -- FILE [--device native|wasm|reference] [--threads N]
//                     [--precision bf16 [--emulate 8] [--bits 8]]
// --emulate N computes bf16 in plain C, on any machine, with N bits of mantissa. --bits N judges the
// result as if it had N bits.
import { parseArgs } from 'node:util';
import { openDataset } from '../dist/data/open.js';
import { emulateBf16 } from '../dist/engine/backends/native/bf16.js';
import { replayGolden } from '../dist/gan/golden.js';
import { judgeGolden } from '../dist/gan/golden-judge.js';
import { readFile } from '../dist/platform/durable.js';
import { DcganError } from '../dist/platform/errors.js';

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      device: { type: 'string' },
      threads: { type: 'string' },
      precision: { type: 'string' },
      emulate: { type: 'string' },
      bits: { type: 'string', default: '8' },
    },
  });
  const [file] = positionals;
  if (positionals.length !== 1)
    throw new DcganError({ what: 'one FILE is needed', todo: 'Type npm run golden -- FILE' });
  const threads = values.threads === undefined ? undefined : Number(values.threads);
  if (values.emulate !== undefined) emulateBf16(Number(values.emulate));
  const options = { device: values.device, threads, precision: values.precision };
  const bytes = readFile(file);
  const replayed = await replayGolden(bytes, file, openDataset(), options);
  const report = judgeGolden(bytes, file, replayed, Number(values.bits));
  const { device, variant, threads: used } = replayed.info;
  console.log(`${device} (${variant}), ${used} thread${used === 1 ? '' : 's'}`);
  for (const { group, tensor, ratio, detail } of report.worst)
    console.log(`${ratio <= 1 ? 'pass' : 'FAIL'}  ${group.padEnd(18)} ${tensor.padEnd(42)} ${detail}`);
  if (!report.passed) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  console.error(`golden: ${error.message}`);
  process.exitCode = 1;
}
