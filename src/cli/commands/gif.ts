// `dcgan gif`: a run's film, made again from its pictures.
import type { Command } from 'commander';
import { usage } from '../../platform/errors.ts';
import { saveFilm } from '../../train/pictures.ts';
import { resolveRun } from '../../train/run.ts';
import { debugOption } from '../options/values.ts';
import { write } from '../output.ts';

const EXAMPLES = `
Examples:
  dcgan gif                                     dcgan.gif of the newest run, as far as it has come
  dcgan gif runs/00001-mnist-tf2018 -o film.gif`;

export function defineGif(program: Command): void {
  program
    .command('gif')
    .description("Make the film of a run's pictures.")
    .argument('[run]', 'a run; default: the newest in ./runs')
    .option('-o, --output <file.gif>', "where to write it (default: dcgan.gif in the run's folder)")
    .addOption(debugOption())
    .addHelpText('after', EXAMPLES)
    .action((run: string | undefined, { output }: { readonly output?: string }) => {
      if (output !== undefined && !/\.gif$/i.test(output))
        throw usage({ what: '--output does not fit', expected: 'a name ending in .gif', got: output });
      write(`${saveFilm(resolveRun(run), output)}\n`);
    });
}
