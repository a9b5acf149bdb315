// One training step, slowly: a press for each of its parts, and the numbers are those that the step
// itself reports. The pictures are the generator's at rest.
import { useState } from 'preact/hooks';
import { BATCH, FORM, gridOf, type Lesson, type Rehearsal, realsOf, rehearse, SIDE } from '../../state/lesson.ts';
import { evidenceOf } from '../../state/maps.ts';
import { short, t } from '../../strings/index.ts';
import { Pixels } from '../pixels.tsx';
import { STEPS } from './code.ts';
import { Quote } from './quote.tsx';

/** What has been computed so far in this step. */
interface Found {
  readonly noise: Float32Array;
  readonly images: Float32Array;
  readonly gradient: Float32Array;
  readonly step: Rehearsal;
}

export function StepPart({ lesson }: { readonly lesson: Lesson }) {
  const words = t.value.learn;
  const { small } = lesson;
  const [part, setPart] = useState(-1);
  const [found, setFound] = useState<Found | null>(null);
  const [busy, setBusy] = useState(false);

  const press = async (): Promise<void> => {
    setBusy(true);
    const next = (part + 1) % STEPS.length;
    if (next === 0) {
      const noise = await small.sampleNoise(BATCH, small.steps);
      const images = await small.generate(noise);
      const { gradient } = await small.judge(images);
      setFound({ noise, images, gradient, step: await rehearse(lesson, realsOf(lesson, small.steps), noise) });
    }
    if (next === STEPS.length - 1 && found) await small.step(realsOf(lesson, small.steps), { noise: found.noise });
    setPart(next);
    setBusy(false);
  };

  const first = SIDE * SIDE;
  const { before, after } = found?.step ?? {};
  return (
    <>
      <p>
        <button type="button" class="main" disabled={busy} onClick={press}>
          {words.parts[(part + 1) % STEPS.length]}
        </button>{' '}
        <span class="quiet">{words.stepsDone(small.steps)}</span>
      </p>
      <ol class="parts">
        {words.parts.map((name, i) => (
          <li key={name} class={i > part ? 'quiet' : ''} {...(i === part && { 'aria-current': 'step' as const })}>
            {name}
          </li>
        ))}
      </ol>
      <div role="status">
        {found && part === 0 && (
          <p>{words.partNoise(Array.from(found.noise.subarray(0, 6), (value) => value.toFixed(2)).join(', '))}</p>
        )}
        {found && part === 1 && <p>{words.partFakes}</p>}
        {before && part === 2 && <p>{words.partJudged(short(before.realScore), short(before.fakeScore))}</p>}
        {before && part === 3 && (
          <p>{words.partLosses(short(before.discriminatorLoss), short(before.generatorLoss))}</p>
        )}
        {found && part === 4 && <p>{words.partGradients}</p>}
        {before && after && part === 5 && (
          <p>
            {words.partUpdates(
              short(before.discriminatorLoss),
              short(after.discriminatorLoss),
              short(before.generatorLoss),
              short(after.generatorLoss),
            )}
          </p>
        )}
      </div>
      {found && part >= 1 && (
        <div class="lesson-pictures">
          <figure>
            <figcaption>{words.fakes}</figcaption>
            <Pixels picture={gridOf(found.images, 4)} alt={words.fakes} />
          </figure>
          {part >= 4 && (
            <figure>
              <figcaption>{words.gradientOfFirst}</figcaption>
              <Pixels
                picture={evidenceOf(found.gradient.subarray(0, first), new Float32Array(first).fill(1), FORM).for}
                alt={words.gradientOfFirst}
              />
            </figure>
          )}
        </div>
      )}
      {part >= 0 && <Quote {...STEPS[part]!} />}
    </>
  );
}
