// The tf2018 training step in jax-js, compiled by its jit, as jax_step.py has it in JAX. See
// common.mjs for how it is driven. Its modes are those of its devices that run in Node and are
// meant for computing: `wasm`. Images are NCHW, kernels OIHW. A function takes ownership of its
// arguments; `.ref` keeps a value for another use.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ADAM_EPSILON, adamRate, BETA1, BETA2, EPSILON, MOMENTUM, main, NORMS, RATE, SLOPE } from './common.mjs';

const PACKAGE = '@jax-js/jax';

async function load(mode, packages) {
  const require = createRequire(join(packages, 'package.json'));
  const path = require.resolve(PACKAGE).replace(/\.cjs$/, '.js');
  const jax = await import(pathToFileURL(path));
  if (!(await jax.init(mode)).includes(mode)) throw new Error(`jax-js does not start its device ${mode}`);
  jax.defaultDevice(mode);
  const { version } = require(join(packages, 'node_modules', PACKAGE, 'package.json'));
  return { make: async (start, batch) => trainer(jax, start, batch), version };
}

function trainer({ numpy: np, nn, lax, random, vjp, jit, tree }, start, batch) {
  const refs = (values) => tree.ref(values);
  const isKernel4d = (shape) => shape.length === 4;
  const put = (value, shape) => np.array(value).reshape(shape);
  // For both kinds of kernel, TensorFlow's last two axes come first, swapped.
  const variable = ({ shape, value }) =>
    isKernel4d(shape) ? np.transpose(put(value, shape), [3, 2, 0, 1]) : put(value, shape);
  const zeros = () => Object.fromEntries(start.map((each) => [each.name, np.zerosLike(variable(each))]));
  let state = {
    p: Object.fromEntries(start.map((each) => [each.name, variable(each)])),
    m: zeros(),
    v: zeros(),
    moving: Object.fromEntries(
      Object.entries(NORMS).flatMap(([i, n]) => [
        [`mean${i}`, np.zeros([n])],
        [`variance${i}`, np.ones([n])],
      ]),
    ),
  };
  let steps = 0;
  const nchw = (x) => np.transpose(x, [0, 3, 1, 2]);

  function norm(p, i, x, moving) {
    const axes = x.ndim === 4 ? [0, 2, 3] : [0];
    const along = (values) => (x.ndim === 4 ? values.reshape([1, NORMS[i], 1, 1]) : values);
    const n = x.size / NORMS[i];
    const mean = np.mean(x.ref, axes);
    const centred = x.sub(along(mean.ref));
    const variance = np.mean(np.square(centred.ref), axes);
    const scale = p[`generator/bn${i}/gamma`].div(np.sqrt(variance.ref.add(EPSILON)));
    moving[`mean${i}`] = mean;
    moving[`variance${i}`] = x.ndim === 4 ? variance.mul(n / (n - 1)) : variance;
    return nn.relu(centred.mul(along(scale)).add(along(p[`generator/bn${i}/beta`])));
  }

  function generate(p, z, moving) {
    const transposed = (x, layer, stride) =>
      lax.convTranspose(x, p[`generator/conv${layer}/kernel`], [stride, stride], 'SAME', { transposeKernel: true });
    let x = norm(p, 1, np.matmul(z, p['generator/fc1/kernel']), moving);
    x = nchw(x.reshape([batch, 7, 7, 64]));
    x = norm(p, 2, transposed(x, 1, 1), moving);
    x = norm(p, 3, transposed(x, 2, 2), moving);
    return np.tanh(transposed(x, 3, 2));
  }

  /** Keeps `p` alive for the caller. */
  function judge(p, x, masks) {
    for (const layer of [1, 2]) {
      const { [`discriminator/conv${layer}/kernel`]: kernel, [`discriminator/conv${layer}/bias`]: bias } = p;
      const y = lax.conv(x, kernel.ref, [2, 2], 'SAME').add(bias.ref.reshape([1, -1, 1, 1]));
      x = nn.leakyRelu(y, SLOPE).mul(masks[layer - 1]);
    }
    const flat = np.transpose(x, [0, 2, 3, 1]).reshape([-1, 6272]);
    return np.matmul(flat, p['discriminator/fc1/kernel'].ref).add(p['discriminator/fc1/bias'].ref);
  }

  function update({ p, m, v, moving }, x, z, rate, masks) {
    const pool = (name) => Object.fromEntries(Object.entries(p).filter(([key]) => key.startsWith(name)));
    const losses = (g, d, x, z, masks) => {
      const statistics = {};
      const fakes = generate(g, z, statistics);
      const [real, fake] = [judge(d, x, masks.slice(0, 2)), judge(d, fakes, masks.slice(2))];
      tree.dispose(d);
      const generatorLoss = np.mean(nn.softplus(fake.ref.neg()));
      return [[generatorLoss, np.mean(nn.softplus(real.neg())).add(np.mean(nn.softplus(fake)))], statistics];
    };
    // There is one forward pass; each loss is pulled back to its own network.
    const [values, pull, statistics] = vjp(
      (g, d) => losses(g, d, x, z, masks),
      [refs(pool('generator')), refs(pool('discriminator'))],
      { hasAux: true },
    );
    const [ofGenerator, unused] = pull([np.array(1), np.array(0)]);
    const [unusedToo, ofDiscriminator] = pull([np.array(0), np.array(1)]);
    pull.dispose();
    tree.dispose([unused, unusedToo]);
    const slopes = { ...ofGenerator, ...ofDiscriminator };
    const next = { p: {}, m: {}, v: {}, moving: {} };
    for (const name of Object.keys(p)) {
      const slope = slopes[name];
      const [first, second] = [
        m[name].mul(BETA1).add(slope.ref.mul(1 - BETA1)),
        v[name].mul(BETA2).add(np.square(slope).mul(1 - BETA2)),
      ];
      next.p[name] = p[name].sub(rate.ref.mul(first.ref).div(np.sqrt(second.ref).add(ADAM_EPSILON)));
      next.m[name] = first;
      next.v[name] = second;
    }
    rate.dispose();
    for (const name of Object.keys(moving))
      next.moving[name] = moving[name].mul(MOMENTUM).add(statistics[name].mul(1 - MOMENTUM));
    return [next, values];
  }

  /** The compiled step draws the noise and the masks. */
  function draw(key, reals) {
    const keys = random.split(key, 5);
    const at = (i) => keys.ref.slice(i);
    const shapes = [reals, batch].flatMap((count) => [
      [count, 64, 14, 14],
      [count, 128, 7, 7],
    ]);
    const masks = shapes.map((shape, i) =>
      random
        .bernoulli(at(i), 1 - RATE, shape)
        .astype(np.float32)
        .div(1 - RATE),
    );
    const z = random.normal(at(4), [batch, 100]);
    keys.dispose();
    return { z, masks };
  }

  const given = jit(update);
  const drawn = jit((state, x, key, rate) => {
    const { z, masks } = draw(key, x.shape[0]);
    return update(state, x, z, rate, masks);
  });

  return {
    async step(images, noise, masks) {
      const reals = images.length / 784;
      const x = put(images, [reals, 1, 28, 28]);
      const rate = np.array(adamRate(++steps));
      const layers = [[reals, 14, 14, 64], [reals, 7, 7, 128], [batch, 14, 14, 64], [batch, 7, 7, 128]]; // biome-ignore format: shapes
      const [next, losses] = noise
        ? given(
            state,
            x,
            put(noise, [batch, 100]),
            rate,
            masks.map((mask, i) => nchw(put(mask, layers[i]))),
          )
        : drawn(state, x, random.key(steps), rate);
      state = next;
      // The step is done when its state is ready.
      for (const part of Object.values(state)) for (const array of Object.values(part)) await array.blockUntilReady();
      return (await Promise.all(losses.map((loss) => loss.data()))).map(([value]) => value);
    },
    async finals() {
      const all = new Map();
      for (const { name, shape } of start) {
        const kept = state.p[name].ref;
        all.set(name, await (isKernel4d(shape) ? np.transpose(kept, [2, 3, 1, 0]) : kept).data());
      }
      for (const i of Object.keys(NORMS)) {
        all.set(`generator/bn${i}/moving_mean`, await state.moving[`mean${i}`].ref.data());
        all.set(`generator/bn${i}/moving_variance`, await state.moving[`variance${i}`].ref.data());
      }
      return all;
    },
  };
}

await main(load);
