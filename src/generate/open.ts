// Opens a generator's file: where its bytes come from, and the device that draws from it.
import { wasmOpener } from '../engine/backends/wasm/backend.ts';
import { Session } from '../engine/session.ts';
import { fetched } from '../platform/fetched.ts';
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
  return { bytes: await fetched(source, 'generator'), name: String(source) };
}
