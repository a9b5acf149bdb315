// Runs an action that a person asked for. A view sees its name while it runs, and its error
// afterwards.
import { useState } from 'preact/hooks';

export interface Acting<T extends string> {
  /** The name of the action that runs now; null when none does. */
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
