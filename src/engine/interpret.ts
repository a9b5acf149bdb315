// Computes a graph node by node with each op's own reference. It is slow and plain, and it defines
// what any compiled plan must give. In Float64Array it serves finite differences.
import { type Environment, size, type Tensor, topological, type Values } from './graph.ts';

export type Arithmetic = 'float32' | 'float64';

/**
 * Values of each root, in order. Inputs, variables and injected draws come from `environment.feeds`
 * by name.
 */
export function interpret(
  roots: readonly Tensor[],
  environment: Environment,
  precision: Arithmetic = 'float32',
): Values[] {
  const values = new Map<Tensor, Values>();
  for (const node of topological(roots)) {
    const out = precision === 'float64' ? new Float64Array(size(node.shape)) : new Float32Array(size(node.shape));
    node.op.reference(
      node.inputs.map((input) => values.get(input)!),
      node,
      out,
      environment,
    );
    values.set(node, out);
  }
  return roots.map((root) => values.get(root)!);
}
