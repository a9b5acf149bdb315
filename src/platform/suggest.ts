// Suggests the right name for a wrong one. First it looks for a synonym, then for the nearest name,
// as commander and git do: few edits, and more kept than changed. The distance is optimal string
// alignment (insert, delete, replace, swap two neighbours).
// Source: G. Navarro, "A guided tour to approximate string matching", ACM Computing Surveys 33(1),
// 2001.

/**
 * Names that other programs use, and the names that the same thing may have here: options,
 * commands, devices and keys. A name may come with a value. Case, hyphens and underscores do not
 * count.
 */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  gpu: ['webgpu', 'device webgpu'],
  cuda: ['webgpu', 'device webgpu'],
  vulkan: ['webgpu', 'device webgpu'],
  metal: ['webgpu', 'device webgpu'],
  cpu: ['device cpu'],
  webassembly: ['wasm'],
  c: ['native'],
  fp32: ['float32'],
  f32: ['float32'],
  fp16: ['bf16'],
  half: ['bf16'],
  bfloat16: ['bf16'],
  digits: ['mnist'],
  fashion: ['fashion-mnist'],
  fashionmnist: ['fashion-mnist'],
  tutorial: ['tf2018'],
  small: ['quick', 'tiny'],
  radford: ['paper'],
  bce: ['ns'],
  vanilla: ['ns'],
  lsgan: ['ls'],
  mse: ['ls'],
  wgan: ['wgan-gp'],
  learningrate: ['lr', 'learningRate'],
  lr: ['learningRate'],
  stepsize: ['lr', 'learningRate'],
  glr: ['lr-g', 'generatorLearningRate'],
  dlr: ['lr-d', 'discriminatorLearningRate'],
  momentum: ['beta1'],
  b1: ['beta1'],
  batch: ['batch-size', 'batchSize'],
  bs: ['batch-size', 'batchSize'],
  minibatch: ['batch-size', 'batchSize'],
  iterations: ['epochs', 'steps'],
  niter: ['epochs'],
  nepochs: ['epochs'],
  dataset: ['data'],
  datadir: ['data'],
  dataroot: ['data'],
  input: ['data'],
  images: ['data', 'count'],
  outdir: ['out', 'output'],
  outputdir: ['out', 'output'],
  output: ['out'],
  out: ['output'],
  n: ['count', 'limit'],
  num: ['count', 'limit'],
  number: ['count', 'limit'],
  samples: ['count'],
  nsamples: ['count'],
  maximages: ['limit'],
  subset: ['limit'],
  workers: ['threads'],
  jobs: ['threads'],
  cores: ['threads'],
  cpus: ['threads'],
  imagesize: ['size'],
  imgsize: ['size'],
  resolution: ['size'],
  size: ['imageSize'],
  grayscale: ['channels 1', 'channels'],
  greyscale: ['channels 1', 'channels'],
  conditional: ['cond'],
  labels: ['cond'],
  batchnorm: ['bn-d', 'discriminatorBatchNorm'],
  gradientclip: ['clip-grad', 'clipGradient'],
  clip: ['clip-grad', 'clipGradient'],
  gradclip: ['clip-grad', 'clipGradient'],
  clipgrad: ['clipGradient'],
  ncritic: ['d-steps', 'discriminatorSteps'],
  dsteps: ['discriminatorSteps'],
  gradientpenalty: ['r1'],
  augmentation: ['augment'],
  upsample: ['upsampling'],
  resizeconvolution: ['upsampling nearest', 'upsampling'],
  mirror: ['flip'],
  hflip: ['flip'],
  checkpoint: ['resume', 'from'],
  restart: ['resume'],
  continue: ['resume', 'train'],
  savebest: ['keep-best'],
  randomseed: ['seed'],
  backend: ['device'],
  model: ['preset'],
  dtype: ['precision'],
  silent: ['quiet'],
  q: ['quiet'],
  trace: ['debug'],
  label: ['class'],
  generate: ['sample'],
  predict: ['sample'],
  infer: ['sample'],
  fit: ['train'],
  run: ['train'],
  start: ['train'],
  resume: ['train'],
  eval: ['evaluate'],
  test: ['evaluate'],
  score: ['evaluate'],
  fid: ['evaluate'],
  metrics: ['evaluate'],
  convert: ['export'],
  torch: ['pytorch'],
  tensorflow: ['keras'],
  hf: ['huggingface'],
  hub: ['huggingface'],
  float16: ['half'],
  movie: ['gif'],
  film: ['gif'],
  video: ['gif'],
  animate: ['gif'],
  walk: ['interpolate'],
  morph: ['interpolate'],
  view: ['show'],
  display: ['show'],
  check: ['doctor'],
  devices: ['doctor'],
  benchmark: ['bench'],
  speed: ['bench'],
  verify: ['verify-resume'],
  status: ['info'],
  gridsearch: ['sweep'],
  search: ['sweep'],
  tune: ['sweep'],
  prove: ['audit'],
  repeat: ['reproduce'],
  replicate: ['reproduce'],
  list: ['info'],
  describe: ['info'],
};

const MAX_EDITS = 3;
const MIN_SIMILARITY = 0.4;

const plain = (word: string): string => word.toLowerCase().replace(/[^a-z0-9]/g, '');

/**
 * Returns the candidate that is the same word in another spelling, or another word for the same
 * thing. It comes with its value where it has one. Returns null when there is none.
 */
export function synonym(word: string, candidates: Iterable<string>): string | null {
  const all = [...candidates];
  const same = all.find((candidate) => plain(candidate) === plain(word));
  if (same !== undefined) return same;
  const meant = Object.hasOwn(SYNONYMS, plain(word)) ? SYNONYMS[plain(word)]! : [];
  return meant.find((name) => all.includes(name.split(' ')[0]!)) ?? null;
}

/**
 * Returns the candidate that means the same or is nearest (the first of equals). Returns null when
 * none is near enough.
 */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  const known = [...candidates];
  const meant = synonym(word, known);
  if (meant !== null) return meant;
  let best: string | null = null;
  let bestEdits = MAX_EDITS + 1;
  for (const candidate of known) {
    const edits = distance(word.toLowerCase(), candidate.toLowerCase());
    const length = Math.max(word.length, candidate.length);
    const similarity = (length - edits) / length;
    if (edits < bestEdits && similarity > MIN_SIMILARITY) {
      best = candidate;
      bestEdits = edits;
    }
  }
  return best;
}

/**
 * Returns the question after a wrong word, for an error's `todo`. Returns null when no candidate is
 * near enough.
 */
export function didYouMean(word: string, candidates: Iterable<string>): string | null {
  const close = nearest(word, candidates);
  return close && `Did you mean ${close}?`;
}

function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MAX_EDITS) return MAX_EDITS + 1;
  // Only three rows of the table d[i][j] are kept. It holds the edits between the first i letters
  // of a and the first j letters of b.
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let edits = Math.min(replace, above[j]! + 1, row[j - 1]! + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) edits = Math.min(edits, before[j - 2]! + 1);
      row.push(edits);
    }
    before = above;
    above = row;
  }
  return above[b.length]!;
}

/** Joins names to `a, b or c`. */
export function oneOf(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
