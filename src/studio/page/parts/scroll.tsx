// A table may be wider than its place. It scrolls then, and the keyboard reaches it.
import type { ComponentChildren } from 'preact';

export function Scroll({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must take keys
    <section class="scroll" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
