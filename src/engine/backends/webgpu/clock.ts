// Measures how long the GPU takes for a pass by the wall clock, from its submission until it is
// done.
/// <reference types="@webgpu/types" />

export async function secondsOfPass(device: GPUDevice, encode: (pass: GPUComputePassEncoder) => void): Promise<number> {
  const began = performance.now();
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  encode(pass);
  pass.end();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
  return (performance.now() - began) / 1000;
}

/**
 * Returns the seconds of one of many equal passes. A round runs as many as take `least` seconds
 * together. The best of three rounds counts, after one to warm up.
 */
export async function secondsOfOne(
  device: GPUDevice,
  least: number,
  encode: (pass: GPUComputePassEncoder) => void,
): Promise<number> {
  const many = (count: number): Promise<number> =>
    secondsOfPass(device, (pass) => {
      for (let i = 0; i < count; i++) encode(pass);
    });
  const first = await many(1);
  const count = Math.max(1, Math.ceil(least / Math.min(first, await many(1))));
  const rounds = [await many(count), await many(count), await many(count)];
  return Math.min(...rounds) / count;
}
