#!/usr/bin/env node
// The command's entry: runs the built program, and says what to do where it was not built or Node is too old.
import { existsSync } from 'node:fs';

const built = new URL('../dist/cli/main.js', import.meta.url);
if (Number.parseInt(process.versions.node, 10) < 20) {
  process.stderr.write(`dcgan: needs Node 20.19 or newer: got ${process.versions.node}. Install a newer Node.\n`);
  process.exitCode = 1;
} else if (existsSync(built)) {
  const { main } = await import(built.href);
  process.exitCode = await main(process.argv.slice(2));
} else {
  process.stderr.write('dcgan: dist/ is missing: the program is not built. Run: npm run build\n');
  process.exitCode = 1;
}
