#!/usr/bin/env node
// The command's entry: runs the built program, and says what to do where it was not built, Node is too old, or the program
// cannot even be read because too few files may be open at once.
import { existsSync } from 'node:fs';

const built = new URL('../dist/cli/main.js', import.meta.url);
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`dcgan: needs Node 20.19 or newer: got ${process.versions.node}. Install a newer Node.\n`);
  process.exitCode = 1;
} else if (existsSync(built)) {
  try {
    const { main } = await import(built.href);
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    // Node opens many modules at once; one that cannot be opened it may also call missing (ERR_MODULE_NOT_FOUND).
    const most = Number(process.report?.getReport().userLimits?.open_files?.soft);
    if (!['EMFILE', 'ENFILE'].includes(error?.code) && !(most < 256)) throw error;
    const got = most < 256 ? `: expected 256 or more to be allowed, got ${most}` : ' on this machine';
    process.stderr.write(`dcgan: too many files are open${got}. Raise the limit: ulimit -n 1024\n`);
    process.exitCode = 1;
  }
} else {
  process.stderr.write('dcgan: dist/ is missing: the program is not built. Run: npm run build\n');
  process.exitCode = 1;
}
