// What must hold for any plan, whatever made it: places aligned and inside the arena, no
// instruction reading what it overwrites but value for value, and every scratch value written
// before it is read.
import { isContiguous } from '../../src/engine/passes/domain.ts';
import type { Geometry, Instruction, Plan } from '../../src/engine/plan.ts';
import { MAX_ATTACHED, MAX_CODE, MAX_DIMS, MAX_OPERANDS, MAX_REGISTERS, MAX_RESULTS } from '../../src/engine/plan.ts';
import { packFloats, partialFloats } from '../../src/engine/room.ts';

interface Region {
  readonly start: number;
  readonly floats: number;
  /** Read at the domain's own index alone. */
  readonly plain?: boolean;
}

interface Touched {
  readonly reads: readonly Region[];
  readonly writes: readonly Region[];
  readonly scratch: readonly Region[];
}

const sizes = (g: Geometry) => ({
  x: g.N * g.H * g.W * g.C,
  w: g.KH * g.KW * g.C * g.OC,
  y: g.N * g.OH * g.OW * g.OC,
});

function touched(i: Instruction): Touched {
  const at = (start: number, floats: number): Region => ({ start, floats });
  switch (i.kind) {
    case 'conv2d':
    case 'convInput': {
      const n = sizes(i);
      const [x, w, y] = [at(i.x, n.x), at(i.w, n.w), at(i.y, n.y)];
      const forward = i.kind === 'conv2d';
      return { reads: [forward ? x : y, w], writes: [forward ? y : x], scratch: [at(i.pack, packFloats(i))] };
    }
    case 'convFilter': {
      const n = sizes(i);
      return {
        reads: [at(i.x, n.x), at(i.y, n.y)],
        writes: [at(i.w, n.w)],
        scratch: [at(i.partials, partialFloats(i, i.groups))],
      };
    }
    case 'transpose':
      return { reads: [at(i.x, i.rows * i.columns)], writes: [at(i.y, i.rows * i.columns)], scratch: [] };
    case 'shiftCut': {
      const floats = i.N * i.H * i.W * i.C;
      return { reads: [at(i.x, floats), at(i.u, 4 * i.N)], writes: [at(i.y, floats)], scratch: [] };
    }
    default: {
      const reads = i.operands.map(({ address, strides }) => ({
        start: address,
        floats: 1 + strides.reduce((sum, stride, d) => sum + stride * (i.sizes[d]! - 1), 0),
        plain: isContiguous(i.sizes, strides),
      }));
      const floats = i.kind === 'reduce' ? i.outer * i.inner : i.count;
      const partials = i.kind === 'reduce' ? [at(i.partials, i.parts * i.inner * i.results.length)] : [];
      return { reads, writes: i.results.map((r) => at(r.address, floats)), scratch: partials };
    }
  }
}

const overlap = (a: Region, b: Region): boolean => a.start < b.start + b.floats && b.start < a.start + a.floats;

const same = (read: Region, write: Region): boolean =>
  read.plain === true && read.start === write.start && read.floats === write.floats;

const isAttached = (i: Instruction): boolean => 'attached' in i && i.attached;

/** Throws at the first broken rule. */
export function verify(plan: Plan): void {
  const end = plan.stateFloats + plan.scratchFloats;
  const written = new Uint8Array(end);
  written.fill(1, 0, plan.stateFloats);
  const slots = [...plan.inputs.values(), ...plan.injections.values()];
  for (const { address, shape } of slots) written.fill(1, address, address + shape.reduce((n, d) => n * d, 1));
  plan.instructions.forEach((instruction, index) => {
    const fail = (what: string): never => {
      throw new Error(`plan ${plan.name}, instruction ${index} (${instruction.kind}): ${what}`);
    };
    const { reads, writes, scratch } = touched(instruction);
    for (const region of [...reads, ...writes, ...scratch])
      if (region.start % 16 !== 0 || region.start < 0 || region.start + region.floats > end)
        fail('a place outside or unaligned');
    for (const { start, floats } of reads)
      if (written.subarray(start, start + floats).includes(0)) fail('reads what nobody wrote');
    for (const write of [...writes, ...scratch]) {
      for (const read of reads) {
        const inPlace = read.plain && read.start === write.start && read.floats === write.floats;
        if (overlap(read, write) && !(inPlace && writes.includes(write))) fail('overwrites what it reads');
      }
      for (const other of [...writes, ...scratch])
        if (other !== write && overlap(other, write)) fail('writes one place twice');
    }
    for (const { start, floats } of scratch) written.fill(0, start, start + floats);
    for (const { start, floats } of writes) written.fill(1, start, start + floats);
    if (isAttached(instruction)) {
      let head = index - 1;
      while (head > 0 && isAttached(plan.instructions[head]!)) head--;
      const { kind } = plan.instructions[head]!;
      const leads =
        kind === 'conv2d' || kind === 'convInput' || (kind === 'elementwise' && instruction.kind === 'reduce');
      if (!leads || index - head > MAX_ATTACHED) fail('attached to what nothing can be');
      // What was read at the own index alone has been read before the image is written.
      for (const before of plan.instructions.slice(head, index).map(touched))
        for (const write of writes)
          if ([...before.reads, ...before.scratch].some((region) => overlap(region, write) && !same(region, write)))
            fail('overwrites what those before it need for other images');
    }
    if ('code' in instruction) {
      const { code, operands, registers, results, sizes: dims } = instruction;
      const within =
        code.length <= MAX_CODE &&
        operands.length <= MAX_OPERANDS &&
        registers <= MAX_REGISTERS &&
        results.length <= MAX_RESULTS;
      if (!within || dims.length > MAX_DIMS) fail('past a limit');
      if (dims.reduce((n, d) => n * d, 1) !== instruction.count) fail('sizes that do not multiply to its count');
    }
  });
  for (const [name, { address, shape }] of plan.outputs)
    if (written.subarray(address, address + shape.reduce((n, d) => n * d, 1)).includes(0))
      throw new Error(`plan ${plan.name}: output ${name} is not written`);
}
