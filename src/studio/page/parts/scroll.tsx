// A table that may be wider than its place: it scrolls, and whoever uses a keyboard can reach it.
import type { ComponentChildren } from 'preact';

export function Scroll({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must take keys
    <section class="scroll" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
