// Opens a generator's file: where its bytes come from, and the device that draws from it.
import { wasmOpener } from '../engine/backends/wasm/backend.ts';
import { Session } from '../engine/session.ts';
import { DcganError } from '../platform/errors.ts';
import { decodeGenerator } from './file.ts';
import { type Generator, LoadedGenerator } from './generator.ts';
import { kernels } from './kernels.ts';

const openDevice = wasmOpener({ artefact: kernels, spawn: null, endsSurely: true });

export async function open(source: string | URL | Blob | ArrayBuffer | Uint8Array): Promise<Generator> {
  const { bytes, name } = await bytesOf(source);
  const { model, classNames, layout, tensors } = decodeGenerator(bytes, name);
  const session = new Session(await openDevice({ stateFloats: layout.floats, threads: 1 }), layout);
  try {
    await session.writeState(new Map([...tensors].map(([key, { data }]) => [key, data])));
  } catch (error) {
    await session.dispose();
    throw error;
  }
  return new LoadedGenerator(model, classNames, session);
}

async function bytesOf(
  source: string | URL | Blob | ArrayBuffer | Uint8Array,
): Promise<{ readonly bytes: Uint8Array; readonly name: string }> {
  if (source instanceof Uint8Array) return { bytes: source, name: 'the generator' };
  if (source instanceof ArrayBuffer) return { bytes: new Uint8Array(source), name: 'the generator' };
  if (source instanceof Blob) return { bytes: new Uint8Array(await source.arrayBuffer()), name: 'the generator' };
  const name = String(source);
  try {
    const response = await fetch(source);
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    return { bytes: new Uint8Array(await response.arrayBuffer()), name };
  } catch (cause) {
    throw new DcganError({
      what: `generator ${name} cannot be fetched`,
      got: cause instanceof Error ? cause.message : String(cause),
      todo: "Give an address that this page may read, a Blob, or the file's bytes",
      cause,
    });
  }
}
