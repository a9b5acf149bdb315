// The table has a row for each field in which the configurations of runs differ, as `dcgan compare`
// prints them.
import { differencesOf } from '../../../train/differences.ts';
import { settingText } from '../../../train/setting.ts';
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
              {differing.map(({ field, values }) => (
                <tr key={field}>
                  <th scope="row">{field}</th>
                  {values.map((value, i) => (
                    <td key={known[i]!.id}>
                      {value === undefined ? '–' : settingText(field, value, words.settingWords)}
                    </td>
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
