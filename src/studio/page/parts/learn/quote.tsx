// Lines of the project's sources beside what they do.
import { t } from '../../strings/index.ts';
import type { Quotation } from './code.ts';

/** Takes away the spaces with which every line begins. */
function dedented(lines: string): string {
  const depths = lines.split('\n').map((line) => line.search(/\S|$/));
  return lines.replaceAll(new RegExp(`^ {${Math.min(...depths)}}`, 'gm'), '');
}

export function Quote({ source, lines }: Quotation) {
  return (
    <figure class="quote">
      <figcaption class="quiet">{t.value.learn.codeOf(source)}</figcaption>
      <pre>
        <code>{dedented(lines)}</code>
      </pre>
    </figure>
  );
}
