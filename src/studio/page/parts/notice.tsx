// What went wrong, read out at once; nothing while nothing did.
export function Notice({ text }: { readonly text: string | null }) {
  return text === null ? null : (
    <p role="alert" class="notice">
      {text}
    </p>
  );
}
