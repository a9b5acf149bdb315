#!/usr/bin/env node
// The command's entry: loads the built program, and says how to build it where that was not done.
import { existsSync } from 'node:fs';

if (!existsSync(new URL('../dist/cli/main.js', import.meta.url))) {
  process.stderr.write('dcgan: dist/ is missing: the program is not built. Run: npm run build\n');
  process.exit(1);
}
await import('../dist/cli/main.js');
