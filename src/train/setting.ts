// A configuration's value as people read it. The command line and the studio's page write it alike,
// so this file imports nothing that a page lacks.

/** What stands for values that have no text of their own. */
export interface SettingWords {
  /** A rate of one network that follows the rate of both. */
  readonly asLearningRate: string;
  /** A list without members. */
  readonly none: string;
}

const ENGLISH: SettingWords = { asLearningRate: 'as learningRate', none: 'none' };

/** Writes lists as a person types them: widths with commas, the size of a picture as `64x96`. */
export function settingText(field: string, value: unknown, words: SettingWords = ENGLISH): string {
  if (value === null) return words.asLearningRate;
  if (Array.isArray(value)) return value.join(field === 'imageSize' ? 'x' : ', ') || words.none;
  return String(value);
}
