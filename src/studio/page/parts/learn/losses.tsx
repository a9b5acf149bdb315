// Both losses of one batch: each logit is a dot on the curve of its answer. The dots are judgements
// of the networks at rest; the steps report their own losses.
import type { StepResult } from 'dcgan/browser';
import { useEffect, useState } from 'preact/hooks';
import { BATCH, type Lesson, lossOf, mean, realsOf } from '../../state/lesson.ts';
import { short, t } from '../../strings/index.ts';
import { LOSSES } from './code.ts';
import { Curve } from './curve.tsx';
import { Quote } from './quote.tsx';

/** Training steps of a press: so many that the dots move. */
const AT_ONCE = 10;

interface Logits {
  readonly reals: Float32Array;
  readonly fakes: Float32Array;
}

async function judgeBatch(lesson: Lesson, batch: number): Promise<Logits> {
  const images = await lesson.small.generate(BATCH, { seed: batch });
  const reals = (await lesson.small.judge(realsOf(lesson, batch))).logits;
  return { reals, fakes: (await lesson.small.judge(images)).logits };
}

/** The discriminator's loss and the generator's. */
function lossesOf({ reals, fakes }: Logits): readonly [discriminator: number, generator: number] {
  const right = mean(Array.from(reals, lossOf)) + mean(Array.from(fakes, (logit) => lossOf(-logit)));
  return [right, mean(Array.from(fakes, lossOf))];
}

export function Curves({ logits }: { readonly logits: Logits }) {
  const words = t.value.learn;
  const { reals, fakes } = logits;
  const [discriminator, generator] = lossesOf(logits).map(short);
  return (
    <div class="lesson-pictures">
      <figure>
        <figcaption>{words.lossD(discriminator!)}</figcaption>
        <Curve
          label={words.lossD(discriminator!)}
          network="discriminator"
          dots={[
            { name: 'reals', logits: reals, wanted: 1, mark: 'round' },
            { name: 'fakes', logits: fakes, wanted: 0, mark: 'square' },
          ]}
        />
      </figure>
      <figure>
        <figcaption>{words.lossG(generator!)}</figcaption>
        <Curve
          label={words.lossG(generator!)}
          network="generator"
          dots={[{ name: 'fakes', logits: fakes, wanted: 1, mark: 'square' }]}
        />
      </figure>
    </div>
  );
}

export function LossesPart({ lesson }: { readonly lesson: Lesson }) {
  const words = t.value.learn;
  const { small } = lesson;
  const [batch, setBatch] = useState(0);
  const [steps, setSteps] = useState(small.steps);
  const [busy, setBusy] = useState(false);
  const [own, setOwn] = useState<StepResult | null>(null);
  const [logits, setLogits] = useState<Logits | null>(null);
  useEffect(() => {
    let current = true;
    judgeBatch(lesson, batch).then(
      (found) => {
        if (current) setLogits(found);
      },
      () => {},
    );
    return () => {
      current = false;
    };
  }, [lesson, batch, steps]);
  const train = async (): Promise<void> => {
    setBusy(true);
    for (let i = 0; i < AT_ONCE; i++) {
      setOwn(await small.step(realsOf(lesson, small.steps)));
      setSteps(small.steps);
    }
    setBusy(false);
  };
  return (
    <>
      <div class="controls">
        <button type="button" class="main" aria-disabled={busy} onClick={() => busy || train()}>
          {words.takeSteps(AT_ONCE)}
        </button>
        <button type="button" onClick={() => setBatch(batch + 1)}>
          {words.nextBatch}
        </button>
        <span class="quiet">{words.stepsDone(steps)}</span>
      </div>
      {logits && <Curves logits={logits} />}
      {own && <p role="status">{words.stepLosses(steps, short(own.discriminatorLoss), short(own.generatorLoss))}</p>}
      <p class="quiet">{words.marks}</p>
      <p class="quiet">{words.atRest}</p>
      <Quote {...LOSSES} />
    </>
  );
}
