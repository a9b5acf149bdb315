// The lines of the project's own sources that do what a chapter of the lesson shows. A test holds
// them equal to the sources.
export interface Quotation {
  readonly source: string;
  readonly lines: string;
}

export const GENERATOR: Quotation = {
  source: 'src/gan/generator.ts',
  lines: `    let x = activate(projectNorm(projected, mode));
    x = reshape(x, [x.shape[0]!, ...sides, base]);
    see?.('fc1', x);
    layers.forEach((layer, i) => {
      x = layer.convolve(x);
      x = layer.norm ? activate(layer.norm(x, mode)) : tanh(x);`,
};

export const DISCRIMINATOR: Quotation = {
  source: 'src/gan/discriminator.ts',
  lines: `        x = leakyRelu(layer(x, part), config.discriminatorSlope);
        if (of !== 'inference') x = dropout(x, config.dropout, maskSource(of, i + 1));`,
};

export const LOSSES: Quotation = {
  source: 'src/gan/losses.ts',
  lines: `    generator: sigmoidCrossEntropy(fakes, 1, fake),
    discriminator: add(sigmoidCrossEntropy(reals, 1 - labelSmoothing, real), sigmoidCrossEntropy(fakes, 0, fake)),`,
};

const STEP = 'src/gan/step.ts';
/** A quotation for each press of the slow step. */
export const STEPS: readonly Quotation[] = [
  { source: STEP, lines: '  const noise = normal([count, latent], NOISE);' },
  { source: STEP, lines: '  const fakes = generate(noise, { updates: statistics, part: fake }, fakeClasses);' },
  {
    source: STEP,
    lines: `  const realLogits = judge(seenReals, 'real', real, realClasses);
  const fakeLogits = judge(seenFakes, 'fake', fake, fakeClasses);`,
  },
  {
    source: STEP,
    lines: '  const losses = adversarialLosses(realLogits, fakeLogits, { real, fake }, config);',
  },
  {
    source: STEP,
    lines: `  if (trainsGenerator) differentiate(generator, generatorLoss);
  differentiate(discriminator, discriminatorLoss);`,
  },
  {
    source: STEP,
    lines: `  if (trainsGenerator) train(generator, STEP_INPUT.generatorStep);
  train(discriminator, STEP_INPUT.discriminatorStep);`,
  },
];

export const QUOTATIONS = [GENERATOR, DISCRIMINATOR, LOSSES, ...STEPS];
