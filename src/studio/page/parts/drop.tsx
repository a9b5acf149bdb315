// A place on which files are dropped, or opened by its button.
import { useState } from 'preact/hooks';

interface DropProps {
  readonly label: string;
  readonly accept: string;
  readonly take: (files: readonly File[]) => void;
}

export function Drop({ label, accept, take }: DropProps) {
  const [over, setOver] = useState(false);
  const given = (files: FileList | null | undefined): void => {
    if (files && files.length > 0) take([...files]);
  };
  return (
    <fieldset
      class={over ? 'drop over' : 'drop'}
      aria-label={label}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        given(event.dataTransfer?.files);
      }}
    >
      <label class="button">
        {label}
        <input
          class="hidden"
          type="file"
          multiple
          accept={accept}
          onChange={({ currentTarget }) => {
            given(currentTarget.files);
            currentTarget.value = '';
          }}
        />
      </label>
    </fieldset>
  );
}
