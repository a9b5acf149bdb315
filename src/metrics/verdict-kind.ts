// The possible conclusions of an evaluation; verdict.ts has the rules.
/**
 * The conclusion in one word. `plausible` is concluded from patches alone, which show neither
 * copies nor a lack of variety.
 */
export type VerdictKind =
  | 'too-few'
  | 'blank'
  | 'noise'
  | 'blurred'
  | 'collapsed'
  | 'little-variety'
  | 'memorised'
  | 'good'
  | 'fair'
  | 'plausible';

/** The conclusion from all figures of an evaluation. */
export interface Verdict {
  /** The conclusion in one word, for programs. */
  readonly kind: VerdictKind;
  /** The conclusion in one sentence without a full stop, for people. It begins with the word. */
  readonly text: string;
}
