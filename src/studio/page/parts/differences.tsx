// The table has a row for each field in which the configurations of runs differ, as `dcgan compare`
// prints them.
import { type Difference, differencesOf } from '../../../train/differences.ts';
import type { RunDetail } from '../../api.ts';
import { t } from '../strings/index.ts';
import { Scroll } from './scroll.tsx';

export function Differences({ runs }: { readonly runs: readonly RunDetail[] }) {
  const words = t.value;
  const known = runs.flatMap(({ head, config }) => (config ? [{ id: head.id, config }] : []));
  const differing = differencesOf(known.map(({ config }) => config));
  return (
    <section>
      <h2>{words.differences}</h2>
      {differing.length === 0 ? (
        <p class="quiet">{words.noDifferences}</p>
      ) : (
        <Scroll label={words.differences}>
          <table>
            <thead>
              <tr>
                <td />
                {known.map(({ id }) => (
                  <th scope="col" key={id}>
                    {id}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {differing.map((difference) => (
                <tr key={difference.field}>
                  <th scope="row">{difference.field}</th>
                  {difference.values.map((value, i) => (
                    <td key={known[i]!.id}>{textOf(difference, value)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}

/** Lists are written as a person types them: widths with commas, and a size as `64x96`. */
function textOf({ field }: Difference, value: Difference['values'][number]): string {
  if (Array.isArray(value)) return value.join(field === 'imageSize' ? 'x' : ', ');
  return (JSON.stringify(value) ?? '–').replace(/^"|"$/g, '');
}
