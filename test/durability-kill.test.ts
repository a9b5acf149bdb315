// `kill -9` at some moments of a training. More of them: test/long/durability-kill.test.ts.
import { describe, it } from 'vitest';
import { TEST_DEVICES, title } from './support/devices.ts';
import { killedAgainAndAgain } from './support/kills.ts';

// What a kill does is the same on every device; the long test asks them all.
const [device] = TEST_DEVICES.filter(({ name, missing }) => name !== 'reference' && missing === null);
const KILLS = 6;

describe(`${KILLS} kills`, () => {
  it(`change nothing on ${title(device!)}`, () => killedAgainAndAgain(device!.name, KILLS, 100), 120_000);
});
