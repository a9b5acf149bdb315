// Declares a network's variables: each once, with its name, shape and start, in the order of the
// layers. Each network has a pool of its own, and an optimiser works on a pool.

import type { Shape, Tensor } from '../engine/graph.ts';
import { variable } from '../engine/ops/index.ts';
import { DcganError } from '../platform/errors.ts';
import type { Initializer } from './initializers.ts';

export interface Declared {
  /** The full name: pool/layer/part. */
  readonly name: string;
  readonly tensor: Tensor;
  readonly initializer: Initializer;
  /** False for running statistics, which no optimiser moves. */
  readonly trainable: boolean;
}

export class Variables {
  /** The pool's name, which is the first part of each variable's name. */
  readonly pool: string;
  readonly #declared = new Map<string, Declared>();

  constructor(pool: string) {
    this.pool = pool;
  }

  /** Declares a variable of a layer by its Keras name: `kernel`, `bias`, `gamma`, ... */
  declare(layer: string, part: string, shape: Shape, initializer: Initializer, trainable = true): Tensor {
    const name = `${this.pool}/${layer}/${part}`;
    if (this.#declared.has(name))
      throw new DcganError({ what: `variable ${name} is declared twice`, todo: 'Give each layer its own name' });
    const tensor = variable(name, shape);
    this.#declared.set(name, { name, tensor, initializer, trainable });
    return tensor;
  }

  /** All variables, in the order of their declarations. */
  get all(): readonly Declared[] {
    return [...this.#declared.values()];
  }

  /** The variables that an optimiser moves. */
  get trainable(): readonly Declared[] {
    return this.all.filter((each) => each.trainable);
  }
}
