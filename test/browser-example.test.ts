// Uses examples/browser as a visitor does: by keyboard, from Start to a checkpoint that Node reads,
// and on from a checkpoint that Node wrote.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '../src/data/open.ts';
import { DCGAN } from '../src/gan/dcgan.ts';
import { CHROMIUM, inChromium, launch, openPage } from './support/chromium.ts';
import { ROOT } from './support/pack.ts';

describe.skipIf(!CHROMIUM)(inChromium('examples/browser'), () => {
  let browser: Browser;
  let server: ViteDevServer;
  let page: Page;
  let complaints: string[];
  let cacheDir: string;
  beforeAll(async () => {
    const root = join(ROOT, 'examples/browser');
    cacheDir = mkdtempSync(join(tmpdir(), 'dcgan-vite-'));
    server = await createServer({
      root,
      configFile: join(root, 'vite.config.ts'),
      cacheDir,
      logLevel: 'error',
      server: { port: 0 },
    });
    await server.listen();
    browser = await launch();
    ({ page, complaints } = await openPage(browser, server.resolvedUrls!.local[0]!));
    page.setDefaultTimeout(30_000);
    await page.getByText('Ready.').waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(cacheDir, { recursive: true, force: true });
  });

  /** Presses Tab until a control of that name has the focus. */
  const tabTo = async (role: 'button' | 'combobox', name: string): Promise<void> => {
    const control = page.getByRole(role, { name, exact: true });
    for (let i = 0; i < 20; i++) {
      if (await control.evaluate((element) => element.matches(':focus'))) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`Tab does not reach ${name}`);
  };
  const said = (text: RegExp): Promise<void> => page.getByRole('status').filter({ hasText: text }).waitFor();

  it('is served to this machine alone', () => {
    expect(server.httpServer!.address()).toMatchObject({ address: '127.0.0.1' });
  });

  it('trains, tells what it runs on and how long an epoch takes, samples and saves, all by keyboard', async () => {
    await tabTo('combobox', 'Images');
    await page.keyboard.press('Home');
    await tabTo('button', 'Start');
    await page.keyboard.press('Enter');
    await said(/^Training epoch 1\. An epoch takes about .*second/);
    expect(await page.locator('#device').textContent()).toMatch(
      /quick on 2,048 images; WebAssembly on \d+ of \d+ cores/,
    );
    await page.getByRole('img', { name: /^The same sixteen points after [\d,]+ steps\.$/ }).waitFor();
    await tabTo('button', 'Sample');
    await page.keyboard.press('Enter');
    await page.getByRole('img', { name: /^Sixteen new points of noise, after \d+ steps\.$/ }).waitFor();
    await said(/^Paused after step \d+/);
    const download = page.waitForEvent('download');
    await tabTo('button', 'Save checkpoint');
    await page.keyboard.press('Enter');
    const gan = await DCGAN.load((await (await download).path())!, { device: 'wasm' });
    expect(gan.steps).toBeGreaterThanOrEqual(25);
    await gan.dispose();
    expect(complaints).toEqual([]);
  });

  it('offers what an earlier visit left, also one that ended in mid-training', async () => {
    // If the pause came at the end of an epoch, the name has no step.
    const kept = /^This page keeps a run from before \(epoch-\d+(-step-\d+)?\.safetensors\)/;
    await page.reload();
    await said(kept);
    await page.getByRole('button', { name: 'Go on' }).click();
    await said(/^Training epoch/);
    await page.reload();
    await said(kept);
    await page.getByRole('button', { name: 'Go on' }).click();
    await said(/^Training epoch/);
    await page.getByRole('button', { name: 'Pause' }).click();
    await said(/^Paused after step/);
    expect(complaints).toEqual([]);
  });

  it('goes on from a checkpoint of Node, and says so when it cannot', async () => {
    const gan = await DCGAN.create({ preset: 'tiny', seed: 1, epochs: 1, device: 'wasm' });
    const reals = openDataset().batch([...Array(64).keys()]);
    for (let step = 0; step < 31; step++) await gan.step(reals);
    const bytes = Buffer.from(await gan.toBytes());
    await gan.dispose();
    const open = (buffer: Buffer): Promise<void> =>
      page
        .getByLabel('Open checkpoint')
        .setInputFiles({ name: 'x.safetensors', mimeType: 'application/octet-stream', buffer });
    await open(bytes.subarray(0, 1000));
    await page.getByRole('alert').filter({ hasText: 'is damaged' }).waitFor();
    await page.reload();
    await said(/^This page keeps a run from before/);
    await page.getByRole('combobox', { name: 'Images' }).selectOption('2048');
    await open(bytes);
    await said(/^Done after epoch 1\.$/);
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('says what happened to a Worker that fails, and goes on from what was saved', async () => {
    page.once('dialog', (dialog) => dialog.accept());
    // The first Worker that starts does the training; it starts the Workers of its kernels.
    const starting = page.waitForEvent('worker');
    await page.getByRole('button', { name: 'Start' }).click();
    const worker = await starting;
    await said(/^Training epoch 2/);
    await worker.evaluate(() => {
      setTimeout(() => {
        throw new Error('out of memory');
      });
    });
    await page
      .getByRole('alert')
      .filter({ hasText: /failed.*What was saved is not lost: press Go on\.$/ })
      .waitFor();
    await page.getByRole('button', { name: 'Go on' }).click();
    // The second epoch may have been saved before the Worker failed.
    await said(/^Training epoch [23]/);
    expect(complaints).toEqual([]);
  });
});
