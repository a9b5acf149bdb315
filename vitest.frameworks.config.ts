// Exports in PyTorch, which takes gigabytes from PyPI: `npm run test:frameworks`. CI does not run it.
import { defineConfig, mergeConfig } from 'vitest/config';
import quick from './vitest.config.ts';

export default mergeConfig(
  { ...quick, test: { ...quick.test, include: [], exclude: [] } },
  defineConfig({
    test: {
      include: ['test/frameworks/**/*.test.ts'],
      testTimeout: 1_800_000,
      hookTimeout: 600_000,
      maxWorkers: 1,
    },
  }),
);
