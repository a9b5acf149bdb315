// One HTML file that holds a generator and the page that shows it. A browser opens it from a disk,
// where it may fetch nothing: so scripts, styles, pictures and weights are all in the file.
import { readFileSync } from 'node:fs';
import { DcganError } from '../../platform/errors.ts';
import { VERSION } from '../../platform/version.ts';
import { gather, type StillOptions } from './gather.ts';
import type { Still } from './still.ts';

/** The path is the same from src/studio/still and from dist/studio/still. */
const PAGE = new URL('../../../dist/studio/page/', import.meta.url);

/** A file, and what it was made of. */
export interface StillFile {
  /** The file's bytes, UTF-8. */
  readonly html: Uint8Array<ArrayBuffer>;
  /** The path of the checkpoint whose generator is in it. */
  readonly checkpoint: string;
  /** What the weights are stored as. */
  readonly type: 'float16' | 'float32';
}

/**
 * One HTML file that shows a run and draws from its generator in any browser, offline: pictures of
 * all epochs, charts, Explore, Draw and Inside. See docs/export.md.
 * @param source a run or a checkpoint; the newest run below ./runs when not given
 * @throws DcganError for what is neither a run nor a checkpoint
 */
export async function exportHtml(source?: string, options: StillOptions = {}): Promise<StillFile> {
  const { still, checkpoint, type } = await gather(source, options);
  return { html: new TextEncoder().encode(htmlOf(still)), checkpoint, type };
}

function htmlOf(still: Still): string {
  const { title, license } = still;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="dcgan ${VERSION}">
${license === null ? '' : `<meta name="license" content="${escaped(license)}">\n`}<title>${escaped(title)}</title>
<link rel="icon" href="data:,">
<style>${part('page-style.css').replaceAll('</style', '<\\/style')}</style>
</head>
<body>
<script type="application/json" id="still">${JSON.stringify(still).replaceAll('<', '\\u003c')}</script>
<script>${part('still.js').replaceAll('</script', '<\\/script')}</script>
</body>
</html>
`;
}

const NAMES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => NAMES[sign]!);

const part = (name: string): string => new TextDecoder().decode(partBytes(name));

/** The bytes of one of the page's built files. @throws DcganError where it is missing */
export function partBytes(name: string): Uint8Array {
  try {
    return readFileSync(new URL(name, PAGE));
  } catch (cause) {
    throw new DcganError({
      what: `the page's ${name} is missing`,
      todo: 'Install the package again, or in a clone: "npm run build"',
      cause,
    });
  }
}
