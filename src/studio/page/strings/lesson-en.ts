// The words of the lesson, in English.
export const lessonEn = {
  learn: 'Learn',
  begin: 'Begin the lesson',
  opening: 'The lesson is being opened …',
  chapterOf: (n: number, of: number) => `Chapter ${n} of ${of}`,
  chapterNav: 'Chapters',
  previous: 'Back',
  next: 'Next',
  toRuns: 'To the runs',
  codeOf: (file: string) => `The lines that do it, from ${file}:`,
  realDigits: 'Thirty-two real digits',
  newNoise: 'New noise',
  groupDrawn: (groups: number, group: string) =>
    `These networks know ${groups} groups of alike digits. New noise also draws one of them, now ${group}.`,
  whichValue: 'Which of the 100 numbers',
  noiseValue: (n: number, value: number) => `Number ${n} of the noise: ${value.toFixed(1)}`,
  made: 'The image',
  takeReal: 'Take a real digit',
  takeFake: 'Take a made one',
  clear: 'Clear',
  judged: (logit: string, percent: string) => `Logit ${logit}: real with a probability of ${percent} %.`,
  judgedAs: {
    real: (group: string) => `It is judged as ${group}, to which it belongs, as in training.`,
    fake: (group: string) => `It is judged as ${group}, of which it was made, as in training.`,
    drawing: (group: string) => `It is judged as ${group}, that of the real digit whose pixels are nearest to it.`,
  },
  nextBatch: 'Another batch',
  takeSteps: (n: number) => `Take ${n} training steps`,
  lossD: (loss: string) => `The discriminator’s loss: ${loss}`,
  lossG: (loss: string) => `The generator’s loss: ${loss}`,
  marks:
    'Round dots are real digits, square dots are made ones. To the right the logit says "real"; higher up is worse.',
  atRest:
    'The dots are judgements of networks at rest: such a generator scales its layers by averages over many steps. In a step it scales them by this mini-batch’s own numbers, so a step reports other losses than the dots show.',
  stepLosses: (step: number, d: string, g: string) =>
    `Step ${step} itself reported a loss of ${d} for the discriminator and of ${g} for the generator.`,
  parts: [
    'Draw noise',
    'Make fakes',
    'Judge them',
    'Compute both losses',
    'Find both gradients',
    'Update both networks',
  ],
  stepsDone: (n: number) => (n === 1 ? '1 step done' : `${n} steps done`),
  partNoise: (numbers: string) => `Sixteen lists of 100 random numbers. The first begins with ${numbers}.`,
  partFakes:
    'The generator made an image of each list. The pictures are those of a generator at rest, which scales its layers by averages over many steps. The step scales them by this mini-batch’s own numbers, and all numbers below are the step’s.',
  partJudged: (real: string, fake: string) =>
    `The discriminator gives the real digits a mean probability of ${real}, and the fakes ${fake}.`,
  partLosses: (d: string, g: string) => `The discriminator’s loss is ${d}, the generator’s is ${g}.`,
  partGradients:
    'The bright pixels of the second picture show where more light would make the first fake look more real. From here the gradient goes on to every weight of the generator.',
  partUpdates: (d: string, dAfter: string, g: string, gAfter: string) =>
    `Each network moved a little. On images of the same noise and on the same digits the discriminator’s loss went from ${d} to ${dAfter}, and the generator’s from ${g} to ${gAfter}. A loss may also rise, because the other network moved in the same step.`,
  fakes: 'The sixteen fakes',
  gradientOfFirst: 'What would make the first fake look more real',
  letItRun: 'Let it run',
  letItCollapse: 'Make it collapse',
  preparing: 'Groups of alike digits are being looked for. This takes a few seconds.',
  trains: 'It trains now. The pictures are always of the same sixteen lists of noise.',
  trainingStopped: 'Stopped. Chapters 2 and 3 now show these networks.',
  trainingDone: 'Done.',
  progress: (epoch: number, step: number, real: string, fake: string) =>
    `Epoch ${epoch}, step ${step}. D(x) ${real}, D(G(z)) ${fake}`,
  sixteen: 'Sixteen images of the same noise',
  chapters: [
    {
      title: 'What a GAN is',
      text: [
        'A forger paints banknotes, and an inspector is shown real and forged ones. Each time the inspector finds a fault, the forger learns what to do better. Each time the forger gets through, the inspector learns to look more closely.',
        'A GAN is this game between two neural networks. The generator turns random numbers into an image. The discriminator looks at an image and says whether it is real. Nobody writes down what a digit looks like: the generator learns it from the discriminator, and the discriminator from the data.',
        'The data here are handwritten digits (MNIST).',
      ],
    },
    {
      title: 'The generator',
      text: [
        'Its input is noise: a list of 100 random numbers. Its layers turn them into maps, which are small pictures of the network’s own, and enlarge the maps from 7 × 7 to 14 × 14 and 28 × 28. fc1, conv1 and conv2 are names of layers: fc stands for fully connected, conv for convolution. The last layer makes the image.',
        'Move one of the numbers and look how the maps and the image follow. Before any training the image is a grey pattern. Come back after chapter 6, when your own networks have learned.',
      ],
    },
    {
      title: 'The discriminator',
      text: [
        'It looks at an image and gives one number, the logit. A positive logit says "real", a negative one "fake". 0 says "I do not know".',
        'Draw a digit: with a finger or the mouse, or with the arrow keys while Shift is held. Before any training it does not know anything.',
      ],
    },
    {
      title: 'Two losses',
      text: [
        'A loss says how badly a network did; training makes it smaller. A sure and right answer costs nearly 0, "I do not know" costs 0.69, and a sure and wrong answer costs a lot.',
        'The discriminator’s loss asks for "real" on reals and for "fake" on fakes. The generator’s loss asks the discriminator to say "real" on fakes. On fakes the two want opposite answers, so whenever one network gets better, the other has it harder.',
        'Each dot is the judgement of one image. Before any training all dots lie near 0. Take training steps, which the next chapter shows slowly, and look how the dots move apart and which loss falls.',
      ],
    },
    {
      title: 'One step, slowly',
      text: [
        'A training step changes both networks once. Press the button for each of its parts; the scores and losses are those of the step itself. After the update, press on: each step changes the networks a little more.',
      ],
    },
    {
      title: 'Let it run',
      text: [
        'Now thousands of such steps, in this page, on 5,000 digits. Both networks are also told which of 100 groups of alike digits an image is from, because they learn much sooner with this hint.',
        'First you see grey patterns, then strokes, and after a minute or two digits. D(x) is the mean probability that the discriminator gives to real digits, and D(G(z)) what it gives to fakes. Stop when you like it.',
      ],
    },
    {
      title: 'What goes wrong',
      text: [
        'Sometimes the generator makes nearly the same image whatever the noise is. This is called mode collapse. Here it is made on purpose: the generator learns twenty times too fast.',
        'Other accidents: the discriminator wins, and the generator learns nothing more; the scores swing from side to side; numbers grow without limit. A training of this program says so in words. Smaller learning rates and smaller mini-batches help most often.',
      ],
    },
    {
      title: 'What you know now',
      text: [
        'The generator wants its images to be called real. The discriminator wants to be right. A step finds both gradients and moves each network a little, and thousands of steps make digits of noise.',
        'With more time and larger networks the digits become much better. These commands train in a terminal, and npx dcgan studio shows their runs.',
      ],
    },
  ],
};

export type LessonWords = typeof lessonEn;
