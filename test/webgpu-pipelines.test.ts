// How kernels are compiled, on a made-up device: not too many at a time, each once, and again after
// a failure.
/// <reference types="@webgpu/types" />
import { expect, it } from 'vitest';
import { Pipelines } from '../src/engine/backends/webgpu/pipelines.ts';

const kernel = (code: string) => ({ name: 'kernel', code, workgroups: [1, 1] as const });

function device(fails: (code: string) => boolean = () => false) {
  const seen = { made: [] as string[], underWay: 0, most: 0 };
  const made = {
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    pushErrorScope: () => {},
    popErrorScope: async () => null,
    createShaderModule: ({ code }: { code: string }) => ({
      code,
      getCompilationInfo: async () => ({ messages: [{ type: 'error', message: 'no such thing', lineNum: 3 }] }),
    }),
    createComputePipelineAsync: async ({ compute: { module } }: { compute: { module: { code: string } } }) => {
      seen.most = Math.max(seen.most, ++seen.underWay);
      await new Promise((resolve) => setTimeout(resolve, 2));
      seen.underWay--;
      seen.made.push(module.code);
      if (fails(module.code)) throw new Error('refused');
      return { made: module.code };
    },
  };
  return { seen, pipelines: new Pipelines(made as unknown as GPUDevice) };
}

it('makes each kernel once, at most 32 at a time, and gives each its own', async () => {
  const { seen, pipelines } = device();
  const codes = Array.from({ length: 100 }, (_, i) => `kernel ${i}`);
  const got = await Promise.all([...codes, ...codes].map((code) => pipelines.get(kernel(code))));
  expect(got).toEqual([...codes, ...codes].map((made) => ({ made })));
  expect(seen.made).toHaveLength(100);
  expect(seen.most).toBe(32);
});

it('goes on behind a kernel that does not compile, and tries that again', async () => {
  let broken = true;
  const { seen, pipelines } = device((code) => broken && code === 'kernel 1');
  const codes = Array.from({ length: 70 }, (_, i) => `kernel ${i}`);
  const got = await Promise.allSettled(codes.map((code) => pipelines.get(kernel(code))));
  expect(got.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []))).toEqual([1]);
  expect(String((got[1] as PromiseRejectedResult).reason)).toContain('no such thing');
  broken = false;
  expect(await pipelines.get(kernel('kernel 1'))).toEqual({ made: 'kernel 1' });
  expect(seen.made).toHaveLength(71);
});
