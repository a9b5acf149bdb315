// Figures of few and large shapes: "Thumbs" of DiceBear (design CC0 1.0, code MIT).
import { avatars } from '../avatars.mjs';

const COLOURS = ['0a5b83', '1c799f', '69d2e7', 'f1f4dc', 'f88c49', 'b91c1c', '111827', '65a30d'];
const eyes = ['1W10', '2W12', '3W14', '4W16', '6W10', '8W14'];

export default avatars('@dicebear/thumbs', {
  eyes: eyes.map((kind) => `variant${kind}`),
  eyesColor: ['000000', 'ffffff', 'facc15'],
  face: ['variant1', 'variant2', 'variant3', 'variant4', 'variant5'],
  mouth: ['variant1', 'variant2', 'variant3', 'variant4', 'variant5'],
  mouthColor: ['000000', 'ffffff', 'be185d'],
  shapeColor: COLOURS,
  backgroundColor: COLOURS,
});
