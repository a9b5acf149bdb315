// Runs that lie as files beside a static page (../../still/site.ts), and checkpoints that a visitor
// opens. Everything is looked at; nothing can be changed.
import type { MetricsPart, RunDetail, RunHead } from '../../api.ts';
import type { Site } from '../../still/still.ts';
import { openEngine } from './engine.ts';
import type { Networks } from './networks.ts';
import type { Source } from './source.ts';

async function read<T>(path: string): Promise<T> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${response.statusText}`);
  return (await response.json()) as T;
}

type SiteRun = Site['runs'][number];

/** A checkpoint that the visitor opened, as a run without pictures and numbers. */
async function openedRun(file: File): Promise<SiteRun> {
  const { DCGAN } = await import('dcgan/browser');
  const gan = await DCGAN.load(file, { device: 'cpu' });
  const { config, epoch, steps } = gan;
  await gan.dispose();
  const name = file.name;
  const head: RunHead = {
    ...{ id: name, state: 'done', detail: null, data: null, preset: config.preset, epoch, epochs: config.epochs },
    ...{ step: steps, evaluation: null, newest: null, changed: file.lastModified },
  };
  const command = (word: string): string => `npx dcgan ${word} ${JSON.stringify(name)}`;
  const commands = {
    sample: command('sample'),
    interpolate: command('interpolate'),
    project: `npx dcgan project drawing.png ${JSON.stringify(name)}`,
  };
  const detail: RunDetail = {
    ...{ head, config: null, pictures: [], reals: null, preview: null, film: false, output: '', options: {} },
    checkpoints: [{ name, epoch, step: null, bytes: file.size, commands }],
    resume: command('train --resume'),
    repeat: command('info'),
  };
  return { folder: '', detail, warnings: [] };
}

export async function openSite(): Promise<Source> {
  const site = await read<Site>('site.json');
  let runs = site.runs;
  const opened = new Map<string, File>();
  let tellAll: (heads: readonly RunHead[]) => void = () => {};
  const run = (id: string): SiteRun => {
    const found = runs.find(({ detail }) => detail.head.id === id);
    if (!found) throw new Error(id);
    return found;
  };
  const open = async (id: string, name: string): Promise<Networks> => {
    const file = opened.get(id);
    if (file) return openEngine(file);
    const response = await fetch(`${run(id).folder}/${name}`);
    if (!response.ok) throw new Error(`${name}: ${response.status} ${response.statusText}`);
    return openEngine(await response.blob());
  };
  return {
    place: () => location.host,
    watch(tell) {
      tellAll = tell;
      tell(runs.map(({ detail }) => detail.head));
      return () => {};
    },
    async open(file) {
      const added = await openedRun(file);
      const { id } = added.detail.head;
      runs = [added, ...runs.filter(({ detail }) => detail.head.id !== id)];
      opened.set(id, file);
      tellAll(runs.map(({ detail }) => detail.head));
      return id;
    },
    detail: async (id): Promise<RunDetail> => run(id).detail,
    follow(id, take) {
      let wanted = true;
      if (opened.has(id)) return () => {};
      read<MetricsPart | null>(`${run(id).folder}/metrics.json`).then(
        (part) => wanted && part && take(part),
        () => {},
      );
      return () => {
        wanted = false;
      };
    },
    warnings: async (id) => run(id).warnings,
    picture: (id, { name }) => `${run(id).folder}/${name}`,
    film: (id) => `${run(id).folder}/dcgan.gif`,
    checkpoint(id, name) {
      const file = opened.get(id);
      return file ? URL.createObjectURL(file) : `${run(id).folder}/${name}`;
    },
    networks: { open, reals: null },
    control: null,
  };
}
