// The slider chooses a moment of the training. The pictures also play as a film, and two moments
// stand side by side. While the run trains and the slider is at its end, it shows the newest
// picture.
import { useEffect, useState } from 'preact/hooks';
import type { PictureHead, RunDetail } from '../../api.ts';
import type { Source } from '../sources/source.ts';
import { pixels } from '../state/look.ts';
import { t } from '../strings/index.ts';
import { Slider } from './slider.tsx';

const SPEEDS = [1, 2, 5, 10, 20] as const;

export interface TimelineProps {
  readonly source: Source;
  readonly detail: RunDetail;
  /** The epoch shown; null: the newest. */
  readonly epoch: number | null;
  readonly choose: (epoch: number | null) => void;
}

export function Timeline({ source, detail, epoch, choose }: TimelineProps) {
  const words = t.value;
  const { pictures, preview, head, reals } = detail;
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState<number>(5);
  const [beside, setBeside] = useState(false);
  const [second, setSecond] = useState(0);
  const last = pictures.length - 1;
  const chosen = epoch === null ? last : nearest(pictures, epoch);
  const live = epoch === null && head.state === 'training' && preview !== null;
  const go = (index: number): void => choose(index >= last ? null : (pictures[index]?.epoch ?? null));

  useEffect(() => {
    if (!playing) return;
    const timer = setTimeout(() => {
      if (chosen >= last) setPlaying(false);
      else go(chosen + 1);
    }, 1000 / speed);
    return () => clearTimeout(timer);
  }, [playing, chosen, speed, last]);

  const play = (): void => {
    if (!playing && chosen >= last) choose(pictures[0]?.epoch ?? null);
    setPlaying(!playing);
  };
  const shown = live ? preview : (pictures[chosen] ?? null);
  const other = Math.min(second, last);
  const nameAt = (index: number): string | undefined => pictures[index] && nameOf(pictures[index]);
  return (
    <section class="timeline">
      <div class="moments">
        <Moment source={source} id={head.id} picture={shown} live={live} />
        {beside && <Moment source={source} id={head.id} picture={pictures[other] ?? null} live={false} />}
      </div>
      {last > 0 && (
        <>
          <Slider label={words.time} last={last} value={chosen} text={nameAt(chosen)} change={go} />
          {beside && <Slider label={words.beside} last={last} value={other} text={nameAt(other)} change={setSecond} />}
        </>
      )}
      <div class="controls">
        <button type="button" onClick={play} disabled={last < 1}>
          {playing ? words.pause : words.play}
        </button>
        <label>
          {words.speed}{' '}
          <select value={speed} onChange={(event) => setSpeed(Number(event.currentTarget.value))}>
            {SPEEDS.map((n) => (
              <option key={n} value={n}>
                {n}
              </option>
            ))}
          </select>
        </label>
        <label>
          <input type="checkbox" checked={beside} onChange={() => setBeside(!beside)} /> {words.beside}
        </label>
        <label>
          <input
            type="checkbox"
            checked={pixels.value === 'crisp'}
            onChange={() => {
              pixels.value = pixels.value === 'crisp' ? 'smooth' : 'crisp';
            }}
          />{' '}
          {words.crisp}
        </label>
        {detail.film && (
          <a href={source.film(head.id)} download={`${head.id.replaceAll('/', '-')}.gif`}>
            {words.film}
          </a>
        )}
        {shown && (
          <a href={source.picture(head.id, shown)} download={shown.name}>
            PNG
          </a>
        )}
        {reals && (
          <details>
            <summary>{words.reals}</summary>
            <img class="picture" src={source.picture(head.id, reals)} alt={words.reals} />
          </details>
        )}
      </div>
    </section>
  );
}

function nearest(pictures: readonly PictureHead[], epoch: number): number {
  const after = pictures.findIndex((picture) => (picture.epoch ?? 0) >= epoch);
  return after < 0 ? pictures.length - 1 : after;
}

const nameOf = ({ epoch }: PictureHead): string =>
  epoch === null || epoch === 0 ? t.value.beforeTraining : t.value.epoch(epoch);

interface MomentProps {
  readonly source: Source;
  readonly id: string;
  readonly picture: PictureHead | null;
  readonly live: boolean;
}

function Moment({ source, id, picture, live }: MomentProps) {
  if (!picture) return <p class="wait">{t.value.loadingRun}</p>;
  const name = live ? t.value.live : nameOf(picture);
  return (
    <figure>
      <img class="picture large" src={source.picture(id, picture)} alt={`${id}, ${name}`} />
      <figcaption>{name}</figcaption>
    </figure>
  );
}
