// The tests that take minutes: `npm run test:long`.
import { defineConfig, mergeConfig } from 'vitest/config';
import quick from './vitest.config.ts';

export default mergeConfig(
  { ...quick, test: { ...quick.test, include: [], exclude: [] } },
  defineConfig({ test: { include: ['test/long/**/*.test.ts'], testTimeout: 1_800_000 } }),
);
