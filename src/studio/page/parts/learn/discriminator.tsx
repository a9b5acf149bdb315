// The discriminator by touch: draw a digit, or take a real one or a made one, and see the
// judgement. Networks with groups judge a digit as one of its group, as in training.

import type { DCGAN } from 'dcgan/browser';
import { useEffect, useRef, useState } from 'preact/hooks';
import { toBytes, toNumbers } from '../../../../data/pixels.ts';
import { Latest } from '../../state/lab.ts';
import { FORM, groupDrawn, groupOf, type Lesson, type Origin, probability, SIDE } from '../../state/lesson.ts';
import { emptyPaper, type Paper } from '../../state/paper.ts';
import { short, t } from '../../strings/index.ts';
import { Easel } from '../draw/easel.tsx';
import { Notice } from '../notice.tsx';
import { DISCRIMINATOR } from './code.ts';
import { Quote } from './quote.tsx';

const PEN = { colour: [255], radius: 1.2 } as const;

/** What lies before the discriminator. */
interface Shown {
  readonly paper: Paper;
  readonly from: Origin;
}

/** An image [28, 28, 1] in [-1, 1] on paper. */
const onPaper = (image: Float32Array): Paper => ({
  form: FORM,
  bytes: toBytes(image),
  painted: new Uint8Array(SIDE * SIDE).fill(1),
});

const drawn = (paper: Paper): Shown => ({ paper, from: { kind: 'drawing', bytes: paper.bytes } });

interface Judged {
  readonly logit: number;
  readonly group: number | null;
  readonly kind: Origin['kind'];
}

export function DiscriminatorPart({ lesson, gan }: { readonly lesson: Lesson; readonly gan: DCGAN }) {
  const words = t.value.learn;
  const [shown, setShown] = useState<Shown>(() => drawn(emptyPaper(FORM)));
  const [judged, setJudged] = useState<Judged | null>(null);
  const [turn, setTurn] = useState(0);
  const [error, setError] = useState<string | null>(null);
  const latest = useRef(new Latest());
  useEffect(() => setJudged(null), [gan]);
  useEffect(() => {
    let current = true;
    latest.current.run(async () => {
      const group = await groupOf(lesson, gan, shown.from);
      const choice = group === null ? {} : { classes: group };
      const { logits } = await gan.judge(toNumbers(shown.paper.bytes), choice);
      if (current) setJudged({ logit: logits[0]!, group, kind: shown.from.kind });
    });
    return () => {
      current = false;
    };
  }, [gan, shown]);
  const put = (next: Shown): void => {
    setError(null);
    setShown(next);
  };
  const takeReal = (): void => {
    const index = (7 * turn) % lesson.digits.count;
    setTurn(turn + 1);
    put({ paper: onPaper(lesson.digits.batch([index])), from: { kind: 'real', index } });
  };
  const takeFake = async (): Promise<void> => {
    const group = groupDrawn(gan, turn);
    setTurn(turn + 1);
    const image = await gan.generate(1, { seed: turn, ...(group !== null && { classes: group }) });
    put({ paper: onPaper(image), from: { kind: 'fake', group } });
  };
  const as = judged && judged.group !== null && words.judgedAs[judged.kind](t.value.group(judged.group));
  return (
    <>
      <div class="lesson-pictures">
        <Easel paper={shown.paper} tool={PEN} change={(paper) => put(drawn(paper))} fail={setError} />
        <div>
          <div class="controls">
            <button type="button" onClick={takeReal}>
              {words.takeReal}
            </button>
            <button type="button" onClick={takeFake}>
              {words.takeFake}
            </button>
            <button type="button" onClick={() => put(drawn(emptyPaper(FORM)))}>
              {words.clear}
            </button>
          </div>
          <p role="status">
            {judged
              ? words.judged(short(judged.logit), short(100 * probability(judged.logit)))
              : gan.config.groups > 0 && words.preparing}
          </p>
          {as && <p class="quiet">{as}</p>}
          <Notice text={error} />
        </div>
      </div>
      <Quote {...DISCRIMINATOR} />
    </>
  );
}
