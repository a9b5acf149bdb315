// Explore: random samples of a generator that runs in the page, moved by sliders, pinned, and
// joined by a path.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Chosen } from '../parts/explore/chosen.tsx';
import { Grid } from '../parts/explore/grid.tsx';
import { Path } from '../parts/explore/path.tsx';
import { Sliders } from '../parts/explore/sliders.tsx';
import { Command } from '../parts/facts.tsx';
import { findDirections } from '../state/directions.ts';
import {
  chosen,
  classesFor,
  formOf,
  knownLabels,
  type LabProps,
  Latest,
  labelName,
  type Sample,
} from '../state/lab.ts';
import { IDLE, isIdle, type Moves, moved } from '../state/moves.ts';
import { classOption, saveNoise } from '../state/noise-files.ts';
import { bytesOf } from '../state/pictures.ts';
import type { Direction } from '../state/principal.ts';
import { t } from '../strings/index.ts';

const COUNT = 16;
const MOST_SEED = 2 ** 32;
const SAMPLES_FILE = 'samples.npy';

const samplesOf = (noise: Float32Array, latent: number, labels: readonly (number | null)[]): Sample[] =>
  labels.map((label, i) => ({ noise: noise.slice(i * latent, (i + 1) * latent), label }));

export function Explore({ id, networks, source, checkpoint }: LabProps) {
  const words = t.value;
  const { latent, groups } = networks.facts;
  const form = formOf(networks);
  const known = useMemo(() => knownLabels(networks), [networks]);
  const [seed, setSeed] = useState(1);
  const [label, setLabel] = useState<number | null>(null);
  const [own, setOwn] = useState<ReadonlyMap<number, number>>(new Map());
  const [noise, setNoise] = useState<Float32Array | null>(null);
  const [directions, setDirections] = useState<readonly Direction[] | null>(null);
  const [moves, setMoves] = useState<Moves>(IDLE);
  const [images, setImages] = useState<readonly Uint8Array[]>([]);
  const [index, setIndex] = useState(0);
  const [busy, setBusy] = useState(true);
  const latest = useRef(new Latest());

  const labels = useMemo(
    () =>
      Array.from({ length: COUNT }, (_, i) =>
        known.length === 0 ? null : (own.get(i) ?? label ?? known[i % known.length]!),
      ),
    [known, label, own],
  );
  const shown = useMemo(() => noise && moved(noise, latent, moves, directions ?? []), [noise, moves, directions]);

  useEffect(() => {
    let current = true;
    networks.sampleNoise(COUNT, seed).then((made) => current && setNoise(made));
    return () => {
      current = false;
    };
  }, [networks, seed]);

  useEffect(() => {
    if (!shown) return;
    setBusy(true);
    latest.current.run(async () => {
      const made = await networks.generate(shown, classesFor(labels));
      setImages(bytesOf(made, form));
      setBusy(false);
    });
  }, [networks, shown, labels]);

  // The first samples are on the screen before the directions are sought.
  const ready = images.length > 0;
  useEffect(() => {
    if (!ready) return;
    let current = true;
    findDirections(networks).then(
      (found) => current && setDirections(found),
      () => current && setDirections([]),
    );
    return () => {
      current = false;
    };
  }, [networks, ready]);

  const sample = shown && samplesOf(shown, latent, labels)[index]!;
  useEffect(() => {
    chosen.value = sample;
  }, [shown, index, labels]);

  const names = labels.map((one) => labelName(networks, one));
  return (
    <>
      <p class="quiet">{words.exploreHelp}</p>
      <div class="explore">
        <div class="hero">
          <Grid images={images} form={form} chosen={index} busy={busy} names={names} choose={setIndex} />
          <div class="controls">
            <button type="button" class="main" onClick={() => setSeed(Math.floor(Math.random() * MOST_SEED))}>
              {words.otherSamples}
            </button>
            <label>
              {words.seedLabel}{' '}
              <input
                type="number"
                min={0}
                value={seed}
                onInput={(event) => {
                  const value = event.currentTarget.valueAsNumber;
                  if (Number.isSafeInteger(value) && value >= 0) setSeed(value);
                }}
              />
            </label>
            {known.length > 0 && (
              <label>
                {groups > 0 ? words.groupLabel : words.classLabel}{' '}
                <select
                  value={String(label ?? '')}
                  onChange={({ currentTarget: { value } }) => {
                    setOwn(new Map());
                    setLabel(value === '' ? null : Number(value));
                  }}
                >
                  <option value="">{words.eachInTurn}</option>
                  {known.map((one) => (
                    <option key={one} value={one}>
                      {labelName(networks, one)}
                    </option>
                  ))}
                </select>
              </label>
            )}
          </div>
          {isIdle(moves) ? (
            <Command
              what={words.commandSamples}
              text={`${checkpoint.commands.sample} --seed ${seed} --count ${COUNT}${classOption(labels)}`}
            />
          ) : (
            <>
              <Command
                what={words.commandMoved}
                text={`${checkpoint.commands.sample} --noise ${SAMPLES_FILE}${classOption(labels)}`}
              />
              <button type="button" onClick={() => shown && saveNoise(SAMPLES_FILE, samplesOf(shown, latent, labels))}>
                {words.saveNoiseNamed(SAMPLES_FILE)}
              </button>
            </>
          )}
        </div>
        <div class="side">
          {sample && images[index] && (
            <Chosen
              id={id}
              networks={networks}
              source={source}
              checkpoint={checkpoint}
              sample={sample}
              bytes={images[index]}
              name={[words.sample(index + 1), names[index]].filter(Boolean).join(', ')}
              labels={known}
              relabel={(next) => setOwn(new Map(own).set(index, next))}
            />
          )}
          <Sliders latent={latent} directions={directions} moves={moves} change={setMoves} />
        </div>
      </div>
      <Path networks={networks} checkpoint={checkpoint} />
    </>
  );
}
