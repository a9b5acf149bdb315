// The form for a new run asks for data, a preset and the options that differ from it. It says what
// the run will cost.

import { useEffect, useState } from 'preact/hooks';
import type { DataReport, FormDescription } from '../../api.ts';
import { Field } from '../parts/field.tsx';
import { Notice } from '../parts/notice.tsx';
import { Report } from '../parts/report.tsx';
import type { Control, TrainingOptions } from '../sources/source.ts';
import { useAct } from '../state/act.ts';
import { links } from '../state/route.ts';
import { duration, grouped, t } from '../strings/index.ts';

type Values = Record<string, string | number | boolean>;

/** These options are always shown; the others are behind "More options". */
const FIRST = ['preset', 'epochs', 'batchSize', 'seed', 'evaluateEvery'] as const;

export function NewRun({ control, given }: { readonly control: Control; readonly given: TrainingOptions }) {
  const words = t.value;
  const [form, setForm] = useState<FormDescription | null>(null);
  const [values, setValues] = useState<Values>({ data: 'mnist', ...given });
  const [report, setReport] = useState<DataReport | null>(null);
  const [cost, setCost] = useState<Readonly<Record<string, unknown>> | null>(null);
  const { busy, error, setError, act } = useAct<'look' | 'cost' | 'start'>();
  useEffect(() => {
    control.form().then(setForm, (reason: Error) => setError(reason.message));
  }, [control]);
  if (form === null) return <p class="wait">{error ?? words.loading}</p>;
  const options = typed(values, form);
  const preset = String(values.preset ?? form.defaultPreset);
  const set = (name: string, value: string | number | boolean | null): void => {
    const { [name]: _, ...rest } = values;
    setValues(value === null || value === '' ? rest : { ...rest, [name]: value });
    setCost(null);
  };
  const look = (): Promise<void> =>
    act('look', async () =>
      setReport(
        await control.inspect(
          String(values.data),
          values.imageSize === undefined ? undefined : String(values.imageSize),
        ),
      ),
    );
  const estimate = (): Promise<void> => act('cost', async () => setCost(await control.estimate(options)));
  const start = (event: Event): void => {
    event.preventDefault();
    act('start', async () => {
      location.hash = links.run(await control.start(options));
    });
  };
  const first = FIRST.map((name) => form.fields.find((field) => field.name === name)).filter(
    (field) => field !== undefined,
  );
  const more = form.fields.filter(({ name }) => name !== 'data' && !FIRST.some((one) => one === name));
  const groups = [...new Set(more.map(({ group }) => group))];
  const field = (one: FormDescription['fields'][number]) => (
    <Field
      key={one.name}
      field={one}
      value={values[one.name]}
      meant={form.presets[preset]?.[one.name]}
      {...(one.name === 'preset' && { says: words.presets, required: true, value: preset })}
      set={(value) => set(one.name, value)}
    />
  );
  return (
    <form class="new" onSubmit={start}>
      <div class="bar">
        <h1>{words.newRun}</h1>
        <a class="button" href={links.runs}>
          {words.back}
        </a>
      </div>
      <fieldset>
        <legend>{words.data}</legend>
        <div class="field">
          <label for="data">{words.data}</label>
          <input
            id="data"
            type="text"
            required
            aria-describedby="data-help"
            value={String(values.data ?? '')}
            onInput={(event) => set('data', event.currentTarget.value)}
          />
          <small id="data-help">{words.dataHelp}</small>
        </div>
        <button type="button" disabled={busy !== null} onClick={look}>
          {words.look}
        </button>
        {report && <Report report={report} />}
      </fieldset>
      <fieldset>
        <legend>{words.preset}</legend>
        <div class="fields">{first.map(field)}</div>
      </fieldset>
      <details open={Object.keys(given).some((name) => more.some((one) => one.name === name))}>
        <summary>{words.more}</summary>
        {groups.map((group) => (
          <fieldset key={group}>
            <legend>{words.optionGroups?.[group] ?? group}</legend>
            <div class="fields">{more.filter((one) => one.group === group).map(field)}</div>
          </fieldset>
        ))}
      </details>
      <p role="status" class="quiet">
        {busy === 'look' ? words.looking : busy === 'cost' ? words.estimating : busy === 'start' ? words.starting : ''}
      </p>
      <Notice text={error} />
      {typeof cost?.seconds === 'number' && (
        <p>{words.about(duration(cost.seconds), grouped(Math.ceil(Number(cost.arenaBytes) / 1e6)))}</p>
      )}
      <div class="bar">
        <button type="button" disabled={busy !== null} onClick={estimate}>
          {words.cost}
        </button>
        <button type="submit" class="main" disabled={busy !== null}>
          {words.start}
        </button>
      </div>
    </form>
  );
}

/** Returns values as the library takes them. Those of an address are text. */
function typed(values: Values, { fields }: FormDescription): TrainingOptions {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const kind = fields.find((field) => field.name === name)?.kind;
      if (kind === 'number' || kind === 'integer') return [name, Number(value)];
      if (kind === 'numbers') return [name, String(value).split(',').map(Number)];
      if (kind === 'switch') return [name, value === true || value === 'true'];
      return [name, value];
    }),
  );
}
