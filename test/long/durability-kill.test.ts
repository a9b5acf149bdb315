// `kill -9` at many moments of a training, on each device. By hand, with more kills:
// `DCGAN_TEST_KILLS=200 npx vitest run --config vitest.long.config.ts test/long/durability-kill.test.ts`.
import { describe, it } from 'vitest';
import { TEST_DEVICES, title } from '../support/devices.ts';
import { killedAgainAndAgain } from '../support/kills.ts';

// A kill does to wasm-relaxed what it does to wasm.
const DEVICES = TEST_DEVICES.filter(({ name }) => !['reference', 'wasm-relaxed'].includes(name));
const KILLS = Number(process.env.DCGAN_TEST_KILLS ?? 20);

describe.each(DEVICES)(`${KILLS} kills`, (device) => {
  it.skipIf(device.missing)(
    `change nothing on ${title(device)}`,
    () => killedAgainAndAgain(device.name, KILLS, Math.max(150, 7 * KILLS)),
    12_000 * KILLS,
  );
});
