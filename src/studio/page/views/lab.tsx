// The frame of the views that look into networks: which run and checkpoint, and the view itself
// once the networks are there.

import { useRef } from 'preact/hooks';
import type { CheckpointHead } from '../../api.ts';
import { LabLinks } from '../parts/lab-links.tsx';
import type { NetworkSource } from '../sources/networks.ts';
import type { Source } from '../sources/source.ts';
import { useNetworks } from '../state/lab.ts';
import { type LabView, links } from '../state/route.ts';
import { useDetail } from '../state/runs.ts';
import { t } from '../strings/index.ts';
import { Draw } from './draw.tsx';
import { Explore } from './explore.tsx';
import { Inside } from './inside.tsx';

interface FrameProps {
  readonly source: Source;
  readonly networks: NetworkSource;
  readonly place: { readonly view: LabView; readonly id: string; readonly checkpoint: string | null };
}

export function Lab({ source, networks: opener, place }: FrameProps) {
  const words = t.value;
  const { view, id } = place;
  const { detail, error } = useDetail(source, id);
  const checkpoints = detail?.checkpoints ?? [];
  // A run that trains writes newer checkpoints and removes older ones. What a person looks at stays
  // until another one is chosen: its networks are in the page already.
  const looked = useRef<{ readonly id: string; readonly checkpoint: CheckpointHead } | null>(null);
  const held = looked.current?.id === id ? looked.current.checkpoint : null;
  const wanted = place.checkpoint ?? held?.name;
  const listed = checkpoints.find(({ name }) => name === wanted);
  const removed = !listed && held?.name === wanted ? held : null;
  const checkpoint = listed ?? removed ?? checkpoints.at(-1) ?? null;
  if (checkpoint) looked.current = { id, checkpoint };
  const choices = removed ? [...checkpoints, removed].sort((a, b) => a.epoch - b.epoch) : checkpoints;
  const { networks, error: failure } = useNetworks(opener, id, checkpoint?.name ?? null);
  const wrong = error ?? failure ?? (detail && !checkpoint ? words.noCheckpoint : null);
  const View = { explore: Explore, draw: Draw, inside: Inside }[view];
  return (
    <section class="lab">
      <div class="bar">
        <h1>
          <a href={links.run(id)}>{id}</a>
        </h1>
        {checkpoint && (
          <label>
            {words.checkpoint}{' '}
            <select
              value={checkpoint.name}
              onChange={(event) => location.replace(links.lab(view, id, event.currentTarget.value))}
            >
              {choices.map((one) => (
                <option key={one.name} value={one.name}>
                  {one.epoch === 0 ? words.beforeTraining : words.epoch(one.epoch)}
                  {one.step === null ? '' : ` · ${words.fromStep(one.step, one.step)}`}
                </option>
              ))}
            </select>
          </label>
        )}
        <LabLinks id={id} checkpoint={place.checkpoint} current={view} />
      </div>
      {wrong !== null ? (
        <p role="alert" class="notice">
          {wrong}
        </p>
      ) : networks && checkpoint ? (
        <>
          {removed && <p role="status">{words.checkpointRemoved}</p>}
          <View key={checkpoint.name} id={id} networks={networks} source={opener} checkpoint={checkpoint} />
        </>
      ) : (
        <p class="wait" role="status">
          {words.openingNetworks}
        </p>
      )}
    </section>
  );
}
