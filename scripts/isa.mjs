// Writes kernels/isa.h, the numbers that C shares with the plan's encoder (`npm run isa` builds
// first).
import { writeFileSync } from 'node:fs';
import { ISA_HEADER } from '../dist/engine/isa.js';

writeFileSync(new URL('../kernels/isa.h', import.meta.url), ISA_HEADER);
