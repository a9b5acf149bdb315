// The ops that a graph begins with: inputs written before a run, variables that live in the state,
// and constants.

import { DcganError } from '../../platform/errors.ts';
import { make, type Op, type Shape, type Tensor } from '../graph.ts';

type Named = { readonly name: string; readonly shape: Shape };

const leaf = (name: 'input' | 'variable'): Op<Named> => ({
  name,
  role: 'leaf',
  shape: (_, { shape }) => shape,
  gradient: () => [],
  reference(_, { attributes }, out, { feeds }) {
    const values = feeds.get(attributes.name);
    if (!values)
      throw new DcganError({ what: `${name} ${attributes.name}: no value given`, todo: 'Feed it under this name' });
    out.set(values);
  },
});

export const inputOp = leaf('input');
export const variableOp = leaf('variable');

/** A value written before each run, under `name`. */
export function input(name: string, shape: Shape): Tensor {
  return make(inputOp, [], { name, shape });
}

/** A value that lives in the state, under `name`, and outlives runs. */
export function variable(name: string, shape: Shape): Tensor {
  return make(variableOp, [], { name, shape });
}

/** The name a leaf was given. */
export function nameOf(leafNode: Tensor): string {
  return String(leafNode.attributes.name);
}

export const constantOp: Op<{ readonly value: number }> = {
  name: 'constant',
  role: 'elementwise',
  shape: () => [],
  gradient: () => [],
  line: ({ attributes: { value } }) => ({ op: 'constant', value }),
  reference: (_, { attributes }, out) => void out.fill(attributes.value),
};

/** A scalar known when the graph is made. */
export function constant(value: number): Tensor {
  return make(constantOp, [], { value });
}
