// Inside: what each layer of both networks makes of one picture, what the discriminator says of it,
// and which pixels it says it for.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { toBytes, toNumbers } from '../../../data/pixels.ts';
import { Layers } from '../parts/inside/layers.tsx';
import { Told } from '../parts/inside/told.tsx';
import { Notice } from '../parts/notice.tsx';
import { Pixels } from '../parts/pixels.tsx';
import type { LabelledImage } from '../sources/networks.ts';
import {
  chosen,
  classesFor,
  drawing,
  drawingLabel,
  formOf,
  knownLabels,
  type LabProps,
  Latest,
  labelName,
  type Sample,
} from '../state/lab.ts';
import { type Evidence, evidenceOf, type Maps, mapsOf } from '../state/maps.ts';
import { isEmpty } from '../state/paper.ts';
import { pictureOf } from '../state/pictures.ts';
import { links } from '../state/route.ts';
import { short, t } from '../strings/index.ts';

const KINDS = ['sample', 'real', 'drawing'] as const;
type Kind = (typeof KINDS)[number];

/** One picture, and all that the networks say of it. */
interface Seen {
  readonly image: Float32Array;
  readonly generator: readonly Maps[];
  readonly discriminator: readonly Maps[];
  readonly logit: number | null;
  readonly evidence: Evidence | null;
}

export function Inside({ id, networks, source, checkpoint }: LabProps) {
  const words = t.value;
  const form = formOf(networks);
  const { reals } = source;
  const [kind, setKind] = useState<Kind>('sample');
  const [sample, setSample] = useState<Sample | null>(chosen.value);
  const [real, setReal] = useState<LabelledImage | null>(null);
  const [seed, setSeed] = useState(1);
  /** What the drawing is judged as; undefined until the person chooses. */
  const [asked, setAsked] = useState<number | null | undefined>(undefined);
  const [seen, setSeen] = useState<Seen | null>(null);
  const [error, setError] = useState<string | null>(null);
  const latest = useRef(new Latest());
  const paper = drawing.value;
  const drawn = paper && !isEmpty(paper) ? paper : null;

  const anotherSample = async (): Promise<void> => {
    const next = Math.floor(Math.random() * 2 ** 32);
    const known = knownLabels(networks);
    const noise = await networks.sampleNoise(1, next);
    setSample({ noise, label: known.length === 0 ? null : known[next % known.length]! });
  };
  useEffect(() => {
    if (kind === 'sample' && sample === null) void anotherSample();
  }, [kind, sample]);
  useEffect(() => {
    if (kind !== 'real' || !reals) return;
    let current = true;
    reals.some(id, 1, seed).then(
      ([first]) => current && first && setReal(first),
      (reason: Error) => current && setError(reason.message),
    );
    return () => {
      current = false;
    };
  }, [kind, seed]);

  const shown = { sample, real: real?.bytes ?? null, drawing: drawn?.bytes ?? null }[kind];
  const ofDrawing = asked === undefined ? drawingLabel.value : asked;
  const told = { sample: sample?.label ?? null, real: real?.label ?? null, drawing: ofDrawing }[kind];
  useEffect(() => {
    setSeen(null);
    if (shown === null) return;
    setError(null);
    let current = true;
    latest.current.run(async () => {
      try {
        const isSample = !(shown instanceof Uint8Array);
        const label = told ?? undefined;
        const image = isSample ? await networks.generate(shown.noise, classesFor([told])) : toNumbers(shown);
        const generator = isSample ? mapsOf(await networks.generatorLayers(shown.noise, label)) : [];
        const { discriminator } = networks;
        const judged = await discriminator?.judge(image, label);
        const layers = await discriminator?.layers(image, label);
        if (!current) return;
        setSeen({
          ...{ image, generator, discriminator: mapsOf(layers ?? []) },
          logit: judged?.logits[0] ?? null,
          evidence: judged ? evidenceOf(judged.gradient, image, form) : null,
        });
      } catch (reason) {
        if (current) setError((reason as Error).message);
      }
    });
    return () => {
      current = false;
    };
  }, [networks, shown, told]);

  const picture = useMemo(() => (seen ? pictureOf(toBytes(seen.image), form) : null), [seen]);
  const names = { sample: words.insideSample, real: words.insideReal, drawing: words.insideDrawing };
  const label = labelName(networks, told);
  return (
    <>
      <fieldset class="controls">
        <legend>{words.insideWhat}</legend>
        {KINDS.filter((one) => one !== 'real' || reals).map((one) => (
          <label key={one}>
            <input type="radio" name="what" checked={kind === one} onChange={() => setKind(one)} /> {names[one]}
          </label>
        ))}
        {kind !== 'drawing' && (
          <button type="button" onClick={() => (kind === 'sample' ? anotherSample() : setSeed(seed + 1))}>
            {words.another}
          </button>
        )}
      </fieldset>
      {!reals && <p class="quiet">{words.noRealsHere}</p>}
      <Notice text={error} />
      {kind === 'drawing' && !drawn ? (
        <section class="empty">
          <p>{words.noDrawing}</p>
          <a class="button main" href={links.lab('draw', id, checkpoint.name)}>
            {words.goDraw}
          </a>
        </section>
      ) : (
        <>
          <div class="verdict">
            <figure>
              <figcaption>
                <h2>{[names[kind], label].filter(Boolean).join(', ')}</h2>
              </figcaption>
              <Pixels picture={picture} alt={words.thisPicture} kind="large" />
            </figure>
            <section aria-label={words.verdict}>
              <h2>{words.verdict}</h2>
              {networks.discriminator === null && <p>{words.noDiscriminator}</p>}
              {seen === null && shown !== null && error === null && <p role="status">{words.computingInside}</p>}
              {seen?.logit != null && (
                <p role="status">
                  {words.logit(short(seen.logit), short(Math.round(1000 / (1 + Math.exp(-seen.logit))) / 10))}
                </p>
              )}
              {kind === 'real' && real === null && error === null && (
                <p role="status">{networks.facts.groups > 0 ? words.readingGroups : words.readingReals}</p>
              )}
              {shown !== null && (
                <Told
                  networks={networks}
                  label={told}
                  choose={kind === 'drawing' ? setAsked : null}
                  nearest={kind === 'drawing' && asked === undefined}
                />
              )}
              {seen?.evidence && (
                <>
                  <p class="quiet">{words.evidenceHelp}</p>
                  <div class="evidence">
                    <figure>
                      <Pixels picture={seen.evidence.for} alt={words.speaksFor} kind="large" />
                      <figcaption class="for">+ {words.speaksFor}</figcaption>
                    </figure>
                    <figure>
                      <Pixels picture={seen.evidence.against} alt={words.speaksAgainst} kind="large" />
                      <figcaption class="against">− {words.speaksAgainst}</figcaption>
                    </figure>
                  </div>
                </>
              )}
            </section>
          </div>
          {seen && seen.generator.length > 0 && (
            <Layers title={words.layersGenerator} maps={seen.generator} network="generator" />
          )}
          {seen && seen.discriminator.length > 0 && (
            <Layers title={words.layersDiscriminator} maps={seen.discriminator} network="discriminator" />
          )}
        </>
      )}
    </>
  );
}
