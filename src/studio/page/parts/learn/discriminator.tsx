// The discriminator by touch: draw a digit, or take a real one or a made one, and see the
// judgement.

import type { DCGAN } from 'dcgan/browser';
import { useEffect, useRef, useState } from 'preact/hooks';
import { toBytes, toNumbers } from '../../../../data/pixels.ts';
import { Latest } from '../../state/lab.ts';
import { FORM, judgeOne, type Lesson, probability, SIDE } from '../../state/lesson.ts';
import { emptyPaper, type Paper } from '../../state/paper.ts';
import { short, t } from '../../strings/index.ts';
import { Easel } from '../draw/easel.tsx';
import { Notice } from '../notice.tsx';
import { DISCRIMINATOR } from './code.ts';
import { Quote } from './quote.tsx';

const PEN = { colour: [255], radius: 1.2 } as const;

/** An image [28, 28, 1] in [-1, 1] on paper. */
const onPaper = (image: Float32Array): Paper => ({
  form: FORM,
  bytes: toBytes(image),
  painted: new Uint8Array(SIDE * SIDE).fill(1),
});

export function DiscriminatorPart({ lesson, gan }: { readonly lesson: Lesson; readonly gan: DCGAN }) {
  const words = t.value.learn;
  const [paper, setPaper] = useState<Paper>(() => emptyPaper(FORM));
  const [logit, setLogit] = useState<number | null>(null);
  const [turn, setTurn] = useState(0);
  const [error, setError] = useState<string | null>(null);
  const latest = useRef(new Latest());
  useEffect(() => {
    let current = true;
    latest.current.run(async () => {
      const found = await judgeOne(gan, toNumbers(paper.bytes));
      if (current) setLogit(found);
    });
    return () => {
      current = false;
    };
  }, [gan, paper]);
  const put = (next: Paper): void => {
    setError(null);
    setPaper(next);
  };
  const take = async (image: Promise<Float32Array> | Float32Array): Promise<void> => {
    setTurn(turn + 1);
    put(onPaper((await image).slice(0, SIDE * SIDE)));
  };
  return (
    <>
      <div class="lesson-pictures">
        <Easel paper={paper} tool={PEN} change={put} fail={setError} />
        <div>
          <div class="controls">
            <button type="button" onClick={() => take(lesson.digits.batch([(7 * turn) % lesson.digits.count]))}>
              {words.takeReal}
            </button>
            <button type="button" onClick={() => take(gan.generate(1, { seed: turn }))}>
              {words.takeFake}
            </button>
            <button type="button" onClick={() => put(emptyPaper(FORM))}>
              {words.clear}
            </button>
          </div>
          <p role="status">{logit === null ? '' : words.judged(short(logit), short(100 * probability(logit)))}</p>
          <Notice text={error} />
        </div>
      </div>
      <Quote {...DISCRIMINATOR} />
    </>
  );
}
