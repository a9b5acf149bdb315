#!/usr/bin/env node
// The command's entry: runs the built program, and says how to build it where that was not done.
import { existsSync } from 'node:fs';

const built = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(built)) {
  const { main } = await import(built.href);
  process.exitCode = await main(process.argv.slice(2));
} else {
  process.stderr.write('dcgan: dist/ is missing: the program is not built. Run: npm run build\n');
  process.exitCode = 1;
}
