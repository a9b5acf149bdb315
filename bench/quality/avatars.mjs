// A set of avatars that DiceBear draws from parts: the package of the style, and the values that
// each part may have. Each value is drawn alike often, and independently of the other parts. An
// empty value means that the part is absent.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(join(process.cwd(), 'package.json'));
const load = (name) => import(pathToFileURL(require.resolve(name)).href);

/** Backgrounds, which every style takes. */
export const COLOURS = ['b6e3f4', 'c0aede', 'ffdfbf', 'd1f4a5'];

/** Names of variants as most styles number them: every `step`th of the `last` ones. */
export function variants(last, step = 1) {
  const numbers = Array.from({ length: Math.ceil(last / step) }, (_, i) => 1 + i * step);
  return numbers.map((number) => `variant${String(number).padStart(2, '0')}`);
}

export function avatars(style, parts) {
  return {
    packages: ['@dicebear/core@9.4.3', `${style}@9.4.3`],
    parts,
    async open() {
      const [{ createAvatar }, drawn] = await Promise.all(['@dicebear/core', style].map(load));
      /** The picture of some values, one for each part, as SVG. */
      return (values, index) => {
        const options = Object.entries(values).flatMap(([part, value]) => [
          [part, value === '' ? [] : [value]],
          ...(parts[part].includes('') ? [[`${part}Probability`, value === '' ? 0 : 100]] : []),
        ]);
        const absent = Object.keys(drawn.schema.properties)
          .filter((name) => name.endsWith('Probability') && !(name.replace('Probability', '') in parts))
          .map((name) => [name, 0]);
        return createAvatar(drawn, { seed: String(index), ...Object.fromEntries([...absent, ...options]) }).toString();
      };
    },
  };
}
