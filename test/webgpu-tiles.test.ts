// How tiles are chosen, with made-up measurements. gpu/tiles.test.ts runs tiles on a GPU.
import { expect, it } from 'vitest';
import { fastestTile, type TileTrial } from '../src/engine/backends/webgpu/tune.ts';
import { fitTile, TILES, type Tile } from '../src/engine/backends/webgpu/wgsl/tile.ts';

const [FIRST, SECOND, THIRD] = TILES as [Tile, Tile, Tile];

/**
 * The choice where tiles take these seconds and give these bits; `slowdown` scales measurement n.
 */
async function chosen(
  trials: readonly (readonly [number, number?] | null)[],
  slowdown: (n: number) => number = () => 1,
): Promise<Tile> {
  let measured = 0;
  return fastestTile(TILES.slice(0, trials.length), async (tile): Promise<TileTrial | null> => {
    const trial = trials[TILES.indexOf(tile)];
    return trial ? { seconds: trial[0] * slowdown(measured++), bits: Uint32Array.of(1, trial[1] ?? 2) } : null;
  });
}

it('takes the fastest tile', async () => {
  expect(await chosen([[3], [1], [2]])).toBe(SECOND);
  expect(await chosen([[3], [2], [1]])).toBe(THIRD);
});

it('is not misled by a card that starts slowly', async () => {
  expect(await chosen([[1], [3], [2]], (n) => (n === 0 ? 9 : 1))).toBe(FIRST);
  expect(await chosen([[3], [1], [2]], (n) => (n <= 1 ? 9 : 1))).toBe(SECOND);
});

it('stays with the standard tile where another gains next to nothing', async () => {
  expect(await chosen([[1], [0.97], [2]])).toBe(FIRST);
});

it('takes no tile that gives other bits, or does not run', async () => {
  expect(await chosen([[3], [1, 7], [2]])).toBe(THIRD);
  expect(await chosen([[3], null, [2]])).toBe(THIRD);
  expect(await chosen([null, [1], [2]])).toBe(FIRST);
});

it('has no tile beyond what every WebGPU allows', () => {
  for (const tile of TILES) {
    const { threads, bytes, each, wide, rows, columns, depth } = fitTile(tile, 1024);
    expect([threads <= 256, bytes <= 16384]).toEqual([true, true]);
    expect([each % 4, wide % 4, depth % 4, rows % each, columns % wide]).toEqual([0, 0, 0, 0, 0]);
    expect(fitTile(tile, 1)).toMatchObject({ columns: 4, rows });
  }
});
