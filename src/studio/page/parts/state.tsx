// The state of a run is a sign, a word and a colour, never a colour alone.
import type { RunHead, RunState } from '../../api.ts';
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

/** Says what the state means. A state that is wrong gets a notice; a training run gets nothing. */
export function StateSentence({ head: { state, detail } }: { readonly head: RunHead }) {
  if (state === 'training') return null;
  const wrong = state === 'damaged' || state === 'diverged';
  return (
    <p class={wrong ? 'notice' : 'quiet'}>
      {t.value[`${state}Help`]}
      {state === 'damaged' && ` ${detail}.`}
    </p>
  );
}
