// Shows a run's configuration, its commands, and its checkpoints for download.
import { useState } from 'preact/hooks';
import type { RunDetail } from '../../api.ts';
import type { Source } from '../sources/source.ts';
import { short, t } from '../strings/index.ts';

export function Facts({ source, detail }: { readonly source: Source; readonly detail: RunDetail }) {
  const words = t.value;
  const { head, config, checkpoints } = detail;
  const rows: [string, string][] = config
    ? [
        [words.data, `${config.data.name}, ${words.images(String(config.data.count))} (${config.data.source})`],
        ['seed', String(config.seed)],
        // An export leaves the variant out.
        [
          'device',
          config.notes.variant === '' ? config.notes.device : `${config.notes.device} (${config.notes.variant})`,
        ],
        ...Object.entries(config.config).map(([name, value]): [string, string] => [name, settingText(value)]),
      ]
    : [];
  return (
    <section class="facts">
      <details>
        <summary>{words.configuration}</summary>
        <table>
          <tbody>
            {rows.map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{value}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
      <details>
        <summary>{words.checkpoints}</summary>
        <p class="quiet">{words.checkpointsHelp}</p>
        <ul>
          {checkpoints.map(({ name, bytes }) => (
            <li key={name}>
              <a href={source.checkpoint(head.id, name)} download={name}>
                {name}
              </a>{' '}
              <span class="quiet">{short(bytes / 1e6)} MB</span>
            </li>
          ))}
        </ul>
      </details>
      <details>
        <summary>{words.commands}</summary>
        <Command text={detail.resume} what={words.commandResume} />
        <Command text={detail.repeat} what={words.commandRepeat} />
      </details>
    </section>
  );
}

const settingText = (value: unknown): string => (Array.isArray(value) ? value.join(', ') || '–' : String(value ?? '–'));

export function Command({ text, what }: { readonly text: string; readonly what: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  return (
    <p>
      {what}: <code>{text}</code>{' '}
      <button type="button" onClick={copy}>
        {copied ? t.value.copied : t.value.copy}
      </button>
    </p>
  );
}
