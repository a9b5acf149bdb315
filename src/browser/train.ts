// A page's `train`: the loop runs in a Worker of its own, its events arrive here.
import { checkLimit } from '../data/image-options.ts';
import type { TrainEvent } from './events.ts';
import { Host } from './host.ts';
import type { TrainOptions } from './page-options.ts';
import { whole } from './wire.ts';

/**
 * Trains, from a fresh start or from a checkpoint, as Node's `train` does: each step is taken when
 * the next event is asked for. Resuming gives the same bits as never having stopped. Break or
 * return leaves what is not kept (see `keep`).
 * @throws DcganError for options that don't fit, a device that fails, a page that may store no more
 */
export async function* train(options: TrainOptions): AsyncGenerator<TrainEvent, void, undefined> {
  const { data, limit, signal, resume, ...rest } = options;
  checkLimit(limit);
  // Only what is used need travel.
  const used = data.limit(limit ?? data.count);
  const { name, images, count, height, width, channels, labels, classes } = used;
  const shape = { name, count, height, width, channels };
  const parts = {
    ...shape,
    images: whole(images),
    ...(labels && { labels: whole(labels) }),
    ...(classes && { classes }),
  };
  const from = resume instanceof Blob ? new Uint8Array(await resume.arrayBuffer()) : resume;
  const host = new Host();
  const abort = (): void => void host.call('abort').catch(() => {});
  try {
    await host.call('train', { ...rest, data: parts, resume: from });
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort);
    for (;;) {
      const { done, value } = await host.call('next');
      if (done || !value) return;
      yield value;
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    try {
      await host.call('finish');
    } finally {
      host.end();
    }
  }
}
