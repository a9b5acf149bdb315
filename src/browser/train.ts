// A page's `train`. The loop runs in a Worker of its own, and its events arrive here.
import { checkLimit } from '../data/image-options.ts';
import type { TrainEvent } from './events.ts';
import { Host } from './host.ts';
import type { TrainOptions } from './page-options.ts';
import { whole } from './wire.ts';

/**
 * Trains a new model or continues from a checkpoint, as Node's `train` does. Each step runs when
 * the next event is requested. A resumed run gives the same bits as one that never stopped. Break
 * or return discards everything that is not kept (see `keep`).
 * @throws DcganError for invalid options, a device that fails, or a page that may store no more
 */
export async function* train(options: TrainOptions): AsyncGenerator<TrainEvent, void, undefined> {
  const { data, limit, signal, resume, ...rest } = options;
  checkLimit(limit);
  // Only the images in use are sent.
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
    // A function cannot be sent. No option is one, and the Worker refuses its name.
    const sent = Object.entries(rest).map(([key, value]) => [key, typeof value === 'function' ? null : value]);
    await host.call('train', { ...Object.fromEntries(sent), data: parts, resume: from });
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
