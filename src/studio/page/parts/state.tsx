// How a run stands: a sign, a word and a colour, never a colour alone.
import type { RunState } from '../../api.ts';
import { t } from '../strings/index.ts';

const SIGNS: Readonly<Record<RunState, string>> = {
  training: '●',
  done: '✓',
  stopped: '❚❚',
  diverged: '∞',
  damaged: '!',
};

export function State({ state, detail }: { readonly state: RunState; readonly detail: string | null }) {
  return (
    <span class={`state ${state}`} title={detail ?? t.value[`${state}Help`]}>
      <span aria-hidden="true">{SIGNS[state]}</span> <span>{t.value[state]}</span>
    </span>
  );
}
