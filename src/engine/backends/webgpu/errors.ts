// Turns WebGPU's reports into errors that say what to do.
/// <reference types="@webgpu/types" />
import { DeviceFailure } from '../backend.ts';
import { ADVICE } from './advice.ts';

export function gpuError(error: GPUError): DeviceFailure {
  return new DeviceFailure({
    what: `webgpu: the GPU refused a command`,
    got: firstLine(error.message),
    todo: ADVICE.elsewhere,
  });
}

export function lostError(message: string): DeviceFailure {
  return new DeviceFailure({
    what: 'webgpu: the GPU was lost',
    got: firstLine(message) || 'no reason given',
    todo: ADVICE.lost,
  });
}

/** @param most the largest buffer that the adapter allows; null when its memory was too small */
export function tooLarge(bytes: number, most: number | null): DeviceFailure {
  const mib = (n: number): string => `${Math.ceil(n / 2 ** 20)} MiB`;
  return new DeviceFailure({
    what: `webgpu: the model and its batch need ${mib(bytes)} of the GPU's memory`,
    ...(most === null ? { got: 'less' } : { expected: `at most ${mib(most)} in one buffer of this adapter` }),
    todo: ADVICE.smaller,
  });
}

/**
 * Returns the error for a shader that did not compile, with the lines to report. Either our code or
 * the driver is at fault.
 */
export async function shaderError(name: string, module: GPUShaderModule, cause: unknown): Promise<DeviceFailure> {
  const { messages } = await module.getCompilationInfo();
  const lines = messages
    .filter(({ type }) => type === 'error')
    .map(({ lineNum, message }) => `line ${lineNum}: ${message}`);
  return new DeviceFailure({
    what: `webgpu: the shader of ${name} does not compile here`,
    got: lines.join('; ') || firstLine((cause as Error).message),
    todo: ADVICE.elsewhere,
    cause,
  });
}

const firstLine = (text: string): string => text.split('\n')[0]!.trim();
