// A loss over logits, with each logit of a batch as a dot on its curve.
import { lossOf } from '../../state/lesson.ts';

const [WIDTH, HEIGHT, EDGE] = [320, 200, 28];
const [REACH, TOP] = [6, 6.2];

/** Logits and the answer that is right for them. */
export interface Dots {
  readonly name: string;
  readonly logits: ArrayLike<number>;
  readonly wanted: 0 | 1;
  readonly mark: 'round' | 'square';
}

interface CurveProps {
  readonly label: string;
  readonly network: 'generator' | 'discriminator';
  readonly dots: readonly Dots[];
}

const within = (logit: number): number => Math.min(REACH, Math.max(-REACH, logit));
const x = (logit: number): number => EDGE + ((within(logit) + REACH) / (2 * REACH)) * (WIDTH - 2 * EDGE);
const y = (loss: number): number => HEIGHT - EDGE - (Math.min(loss, TOP) / TOP) * (HEIGHT - 2 * EDGE);

export function Curve({ label, network, dots }: CurveProps) {
  const logits = Array.from({ length: 61 }, (_, i) => -REACH + (i * 2 * REACH) / 60);
  return (
    <svg class={`curve ${network}`} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <path class="axis" d={`M${x(-REACH)} ${y(0)}H${x(REACH)}M${x(0)} ${y(0)}V${y(TOP)}`} />
      {[-6, -3, 0, 3, 6].map((logit) => (
        <text key={logit} x={x(logit)} y={HEIGHT - 8} text-anchor="middle">
          {logit}
        </text>
      ))}
      {dots.map(({ name, wanted, logits: judged, mark }) => {
        const sign = wanted === 1 ? 1 : -1;
        const line = logits.map((logit) => `${x(logit).toFixed(1)} ${y(lossOf(sign * logit)).toFixed(1)}`);
        return (
          <g key={name}>
            <path class={`line-${mark}`} d={`M${line.join('L')}`} />
            {Array.from(judged, (logit, i) => {
              const [cx, cy] = [x(logit), y(lossOf(sign * logit))];
              return mark === 'round' ? (
                <circle key={i} cx={cx} cy={cy} r={4} />
              ) : (
                <rect key={i} x={cx - 3.5} y={cy - 3.5} width={7} height={7} />
              );
            })}
          </g>
        );
      })}
    </svg>
  );
}
