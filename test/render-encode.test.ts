// Pictures become files by the ending of their name; what can't be written is refused.
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { pictureEncoder, pictureEndings } from '../src/render/encode.ts';
import type { Picture } from '../src/render/grid.ts';

function picture(channels: 1 | 3, seed: number, [width, height] = [20, 12]): Picture {
  const pixels = Uint8Array.from({ length: width! * height! * channels }, (_, i) => ((i + seed) * 7919) % 256);
  return { width: width!, height: height!, channels, pixels };
}

const pixelsOf = async (bytes: Uint8Array, channels: number): Promise<Buffer> => {
  const read = sharp(bytes, { animated: true });
  return (channels === 1 ? read.toColourspace('b-w') : read).removeAlpha().raw().toBuffer();
};

describe.each([1, 3] as const)('with %i channels', (channels) => {
  it.each(['a.png', 'A.PNG', 'a.webp', 'a.b.WebP', 'a.AVIF'])('%s gives the same pixels back', async (name) => {
    const one = picture(channels, 1);
    const bytes = await (await pictureEncoder(name, '--output'))([one]);
    expect(await pixelsOf(bytes, channels)).toEqual(Buffer.from(one.pixels));
  });

  it('a film of WebP has every frame', async () => {
    const frames = [picture(channels, 1), picture(channels, 2), picture(channels, 3)];
    const bytes = await (await pictureEncoder('a.webp', '--output', { film: true }))(frames);
    expect(await pixelsOf(bytes, channels)).toEqual(Buffer.concat(frames.map(({ pixels }) => pixels)));
    expect(await sharp(bytes, { animated: true }).metadata()).toMatchObject({ pages: 3, delay: [100, 100, 100] });
  });
});

it('every ending that is offered can be written', async () => {
  for (const ending of pictureEndings()) {
    const bytes = await (await pictureEncoder(`a${ending}`, '--output'))([picture(1, 1)]);
    expect((await sharp(bytes).metadata()).width, ending).toBe(20);
  }
});

it.each(['a', 'a.', '.png', 'a.jpg', 'a.png/', 'png'])('%s is refused', async (name) => {
  await expect(pictureEncoder(name, '--output')).rejects.toThrow(
    `--output has an unsupported ending: expected a name ending in .png, .gif, .webp or .avif, got ${name}.`,
  );
});

it('a picture is no film, and one that is too large is refused by its size', async () => {
  await expect(pictureEncoder('a.png', '--output', { film: true })).rejects.toThrow('a name ending in .gif or .webp');
  const encode = await pictureEncoder('a.webp', '--output');
  await expect(encode([picture(1, 1, [16_384, 1])])).rejects.toThrow(
    'a picture is too large for WebP: expected at most 16383 pixels a side, got 16384 × 1. Write a .png.',
  );
});
