// The command line takes words and gives an exit code. Every error of the commands ends here, as
// one sentence that says what is wrong and one that says what to do. The exit codes are 0 done, 1
// failed, 2 wrong usage, 3 not comparable here (audit, reproduce), 130 Ctrl-C, 143 SIGTERM, 129 a
// closed terminal.
import { Command, CommanderError } from 'commander';
import { withProgramName } from '../platform/command.ts';
import { usage } from '../platform/errors.ts';
import { didYouMean } from '../platform/suggest.ts';
import { VERSION } from '../platform/version.ts';
import { type Asked, explain, type Outcome, usageSentence } from './failure.ts';
import { guardOutput, warn, write } from './output.ts';

type Define = (program: Command, outcome: Outcome) => void;

/**
 * How each command is loaded, in the order of the help. A line that names one loads that one alone,
 * because loading all takes longer than what many commands do.
 */
const COMMANDS: Readonly<Record<string, () => Promise<Define>>> = {
  train: async () => (await import('./commands/train.ts')).defineTrain,
  sweep: async () => (await import('./commands/sweep.ts')).defineSweep,
  sample: async () => (await import('./commands/sample.ts')).defineSample,
  evaluate: async () => (await import('./commands/evaluate.ts')).defineEvaluate,
  compare: async () => (await import('./commands/compare.ts')).defineCompare,
  interpolate: async () => (await import('./commands/interpolate.ts')).defineInterpolate,
  project: async () => (await import('./commands/project.ts')).defineProject,
  gif: async () => (await import('./commands/gif.ts')).defineGif,
  show: async () => (await import('./commands/show.ts')).defineShow,
  export: async () => (await import('./commands/export.ts')).defineExport,
  info: async () => (await import('./commands/info.ts')).defineInfo,
  studio: async () => (await import('./commands/studio.ts')).defineStudio,
  data: async () => (await import('./commands/data.ts')).defineData,
  doctor: async () => (await import('./commands/doctor.ts')).defineDoctor,
  bench: async () => (await import('./commands/bench.ts')).defineBench,
  'verify-resume': async () => (await import('./commands/verify-resume.ts')).defineVerifyResume,
  audit: async () => (await import('./commands/audit.ts')).defineAudit,
  reproduce: async () => (await import('./commands/reproduce.ts')).defineReproduce,
};

/** Runs one command line (without `node` and the program's name) and resolves to its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  guardOutput();
  const outcome: Outcome = { code: 0 };
  const program = await makeProgram(outcome, neededBy(args));
  if (args.length === 0) {
    program.outputHelp();
    return 0;
  }
  try {
    checkHelpCommand(program, args);
    await program.parseAsync(args, { from: 'user' });
    return outcome.code;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0 || error.code === 'commander.help') return 0;
      warn(`dcgan: ${usageSentence(error.message, asked(program, args))}\n`);
      return 2;
    }
    const { text, exitCode } = explain(error, args.includes('--debug'));
    warn(`dcgan: ${text}\n`);
    return exitCode;
  }
}

/** Returns the names of the commands that a line needs: one, none for the version, else all. */
function neededBy([first = '']: readonly string[]): readonly string[] {
  if (first === '-V' || first === '--version') return [];
  return Object.hasOwn(COMMANDS, first) ? [first] : Object.keys(COMMANDS);
}

/** The program with all commands, or those of `names`; the one that runs sets the outcome. */
export async function makeProgram(
  outcome: Outcome,
  names: readonly string[] = Object.keys(COMMANDS),
): Promise<Command> {
  const program = new Command('dcgan')
    .description('Trains DCGANs on small images, on the machine you have. `dcgan train` runs the whole tutorial.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .exitOverride()
    // Commander prints no errors: main prints them in the form that all errors have.
    .configureOutput({ outputError: () => {}, writeOut: (text) => write(withProgramName(text)) })
    .addHelpText(
      'after',
      `
Examples:
  dcgan train                       train on MNIST: digits emerge, a picture after each epoch, a GIF at the end
  dcgan train --preset quick --limit 10000    digits within a minute or two, on any machine
  dcgan train --resume              go on with the newest run
  dcgan sample -o samples.png       new digits from the newest run
  dcgan doctor                      what this machine can run, and why not`,
    );
  for (const define of await Promise.all(names.map((name) => COMMANDS[name]!()))) define(program, outcome);
  return program;
}

/** Refuses `dcgan help trian`, for which commander would print help and report no error. */
function checkHelpCommand({ commands }: Command, [first, second]: readonly string[]): void {
  const names = [...commands.map((command) => command.name()), 'help'];
  if (first !== 'help' || second === undefined || second.startsWith('-') || names.includes(second)) return;
  throw usage({
    what: `unknown command ${JSON.stringify(second)}`,
    todo: didYouMean(second, names) ?? `Known: ${names.join(', ')}`,
  });
}

/**
 * Returns the command that a line names, as far as its words are known. The error points to its
 * help and suggests its options and commands.
 */
function asked(command: Command, [first, ...rest]: readonly string[], name = ''): Asked {
  const named = command.commands.find((one) => one.name() === first);
  if (named) return asked(named, rest, `${name} ${first}`.trim());
  return {
    name,
    options: command.options.map(({ long }) => long?.slice(2) ?? '').filter(Boolean),
    commands: command.commands.map((one) => one.name()),
  };
}
