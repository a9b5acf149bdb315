// Replays files in the golden format and prints the worst deviation of each group and its bound.
// Where a replay fails, units beside the kink of their activation may be why
// (src/gan/golden-kinks.ts): they are put where the replay has them, and it is judged again.
//   npm run golden -- FILE... [--device native|wasm|reference] [--threads N]
//                     [--precision bf16 [--emulate 8] [--bits 8]]
// --emulate N computes bf16 in plain C, on any machine, with N bits of mantissa. --bits N judges the
// result as if it had N bits.
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { openDataset } from '../dist/data/open.js';
import { emulateBf16 } from '../dist/engine/backends/native/bf16.js';
import { replayGolden } from '../dist/gan/golden.js';
import { judgeGolden } from '../dist/gan/golden-judge.js';
import { KinkRule } from '../dist/gan/golden-kinks.js';
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
  if (positionals.length === 0) throw new DcganError({ what: 'a FILE is needed', todo: 'Type npm run golden -- FILE' });
  const threads = values.threads === undefined ? undefined : Number(values.threads);
  if (values.emulate !== undefined) emulateBf16(Number(values.emulate));
  const options = { device: values.device, threads, precision: values.precision };
  for (const file of positionals) await replay(file, options, Number(values.bits));
}

async function replay(file, options, bits) {
  const bytes = readFile(file);
  const replayed = await replayGolden(bytes, file, openDataset(), options);
  const { device, variant, threads } = replayed.info;
  console.log(`${basename(file)} on ${device} (${variant}), ${threads} thread${threads === 1 ? '' : 's'}`);
  let report = judgeGolden(bytes, file, replayed, bits);
  if (!report.passed && replayed.precision === 'float32') {
    const rule = new KinkRule(bytes, file, openDataset());
    const settled = rule.settle(replayed);
    console.log(
      `${rule.kinks.length} units are beside a kink; ${settled.turned.length} fell on the other side here and are taken out`,
    );
    report = judgeGolden(settled.bytes, file, replayed, bits);
  }
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
