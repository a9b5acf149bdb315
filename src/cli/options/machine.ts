// The options of commands that open a model: where it computes, and what a terminal shows.
import type { Command } from 'commander';
import { debugOption, deviceOption, noPicturesOption, threadsOption } from './values.ts';

export interface MachineFlags {
  readonly device?: string;
  readonly threads?: number;
}

export interface DrawingFlags extends MachineFlags {
  readonly pictures: boolean;
}

export function addMachineOptions(command: Command): Command {
  return command.addOption(deviceOption()).addOption(threadsOption()).addOption(debugOption());
}

/** Adds the options of a command that also draws in the terminal. */
export function addDrawingOptions(command: Command): Command {
  return addMachineOptions(command.addOption(noPicturesOption()));
}
