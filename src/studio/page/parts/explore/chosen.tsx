// The chosen sample, large: pin it, look inside, see the real images nearest to it, take its noise
// along.

import { useEffect, useMemo, useState } from 'preact/hooks';
import type { CheckpointHead } from '../../../api.ts';
import type { NetworkSource, Networks, RealImage } from '../../sources/networks.ts';
import { useAct } from '../../state/act.ts';
import { formOf, labelName, MOST_PINS, pins, type Sample } from '../../state/lab.ts';
import { classOption, saveNoise } from '../../state/noise-files.ts';
import { pictureOf } from '../../state/pictures.ts';
import { links } from '../../state/route.ts';
import { short, t } from '../../strings/index.ts';
import { Command } from '../facts.tsx';
import { Notice } from '../notice.tsx';
import { Pixels } from '../pixels.tsx';

const NEAREST = 6;
const NOISE_FILE = 'noise.npy';

interface ChosenProps {
  readonly id: string;
  readonly networks: Networks;
  readonly source: NetworkSource;
  readonly checkpoint: CheckpointHead;
  readonly sample: Sample;
  readonly bytes: Uint8Array;
  readonly name: string;
  /** The classes that it can have; none for a model without. */
  readonly labels: readonly number[];
  readonly relabel: (label: number) => void;
}

export function Chosen({ id, networks, source, checkpoint, sample, bytes, name, labels, relabel }: ChosenProps) {
  const words = t.value;
  const form = formOf(networks);
  const picture = useMemo(() => pictureOf(bytes, form), [bytes]);
  const { reals } = source;
  const { busy, error, act } = useAct<'nearest'>();
  const [near, setNear] = useState<readonly (RealImage & { readonly distance: number })[]>([]);
  useEffect(() => setNear([]), [bytes]);
  const pin = (): void => {
    pins.value = [...pins.value, sample];
  };
  return (
    <section class="chosen" aria-label={words.selected}>
      <Pixels picture={picture} alt={name} kind="large" />
      <div>
        <h2>{name}</h2>
        {sample.label !== null && (
          <p>
            <label>
              {networks.facts.groups > 0 ? words.groupOfSample : words.classOfSample}{' '}
              <select value={sample.label} onChange={({ currentTarget }) => relabel(Number(currentTarget.value))}>
                {labels.map((one) => (
                  <option key={one} value={one}>
                    {labelName(networks, one)}
                  </option>
                ))}
              </select>
            </label>
          </p>
        )}
        <div class="controls">
          <button type="button" class="main" onClick={pin} disabled={pins.value.length >= MOST_PINS}>
            {words.pin}
          </button>
          <a class="button" href={links.lab('inside', id, checkpoint.name)}>
            {words.lookInside}
          </a>
          {reals && (
            <button
              type="button"
              disabled={busy !== null}
              onClick={() => act('nearest', async () => setNear(await reals.nearest(id, bytes, NEAREST)))}
            >
              {words.nearestReals}
            </button>
          )}
          <button type="button" onClick={() => saveNoise(NOISE_FILE, [sample])}>
            {words.saveNoise}
          </button>
        </div>
      </div>
      <div class="wide">
        <p role="status" class="quiet">
          {busy ? words.findingNearest : ''}
        </p>
        <Notice text={error} />
        {near.length > 0 && (
          <>
            <p class="quiet">{words.nearestHelp}</p>
            <ul class="near" aria-label={words.nearestReals}>
              {near.map((one) => (
                <li key={one.index}>
                  <Pixels picture={pictureOf(one.bytes, form)} alt={`${words.insideReal} ${one.index}`} />
                  <small>{words.awayBy(short(one.distance))}</small>
                </li>
              ))}
            </ul>
          </>
        )}
        <Command
          what={words.commandSample}
          text={`${checkpoint.commands.sample} --noise ${NOISE_FILE}${classOption([sample.label])}`}
        />
      </div>
    </section>
  );
}
