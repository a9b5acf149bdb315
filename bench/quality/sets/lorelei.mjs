// Drawn heads: "Lorelei" by Lisa Wischofsky, in the form that DiceBear gives them (design CC0 1.0,
// code MIT). Hair, its colour, skin, face and background change independently of each other.
import { avatars, COLOURS, variants } from '../avatars.mjs';

export default avatars('@dicebear/lorelei', {
  hair: variants(48, 3),
  hairColor: ['000000', '6a4e35', 'c98736', 'b91c1c', '6d28d9'],
  skinColor: ['ffffff', 'f2d3b1', 'c68642', '8d5524'],
  head: variants(4),
  eyes: variants(24, 4),
  mouth: ['happy01', 'happy05', 'happy09', 'happy14', 'sad01', 'sad04'],
  glasses: ['', 'variant01', 'variant04'],
  beard: ['', 'variant01', 'variant02'],
  backgroundColor: [...COLOURS, '334155', 'ef4444'],
});
