// A term of the field explains itself to whoever points at it or reaches it by keyboard.
import { useId } from 'preact/hooks';

export function Term({ text, help }: { readonly text: string; readonly help: string }) {
  const id = useId();
  return (
    <span class="term">
      {text}{' '}
      <button type="button" class="what" aria-label={`? ${text}`} aria-describedby={id}>
        ?
      </button>
      <span role="tooltip" id={id}>
        {help}
      </span>
    </span>
  );
}
