// The three faces of the library: Node's, a page's, and the one that only draws. Every exported name
// and every public member of an exported type has a docstring. A function that can fail says how. Every
// type that a public declaration uses is exported too, and none is `any`. The test reads the
// declarations of the build.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));

interface Found {
  readonly file: string;
  /** Its name in that file. */
  readonly name: string;
}

/** A file of declarations: what it declares by name, and where else its names come from. */
interface Declarations {
  /** Docstring and text of each declaration. */
  readonly declared: ReadonlyMap<string, { readonly doc: string; readonly text: string }>;
  /** Names brought in from other files of ours, as named here. */
  readonly imported: ReadonlyMap<string, Found>;
  /** Names given out, and their names here. */
  readonly exported: ReadonlyMap<string, Found>;
}

const known = new Map<string, Declarations>();

function read(file: string): Declarations {
  const old = known.get(file);
  if (old) return old;
  const text = readFileSync(join(DIST, file), 'utf8');
  const declared = new Map<string, { doc: string; text: string }>();
  const starts = [
    ...text.matchAll(
      /(?:^(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)\n)?^(?:export )?(?:declare )?(?:abstract )?(class|interface|type|const|function) (\w+)/gm,
    ),
  ];
  starts.forEach(({ 0: head, 1: doc = '', 3: name, index }, i) => {
    const end = starts[i + 1]?.index ?? text.length;
    const body = text.slice(index + head.length, end);
    const before = declared.get(name!);
    declared.set(name!, { doc: before?.doc || doc, text: (before?.text ?? '') + body });
  });
  const imported = new Map<string, Found>();
  const exported = new Map<string, Found>();
  for (const [, kind, list, from] of text.matchAll(/^(import|export)(?: type)? \{([^}]*)\}(?: from '([^']+)')?;/gm)) {
    for (const part of list!.split(',').map((each) => each.trim().replace(/^type /, ''))) {
      if (part === '') continue;
      const [inner, outer = inner] = part.split(' as ') as [string, string?];
      if (from !== undefined && !from.startsWith('.')) continue;
      const source = from === undefined ? file : join(dirname(file), from.replace(/\.ts$/, '.d.ts'));
      (kind === 'import' ? imported : exported).set(outer!, { file: source, name: inner });
    }
  }
  for (const [, name, from] of text.matchAll(/^import \* as (\w+) from '(\.[^']+)';/gm))
    imported.set(name!, { file: join(dirname(file), from!.replace(/\.ts$/, '.d.ts')), name: '*' });
  for (const [, name] of text.matchAll(
    /^export (?:declare )?(?:abstract )?(?:class|interface|type|const|function) (\w+)/gm,
  ))
    exported.set(name!, { file, name: name! });
  const made = { declared, imported, exported };
  known.set(file, made);
  return made;
}

/** Where a name is declared. */
function declarationOf({ file, name }: Found): Found {
  const { declared, imported, exported } = read(file);
  if (name === '*' || declared.has(name)) return { file, name };
  const next = imported.get(name) ?? exported.get(name);
  return next ? declarationOf(next) : { file, name };
}

const key = ({ file, name }: Found): string => `${file} ${name}`;
/** A text's types, without those of which only members are taken: a reader sees the members. */
const typesOf = (text: string): string[] =>
  text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\b\w+\[['"]\w+['"]\]|\b(?:Omit|Pick)<\w+,|\b(?:keyof|typeof) \w+|"[^"]*"|'[^']*'/g, '')
    .match(/\b[A-Z]\w+\b/g) ?? [];

/** Members of a class, an interface or an object: name, docstring, text. */
function membersOf(text: string): { readonly name: string; readonly doc: string; readonly text: string }[] {
  const pattern =
    /(?:^ {4}(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)\n)?^ {4}(?!private|protected|#)((?:static |readonly |get |async )*)(\w+)\??([(<:][\s\S]*?;)$/gm;
  return [...text.matchAll(pattern)].map(([, doc = '', , name, rest]) => ({ name: name!, doc, text: rest! }));
}

/** Each face, and the fewest names that it exports. */
const FACES = [
  ['index.d.ts', 60],
  ['browser/index.d.ts', 40],
  ['generate/index.d.ts', 4],
] as const;

describe.each(FACES)('the face %s', (face, fewest) => {
  it('is built', () => {
    expect(existsSync(join(DIST, face)), 'npm run build').toBe(true);
  });

  const exported = existsSync(join(DIST, face)) ? [...read(face).exported] : [];
  const all = exported.flatMap(([outer, found]): [string, Found][] => {
    const place = declarationOf(found);
    if (place.name !== '*') return [[outer, place]];
    return [...read(place.file).exported].map(([name, inner]) => [`${outer}.${name}`, declarationOf(inner)]);
  });

  it('has a docstring for every exported name', () => {
    expect(all.length).toBeGreaterThanOrEqual(fewest);
    const bare = all.filter(([, { file, name }]) => !read(file).declared.get(name)?.doc);
    expect(bare.map(([name, { file }]) => `${name} (${file})`)).toEqual([]);
  });

  it('has a docstring for every public member', () => {
    const bare = all.flatMap(([outer, { file, name }]) => {
      const text = read(file).declared.get(name)?.text ?? '';
      return membersOf(text)
        .filter(({ name: member, doc }) => doc === '' && member !== 'type' && member !== 'constructor')
        .map(({ name: member }) => `${outer}.${member}`);
    });
    expect([...new Set(bare)].sort()).toEqual([]);
  });

  it('says of every function and method what it throws, or that it takes no input', () => {
    const silent = all.flatMap(([outer, { file, name }]) => {
      const { doc, text } = read(file).declared.get(name) ?? { doc: '', text: '' };
      const calls = text.startsWith('(')
        ? [{ name: '', doc, text }]
        : membersOf(text).filter((member) => /^[(<]/.test(member.text));
      return calls
        .filter((call) => !/^\(\)/.test(call.text) && call.name !== 'constructor' && !/@throws|Errors:/.test(call.doc))
        .map((call) => `${outer}${call.name && `.${call.name}`}`);
    });
    expect([...new Set(silent)].sort()).toEqual([]);
  });

  it('knows all of its types', () => {
    const vague = all.filter(([, { file, name }]) => {
      const text = read(file).declared.get(name)?.text ?? '';
      return /\b(any|object|Function)\b/.test(text.replace(/\/\*[\s\S]*?\*\/|'[^']*'/g, ''));
    });
    expect(vague.map(([name]) => name)).toEqual([]);
  });

  it('exports every type that it uses', () => {
    const given = new Set(all.map(([, found]) => key(found)));
    const hidden = all.flatMap(([outer, { file, name }]) => {
      const { declared, imported, exported: local } = read(file);
      // What a file keeps to itself is spelled out where it is used.
      return typesOf(declared.get(name)?.text ?? '')
        .filter((word) => (declared.has(word) && local.has(word)) || imported.has(word))
        .map((word) => ({ word, place: declarationOf({ file, name: word }) }))
        .filter(({ place }) => !given.has(key(place)))
        .map(({ word, place }) => `${word} (${place.file}), used by ${outer}`);
    });
    expect([...new Set(hidden)].sort()).toEqual([]);
  });
});
