// The one thread that calls MPI, because MPICH does not bear calls from changing threads. It takes
// calls of the main thread in turn. While there are none, it beats (kernels/mpi/shim.c), so that
// the other ranks know that this process lives, however long its main thread computes.
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import koffi from 'koffi';
import { type Answer, type Call, SILENCE_SECONDS, WORD } from './words.ts';

export interface ThreadData {
  readonly library: string;
  readonly words: Int32Array;
  readonly calls: MessagePort;
}

/** How long the thread sleeps when nothing is asked, in milliseconds. */
const NAP_MS = 100;
/** The main thread has this many milliseconds to print what happened before all ranks end. */
const LAST_WORDS_MS = 1_500;

const { library, words, calls } = workerData as ThreadData;
const lib = koffi.load(library);
const shim = {
  open: lib.func('int32_t dcgan_mpi_open(int32_t seconds, void *shared, void *ranks)'),
  library: lib.func('const char *dcgan_mpi_library()'),
  why: lib.func('const char *dcgan_mpi_why()'),
  beat: lib.func('int32_t dcgan_mpi_beat()'),
  sum: lib.func('int32_t dcgan_mpi_sum(void *part, uint64_t floats)'),
  broadcast: lib.func('int32_t dcgan_mpi_broadcast(void *bytes, uint64_t count)'),
  gather: lib.func('int32_t dcgan_mpi_gather(void *mine, void *all, int32_t each)'),
  abort: lib.func('void dcgan_mpi_abort(int32_t code)'),
  close: lib.func('int32_t dcgan_mpi_close()'),
};

const answer = (message: Answer): void => calls.postMessage(message);

/** Returns whether a call went well. Where it did not, all ranks end. */
function went(state: number): boolean {
  if (state === 0) return true;
  answer(state === 1 ? { name: 'silent' } : { name: 'failed', why: shim.why() });
  Atomics.wait(words, WORD.calls, Atomics.load(words, WORD.calls), LAST_WORDS_MS);
  shim.abort(1);
  return false;
}

function act(call: Call): number {
  if (call.name === 'sum') return shim.sum(new Float32Array(call.memory), call.floats);
  if (call.name === 'broadcast') return shim.broadcast(new Uint8Array(call.memory), call.bytes);
  if (call.name === 'close') return shim.close();
  const memory = new Uint8Array(call.memory);
  return shim.gather(memory, memory.subarray(call.bytes), call.bytes);
}

const ranks = new Int32Array(2);
if (went(shim.open(SILENCE_SECONDS, words, ranks))) {
  answer({ name: 'joined', rank: ranks[0]!, count: ranks[1]!, library: shim.library() });
  for (;;) {
    const seen = Atomics.load(words, WORD.calls);
    const call = receiveMessageOnPort(calls)?.message as Call | undefined;
    if (!call) {
      Atomics.wait(words, WORD.calls, seen, NAP_MS);
      if (!went(shim.beat())) break;
      continue;
    }
    if (!went(act(call))) break;
    answer({ name: 'done' });
    if (call.name === 'close') break;
  }
}
calls.close();
