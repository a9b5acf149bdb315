// Training on a static page: a visitor's own pictures, in the visitor's browser. What is trained is
// kept in the browser, explored like any run, and taken along as a checkpoint.
import type { TrainOptions } from 'dcgan/browser';
import { useEffect, useState } from 'preact/hooks';
import { freeName } from '../../../platform/free-name.ts';
import { makeGrid } from '../../../render/grid.ts';
import { Drop } from '../parts/drop.tsx';
import { Training } from '../parts/learn/training.tsx';
import { Notice } from '../parts/notice.tsx';
import { Pixels } from '../parts/pixels.tsx';
import { useAct } from '../state/act.ts';
import { downloadFile, fileOf, type KeptRun, keptRuns, removeKept } from '../state/kept.ts';
import { type Brought, bring, SIDES } from '../state/own-pictures.ts';
import { links } from '../state/route.ts';
import { grouped, t } from '../strings/index.ts';

const PRESETS = ['quick', 'best'] as const;
/** Pictures of the contact sheet. */
const SHOWN = 32;

type Options = Omit<TrainOptions, 'data' | 'signal'>;

export function Here({ open }: { readonly open: (file: File) => Promise<string> }) {
  const words = t.value;
  const [files, setFiles] = useState<readonly File[]>([]);
  const [side, setSide] = useState<number>(SIDES[0]);
  const [read, setRead] = useState(0);
  const [brought, setBrought] = useState<Brought | null>(null);
  const [preset, setPreset] = useState<(typeof PRESETS)[number]>('quick');
  const [name, setName] = useState('my-pictures');
  const [epochs, setEpochs] = useState<number | null>(null);
  const [kept, setKept] = useState<readonly KeptRun[] | null>([]);
  /** The kept run that goes on; each press of its button is another one. */
  const [goOn, setGoOn] = useState<{ readonly name: string; readonly press: number } | null>(null);
  const [newest, setNewest] = useState<File | null>(null);
  const { busy, error, setError, act } = useAct<'open' | 'remove'>();
  const list = async (): Promise<void> => setKept(await keptRuns());
  useEffect(() => void list(), []);
  useEffect(() => {
    if (files.length === 0) return;
    let current = true;
    setBrought(null);
    setError(null);
    bring(files, side, (n) => current && setRead(n)).then(
      (found) => current && setBrought(found),
      (reason: Error) => current && setError(reason.message),
    );
    return () => {
      current = false;
    };
  }, [files, side]);

  const explore = (file: File): Promise<void> =>
    act('open', async () => {
      location.hash = links.lab('explore', await open(file));
    });
  const take = (given: readonly File[]): void => {
    const checkpoint = given.find((file) => file.name.endsWith('.safetensors'));
    if (checkpoint) void explore(checkpoint);
    else setFiles(given);
  };
  /** The name, with a number where a kept run has it already. */
  const own = freeName((one) => (kept ?? []).some((run) => run.name === one), name);
  const fresh: Options = {
    ...{ preset, seed: 1, ...(epochs !== null && { epochs }) },
    ...(kept !== null && { keep: own }),
  };
  const options: Options =
    goOn === null ? fresh : { resume: goOn.name, keep: goOn.name, ...(epochs !== null && { epochs }) };
  const run = goOn?.name ?? own;
  const data = brought?.data;
  const shown = Math.min(SHOWN, data?.count ?? 0);
  const sheet =
    data &&
    makeGrid(data.batch(Array.from({ length: shown }, (_, i) => i)), [shown, data.height, data.width, data.channels], {
      columns: 8,
      enlarge: 1,
    });
  return (
    <section class="learn" aria-label={words.trainHere}>
      <h1>{words.trainHere}</h1>
      <p>{words.trainHereHelp}</p>
      <Drop label={words.bringPictures} accept="image/*,.gz,.idx,.pack,.safetensors" take={take} />
      <p class="quiet">{words.bringHelp}</p>
      <div class="controls">
        <label>
          {words.sideOfPictures}{' '}
          <select value={side} onChange={({ currentTarget }) => setSide(Number(currentTarget.value))}>
            {SIDES.map((one) => (
              <option key={one} value={one}>
                {one} × {one}
              </option>
            ))}
          </select>
        </label>
        <label>
          {words.preset}{' '}
          <select value={preset} onChange={({ currentTarget }) => setPreset(currentTarget.value as typeof preset)}>
            {PRESETS.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
        <label>
          {words.epochsToTrain}{' '}
          <input
            type="number"
            min={1}
            value={epochs ?? ''}
            onInput={({ currentTarget }) => setEpochs(currentTarget.valueAsNumber || null)}
          />
        </label>
        <label>
          {words.nameOfRun}{' '}
          <input
            type="text"
            value={name}
            pattern="[\w\-]+"
            onInput={({ currentTarget }) => setName(currentTarget.value.replace(/[^\w-]+/g, '-') || 'my-pictures')}
          />
        </label>
      </div>
      <p class="quiet">{words.presets[preset]}</p>
      <Notice text={error} />
      <p role="status">
        {data
          ? words.broughtPictures(grouped(data.count), `${data.height} × ${data.width} × ${data.channels}`)
          : files.length > 0 && error === null
            ? words.readingPictures(read, files.length)
            : ''}
      </p>
      {brought && brought.broken.length > 0 && (
        <p class="notice">
          {words.broken(brought.broken.length)}: {brought.broken.slice(0, 5).join(', ')}
        </p>
      )}
      {sheet && <Pixels picture={sheet} alt={words.broughtSheet} kind="maps" />}
      {data && (
        <Training
          key={goOn?.press ?? 0}
          data={data}
          options={options}
          start={goOn === null ? words.start : words.goOnWith(goOn.name)}
          atOnce={goOn !== null}
          said={{ preparing: words.preparingHere, trains: words.trainsHere, stopped: words.stoppedHere }}
          ended={(bytes, checkpoint) => {
            setNewest(fileOf(run, checkpoint, bytes));
            void list();
          }}
        />
      )}
      {newest && (
        <div class="controls">
          <button type="button" class="main" disabled={busy !== null} onClick={() => explore(newest)}>
            {words.exploreNewest}
          </button>
          <button type="button" onClick={() => downloadFile(newest)}>
            {words.downloadNewest}
          </button>
        </div>
      )}
      {kept === null && <p class="notice">{words.keepsNothing}</p>}
      {kept !== null && kept.length > 0 && (
        <>
          <h2>{words.keptHere}</h2>
          <ul class="kept">
            {kept.map(({ name: one, newest: file }) => (
              <li key={one} class="controls">
                <strong>{one}</strong>
                <button type="button" disabled={busy !== null} onClick={() => explore(file)}>
                  {words.explore}: {one}
                </button>
                <button type="button" onClick={() => downloadFile(file)}>
                  {words.downloadKept(one)}
                </button>
                <button
                  type="button"
                  disabled={!data}
                  onClick={() => setGoOn({ name: one, press: (goOn?.press ?? 0) + 1 })}
                >
                  {words.goOnWith(one)}
                </button>
                <button
                  type="button"
                  class="danger"
                  disabled={busy !== null}
                  onClick={() =>
                    act('remove', async () => {
                      await removeKept(one);
                      setGoOn(null);
                      await list();
                    })
                  }
                >
                  {words.removeKept(one)}
                </button>
              </li>
            ))}
          </ul>
          <p class="quiet">{words.keptHelp}</p>
        </>
      )}
    </section>
  );
}
