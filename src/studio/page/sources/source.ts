// A source gives a page its runs. The views know this interface alone, so they work with a server,
// with a training in the page itself, and with what one file holds.
import type {
  DataReport,
  FormDescription,
  MetricsPart,
  PictureHead,
  RunDetail,
  RunHead,
  RunWarning,
} from '../../api.ts';
import type { NetworkSource } from './networks.ts';

export interface Source {
  /** The folder, file or place that the runs are from, for the page's title. */
  readonly place: () => string;
  /**
   * Calls `tell` with all runs, now and whenever one of them changes; returns a function that ends
   * it.
   */
  watch(tell: (heads: readonly RunHead[]) => void): () => void;
  /** Reads everything of a run except its metrics. */
  detail(id: string): Promise<RunDetail>;
  /**
   * Calls `take` with a run's metrics from the first line on, and with new ones as they come;
   * returns a function that ends it.
   */
  follow(id: string, take: (part: MetricsPart) => void): () => void;
  warnings(id: string): Promise<readonly RunWarning[]>;
  picture(id: string, picture: PictureHead): string;
  film(id: string): string;
  checkpoint(id: string, name: string): string;
  /** The networks of a run's checkpoints; null where none can be had. */
  readonly networks: NetworkSource | null;
  /** Adds a visitor's checkpoint and resolves to its name; missing where a page cannot. */
  readonly open?: (file: File) => Promise<string>;
  /** What can be changed; null where a page can only look. */
  readonly control: Control | null;
}

/** Options of a training under the library's names. */
export type TrainingOptions = Readonly<Record<string, string | number | boolean>>;

export interface Control {
  form(): Promise<FormDescription>;
  estimate(options: TrainingOptions): Promise<Readonly<Record<string, unknown>>>;
  inspect(path: string, size: string | undefined): Promise<DataReport>;
  /** Resolves to the new run's name. */
  start(options: TrainingOptions): Promise<string>;
  /**
   * Makes sixteen samples of a run's newest state from the noise of a seed; resolves to the address
   * of a picture.
   */
  sample(id: string, seed: number): Promise<string>;
  stop(id: string): Promise<void>;
  resume(id: string, epochs?: number): Promise<void>;
  /** The first call asks: it resolves to a word that the second call must bring. */
  remove(id: string, confirm?: string): Promise<{ readonly confirm?: string; readonly trash?: string }>;
}
