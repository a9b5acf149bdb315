// The generator by touch: one value of the noise moves, and the image and every layer follow. New
// noise draws a group too, or all of it would show one kind of digit.
import type { DCGAN, Picture } from 'dcgan/browser';
import { useEffect, useRef, useState } from 'preact/hooks';
import { toBytes } from '../../../../data/pixels.ts';
import { Latest } from '../../state/lab.ts';
import { FORM, groupDrawn } from '../../state/lesson.ts';
import { type Maps, mapsOf } from '../../state/maps.ts';
import { pictureOf } from '../../state/pictures.ts';
import { t } from '../../strings/index.ts';
import { Pixels } from '../pixels.tsx';
import { GENERATOR } from './code.ts';
import { Quote } from './quote.tsx';

export function GeneratorPart({ gan }: { readonly gan: DCGAN }) {
  const words = t.value.learn;
  const [seed, setSeed] = useState(1);
  const [place, setPlace] = useState(0);
  /** Null: the number that the noise has by itself. */
  const [chosen, setChosen] = useState<number | null>(null);
  const [own, setOwn] = useState(0);
  const [maps, setMaps] = useState<readonly Maps[]>([]);
  const [picture, setPicture] = useState<Picture | null>(null);
  const latest = useRef(new Latest());
  const group = groupDrawn(gan, seed);
  useEffect(() => {
    let current = true;
    latest.current.run(async () => {
      const noise = await gan.sampleNoise(1, seed);
      const drawn = noise[place]!;
      noise[place] = chosen ?? drawn;
      const layers = await gan.layers({ noise }, group === null ? {} : { classes: group });
      if (!current) return;
      setOwn(drawn);
      setMaps(mapsOf(layers.slice(0, -1)));
      setPicture(pictureOf(toBytes(layers.at(-1)!.data), FORM));
    });
    return () => {
      current = false;
    };
  }, [gan, seed, place, chosen]);
  const value = chosen ?? own;
  return (
    <>
      <div class="controls">
        <button
          type="button"
          onClick={() => {
            setSeed(seed + 1);
            setChosen(null);
          }}
        >
          {words.newNoise}
        </button>
        <label>
          {words.whichValue}{' '}
          <input
            type="number"
            min={1}
            max={gan.config.latent}
            value={place + 1}
            onInput={(event) => {
              const at = Math.round(event.currentTarget.valueAsNumber) - 1;
              if (at < 0 || at >= gan.config.latent || at === place) return;
              setPlace(at);
              setChosen(null);
            }}
          />
        </label>
      </div>
      {group !== null && <p class="quiet">{words.groupDrawn(gan.config.classes, t.value.group(group))}</p>}
      <label>
        {words.noiseValue(place + 1, value)}
        <input
          type="range"
          min={-3}
          max={3}
          step={0.1}
          value={value}
          onInput={(event) => setChosen(event.currentTarget.valueAsNumber)}
        />
      </label>
      <div class="lesson-pictures">
        {maps.map(({ name, size, count, picture: shown }) => (
          <figure key={name}>
            <figcaption>{t.value.layerMaps(name, size, count)}</figcaption>
            <Pixels picture={shown} alt={t.value.layerMaps(name, size, count)} kind="maps" />
          </figure>
        ))}
        <figure>
          <figcaption>{words.made}</figcaption>
          <Pixels picture={picture} alt={words.made} />
        </figure>
      </div>
      <Quote {...GENERATOR} />
    </>
  );
}
