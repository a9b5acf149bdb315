// Stops a training by a signal, as a server would, and resumes it. The bits are the same as if it
// had never stopped.
import { train } from 'dcgan';

const out = process.argv[2] ?? 'runs/stop-and-resume';
const stop = new AbortController();
for await (const event of train({ preset: 'tiny', limit: 640, epochs: 2, out, signal: stop.signal })) {
  if (event.type === 'step' && event.step === 7) stop.abort();
  if (event.type === 'interrupted') console.log(`stopped after step ${event.step}, saved as ${event.path}`);
}
for await (const event of train({ resume: out })) {
  if (event.type === 'run') console.log(`going on after step ${event.resumed?.step}`);
  if (event.type === 'done') console.log(`done: ${event.epochs} epochs`);
}
