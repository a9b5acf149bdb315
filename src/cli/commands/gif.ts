// `dcgan gif` makes a run's film again from its pictures.
import { join } from 'node:path';
import type { Command } from 'commander';
import { writeFileDurably, writeOwnFile } from '../../platform/durable.ts';
import { pictureEncoder } from '../../render/encode.ts';
import { filmFrames, GIF_NAME } from '../../train/pictures.ts';
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
    .option('-o, --output <film>', "a .gif or .webp (default: dcgan.gif in the run's folder)")
    .addOption(debugOption())
    .addHelpText('after', EXAMPLES)
    .action(async (asked: string | undefined, { output }: { readonly output?: string }) => {
      const encode = await pictureEncoder(output ?? GIF_NAME, '--output', { film: true });
      const run = resolveRun(asked);
      const film = await encode(filmFrames(run));
      const path = output ?? join(run, GIF_NAME);
      if (output === undefined) writeOwnFile(path, film);
      else writeFileDurably(path, film);
      write(`${path}\n`);
    });
}
