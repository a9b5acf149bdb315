// Pictograms in colour: Google's Noto emoji (Apache 2.0) on plain backgrounds. The background is
// the part that is known.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const PACKAGE = '@iconify-json/noto';

const parts = { background: ['ffffff', 'e2e8f0', '1e293b', 'fde68a', '86efac', 'a78bfa'] };

export default {
  packages: [`${PACKAGE}@1.2.9`],
  parts,
  async open() {
    const require = createRequire(join(process.cwd(), 'package.json'));
    const { icons, width, height } = JSON.parse(readFileSync(require.resolve(`${PACKAGE}/icons.json`), 'utf8'));
    // Tones of skin differ too little to be pictures of their own.
    const names = Object.keys(icons).filter((name) => !/-(light|medium|dark)/.test(name) && !icons[name].hidden);
    return ({ background }, index) => {
      const icon = icons[names[(index * 7919) % names.length]];
      const [w, h] = [icon.width ?? width, icon.height ?? height];
      return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-8 -8 ${w + 16} ${h + 16}">
<rect x="-8" y="-8" width="${w + 16}" height="${h + 16}" fill="#${background}"/>${icon.body}</svg>`;
    };
  },
};
