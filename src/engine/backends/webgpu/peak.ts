// Measures a GPU's peak: multiply-adds without memory, and copying. `doctor` reports it, and
// bench/gpu compares kernels with it.
/// <reference types="@webgpu/types" />
import { secondsOfPass } from './clock.ts';

/** In seconds; long enough that the cost of a submission is small compared with it. */
const LONG_ENOUGH = 0.03;
const ROUNDS = 3;
/** Fewer loops would measure the cost of starting threads, which is large on a software adapter. */
const FEWEST_LOOPS = 64;
const THREADS = 256;
const STORAGE = 128;
const COMPUTE = 4;

/**
 * Returns GFLOP/s of multiplications and additions in float32 (one instruction where the compiler
 * fuses them). Each thread runs 16 chains that touch no memory until their end.
 */
export async function peakGflops(device: GPUDevice): Promise<number> {
  const workgroups = 512;
  const chains = 'abcd';
  const seconds = await secondsOfTurn(
    device,
    `
  ${[...chains].map((c, i) => `var ${c} = vec4(f32(thread) * 1e-9 + ${i + 1}.0);`).join(' ')}
  for (var i = 0u; i < LOOPS; i++) { ${[...chains].map((c) => `${c} = ${c} * 0.999 + 0.001;`).join(' ')} }
  data[thread] = ${[...chains].join(' + ')};`,
    workgroups,
    workgroups * THREADS,
  );
  return (workgroups * THREADS * 4 * chains.length * 2) / seconds / 1e9;
}

/**
 * Returns GB/s of a copy from one half of a buffer to the other. Reads and writes count separately,
 * and the buffer is larger than most caches.
 */
export async function peakBandwidth(device: GPUDevice): Promise<number> {
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
  const half = Math.min(2 ** 26, maxBufferSize / 2, maxStorageBufferBindingSize / 2);
  const quads = 2 ** Math.floor(Math.log2(half / 16));
  const each = quads / 32;
  const seconds = await secondsOfTurn(
    device,
    `
  for (var i = 0u; i < LOOPS; i++) { let at = thread + (i & 31u) * ${each}u; data[at + ${quads}u] = data[at]; }`,
    each / THREADS,
    2 * quads,
  );
  return (each * 32) / seconds / 1e9;
}

/**
 * Returns the seconds of one iteration of a kernel's loop. It quadruples the iterations until they
 * take long enough, and takes the best of some rounds.
 */
async function secondsOfTurn(device: GPUDevice, body: string, workgroups: number, quads: number): Promise<number> {
  const code = `override LOOPS: u32;
@group(0) @binding(0) var<storage, read_write> data: array<vec4<f32>>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) place: vec3<u32>) {
  let thread = place.x;${body}
}`;
  const data = device.createBuffer({ size: 16 * quads, usage: STORAGE });
  try {
    const module = device.createShaderModule({ code });
    const layout = device.createBindGroupLayout({
      entries: [{ binding: 0, visibility: COMPUTE, buffer: { type: 'storage' } }],
    });
    const group = device.createBindGroup({ layout, entries: [{ binding: 0, resource: { buffer: data } }] });
    for (let loops = FEWEST_LOOPS; ; loops *= 4) {
      const pipeline = await device.createComputePipelineAsync({
        layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module, constants: { LOOPS: loops } },
      });
      const times: number[] = [];
      for (let round = 0; round < ROUNDS; round++)
        times.push(
          await secondsOfPass(device, (pass) => {
            pass.setPipeline(pipeline);
            pass.setBindGroup(0, group);
            pass.dispatchWorkgroups(workgroups);
          }),
        );
      const best = Math.min(...times);
      if (best >= LONG_ENOUGH || loops >= 2 ** 24) return best / loops;
    }
  } finally {
    data.destroy();
  }
}
