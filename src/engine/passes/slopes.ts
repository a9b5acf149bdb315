// Reads slopes from outputs. The gradient of leaky ReLU needs the sign of its input u. Where the
// slope is not negative, its output has the same sign, and so has the output after dropout wherever
// the gradient is not dropped as well. The outputs are in memory anyway, because the next
// convolution reads them. So u, a convolution's own output, need not outlive the instruction that
// computes them from it.
import { type Tensor, topological } from '../graph.ts';
import { ELEMENTWISE } from '../ops/elementwise.ts';
import { drawOp } from '../ops/random.ts';
import { Interner, rewrite } from './intern.ts';
import { baseOf } from './views.ts';

const { add, leakyMask, leakyRelu, mul } = ELEMENTWISE;

/** The graph under `roots` with slopes taken from what is stored; no value changes. */
export function slopesFromOutputs(roots: readonly Tensor[]): Tensor[] {
  const interner = new Interner();
  const interned = rewrite(roots, () => null, interner);
  const activations = findActivations(interned);
  const fromOutput = (factor: Tensor, other: Tensor): Tensor | null => {
    if (factor.op.name !== leakyMask.name) return null;
    const activation = activations.get(factor.inputs[0]!);
    if (!activation || activation.slope !== factor.attributes.value) return null;
    const output = outputBeside(activation, other);
    return output && interner.make(leakyMask, [output], { value: activation.slope });
  };
  return rewrite(
    interned,
    (node) => {
      if (node.op.name !== mul.name) return null;
      const [a, b] = node.inputs as [Tensor, Tensor];
      const [p, q] = [fromOutput(a, b), fromOutput(b, a)];
      return p || q ? interner.make(mul, [p ?? a, q ?? b], {}) : null;
    },
    interner,
  );
}

interface Activation {
  readonly slope: number;
  readonly active: Tensor;
  /** The activation times a dropout mask, by the mask. */
  readonly dropped: Map<Tensor, Tensor>;
}

/** Returns the activations of a kernel's result with a bias added, by their inputs. */
function findActivations(roots: readonly Tensor[]): Map<Tensor, Activation> {
  const byInput = new Map<Tensor, Activation>();
  const byOutput = new Map<Tensor, Activation>();
  for (const node of topological(roots)) {
    const [a, b] = node.inputs;
    if (node.op.name === leakyRelu.name && Number(node.attributes.value) >= 0 && isBiased(a!)) {
      const activation = { slope: Number(node.attributes.value), active: node, dropped: new Map<Tensor, Tensor>() };
      byInput.set(a!, activation);
      byOutput.set(node, activation);
    } else if (node.op.name === mul.name) {
      if (isMask(b!)) byOutput.get(a!)?.dropped.set(b!, node);
      if (isMask(a!)) byOutput.get(b!)?.dropped.set(a!, node);
    }
  }
  return byInput;
}

function isBiased(u: Tensor): boolean {
  return u.op.name === add.name && u.inputs.some((input) => baseOf(input).op.role === 'kernel');
}

function isMask(node: Tensor): boolean {
  return node.op.name === drawOp.name && node.attributes.kind === 'mask';
}

/**
 * An output with the sign of the activation's input wherever `other` is not 0; null when there is
 * none in memory.
 */
function outputBeside({ active, dropped }: Activation, other: Tensor): Tensor | null {
  if (dropped.size === 0) return active;
  const mask = other.op.name === mul.name ? other.inputs.find((input) => dropped.has(input)) : undefined;
  return mask ? dropped.get(mask)! : null;
}
