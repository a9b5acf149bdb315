// Suggests nothing. It replaces suggest.ts in dist/generate.js, which has no names that a person
// types and must stay small (scripts/build-page.mjs).

export const didYouMean = (): null => null;
