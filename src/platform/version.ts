// Reads the package's version from its own package.json, the one place where it is written.
import { createRequire } from 'node:module';

/** The version of this package, such as `0.1.0`. */
export const VERSION: string = (createRequire(import.meta.url)('../../package.json') as { version: string }).version;
