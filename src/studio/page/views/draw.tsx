// Draw: the nearest thing to a drawing that the generator can make, found while a person looks.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { toNumbers } from '../../../data/pixels.ts';
import { Easel, type Tool } from '../parts/draw/easel.tsx';
import { Amount } from '../parts/explore/amount.tsx';
import { Command } from '../parts/facts.tsx';
import { Notice } from '../parts/notice.tsx';
import { Pixels } from '../parts/pixels.tsx';
import { download } from '../state/download.ts';
import { chosen, drawing, drawingLabel, formOf, type LabProps, Latest, labelName } from '../state/lab.ts';
import { saveNoise } from '../state/noise-files.ts';
import { canvasOf, emptyPaper, isEmpty, maskOf, paperFrom } from '../state/paper.ts';
import { bytesOf, pictureOf, pngOfCanvas } from '../state/pictures.ts';
import { links } from '../state/route.ts';
import { distanceWord, type Found, STARTS, STEPS, seek } from '../state/seek.ts';
import { short, t } from '../strings/index.ts';

/** A search begins when the hand has rested for so long. */
const REST_MS = 120;
const [LIGHT, DARK] = [255, 0];

export function Draw({ id, networks, checkpoint }: LabProps) {
  const words = t.value;
  const form = formOf(networks);
  const { channels } = form;
  const side = Math.min(form.height, form.width);
  const fresh = () => emptyPaper(form);
  const paper = drawing.value ?? fresh();
  const [kind, setKind] = useState<'light' | 'dark' | 'colour' | 'erase'>('light');
  const [hue, setHue] = useState('#e0a040');
  const [radius, setRadius] = useState(Math.max(1, Math.round(side / 24)));
  const [emptyCounts, setEmptyCounts] = useState(false);
  const [found, setFound] = useState<Found | null>(null);
  const [error, setError] = useState<string | null>(null);
  const latest = useRef(new Latest());
  const nothing = isEmpty(paper);

  useEffect(() => {
    setFound(null);
    if (nothing) return;
    let wanted = true;
    const tell = (next: Found): void => {
      setFound(next);
      drawingLabel.value = next.class;
    };
    const timer = setTimeout(() => {
      latest.current.run(async () => {
        try {
          await seek(networks, toNumbers(paper.bytes), maskOf(paper, emptyCounts), tell, () => wanted);
        } catch (reason) {
          if (wanted) setError((reason as Error).message);
        }
      });
    }, REST_MS);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [networks, paper, emptyCounts]);

  const put = (next: typeof paper): void => {
    setError(null);
    drawing.value = next;
    drawingLabel.value = null;
  };
  const colours = { light: [LIGHT, LIGHT, LIGHT], dark: [DARK, DARK, DARK], colour: rgbOf(hue), erase: null };
  const tool: Tool = { radius, colour: colours[kind]?.slice(0, channels) ?? null };
  const picture = useMemo(() => (found ? pictureOf(bytesOf(found.image, form)[0]!, form) : null), [found]);
  const label = found && labelName(networks, found.class);
  return (
    <>
      <p class="quiet">{words.drawHelp}</p>
      <div class="drawing">
        <figure>
          <Easel paper={paper} tool={tool} change={put} fail={setError} />
          <figcaption class="quiet">{words.paperHelp}</figcaption>
        </figure>
        <figure>
          <Pixels picture={picture} alt={words.nearestMade} kind="large" />
          <figcaption>
            <p role="status">
              {nothing
                ? words.nothingDrawn
                : found === null
                  ? words.searching(0, STEPS)
                  : found.step < STEPS
                    ? words.searching(found.step, STEPS)
                    : words.searchDone}
            </p>
            {found && (
              <p>
                <strong>{words.distanceWords[distanceWord(found.distance)]}</strong>{' '}
                {words.awayBy(short(found.distance))}
                {label !== null && `, ${label}`}
              </p>
            )}
          </figcaption>
        </figure>
        <div class="tools-of-drawing">
          <fieldset>
            <legend>{words.brush}</legend>
            <div class="controls">
              {(
                [
                  ['light', words.brushLight],
                  ['dark', words.brushDark],
                  ...(channels === 3 ? [['colour', words.brushColour] as const] : []),
                  ['erase', words.eraser],
                ] as const
              ).map(([one, name]) => (
                <label key={one}>
                  <input type="radio" name="brush" checked={kind === one} onChange={() => setKind(one)} /> {name}
                </label>
              ))}
              {kind === 'colour' && (
                <input
                  type="color"
                  aria-label={words.brushColour}
                  value={hue}
                  onInput={(event) => setHue(event.currentTarget.value)}
                />
              )}
            </div>
            <Amount
              label={words.brushSize}
              value={radius}
              least={0}
              most={Math.round(side / 6)}
              step={1}
              change={setRadius}
            />
          </fieldset>
          <div class="controls">
            <button type="button" onClick={() => put(fresh())} disabled={nothing}>
              {words.clear}
            </button>
            <label class="button">
              {words.openPicture}
              <input
                class="hidden"
                type="file"
                accept="image/*"
                onChange={async (event) => {
                  const file = event.currentTarget.files?.[0];
                  event.currentTarget.value = '';
                  if (file) await paperFrom(file, form).then(put, (reason: Error) => setError(reason.message));
                }}
              />
            </label>
          </div>
          <label>
            <input type="checkbox" checked={emptyCounts} onChange={() => setEmptyCounts(!emptyCounts)} />{' '}
            {words.emptyCounts}
          </label>
          <p class="quiet">{words.emptyCountsHelp}</p>
          <Notice text={error} />
          {!nothing && (
            <>
              <Command
                what={words.commandProject}
                text={`${checkpoint.commands.project} --steps ${STEPS} --restarts ${STARTS}`}
              />
              <div class="controls">
                <button
                  type="button"
                  onClick={async () =>
                    download('drawing.png', 'image/png', await pngOfCanvas(canvasOf(paper, emptyCounts)))
                  }
                >
                  {words.savePicture}
                </button>
                {found && (
                  <>
                    <button
                      type="button"
                      onClick={() => saveNoise('noise.npy', [{ noise: found.noise, label: found.class }])}
                    >
                      {words.saveNoise}
                    </button>
                    <a
                      class="button"
                      href={links.lab('inside', id, checkpoint.name)}
                      onClick={() => {
                        chosen.value = { noise: found.noise, label: found.class };
                      }}
                    >
                      {words.lookInside}
                    </a>
                  </>
                )}
              </div>
            </>
          )}
        </div>
      </div>
    </>
  );
}

const rgbOf = (hex: string): number[] => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
