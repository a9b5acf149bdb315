// What to do about a GPU that fails, as commands. advice-page.ts has the advice for pages.
import { commandLine } from '../../../platform/command.ts';

export const ADVICE = {
  elsewhere: 'Train on the processor: --device cpu',
  lost: `Go on from the last checkpoint: ${commandLine(['train', '--resume'])}; on the processor with --device cpu`,
  smaller: 'Make the batch smaller (--batch-size), or train on the processor: --device cpu',
  missing: `See what is missing: ${commandLine(['doctor'])}`,
} as const;
