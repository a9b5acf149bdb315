// Runs what a person asked for. Its name is known while it goes on, and its error afterwards.
import { useState } from 'preact/hooks';

export interface Acting<T extends string> {
  /** What goes on now. */
  readonly busy: T | null;
  readonly error: string | null;
  readonly setError: (error: string | null) => void;
  readonly act: (name: T, todo: () => Promise<void>) => Promise<void>;
}

export function useAct<T extends string>(): Acting<T> {
  const [busy, setBusy] = useState<T | null>(null);
  const [error, setError] = useState<string | null>(null);
  const act = async (name: T, todo: () => Promise<void>): Promise<void> => {
    setBusy(name);
    setError(null);
    try {
      await todo();
    } catch (reason) {
      setError((reason as Error).message);
    }
    setBusy(null);
  };
  return { busy, error, setError, act };
}
