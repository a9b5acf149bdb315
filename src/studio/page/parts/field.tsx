// A field holds one option of a new run. An empty field means the preset's value.
import { useId } from 'preact/hooks';
import type { FormField } from '../../api.ts';
import { t } from '../strings/index.ts';

interface FieldProps {
  readonly field: FormField;
  readonly value: string | number | boolean | undefined;
  /** The preset's value. */
  readonly meant: unknown;
  /** What each choice means, where a word says more than its name. */
  readonly says?: Readonly<Record<string, string>>;
  /** One of the choices is always taken. */
  readonly required?: boolean;
  readonly set: (value: string | number | boolean | null) => void;
}

export function Field({ field, value, meant, says, required = false, set }: FieldProps) {
  const id = useId();
  const { flag, kind, choices } = field;
  // The empty field shows the preset's value, so the list of all defaults is left out.
  const words = t.value.options?.[flag];
  const help = says?.[String(value)] ?? words?.help ?? field.help.replace(/\s*\(default: [^)]*\)/, '');
  const empty = meant === undefined || meant === null ? t.value.auto : t.value.asPreset(String(meant));
  return (
    <div class="field">
      <label for={id} title={flag}>
        {words?.label ?? flag.replace(/^--/, '').replaceAll('-', ' ')}
      </label>
      {kind === 'choice' ? (
        <select
          id={id}
          aria-describedby={`${id}-help`}
          value={String(value ?? '')}
          onChange={(event) => set(event.currentTarget.value)}
        >
          {!required && <option value="">{empty}</option>}
          {choices?.map((choice) => (
            <option key={choice} value={choice}>
              {says?.[choice] === undefined ? choice : `${choice}: ${says[choice]}`}
            </option>
          ))}
        </select>
      ) : kind === 'switch' ? (
        <input
          id={id}
          type="checkbox"
          checked={value === undefined ? meant === true : value === true || value === 'true'}
          onChange={(event) => set(event.currentTarget.checked)}
        />
      ) : (
        <input
          {...textOrNumber(field)}
          id={id}
          value={value === undefined ? '' : String(value)}
          placeholder={empty}
          onInput={(event) => set(event.currentTarget.value)}
        />
      )}
      <small id={`${id}-help`}>{help}</small>
    </div>
  );
}

function textOrNumber({ kind, least, most }: FormField): NumberOrText {
  if (kind === 'text' || kind === 'numbers') return { type: 'text' };
  const range = { ...(least !== undefined && { min: least }), ...(most !== undefined && { max: most }) };
  return { type: 'number', step: kind === 'integer' ? 1 : 'any', ...range };
}

type NumberOrText =
  | { readonly type: 'text' }
  | { readonly type: 'number'; readonly step: 1 | 'any'; readonly min?: number; readonly max?: number };
