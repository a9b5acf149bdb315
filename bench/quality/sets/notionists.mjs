// Drawn people: "Notionists" by Zoish, in the form that DiceBear gives them (design CC0 1.0, code
// MIT). Hair, clothes, face and background change independently of each other.
import { avatars, COLOURS, variants } from '../avatars.mjs';

export default avatars('@dicebear/notionists', {
  hair: variants(63, 3),
  body: variants(25, 3),
  lips: variants(30, 5),
  eyes: variants(5),
  brows: variants(13, 4),
  glasses: ['', ...variants(11, 4)],
  beard: ['', ...variants(12, 4)],
  backgroundColor: [...COLOURS, 'ffffff', '8e44ad'],
});
