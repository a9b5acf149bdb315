// A training in the page, live: its picture, its scores and how far it is. The networks that it
// leaves are those that the lesson then looks into.
import type { Dataset, Picture, TrainOptions } from 'dcgan/browser';
import { useEffect, useRef, useState } from 'preact/hooks';
import { seenText } from '../../state/warnings.ts';
import { short, t } from '../../strings/index.ts';
import { Pixels } from '../pixels.tsx';

interface TrainingProps {
  readonly data: Dataset;
  readonly options: Omit<TrainOptions, 'data' | 'signal'>;
  readonly start: string;
  /** Whether it starts at once, without a press. */
  readonly atOnce?: boolean;
  /** What is said while it begins, when it runs, and when it was stopped. */
  readonly said: { readonly preparing: string; readonly trains: string; readonly stopped: string };
  /** Gets each checkpoint and its name. */
  readonly ended?: (checkpoint: Uint8Array, name: string) => void;
}

interface Progress {
  readonly step: number;
  readonly epoch: number;
  readonly real: number;
  readonly fake: number;
}

const PICTURE_EVERY = 20;

export function Training({ data, options, start, atOnce, said: phrases, ended }: TrainingProps) {
  const words = t.value.learn;
  const [picture, setPicture] = useState<Picture | null>(null);
  const [progress, setProgress] = useState<Progress | null>(null);
  const [stop, setStop] = useState<AbortController | null>(null);
  const [said, setSaid] = useState('');
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const run = async (): Promise<void> => {
    const controller = new AbortController();
    running.current = controller;
    setStop(controller);
    setSaid(phrases.preparing);
    try {
      const { train } = await import('dcgan/browser');
      let begun = false;
      const events = train({
        ...options,
        data,
        device: 'cpu',
        pictureEvery: PICTURE_EVERY,
        signal: controller.signal,
      });
      for await (const event of events) {
        if (event.type === 'step') {
          const { step, epoch, realScore: real, fakeScore: fake } = event;
          setProgress({ step, epoch, real, fake });
          if (!begun) setSaid(phrases.trains);
          begun = true;
        }
        if (event.type === 'picture') setPicture(event.picture);
        if (event.type === 'warning') setSaid(seenText(event));
        if (event.type === 'checkpoint' || event.type === 'interrupted') ended?.(event.bytes, event.name);
        if (event.type === 'interrupted') setSaid(phrases.stopped);
        if (event.type === 'done') setSaid(words.trainingDone);
      }
    } catch (error) {
      setSaid((error as Error).message);
    }
    running.current = null;
    setStop(null);
  };
  useEffect(() => {
    if (atOnce) void run();
  }, []);
  return (
    <>
      <p>
        <button type="button" class="main" onClick={() => (stop ? stop.abort() : run())}>
          {stop ? t.value.stop : start}
        </button>
      </p>
      <p role="status">{said}</p>
      {progress && <p>{words.progress(progress.epoch, progress.step, short(progress.real), short(progress.fake))}</p>}
      {picture && <Pixels picture={picture} alt={words.sixteen} kind="large" />}
    </>
  );
}
