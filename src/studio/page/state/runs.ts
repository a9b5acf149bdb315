// All views share the list of runs. A view also follows the numbers of the runs it shows.
import { signal } from '@preact/signals';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { RunDetail, RunHead, RunWarning } from '../../api.ts';
import type { Source } from '../sources/source.ts';
import { Series } from './series.ts';

/** Null until they were read once. */
export const heads = signal<readonly RunHead[] | null>(null);

export function followHeads(source: Source): void {
  source.watch((list) => {
    heads.value = list;
  });
}

export const headOf = (id: string): RunHead | null => heads.value?.find((head) => head.id === id) ?? null;

/**
 * Returns a run's numbers so far, in another object whenever they grow, at most once a frame.
 * @param detail tells when the run's sittings began
 */
export function useSeries(source: Source, id: string, detail: RunDetail | null): Series {
  const [series, setSeries] = useState(() => new Series());
  useEffect(() => {
    const growing = new Series();
    let frame = 0;
    const end = source.follow(id, (part) => {
      growing.take(part);
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        setSeries(growing.snapshot());
      });
    });
    return () => {
      end();
      cancelAnimationFrame(frame);
    };
  }, [source, id]);
  return useMemo(() => series.withStarts((detail?.config?.sittings ?? []).map(({ start }) => start)), [series, detail]);
}

/** Reads a run's other parts, again whenever its head changes. */
export function useDetail(
  source: Source,
  id: string,
): { readonly detail: RunDetail | null; readonly warnings: readonly RunWarning[]; readonly error: string | null } {
  const [detail, setDetail] = useState<RunDetail | null>(null);
  const [warnings, setWarnings] = useState<readonly RunWarning[]>([]);
  const [error, setError] = useState<string | null>(null);
  const changed = headOf(id);
  const key = changed === null ? '' : `${changed.state} ${changed.epoch} ${changed.newest?.version}`;
  useEffect(() => {
    let current = true;
    Promise.all([source.detail(id), source.warnings(id)]).then(
      ([next, found]) => {
        if (!current) return;
        setDetail(next);
        setWarnings(found);
        setError(null);
      },
      (reason: Error) => {
        if (current) setError(reason.message);
      },
    );
    return () => {
      current = false;
    };
  }, [source, id, key]);
  return { detail, warnings, error };
}
