// The pinned samples and the path between them, as a film with a timeline and as files.

import { useEffect, useMemo, useState } from 'preact/hooks';
import type { CheckpointHead } from '../../../api.ts';
import type { Networks } from '../../sources/networks.ts';
import { useAct } from '../../state/act.ts';
import { download } from '../../state/download.ts';
import { classesFor, formOf, pins } from '../../state/lab.ts';
import { classOption, saveNoise } from '../../state/noise-files.ts';
import {
  canRecord,
  FRAMES_PER_SECOND,
  filmOf,
  framesOf,
  gifOf,
  STEPS,
  stopsOf,
  stripOf,
  walk,
  webmOf,
} from '../../state/path.ts';
import { bytesOf, pictureOf, pngOf } from '../../state/pictures.ts';
import { t } from '../../strings/index.ts';
import { Command } from '../facts.tsx';
import { Notice } from '../notice.tsx';
import { Pixels } from '../pixels.tsx';
import { Slider } from '../slider.tsx';

const PINS_FILE = 'pins.npy';

interface PathProps {
  readonly networks: Networks;
  readonly checkpoint: CheckpointHead;
}

export function Path({ networks, checkpoint }: PathProps) {
  const words = t.value;
  const list = pins.value;
  const form = formOf(networks);
  const [thumbs, setThumbs] = useState<readonly Uint8Array[]>([]);
  useEffect(() => {
    let current = true;
    Promise.all(list.map(async ({ noise, label }) => networks.generate(noise, classesFor([label])))).then(
      (made) => current && setThumbs(made.map((image) => bytesOf(image, form)[0]!)),
      () => {},
    );
    return () => {
      current = false;
    };
  }, [networks, list]);
  return (
    <section class="pins" aria-label={words.pinned}>
      <h2>{words.pinned}</h2>
      {list.length < 2 && <p class="quiet">{words.noPins}</p>}
      <ul class="near">
        {thumbs.slice(0, list.length).map((bytes, i) => (
          <li key={i}>
            <Pixels picture={pictureOf(bytes, form)} alt={words.pinName(i + 1)} />
            <button
              type="button"
              aria-label={words.unpin(i + 1)}
              onClick={() => {
                pins.value = list.filter((_, k) => k !== i);
              }}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
      {list.length >= 2 && <Film networks={networks} checkpoint={checkpoint} />}
    </section>
  );
}

function Film({ networks, checkpoint }: PathProps) {
  const words = t.value;
  const list = pins.value;
  const form = formOf(networks);
  const [loop, setLoop] = useState(false);
  const [parts, setParts] = useState<readonly (readonly Uint8Array[])[]>([]);
  const [place, setPlace] = useState(0);
  const [playing, setPlaying] = useState(false);
  const { busy, error, act } = useAct<'gif' | 'strip' | 'webm'>();
  const stops = useMemo(() => stopsOf(list, loop), [list, loop]);
  useEffect(() => {
    let current = true;
    setParts([]);
    walk(networks, stops, setParts, () => current).catch(() => {});
    return () => {
      current = false;
    };
  }, [networks, stops]);
  const frames = useMemo(() => framesOf(parts), [parts]);
  const whole = parts.length === stops.length - 1;
  const last = Math.max(0, frames.length - 1);
  const at = Math.min(place, last);

  useEffect(() => {
    if (!playing) return;
    const timer = setTimeout(() => {
      if (at < last) setPlace(at + 1);
      else if (loop) setPlace(0);
      else setPlaying(false);
    }, 1000 / FRAMES_PER_SECOND);
    return () => clearTimeout(timer);
  }, [playing, at, last, loop]);

  const picture = useMemo(() => (frames[at] ? pictureOf(frames[at], form) : null), [frames, at]);
  const film = () => filmOf(frames, loop, networks);
  const again = `${checkpoint.commands.interpolate} --noise ${PINS_FILE}${classOption(stops.map(({ label }) => label))} --steps ${STEPS}${loop ? ' --no-back' : ''} -o path.gif`;
  return (
    <section class="film" aria-label={words.path}>
      <Pixels picture={picture} alt={words.pathFrame(at + 1, frames.length)} kind="large" />
      <div>
        <h2>{words.path}</h2>
        <Slider
          label={words.pathPlace}
          last={last}
          value={at}
          text={words.pathFrame(at + 1, frames.length)}
          shown={`${at + 1} / ${frames.length}`}
          change={setPlace}
        />
        <div class="controls">
          <button
            type="button"
            class="main"
            onClick={() => {
              if (!playing && at >= last) setPlace(0);
              setPlaying(!playing);
            }}
          >
            {playing ? words.pause : words.play}
          </button>
          <label>
            <input type="checkbox" checked={loop} onChange={() => setLoop(!loop)} /> {words.loop}
          </label>
          <button
            type="button"
            disabled={!whole || busy !== null}
            onClick={() => act('gif', async () => download('path.gif', 'image/gif', gifOf(film()).slice()))}
          >
            {words.saveGif}
          </button>
          <button
            type="button"
            disabled={!whole || busy !== null}
            onClick={() =>
              act('strip', async () => download('path.png', 'image/png', await pngOf(stripOf(parts, networks))))
            }
          >
            {words.saveStrip}
          </button>
          {canRecord() && (
            <button
              type="button"
              disabled={!whole || busy !== null}
              onClick={() => act('webm', async () => download('path.webm', 'video/webm', await webmOf(film())))}
            >
              {words.saveWebm}
            </button>
          )}
        </div>
        <p role="status" class="quiet">
          {busy === 'webm' ? words.recording : whole ? '' : words.makingPath}
        </p>
        <Notice text={error} />
        <Command what={words.commandPath} text={again} />
        <button type="button" onClick={() => saveNoise(PINS_FILE, stops)}>
          {words.saveNoiseNamed(PINS_FILE)}
        </button>
      </div>
    </section>
  );
}
