import type { BuildOptions } from 'esbuild';

export const PAGE_OPTIONS: BuildOptions;
export function buildPage(): Promise<void>;
