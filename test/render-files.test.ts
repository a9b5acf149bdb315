// `pictures` of the library in Node: from generated numbers to a file in two lines.
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { DCGAN, pictures } from '../src/index.ts';
import { temporaryFolder } from './support/folders.ts';

const images = Float32Array.from({ length: 4 * 16 * 16 * 3 }, (_, i) => ((i * 7919) % 255) / 127.5 - 1);
const SHAPE = [4, 16, 16, 3] as const;
const picture = pictures.grid(images, SHAPE, { enlarge: 1 });

describe('pictures', () => {
  it('writes what was generated, by the ending of the name', async () => {
    const folder = temporaryFolder();
    const gan = await DCGAN.create({ preset: 'tiny', seed: 1, device: 'wasm', threads: 1 });
    try {
      const made = await gan.generate(4, { seed: 2 });
      await pictures.save(join(folder, 'made.png'), pictures.grid(made, [4, 28, 28, 1]));
      expect(await sharp(join(folder, 'made.png')).metadata()).toMatchObject({ width: 248, height: 248, channels: 1 });
    } finally {
      await gan.dispose();
    }
    for (const name of ['a.png', 'b.webp', 'c.avif']) {
      await pictures.save(join(folder, name), picture);
      const pixels = await sharp(join(folder, name)).removeAlpha().raw().toBuffer();
      expect(pixels.equals(Buffer.from(picture.pixels)), name).toBe(true);
    }
    await pictures.save(join(folder, 'film.gif'), [picture, picture]);
    expect((await sharp(join(folder, 'film.gif'), { animated: true }).metadata()).pages).toBe(2);
  });

  it('gives the bytes of the same files', async () => {
    const folder = temporaryFolder();
    for (const [name, bytes] of [
      ['a.png', pictures.png(picture)],
      ['a.gif', pictures.gif([picture])],
      ['a.webp', await pictures.webp([picture, picture])],
    ] as const) {
      await pictures.save(join(folder, name), name === 'a.webp' ? [picture, picture] : picture);
      expect(readFileSync(join(folder, name)).equals(Buffer.from(bytes)), name).toBe(true);
    }
    expect(pictures.rgba(picture).length).toBe(picture.width * picture.height * 4);
  });

  it('refuses other endings, no pictures, and pictures that differ', async () => {
    const folder = temporaryFolder();
    const smaller = pictures.grid(images.subarray(0, 2 * 16 * 16 * 3), [2, 16, 16, 3], { enlarge: 1 });
    await expect(pictures.save(join(folder, 'a.jpg'), picture)).rejects.toThrow(
      'pictures.save: path has an unsupported ending',
    );
    await expect(pictures.save(join(folder, 'a.png'), [picture, picture])).rejects.toThrow('.gif or .webp');
    await expect(pictures.save(join(folder, 'a.png'), [])).rejects.toThrow('a PNG picture needs at least one picture');
    await expect(pictures.webp([picture, smaller])).rejects.toThrow('picture 2 of a WebP film differs from the first');
    expect(existsSync(join(folder, 'a.png'))).toBe(false);
  });

  it('writes through a link, as every output', async () => {
    const folder = temporaryFolder();
    symlinkSync(join(folder, 'behind.png'), join(folder, 'link.png'));
    await pictures.save(join(folder, 'link.png'), picture);
    expect(existsSync(join(folder, 'behind.png'))).toBe(true);
  });
});
