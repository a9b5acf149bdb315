// Icons in one colour on another: Material Design Icons (Apache 2.0). There are some five thousand
// shapes, each at most once in a set; the two colours are the parts that are known.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const PACKAGE = '@iconify-json/mdi';
const SIDE = 24;
/** Icons that stand beside another one of nearly the same shape. */
const VARIANT = /outline|-off|-box|-circle|-variant|numeric|alpha|-\d/;

const parts = {
  colour: ['ffffff', '202124', 'f4b400', 'db4437', '0f9d58'],
  background: ['4285f4', 'e8eaed', '5f6368', 'f28b82', 'a8dab5', '8430ce'],
};

export default {
  packages: [`${PACKAGE}@1.2.3`],
  parts,
  async open() {
    const require = createRequire(join(process.cwd(), 'package.json'));
    const { icons } = JSON.parse(readFileSync(require.resolve(`${PACKAGE}/icons.json`), 'utf8'));
    const names = Object.keys(icons).filter((name) => !VARIANT.test(name) && !icons[name].hidden);
    return ({ colour, background }, index) => {
      const { body } = icons[names[(index * 7919) % names.length]];
      const margin = 2;
      const side = SIDE + 2 * margin;
      return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${-margin} ${-margin} ${side} ${side}" color="#${colour}">
<rect x="${-margin}" y="${-margin}" width="${side}" height="${side}" fill="#${background}"/>${body}</svg>`;
    };
  },
};
