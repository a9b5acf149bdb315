// The program of a page's Worker. The page's build makes one text of it and all its imports
// (scripts/build-page.mjs).
import { page } from '../platform/page.ts';
import { Face } from './face.ts';
import { serve } from './wire.ts';

serve(page, new Face(), ['abort']);
