// Lines of the project's sources beside what they do.
import { t } from '../../strings/index.ts';
import type { Quotation } from './code.ts';

export function Quote({ source, lines }: Quotation) {
  return (
    <figure class="quote">
      <figcaption class="quiet">{t.value.learn.codeOf(source)}</figcaption>
      <pre>
        <code>{lines}</code>
      </pre>
    </figure>
  );
}
