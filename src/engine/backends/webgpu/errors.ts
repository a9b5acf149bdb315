// What WebGPU reports, as errors that say what to do.
/// <reference types="@webgpu/types" />
import { DcganError } from '../../../platform/errors.ts';

const ELSEWHERE = 'Train on the processor: --device native, or wasm';

export function gpuError(error: GPUError): DcganError {
  return new DcganError({ what: `webgpu: the GPU refused a command`, got: firstLine(error.message), todo: ELSEWHERE });
}

export function lostError(message: string): DcganError {
  return new DcganError({
    what: 'webgpu: the GPU was lost',
    got: firstLine(message) || 'no reason given',
    todo: 'Go on from the last checkpoint: dcgan train --resume; on the processor with --device native',
  });
}

/** @param most what the adapter allows in one buffer; null when its memory was too little */
export function tooLarge(bytes: number, most: number | null): DcganError {
  const mib = (n: number): string => `${Math.ceil(n / 2 ** 20)} MiB`;
  return new DcganError({
    what: `webgpu: the model and its batch need ${mib(bytes)} of the GPU's memory`,
    ...(most === null ? { got: 'less' } : { expected: `at most ${mib(most)} in one buffer of this adapter` }),
    todo: 'Make the batch smaller (--batch-size), or train on the processor: --device native',
  });
}

/** A shader that did not compile: our mistake or the driver's, with the lines to report. */
export async function shaderError(name: string, module: GPUShaderModule, cause: unknown): Promise<DcganError> {
  const { messages } = await module.getCompilationInfo();
  const lines = messages
    .filter(({ type }) => type === 'error')
    .map(({ lineNum, message }) => `line ${lineNum}: ${message}`);
  return new DcganError({
    what: `webgpu: the shader of ${name} does not compile here`,
    got: lines.join('; ') || firstLine((cause as Error).message),
    todo: ELSEWHERE,
    cause,
  });
}

const firstLine = (text: string): string => text.split('\n')[0]!.trim();
