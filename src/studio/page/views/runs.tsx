// The list shows all runs. The one that changed last comes first.
import { useState } from 'preact/hooks';
import type { RunHead } from '../../api.ts';
import { OpenFile } from '../parts/open-file.tsx';
import { State } from '../parts/state.tsx';
import type { Source } from '../sources/source.ts';
import { links } from '../state/route.ts';
import { heads } from '../state/runs.ts';
import { grouped, short, t } from '../strings/index.ts';

const MOST_COMPARED = 8;

export function Runs({ source }: { readonly source: Source }) {
  const [marked, setMarked] = useState<readonly string[]>([]);
  const list = heads.value;
  const words = t.value;
  if (list === null) return <p class="wait">{words.loading}</p>;
  if (list.length === 0)
    return (
      <section class="empty">
        <h1>{words.noRuns}</h1>
        <p>{words.noRunsHelp}</p>
        {source.control && (
          <>
            <a class="button main" href={links.fresh()}>
              {words.newRun}
            </a>
            <p>{words.noRunsLearn}</p>
            <a class="button" href={links.learn()}>
              {words.learn.begin}
            </a>
          </>
        )}
      </section>
    );
  const there = marked.filter((id) => list.some((head) => head.id === id));
  const toggle = (id: string): void =>
    setMarked(there.includes(id) ? there.filter((one) => one !== id) : [...there, id].slice(-MOST_COMPARED));
  return (
    <section>
      <div class="bar">
        <h1>{words.runs}</h1>
        {there.length >= 2 && (
          <a class="button" href={links.compare(there)}>
            {words.compareMarked(there.length)}
          </a>
        )}
        {source.open && <OpenFile open={source.open} />}
        {source.control && (
          <a class="button main" href={links.fresh()}>
            {words.newRun}
          </a>
        )}
      </div>
      {source.open && <p class="quiet">{words.siteHelp}</p>}
      <ul class="cards">
        {list.map((head) => (
          <Card key={head.id} head={head} source={source} marked={there.includes(head.id)} toggle={toggle} />
        ))}
      </ul>
    </section>
  );
}

interface CardProps {
  readonly head: RunHead;
  readonly source: Source;
  readonly marked: boolean;
  readonly toggle: (id: string) => void;
}

function Card({ head, source, marked, toggle }: CardProps) {
  const words = t.value;
  const { id, state, detail, newest, data, epoch, epochs, evaluation, preset } = head;
  return (
    <li class="card">
      <a href={links.run(id)} class="open">
        {newest ? (
          <img class="picture" src={source.picture(id, newest)} alt="" loading="lazy" />
        ) : (
          <span class="picture none" />
        )}
        <h2>{id}</h2>
      </a>
      <p>
        <State state={state} detail={detail} />{' '}
        {epochs !== null && (
          <span class="unbroken">{epoch === 0 ? words.beforeTraining : words.epochOf(epoch, epochs)}</span>
        )}
      </p>
      {state === 'damaged' && <p class="quiet">{detail}</p>}
      {data && (
        <p class="quiet">
          {preset} · {data.name} · {words.images(grouped(data.count))}
        </p>
      )}
      {evaluation && (
        <p class="quiet">
          {words.distanceOf(
            words.measures[evaluation.measure] ?? evaluation.measure,
            short(evaluation.value),
            short(evaluation.floor),
          )}
        </p>
      )}
      {state !== 'damaged' && (
        <label class="mark">
          <input type="checkbox" checked={marked} onChange={() => toggle(id)} aria-label={`${words.mark}: ${id}`} />{' '}
          {words.mark}
        </label>
      )}
    </li>
  );
}
