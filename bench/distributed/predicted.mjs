// The table of docs/distributed.md that is computed: the efficiency of R hosts from the measured seconds of a step on
// one host. A step of R ranks takes 1 / R of that, plus the bytes of its exchanges at the network's speed, plus a
// tenth of a millisecond for each exchange.
//   node bench/distributed/predicted.mjs tf2018=SECONDS paper=SECONDS
import { table } from '../lib.mjs';

/** Values of float32 that a step exchanges, and in how many pieces (counted by rank.mjs). */
const EXCHANGED = { tf2018: { values: 700_261, pieces: 13 }, paper: { values: 36_205_701, pieces: 29 } };
const RANKS = [2, 4, 8, 16, 32, 64];
const GIGABITS = [1, 10, 100];
const LATENCY = 1e-4;

const rows = process.argv.slice(2).flatMap((given) => {
  const [preset, text] = given.split('=');
  const [seconds, exchanged] = [Number(text), EXCHANGED[preset]];
  if (!exchanged || !(seconds > 0)) throw new Error(`${given}: expected tf2018=SECONDS or paper=SECONDS`);
  return RANKS.map((ranks, i) => {
    const bits = ((2 * (ranks - 1)) / ranks) * exchanged.values * 32;
    const efficiency = GIGABITS.map((gigabits) => {
      const step = seconds / ranks + bits / (gigabits * 1e9) + exchanged.pieces * LATENCY;
      return (seconds / ranks / step).toFixed(2);
    });
    return [i === 0 ? `\`${preset}\`, ${seconds} s` : '', ranks, ...efficiency];
  });
});
console.log(table(['step of one host', 'ranks', ...GIGABITS.map((gigabits) => `${gigabits} Gbit/s`)], rows));
