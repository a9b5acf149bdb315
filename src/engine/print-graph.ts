// Prints a computation as text after each pass of the compiler, with one line for each value. A
// diff of two prints shows what a pass did to a model. A value is named by its place in the order
// of the graph, inputs before users.
import {
  type CompiledSteps,
  type Computation,
  compileInSteps,
  prepare,
  REWRITES,
  type RewriteName,
} from './compile.ts';
import { showShape, type Tensor, topological } from './graph.ts';
import type { StateLayout } from './layout.ts';
import type { TensorGroup } from './passes/groups.ts';
import { printPlan } from './print.ts';

/**
 * What can be printed, in the order of compilation; `written` is the graph before the first pass,
 * `memory` the plan.
 */
export const PASSES = [
  'written',
  ...REWRITES.map(({ name }) => name),
  'stored',
  'groups',
  'schedule',
  'memory',
] as const;

export type PassName = (typeof PASSES)[number];

/**
 * Prints the computation after a pass. After `stored` a star marks the values that lie in memory.
 * After `groups` and `schedule` each paragraph is a group of values that are computed together.
 */
export function printAfter(pass: PassName, computation: Computation, state: StateLayout): string {
  if (pass === 'written') return printGraph(computation);
  if (isRewrite(pass)) return printGraph(prepare(computation, undefined, pass));
  const steps = compileInSteps(computation, state);
  if (pass === 'memory') return printPlan(steps.plan);
  if (pass === 'stored') return printGraph(steps.graph, steps.stored);
  return printGroups(pass, steps);
}

function isRewrite(pass: PassName): pass is RewriteName {
  return REWRITES.some(({ name }) => name === pass);
}

/** Every value of a computation, then its outputs and updates. */
function printGraph(computation: Computation, stored: ReadonlySet<Tensor> = new Set()): string {
  const order = orderOf(computation);
  const lineOf = lines(order);
  const { head, ends } = frame(computation, order);
  return text([head, ...order.map((node) => `${stored.has(node) ? '*' : ' '}${lineOf(node)}`), ...ends]);
}

function printGroups(pass: 'groups' | 'schedule', { graph, groups, scheduled, stored }: CompiledSteps): string {
  const order = orderOf(graph);
  const lineOf = lines(order);
  const { head, ends } = frame(graph, order);
  const list = pass === 'groups' ? groups.map((group) => ({ group, attached: false })) : scheduled;
  const paragraphs = list.flatMap(({ group, attached }, i) => [
    `${attached ? 'attached' : 'group'} ${i}, ${group.role}`,
    ...membersOf(group, stored, order).map((node) => `${stored.has(node) ? '*' : ' '}${lineOf(node)}`),
  ]);
  return text([`${head}, ${list.length} groups`, ...paragraphs, ...ends]);
}

/** The values of a group: those it stores, and those that are computed on the way to them. */
function membersOf({ roots, reads }: TensorGroup, stored: ReadonlySet<Tensor>, order: readonly Tensor[]): Tensor[] {
  const members = new Set<Tensor>();
  const visit = (node: Tensor): void => {
    if (members.has(node)) return;
    members.add(node);
    for (const input of node.inputs)
      if (!stored.has(input) && !reads.has(input) && input.op.role !== 'leaf') visit(input);
  };
  for (const root of roots) visit(root);
  return order.filter((node) => members.has(node));
}

function orderOf({ outputs, updates }: Computation): Tensor[] {
  return topological([...Object.values(outputs), ...updates.values()]);
}

function frame({ name, outputs, updates }: Computation, order: readonly Tensor[]) {
  const place = placesOf(order);
  const ends = [...Object.entries(outputs).map((each) => ['output', ...each] as const)];
  const news = [...updates].map((each) => ['update', ...each] as const);
  return {
    head: `graph ${name}: ${order.length} values`,
    ends: [...ends, ...news].map(([kind, of, node]) => `${kind} ${of} = ${place(node)}`),
  };
}

/** `%12` */
function placesOf(order: readonly Tensor[]): (node: Tensor) => string {
  const places = new Map(order.map((node, i) => [node, `%${i}`]));
  return (node) => places.get(node)!;
}

/** `%12 = matmul(%3, %7) [64, 100] transposeB true` */
function lines(order: readonly Tensor[]): (node: Tensor) => string {
  const place = placesOf(order);
  return (node) => {
    const { op, inputs, shape, attributes } = node;
    const settings = Object.entries(attributes).map(([name, value]) =>
      typeof value === 'object' ? ` ${name} ${showShape(value)}` : ` ${name} ${value}`,
    );
    const from = inputs.length > 0 ? `(${inputs.map(place).join(', ')})` : '';
    return `${place(node).padStart(5)} = ${op.name}${from} ${showShape(shape)}${settings.join('')}`;
  };
}

function text(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
