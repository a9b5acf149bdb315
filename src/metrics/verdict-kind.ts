// What an evaluation can come to; verdict.ts has the rules.
/** In one word. `plausible`: by patches alone, which show neither copies nor a lack of variety. */
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

/** What all figures of an evaluation together say. */
export interface Verdict {
  /** In one word, for programs. */
  readonly kind: VerdictKind;
  /** One sentence for people, no full stop; it begins with the verdict. */
  readonly text: string;
}
