// A person can stop a run, go on with it, start one like it, and delete it.

import { useState } from 'preact/hooks';
import type { RunDetail } from '../../api.ts';
import type { Control } from '../sources/source.ts';
import { useAct } from '../state/act.ts';
import { links } from '../state/route.ts';
import { t } from '../strings/index.ts';
import { Notice } from './notice.tsx';

export function Actions({ control, detail }: { readonly control: Control; readonly detail: RunDetail }) {
  const { head } = detail;
  const words = t.value;
  const { busy, error, act } = useAct<'stop' | 'resume' | 'remove'>();
  const [confirm, setConfirm] = useState<string | null>(null);
  const [epochs, setEpochs] = useState<number | null>(null);
  const training = head.state === 'training';
  // A run that is done goes on only with more epochs than it has.
  const total = epochs ?? (head.state === 'done' ? 2 : 1) * (head.epochs ?? 1);
  const remove = (): Promise<void> =>
    act('remove', async () => {
      const { confirm: word, trash } = await control.remove(head.id, confirm ?? undefined);
      setConfirm(word ?? null);
      if (trash !== undefined) location.hash = links.runs;
    });
  return (
    <div class="actions">
      {training && (
        <button
          type="button"
          class="main"
          disabled={busy !== null}
          onClick={() => act('stop', () => control.stop(head.id))}
        >
          {words.stop}
        </button>
      )}
      {!training && head.epochs !== null && (
        <>
          <label>
            {words.moreEpochs}{' '}
            <input
              type="number"
              min={Math.max(1, head.epoch)}
              max={1_000_000}
              value={total}
              onInput={(event) => setEpochs(event.currentTarget.valueAsNumber || null)}
            />
          </label>
          <button
            type="button"
            class="main"
            disabled={busy !== null || total <= head.epoch}
            onClick={() => act('resume', () => control.resume(head.id, total))}
          >
            {words.resume}
          </button>
        </>
      )}
      {detail.config && (
        <a class="button" href={links.fresh(detail.options)}>
          {words.newAlike}
        </a>
      )}
      {!training && confirm === null && (
        <button type="button" disabled={busy !== null} onClick={remove}>
          {words.remove}
        </button>
      )}
      {confirm !== null && (
        <div role="alertdialog" aria-label={words.remove} class="notice">
          <p>{words.removeAsk}</p>
          <button type="button" class="danger" onClick={remove}>
            {words.removeYes}
          </button>{' '}
          <button type="button" onClick={() => setConfirm(null)}>
            {words.cancel}
          </button>
        </div>
      )}
      <p role="status" class="quiet">
        {busy === 'stop' ? words.stopping : busy === 'resume' ? words.starting : ''}
      </p>
      <Notice text={error} />
    </div>
  );
}
