// The package's version in the page's build, which puts it here. Takes the place of version.ts (package.json, "browser").
declare const __DCGAN_VERSION__: string;

export const VERSION: string = __DCGAN_VERSION__;
