// The tests' page: it offers the library, the tests of the engine and MNIST's first images as
// globals.
export const PAGE = `<!doctype html><meta charset="utf-8"><title>test</title><link rel="icon" href="data:,">
<script type="module">
import * as dcgan from './dcgan.js';
import * as engine from './engine.js';
const encode = (bytes) => { let text = ''; for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768)); return btoa(text); };
const decode = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
const images = async (count) => (await dcgan.datasets.idx(await (await fetch('images')).blob(), { name: 'mnist', labels: await (await fetch('labels')).blob() })).limit(count);
Object.assign(globalThis, { dcgan, engine, encode, decode, images, ready: true });
</script>`;
