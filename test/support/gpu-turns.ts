// Makes each turn of the event loop last a millisecond at least. While Dawn waits for the GPU, it
// asks in every turn whether the answer is there, which takes a whole core from a software renderer.
const never = new Int32Array(new SharedArrayBuffer(4));

function turn(): void {
  Atomics.wait(never, 0, 0, 1);
  setImmediate(turn).unref();
}
turn();
