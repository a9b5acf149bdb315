// The GPU that tests run on: the machine's, or Chromium's software renderer. Import it before
// anything that loads Dawn.
import { existsSync } from 'node:fs';

const SOFTWARE = '/usr/lib/chromium/vk_swiftshader_icd.json';
if (existsSync(SOFTWARE)) process.env.VK_ICD_FILENAMES ??= SOFTWARE;
