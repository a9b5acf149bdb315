// Opens a checkpoint that the visitor has, and goes to its samples.

import { useAct } from '../state/act.ts';
import { links } from '../state/route.ts';
import { t } from '../strings/index.ts';
import { Notice } from './notice.tsx';

export function OpenFile({ open }: { readonly open: (file: File) => Promise<string> }) {
  const words = t.value;
  const { busy, error, act } = useAct<'open'>();
  return (
    <>
      <label class="button">
        {busy ? words.openingNetworks : words.openCheckpoint}
        <input
          class="hidden"
          type="file"
          accept=".safetensors"
          disabled={busy !== null}
          onChange={({ currentTarget }) => {
            const file = currentTarget.files?.[0];
            currentTarget.value = '';
            if (file)
              void act('open', async () => {
                location.hash = links.lab('explore', await open(file));
              });
          }}
        />
      </label>
      <Notice text={error} />
    </>
  );
}
