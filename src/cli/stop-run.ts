// Asks a run's training to save and end, as Ctrl-C in its terminal does. The run may come from
// somebody else, and its lock may name any process. So only a process that itself keeps the lock's
// file open is sent the signal.
import { join } from 'node:path';
import { usage } from '../platform/errors.ts';
import { keepsOpen, stateOf } from '../platform/process.ts';
import { LOCK_NAME, whoTrains } from '../train/lock.ts';

/** @throws a usage error where nobody trains, or somebody who can't be stopped from here */
export function stopRun(folder: string): void {
  const holder = whoTrains(folder);
  if (!holder) throw usage({ what: 'this run is not being trained' });
  const { pid, host } = holder;
  if (stateOf(holder) === 'elsewhere')
    throw usage({ what: `this run is being trained on ${host}`, todo: 'Stop it there' });
  if (!keepsOpen(holder, join(folder, LOCK_NAME)))
    throw usage({
      what: `the run's ${LOCK_NAME} names process ${pid}, of which nothing shows that it trains this run`,
      todo: 'Look what it is, and stop it in its own terminal',
    });
  process.kill(pid, 'SIGINT');
}
