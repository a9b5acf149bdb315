// Tells by its first bytes which form a picture has. Only these forms are decoded; libvips knows
// many more, which nobody asked for.

import { isBitmap } from './bmp.ts';

/** A form of pictures that is read. */
export type PictureFormat = 'PNG' | 'JPEG' | 'WebP' | 'GIF' | 'TIFF' | 'AVIF' | 'BMP' | 'SVG';

/** What a file is that begins so; null for anything else, SVG included, which any text could be. */
export function formatOf(bytes: Uint8Array): Exclude<PictureFormat, 'SVG'> | null {
  const begins = (text: string, at = 0): boolean =>
    bytes.length >= at + text.length && [...text].every((letter, i) => bytes[at + i] === letter.charCodeAt(0));
  if (begins('\x89PNG\r\n\x1a\n')) return 'PNG';
  if (begins('\xff\xd8\xff')) return 'JPEG';
  if (begins('RIFF') && begins('WEBP', 8)) return 'WebP';
  if (begins('GIF87a') || begins('GIF89a')) return 'GIF';
  if (begins('II*\0') || begins('MM\0*')) return 'TIFF';
  if (isAvif(bytes)) return 'AVIF';
  return isBitmap(bytes) ? 'BMP' : null;
}

/** AVIF's brand, first or among the compatible ones (ISO/IEC 14496-12, "File Type Box"). */
function isAvif(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.subarray(0, 64)).toString('latin1');
  if (text.slice(4, 8) !== 'ftyp') return false;
  const length = Math.min(64, 256 * bytes[2]! + bytes[3]!);
  const brands = Array.from({ length: Math.max(0, (length - 8) >> 2) }, (_, i) => text.slice(8 + 4 * i, 12 + 4 * i));
  return brands.some((brand, i) => i !== 1 && (brand === 'avif' || brand === 'avis'));
}

/** Whether a text is an SVG, after what XML allows before it. */
export function isSvg(bytes: Uint8Array): boolean {
  return /^\ufeff?\s*(<\?xml|<!--|<!doctype svg|<svg)/i.test(Buffer.from(bytes.subarray(0, 256)).toString('utf8'));
}
