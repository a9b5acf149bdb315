// A person chooses light or dark, and sharp or smooth pixels. The browser keeps the choice.
import { effect, signal } from '@preact/signals';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

function kept<T extends string>(name: string, known: readonly T[]): T {
  const value = localStorage.getItem(name);
  return known.find((one) => one === value) ?? known[0]!;
}

export const theme = signal<Theme>(kept('dcgan-theme', THEMES));
export const pixels = signal<'crisp' | 'smooth'>(kept('dcgan-pixels', ['crisp', 'smooth']));

const systemDark = matchMedia('(prefers-color-scheme: dark)');
export const isDark = signal(systemDark.matches);

export function followLook(): void {
  const update = (): void => {
    isDark.value = theme.value === 'system' ? systemDark.matches : theme.value === 'dark';
  };
  systemDark.addEventListener('change', update);
  effect(() => {
    localStorage.setItem('dcgan-theme', theme.value);
    localStorage.setItem('dcgan-pixels', pixels.value);
    update();
    document.documentElement.dataset.theme = isDark.value ? 'dark' : 'light';
    document.documentElement.dataset.pixels = pixels.value;
  });
}
