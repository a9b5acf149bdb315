// Several generators make images of the same noise, so that their samples differ only by what the
// networks have learned.

import { useState } from 'preact/hooks';
import type { RunDetail } from '../../api.ts';
import type { Control } from '../sources/source.ts';
import { useAct } from '../state/act.ts';
import { t } from '../strings/index.ts';
import { Notice } from './notice.tsx';

interface SameNoiseProps {
  readonly control: Control;
  readonly runs: readonly { readonly id: string; readonly color: string; readonly detail: RunDetail }[];
}

export function SameNoise({ control, runs }: SameNoiseProps) {
  const words = t.value;
  const [seed, setSeed] = useState(1);
  const [pictures, setPictures] = useState<Readonly<Record<string, string>>>({});
  const { busy, error, act } = useAct<'draw'>();
  const draw = (event: Event): Promise<void> => {
    event.preventDefault();
    return act('draw', async () => {
      setPictures({});
      for (const { id } of runs) {
        const picture = await control.sample(id, seed);
        setPictures((all) => ({ ...all, [id]: picture }));
      }
    });
  };
  return (
    <section>
      <form class="bar" onSubmit={draw}>
        <h2>{words.sameNoise}</h2>
        <label>
          {words.seed}{' '}
          <input
            type="number"
            min={0}
            max={2 ** 31 - 1}
            required
            value={seed}
            onInput={(event) => setSeed(event.currentTarget.valueAsNumber || 0)}
          />
        </label>
        <button type="submit" disabled={busy !== null}>
          {words.draw}
        </button>
      </form>
      <p role="status" class="quiet">
        {busy === null ? words.sameNoiseHelp : words.drawing}
      </p>
      <Notice text={error} />
      <div class="moments">
        {runs.map(
          ({ id, color }) =>
            pictures[id] !== undefined && (
              <figure key={id}>
                <img class="picture" src={pictures[id]} alt={`${words.sameNoise}: ${id}`} />
                <figcaption>
                  <span class="line" style={{ '--line': `var(${color})` }} /> {id}
                </figcaption>
              </figure>
            ),
        )}
      </div>
    </section>
  );
}
