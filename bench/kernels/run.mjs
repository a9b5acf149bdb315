// Builds driver.c with the kernels, with the flags of the native device, and runs it with the arguments given:
//   npm run build && node bench/kernels/run.mjs [threads] [rounds] [batch] [layer] [--markdown FILE]
// CC chooses the compiler, MACHINE its target (default -march=native; "-mavx2 -mfma" shows the narrower tile).
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { FUSED } from '../../dist/engine/backends/native-compiler.js';
import { load, publish, setting } from '../lib.mjs';

const { values, positionals } = parseArgs({ options: { markdown: { type: 'string' } }, allowPositionals: true });
const kernels = fileURLToPath(new URL('../../kernels/', import.meta.url));
const driver = fileURLToPath(new URL('driver.c', import.meta.url));
const cc = process.env.CC ?? 'cc';
const machine = (process.env.MACHINE ?? '-march=native').split(' ');
const flags = ['-O3', '-fPIC', '-pthread', '-std=gnu17', '-fno-math-errno', ...machine];
const folder = mkdtempSync(join(tmpdir(), 'dcgan-bench-'));
try {
  const units = readdirSync(kernels).filter((name) => name.endsWith('.c'));
  const objects = units.map((unit) => {
    const object = join(folder, unit.replace(/c$/, 'o'));
    const contract = FUSED.includes(unit) ? 'fast' : 'off';
    execFileSync(cc, [...flags, `-ffp-contract=${contract}`, '-c', join(kernels, unit), '-o', object], {
      stdio: 'inherit',
    });
    return object;
  });
  const program = join(folder, 'driver');
  execFileSync(cc, [...flags, driver, ...objects, '-o', program], { stdio: 'inherit' });
  const before = load();
  const said = execFileSync(program, positionals, { encoding: 'utf8' });
  publish('kernels', `${setting(before)}\n\n\`\`\`\n${said}\`\`\``, values.markdown);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
