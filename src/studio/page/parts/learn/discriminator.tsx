// The discriminator by touch: draw a digit, or take a real one or a made one, and see the
// judgement. Networks with groups judge a digit as one of its group, as in training.

import type { DCGAN } from 'dcgan/browser';
import { useEffect, useRef, useState } from 'preact/hooks';
import { toBytes, toNumbers } from '../../../../data/pixels.ts';
import { Latest } from '../../state/lab.ts';
import {
  FORM,
  groupDrawn,
  groupsOfDigits,
  type Judged,
  judgeOne,
  type Lesson,
  probability,
  SIDE,
} from '../../state/lesson.ts';
import { emptyPaper, type Paper } from '../../state/paper.ts';
import { short, t } from '../../strings/index.ts';
import { Easel } from '../draw/easel.tsx';
import { Notice } from '../notice.tsx';
import { DISCRIMINATOR } from './code.ts';
import { Quote } from './quote.tsx';

const PEN = { colour: [255], radius: 1.2 } as const;

const drawn = (paper: Paper): Shown => ({ paper, kind: 'drawing', group: null });

/** An image [28, 28, 1] in [-1, 1] on paper. */
const onPaper = (image: Float32Array): Paper => ({
  form: FORM,
  bytes: toBytes(image),
  painted: new Uint8Array(SIDE * SIDE).fill(1),
});

/** What lies before the discriminator; the group of a drawing is not known. */
interface Shown {
  readonly paper: Paper;
  readonly kind: 'drawing' | 'real' | 'fake';
  readonly group: number | null;
}

export function DiscriminatorPart({ lesson, gan }: { readonly lesson: Lesson; readonly gan: DCGAN }) {
  const words = t.value.learn;
  const [shown, setShown] = useState<Shown>(() => drawn(emptyPaper(FORM)));
  const [judged, setJudged] = useState<(Judged & Pick<Shown, 'kind'>) | null>(null);
  const [turn, setTurn] = useState(0);
  const [looking, setLooking] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const latest = useRef(new Latest());
  /** A digit that is still looked for is not wanted any more once something else was put here. */
  const puts = useRef(0);
  useEffect(() => {
    let current = true;
    latest.current.run(async () => {
      const found = await judgeOne(gan, toNumbers(shown.paper.bytes), shown.group);
      if (current) setJudged({ ...found, kind: shown.group === null ? 'drawing' : shown.kind });
    });
    return () => {
      current = false;
    };
  }, [gan, shown]);
  const put = (next: Shown): void => {
    puts.current++;
    setError(null);
    setShown(next);
  };
  const takeReal = async (): Promise<void> => {
    const index = (7 * turn) % lesson.digits.count;
    const before = puts.current;
    setTurn(turn + 1);
    setLooking(gan.config.groups > 0);
    const groups = await groupsOfDigits(lesson, gan);
    setLooking(false);
    if (puts.current !== before) return;
    put({ paper: onPaper(lesson.digits.batch([index])), kind: 'real', group: groups?.[index] ?? null });
  };
  const takeFake = async (): Promise<void> => {
    const group = groupDrawn(gan, turn);
    setTurn(turn + 1);
    const image = await gan.generate(1, { seed: turn, ...(group !== null && { classes: group }) });
    put({ paper: onPaper(image), kind: 'fake', group });
  };
  const as = judged && judged.group !== null && words.judgedAs[judged.kind](t.value.group(judged.group));
  return (
    <>
      <div class="lesson-pictures">
        <Easel paper={shown.paper} tool={PEN} change={(paper) => put(drawn(paper))} fail={setError} />
        <div>
          <div class="controls">
            <button type="button" aria-disabled={looking} onClick={() => looking || takeReal()}>
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
            {looking
              ? words.preparing
              : judged && words.judged(short(judged.logit), short(100 * probability(judged.logit)))}
          </p>
          {as && !looking && <p class="quiet">{as}</p>}
          <Notice text={error} />
        </div>
      </div>
      <Quote {...DISCRIMINATOR} />
    </>
  );
}
