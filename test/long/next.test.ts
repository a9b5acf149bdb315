// The files of docs/recipes.md for Next.js, as they stand there: the packed package is installed
// beside Next.js (340 MB of npm) as a person installs it, and the route answers with the PNG that
// Node draws, byte for byte.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Running, sharedFolder, startProgram } from '../support/cli.ts';
import { pack, ROOT, run } from '../support/pack.ts';

const [, RECIPE] = /^## Next\.js$([\s\S]*?)^## /m.exec(readFileSync(join(ROOT, 'docs/recipes.md'), 'utf8'))!;
/** The names and texts of the recipe's files: a name stands in the paragraph before its text. */
const FILES = [...RECIPE!.matchAll(/`([\w./]+\.m?js)`[^`]*```js\n([\s\S]*?)```/g)].map(
  ([, name, text]) => [name!, text!] as const,
);
const PACKAGES = ['next@16.4.6', 'react@19.3.1', 'react-dom@19.3.1'];
const ENVIRONMENT = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' };

const shared = sharedFolder();
let server: Running;
let address: string;
beforeAll(async () => {
  const folder = shared.path;
  writeFileSync(join(folder, 'package.json'), '{"name":"site","private":true,"type":"module"}');
  const packages = [await pack(folder), ...PACKAGES];
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...packages], { cwd: folder });
  for (const [name, text] of FILES) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const next = join(folder, 'node_modules/next/dist/bin/next');
  await run(process.execPath, [next, 'build'], { cwd: folder, env: ENVIRONMENT });
  const words = [next, 'start', '--hostname', '127.0.0.1', '--port', '0'];
  server = startProgram(process.execPath, words, { cwd: folder, env: ENVIRONMENT });
  [address] = (await server.until(/http:\/\/127\.0\.0\.1:[1-9]\d*/)) as [string];
}, 600_000);
afterAll(async () => {
  server?.child.kill('SIGTERM');
  await server?.ended;
});

it("a route of Next.js answers with Node's picture", async () => {
  expect(FILES.map(([name]) => name)).toEqual(['next.config.mjs', 'app/draw/route.js']);
  const answer = await fetch(`${address}/draw`);
  const picture = Buffer.from(await answer.arrayBuffer());
  expect([answer.status, answer.headers.get('Content-Type')]).toEqual([200, 'image/png']);
  const [, route] = FILES[1]!;
  const program = `${route}\nprocess.stdout.write(new Uint8Array(await (await GET()).arrayBuffer()));\n`;
  writeFileSync(join(shared.path, 'draw.mjs'), program);
  const { stdout } = await run(process.execPath, ['draw.mjs'], { cwd: shared.path, encoding: 'buffer' });
  expect(picture.equals(stdout)).toBe(true);
});
