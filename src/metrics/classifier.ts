// The digit classifier: its network, its training step and its use, all by this project's own
// engine. It is small on purpose (three convolutions and two dense layers, 100,000 weights),
// because it only has to recognise digits. The features before its last layer measure distances
// between sets of digits, as Inception's do for photographs.
import type { Computation } from '../engine/compile.ts';
import { gradients } from '../engine/grad.ts';
import type { Tensor } from '../engine/graph.ts';
import { layoutState, type StateLayout } from '../engine/layout.ts';
import {
  broadcast,
  constant,
  type DrawSource,
  exp,
  input,
  leakyRelu,
  log,
  mul,
  reshape,
  scale,
  sub,
  sum,
} from '../engine/ops/index.ts';
import { adamOfAll, moments } from '../nn/adam.ts';
import { glorotUniform } from '../nn/initializers.ts';
import { convolution, dense, dropout } from '../nn/layers.ts';
import { mean, wholeBatch } from '../nn/losses.ts';
import { Variables } from '../nn/variables.ts';

export const CLASSES = 10;
export const SIDE = 28;
/** The number of values in a feature vector. */
export const WIDTH = 64;

const DROPOUT = 0.3;
const INITIALIZER = { initializer: glorotUniform, bias: true } as const;

export interface ClassifierModel {
  readonly variables: Variables;
  readonly layout: StateLayout;
  /**
   * images [N, 28, 28, 1] in [-1, 1] -> features [N, 64] and logits [N, 10]; training passes
   * dropout as `drop`.
   */
  classify(images: Tensor, drop?: (x: Tensor, layer: number) => Tensor): { features: Tensor; logits: Tensor };
}

export function makeClassifier(): ClassifierModel {
  const variables = new Variables('digits');
  const conv = (layer: number, inputs: number, filters: number, kernelSize: number) =>
    convolution(variables, `conv${layer}`, { inputs, filters, kernelSize, stride: 2, ...INITIALIZER });
  const convolutions = [conv(1, 1, 24, 5), conv(2, 24, 48, 5), conv(3, 48, 48, 3)];
  const hidden = dense(variables, 'fc1', { inputs: 4 * 4 * 48, units: WIDTH, ...INITIALIZER });
  const last = dense(variables, 'fc2', { inputs: WIDTH, units: CLASSES, ...INITIALIZER });
  const relu = (x: Tensor): Tensor => leakyRelu(x, 0);
  return {
    variables,
    layout: layoutState([
      ...variables.all.map(({ tensor }) => tensor),
      ...variables.trainable.flatMap((each) => Object.values(moments(each)).map(({ tensor }) => tensor)),
    ]),
    classify(images, drop = (x) => x) {
      let x = images;
      for (const convolve of convolutions) x = relu(convolve(x));
      const features = relu(hidden(drop(reshape(x, [x.shape[0]!, 4 * 4 * 48]), 1)));
      return { features, logits: last(drop(features, 2)) };
    },
  };
}

const CLASSIFIER_INPUT = { images: 'images', labels: 'labels', step: 'step' } as const;

/** Sets every variable to its initial value and Adam's moments to zero. */
export function classifierStart({ variables }: ClassifierModel): Computation {
  const updates = new Map<string, Tensor>();
  variables.all.forEach((each, i) => {
    const source = (): DrawSource => ({ name: `start/${each.name}`, stream: i, site: i });
    updates.set(each.name, each.initializer(each.tensor.shape, source));
    for (const moment of Object.values(moments(each))) updates.set(moment.name, broadcast(constant(0), moment.shape));
  });
  return { name: 'start of the classifier', outputs: {}, updates };
}

/** One step of Adam on softmax cross-entropy; labels are one-hot [N, 10]. */
export function classifierStep(model: ClassifierModel, count: number): Computation {
  const images = input(CLASSIFIER_INPUT.images, [count, SIDE, SIDE, 1]);
  const labels = input(CLASSIFIER_INPUT.labels, [count, CLASSES]);
  const { logits } = model.classify(images, (x, layer) =>
    dropout(x, DROPOUT, { name: `mask/${layer}`, stream: 100 + layer, site: layer }),
  );
  // After subtracting their mean, the logits of a small network stay far below where exp overflows.
  const centred = sub(logits, scale(sum(logits, 1, 1), 1 / CLASSES));
  const loss = mean(sub(log(sum(exp(centred), 1, 1)), sum(mul(labels, centred), 1, 1)), wholeBatch(count));
  const { trainable } = model.variables;
  const slopes = gradients(
    loss,
    trainable.map(({ tensor }) => tensor),
  );
  const size = input(CLASSIFIER_INPUT.step, []);
  const updates = adamOfAll(trainable, slopes, size, { learningRate: 1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
  return { name: `classifier's step on ${count}`, outputs: { loss }, updates };
}

/** Computes features and logits of images, without dropout. */
export function classification(model: ClassifierModel, count: number): Computation {
  const { features, logits } = model.classify(input(CLASSIFIER_INPUT.images, [count, SIDE, SIDE, 1]));
  return { name: `classify ${count}`, outputs: { features, logits }, updates: new Map() };
}
