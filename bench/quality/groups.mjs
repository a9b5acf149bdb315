// Says how many images of a group are of the group's most frequent class, for both ways of finding
// groups. The classes are the data's own, which finding groups does not see.
//   node bench/quality/groups.mjs [DATA ...]      known data with labels; default: mnist
import { GROUPED_BY } from '../../dist/data/group-features.js';
import { findGroups } from '../../dist/data/groups.js';
import { openKnown } from '../../dist/data/known.js';

const GROUPS = 100;
const names = process.argv.length > 2 ? process.argv.slice(2) : ['mnist'];

for (const name of names) {
  const data = openKnown(name);
  if (!data?.labels) throw new Error(`${name} has no labels: expected known data with labels, such as mnist`);
  for (const by of GROUPED_BY) {
    const before = process.cpuUsage();
    const groups = await findGroups(data, GROUPS, by);
    const seconds = process.cpuUsage(before).user / 1e6;
    const counts = Array.from({ length: GROUPS }, () => new Map());
    groups.forEach((group, i) => {
      const count = counts[group];
      count.set(data.labels[i], (count.get(data.labels[i]) ?? 0) + 1);
    });
    const most = counts.reduce((sum, count) => sum + Math.max(...count.values()), 0);
    console.log(`${name}, by ${by}: ${((100 * most) / data.count).toFixed(1)} %, ${seconds.toFixed(1)} s`);
  }
}
