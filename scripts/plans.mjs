// Writes what each preset compiles to into test/recorded/plans/PRESET.txt, where a change of the compiler shows as a diff.
import { mkdirSync, writeFileSync } from 'node:fs';
import { printAfter } from '../dist/engine/print-graph.js';
import { resolveConfig } from '../dist/gan/config.js';
import { makeModel } from '../dist/gan/model.js';
import { presets } from '../dist/gan/presets.js';
import { trainingStep } from '../dist/gan/step.js';

const folder = new URL('../test/recorded/plans/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const name of Object.keys(presets)) {
  const config = resolveConfig(name);
  const model = makeModel(config);
  const text = printAfter('memory', trainingStep(model, config.batchSize), model.layout);
  writeFileSync(new URL(`${name}.txt`, folder), text);
}
