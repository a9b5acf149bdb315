// What moves all samples at once: truncation, the directions that change most, and single values.

import { IDLE, type Moves } from '../../state/moves.ts';
import type { Direction } from '../../state/principal.ts';
import { short, t } from '../../strings/index.ts';
import { Amount } from './amount.tsx';

/** Noise is spread by 1; the generator was shown little beyond this. */
const FARTHEST = 4;

interface SlidersProps {
  readonly latent: number;
  /** Null while they are sought. */
  readonly directions: readonly Direction[] | null;
  readonly moves: Moves;
  readonly change: (moves: Moves) => void;
}

export function Sliders({ latent, directions, moves, change }: SlidersProps) {
  const words = t.value;
  const { truncation, along, index, amount } = moves;
  return (
    <div class="sliders">
      <h2>{words.directions}</h2>
      <p class="quiet">{words.directionsHelp}</p>
      {directions === null ? (
        <p role="status">{words.findingDirections}</p>
      ) : (
        directions.map(({ share }, k) => (
          <Amount
            key={k}
            label={words.direction(k + 1, short(Math.round(1000 * share) / 10))}
            least={-FARTHEST}
            most={FARTHEST}
            step={0.1}
            value={along[k] ?? 0}
            change={(value) =>
              change({ ...moves, along: directions.map((_, i) => (i === k ? value : (along[i] ?? 0))) })
            }
          />
        ))
      )}
      <h2>{words.noiseValues}</h2>
      <label class="amount">
        <span>{words.noiseValue}</span>
        <input
          type="number"
          min={1}
          max={latent}
          value={index + 1}
          onInput={(event) => {
            const value = event.currentTarget.valueAsNumber;
            if (value >= 1 && value <= latent) change({ ...moves, index: Math.floor(value) - 1 });
          }}
        />
      </label>
      <Amount
        label={words.noiseAmount}
        least={-FARTHEST}
        most={FARTHEST}
        step={0.1}
        value={amount}
        change={(value) => change({ ...moves, amount: value })}
      />
      <h2>{words.truncation}</h2>
      <p class="quiet">{words.truncationHelp}</p>
      <Amount
        label={words.truncation}
        least={0}
        most={1.5}
        step={0.1}
        value={truncation}
        change={(value) => change({ ...moves, truncation: value })}
      />
      <button type="button" disabled={moves === IDLE} onClick={() => change(IDLE)}>
        {words.resetSliders}
      </button>
    </div>
  );
}
