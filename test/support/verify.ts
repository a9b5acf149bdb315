// What must hold for any plan, whatever made it: places aligned and inside the arena, no
// instruction reading what it overwrites but value for value, and every scratch value written
// before it is read.
import { type Instruction, isAttached, KINDS, recordOf } from '../../src/engine/instructions/index.ts';
import type { Region, Touched } from '../../src/engine/instructions/record.ts';
import type { Plan } from '../../src/engine/plan.ts';
import { MAX_ATTACHED, MAX_CODE, MAX_DIMS, MAX_OPERANDS, MAX_REGISTERS, MAX_RESULTS } from '../../src/engine/plan.ts';

const touched = (i: Instruction): Touched => recordOf(i).touches(i);

const overlap = (a: Region, b: Region): boolean => a.start < b.start + b.floats && b.start < a.start + a.floats;

const same = (read: Region, write: Region): boolean =>
  read.plain === true && read.start === write.start && read.floats === write.floats;

/** Throws at the first broken rule. */
export function verify(plan: Plan): void {
  const end = plan.stateFloats + plan.scratchFloats;
  const written = new Uint8Array(end);
  written.fill(1, 0, plan.stateFloats);
  const slots = [...plan.inputs.values(), ...plan.injections.values()];
  for (const { address, shape } of slots) written.fill(1, address, address + shape.reduce((n, d) => n * d, 1));
  const exchange = (index: number): void => {
    const here = (plan.exchanges ?? []).filter(({ before }) => before === index);
    for (const { from, floats } of here)
      if (written.subarray(from, from + floats).includes(0))
        throw new Error(`plan ${plan.name}: a sum over shards reads values that no instruction wrote`);
    for (const { to, floats } of here) written.fill(1, to, to + floats);
  };
  plan.instructions.forEach((instruction, index) => {
    exchange(index);
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
      const may = KINDS[plan.instructions[head]!.kind].leads;
      const leads = may === 'programs' || (may === 'sums' && instruction.kind === 'reduce');
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
  exchange(plan.instructions.length);
  for (const [name, { address, shape }] of plan.outputs)
    if (written.subarray(address, address + shape.reduce((n, d) => n * d, 1)).includes(0))
      throw new Error(`plan ${plan.name}: output ${name} is not written`);
}
