// The samples, each a button that chooses it.

import { useMemo } from 'preact/hooks';
import { type ImageForm, pictureOf } from '../../state/pictures.ts';
import { t } from '../../strings/index.ts';
import { Pixels } from '../pixels.tsx';

interface GridProps {
  readonly images: readonly Uint8Array[];
  readonly form: ImageForm;
  readonly chosen: number;
  /** Newer pictures are being computed. */
  readonly busy: boolean;
  readonly names: readonly (string | null)[];
  readonly choose: (index: number) => void;
}

export function Grid({ images, form, chosen, busy, names, choose }: GridProps) {
  return (
    <ul class="samples" aria-label={t.value.samples} aria-busy={busy}>
      {images.map((bytes, i) => (
        <li key={i}>
          <button
            type="button"
            aria-pressed={i === chosen}
            aria-label={[t.value.sample(i + 1), names[i]].filter(Boolean).join(', ')}
            onClick={() => choose(i)}
          >
            <Tile bytes={bytes} form={form} />
          </button>
        </li>
      ))}
    </ul>
  );
}

function Tile({ bytes, form }: { readonly bytes: Uint8Array; readonly form: ImageForm }) {
  const picture = useMemo(() => pictureOf(bytes, form), [bytes]);
  return <Pixels picture={picture} alt="" />;
}
