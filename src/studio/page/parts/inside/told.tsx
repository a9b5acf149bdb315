// Says with which class or group a picture is judged. A conditional discriminator was told it with
// each image in training, and without it gives the mean over all, which is no verdict of this one.
import type { Networks } from '../../sources/networks.ts';
import { knownLabels, labelName } from '../../state/lab.ts';
import { t } from '../../strings/index.ts';

interface ToldProps {
  readonly networks: Networks;
  readonly label: number | null;
  /** Lets a person choose, for a picture whose class or group nobody knows. */
  readonly choose: ((label: number | null) => void) | null;
  /** Whether the label is that of the nearest thing that the generator was found to make. */
  readonly nearest: boolean;
}

export function Told({ networks, label, choose, nearest }: ToldProps) {
  const words = t.value;
  if (networks.facts.classes === 0 || networks.discriminator === null) return null;
  const name = labelName(networks, label);
  const said = name === null ? words.toldNothing : nearest ? words.toldNearest(name) : words.told(name);
  return (
    <>
      {choose && (
        <label>
          {words.judgeAs}{' '}
          <select
            value={label ?? ''}
            onChange={({ currentTarget: { value } }) => choose(value === '' ? null : Number(value))}
          >
            <option value="">{words.labelUnknown}</option>
            {knownLabels(networks).map((one) => (
              <option key={one} value={one}>
                {labelName(networks, one)}
              </option>
            ))}
          </select>
        </label>
      )}
      <p class="quiet">{said}</p>
    </>
  );
}
