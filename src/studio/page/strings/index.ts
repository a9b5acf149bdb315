// The page speaks the language that the person chose, else the browser's, else English.
import { computed, signal } from '@preact/signals';
import { en, type Strings } from './en.ts';
import { ko } from './ko.ts';

export const LANGUAGES = { en, ko } as const satisfies Readonly<Record<string, Strings>>;
export type Language = keyof typeof LANGUAGES;

const KEPT = 'dcgan-language';

function first(): Language {
  const wanted = [localStorage.getItem(KEPT), ...navigator.languages.map((language) => language.slice(0, 2))];
  return wanted.find((language): language is Language => language !== null && language in LANGUAGES) ?? 'en';
}

export const language = signal<Language>(first());

/** The page's words: `t.value.runs`. */
export const t = computed<Strings>(() => LANGUAGES[language.value]);

export function choose(next: Language): void {
  localStorage.setItem(KEPT, next);
  language.value = next;
}

/** Writes a number with separators between thousands. */
export const grouped = (n: number): string => n.toLocaleString(language.value);

/** Writes a number with four significant digits. */
export const short = (n: number | null | undefined): string =>
  n === null || n === undefined ? '–' : n.toLocaleString(language.value, { maximumSignificantDigits: 4 });

/** Writes a length of time in the largest unit that fits about twice. */
export function duration(seconds: number): string {
  const units = [
    ['days', 86_400],
    ['hours', 3600],
    ['minutes', 60],
    ['seconds', 1],
  ] as const;
  const [name, length] = units.find(([, unit]) => seconds >= 1.95 * unit) ?? (['seconds', 1] as const);
  return t.value[name](Math.max(1, Math.round(seconds / length)));
}
