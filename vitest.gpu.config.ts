// The suites that run on every device, on a GPU, in Node and in Chromium: `npm run test:gpu`. Without one, on Chromium's software
// renderer.
import { existsSync } from 'node:fs';
import { defineConfig, mergeConfig } from 'vitest/config';
import quick from './vitest.config.ts';

const SOFTWARE = '/usr/lib/chromium/vk_swiftshader_icd.json';
const { VK_ICD_FILENAMES = existsSync(SOFTWARE) ? SOFTWARE : undefined } = process.env;

export default mergeConfig(
  { ...quick, test: { ...quick.test, include: [], exclude: [] } },
  defineConfig({
    test: {
      include: ['engine-backends', 'gan-step', 'gan-options', 'gan-dcgan', 'golden', 'gpu/*'].map(
        (name) => `test/${name}.test.ts`,
      ),
      setupFiles: ['test/support/gpu-turns.ts'],
      env: { DCGAN_TEST_DEVICES: 'webgpu', ...(VK_ICD_FILENAMES && { VK_ICD_FILENAMES }) },
      testTimeout: 600_000,
      hookTimeout: 600_000,
    },
  }),
);
