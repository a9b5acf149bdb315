// One training step, slowly: a press for each of its parts, and the numbers are those of the
// networks.
import { useState } from 'preact/hooks';
import { FORM, gridOf, type Lesson, mean, probability, realsOf, SIDE } from '../../state/lesson.ts';
import { evidenceOf } from '../../state/maps.ts';
import { short, t } from '../../strings/index.ts';
import { Pixels } from '../pixels.tsx';
import { STEPS } from './code.ts';
import { judgeBatch, lossesOf } from './losses.tsx';
import { Quote } from './quote.tsx';

/** What has been computed so far in this step. */
interface Found {
  readonly noise: Float32Array;
  readonly judged: Awaited<ReturnType<typeof judgeBatch>>;
  readonly gradient: Float32Array;
  readonly after: readonly [number, number] | null;
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
      const noise = await small.sampleNoise(16, small.steps);
      const judged = await judgeBatch(lesson, small.steps);
      const { gradient } = await small.judge(judged.images);
      setFound({ noise, judged, gradient, after: null });
    }
    if (next === STEPS.length - 1 && found) {
      const batch = small.steps;
      await small.step(realsOf(lesson, batch), { noise: found.noise });
      setFound({ ...found, after: lossesOf(await judgeBatch(lesson, batch)) });
    }
    setPart(next);
    setBusy(false);
  };

  const first = SIDE * SIDE;
  const losses = found && lossesOf(found.judged);
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
        {found && part === 2 && (
          <p>
            {words.partJudged(
              short(mean(Array.from(found.judged.reals, probability))),
              short(mean(Array.from(found.judged.fakes, probability))),
            )}
          </p>
        )}
        {losses && part === 3 && <p>{words.partLosses(short(losses[0]), short(losses[1]))}</p>}
        {found && part === 4 && <p>{words.partGradients}</p>}
        {losses && found?.after && part === 5 && (
          <p>{words.partUpdates(short(losses[0]), short(found.after[0]), short(losses[1]), short(found.after[1]))}</p>
        )}
      </div>
      {found && part >= 1 && (
        <div class="lesson-pictures">
          <figure>
            <figcaption>{words.fakes}</figcaption>
            <Pixels picture={gridOf(found.judged.images, 4)} alt={words.fakes} />
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
