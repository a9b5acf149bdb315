// Shows what `dcgan data inspect` found: counts, classes, problems and a contact sheet.
import { type ImageSize, sidesOf } from '../../../data/image-size.ts';
import type { DataReport } from '../../api.ts';
import { grouped, t } from '../strings/index.ts';

/** The form shows these parts of the report; the command prints more. */
interface Found {
  readonly count: number;
  readonly shape: { readonly size: ImageSize; readonly channels: number };
  readonly extremes: { readonly smallest: Sized; readonly largest: Sized } | null;
  readonly classes: readonly { readonly name: string; readonly count: number }[];
  readonly broken: readonly { readonly name: string; readonly why: string }[];
  readonly duplicates: readonly (readonly string[])[];
  readonly near: readonly (readonly string[])[];
  readonly versions: readonly (readonly string[])[];
}

interface Sized {
  readonly width: number;
  readonly height: number;
}

/** So many files and classes are listed; the command lists all. */
const LISTED = 20;

const sizeOf = ({ width, height }: Sized): string => `${width} × ${height}`;

export function Report({ report: { report, sheet } }: { readonly report: DataReport }) {
  const words = t.value;
  const { count, shape, extremes, classes, broken, duplicates, near, versions } = report as unknown as Found;
  const facts = [
    words.found(grouped(count), `${sidesOf(shape.size).join(' × ')} × ${shape.channels}`),
    ...(extremes ? [words.sizesFound(sizeOf(extremes.smallest), sizeOf(extremes.largest))] : []),
    ...(broken.length > 0 ? [words.broken(broken.length)] : []),
    ...(duplicates.length > 0 ? [words.duplicates(duplicates.length)] : []),
    ...(near.length > 0 ? [words.near(near.length)] : []),
    ...(versions.length > 0 ? [words.versions(versions.length)] : []),
  ];
  const problems = [
    ...broken.map(({ name, why }) => `${name}: ${why}`),
    ...[...duplicates, ...near].map((names) => names.join(' = ')),
    ...versions.map((names) => names.join(' ~ ')),
  ];
  return (
    <div class="report">
      <p>{facts.join('; ')}</p>
      {classes.length > 0 && (
        <List title={words.classesFound} lines={classes.map((one) => `${one.name}: ${grouped(one.count)}`)} />
      )}
      {problems.length > 0 && <List title={words.problems} lines={problems} />}
      {sheet !== null && <img class="picture large" src={`data:image/png;base64,${sheet}`} alt={words.reals} />}
    </div>
  );
}

function List({ title, lines }: { readonly title: string; readonly lines: readonly string[] }) {
  return (
    <details>
      <summary>{title}</summary>
      <ul>
        {lines.slice(0, LISTED).map((line) => (
          <li key={line}>{line}</li>
        ))}
        {lines.length > LISTED && <li>…</li>}
      </ul>
    </details>
  );
}
