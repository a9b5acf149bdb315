// Holds the package's version in the page's build, which inserts it here. This file replaces
// version.ts (package.json, "browser").
declare const __DCGAN_VERSION__: string;

/** The version of this package, such as `0.1.0`. */
export const VERSION: string = __DCGAN_VERSION__;
