// The tf2018 training step in TensorFlow.js. See common.mjs for how it is driven. Its modes are its
// backends: `cpu`, plain JavaScript, and `wasm`, which reports that it has no gradient for a
// convolution's filter. A tape of TensorFlow.js serves one loss, and the generator's loss differs
// from the discriminator's. The discriminator's gradient is linear in each sample's cotangent, so
// the tape of the discriminator's loss serves both: where it enters the generator, each sample's
// gradient is scaled by the ratio of the slopes of the two losses, (s - 1) / s = -exp(-logit), s =
// sigmoid(logit).
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ADAM_EPSILON, adamRate, BETA1, BETA2, EPSILON, MOMENTUM, main, NORMS, RATE, SLOPE } from './common.mjs';

async function load(mode, packages) {
  const require = createRequire(join(packages, 'package.json'));
  const tf = require('@tensorflow/tfjs');
  if (mode === 'wasm') require('@tensorflow/tfjs-backend-wasm');
  await tf.setBackend(mode);
  return { make: async (start, batch) => trainer(tf, start, batch), version: tf.version.tfjs };
}

function trainer(tf, start, batch) {
  const p = Object.fromEntries(start.map(({ name, shape, value }) => [name, tf.variable(tf.tensor(value, shape))]));
  const zeros = () => Object.fromEntries(start.map(({ name, shape }) => [name, tf.variable(tf.zeros(shape))]));
  const [m, v] = [zeros(), zeros()];
  const moving = Object.fromEntries(
    Object.entries(NORMS).map(([i, n]) => [
      i,
      { mean: tf.variable(tf.zeros([n])), variance: tf.variable(tf.ones([n])) },
    ]),
  );
  let steps = 0;

  function norm(i, x, update) {
    const axes = x.shape.map((_, axis) => axis).slice(0, -1);
    const { mean, variance } = tf.moments(x, axes);
    const n = x.size / x.shape.at(-1);
    update(i, mean, x.rank === 4 ? variance.mul(n / (n - 1)) : variance);
    return tf.batchNorm(x, mean, variance, p[`generator/bn${i}/beta`], p[`generator/bn${i}/gamma`], EPSILON);
  }

  function generate(z, update) {
    const transposed = (x, layer, [size, channels], stride) =>
      tf.conv2dTranspose(x, p[`generator/conv${layer}/kernel`], [batch, size, size, channels], stride, 'same');
    let x = tf.relu(norm(1, tf.matMul(z, p['generator/fc1/kernel']), update)).reshape([batch, 7, 7, 64]);
    x = tf.relu(norm(2, transposed(x, 1, [7, 64], 1), update));
    x = tf.relu(norm(3, transposed(x, 2, [14, 32], 2), update));
    return tf.tanh(transposed(x, 3, [28, 1], 2));
  }

  function judge(x, masks) {
    for (const layer of [1, 2]) {
      const name = `discriminator/conv${layer}`;
      const y = tf.leakyRelu(tf.conv2d(x, p[`${name}/kernel`], 2, 'same').add(p[`${name}/bias`]), SLOPE);
      x = masks ? y.mul(tf.tensor(masks[layer - 1], y.shape)) : tf.dropout(y, RATE);
    }
    return tf.matMul(x.reshape([-1, 6272]), p['discriminator/fc1/kernel']).add(p['discriminator/fc1/bias']);
  }

  function update(images, noise, masks) {
    const x = tf.tensor(images, [images.length / 784, 28, 28, 1]);
    const z = noise ? tf.tensor(noise, [batch, 100]) : tf.randomNormal([batch, 100]);
    const statistics = [];
    let ratio;
    let generatorLoss;
    const boundary = tf.customGrad((fakes) => ({ value: fakes.clone(), gradFunc: (dy) => dy.mul(ratio) }));
    const { value, grads } = tf.variableGrads(
      () => {
        const fakes = boundary(generate(z, (...each) => statistics.push(each)));
        const [real, fake] = [judge(x, masks?.slice(0, 2)), judge(fakes, masks?.slice(2))];
        ratio = tf.keep(tf.exp(fake.neg()).neg().reshape([-1, 1, 1, 1]));
        generatorLoss = tf.keep(tf.softplus(fake.neg()).mean());
        for (const each of statistics) each.slice(1).forEach(tf.keep);
        return tf.softplus(real.neg()).mean().add(tf.softplus(fake).mean());
      },
      start.map(({ name }) => p[name]),
    );
    const rate = adamRate(++steps);
    for (const { name } of start) {
      const slope = grads[p[name].name];
      m[name].assign(m[name].mul(BETA1).add(slope.mul(1 - BETA1)));
      v[name].assign(v[name].mul(BETA2).add(slope.square().mul(1 - BETA2)));
      p[name].assign(p[name].sub(m[name].mul(rate).div(v[name].sqrt().add(ADAM_EPSILON))));
    }
    for (const [i, mean, variance] of statistics) {
      moving[i].mean.assign(moving[i].mean.mul(MOMENTUM).add(mean.mul(1 - MOMENTUM)));
      moving[i].variance.assign(moving[i].variance.mul(MOMENTUM).add(variance.mul(1 - MOMENTUM)));
    }
    const losses = [generatorLoss.dataSync()[0], value.dataSync()[0]];
    tf.dispose([ratio, generatorLoss, ...statistics.map((each) => each.slice(1))]);
    return losses;
  }

  return {
    async step(images, noise, masks) {
      let losses;
      tf.tidy(() => {
        losses = update(images, noise, masks);
      });
      return losses;
    },
    async finals() {
      const all = start.map(({ name }) => [name, p[name]]);
      for (const [i, { mean, variance }] of Object.entries(moving))
        all.push([`generator/bn${i}/moving_mean`, mean], [`generator/bn${i}/moving_variance`, variance]);
      return new Map(all.map(([name, variable]) => [name, variable.dataSync()]));
    },
  };
}

await main(load);
