// Portraits on a grid of 16 x 16 blocks: "Pixel Art" of DiceBear (design CC0 1.0, code MIT). Hair,
// skin, clothes, eyes and mouth change independently of each other.
import { avatars, COLOURS } from '../avatars.mjs';

const LOCKS = ['short', 'long'].flatMap((kind) => ['01', '04', '07', '10', '13', '16'].map((n) => `${kind}${n}`));

export default avatars('@dicebear/pixel-art', {
  hair: LOCKS,
  hairColor: ['28150a', '603a14', 'cab188', 'a78961', '009bbd', 'bd1700', '91cb15'],
  skinColor: ['ffdbac', 'e0b687', 'cb9e6e', 'a26d3d', '8d5524'],
  clothing: ['variant01', 'variant04', 'variant08', 'variant12', 'variant16', 'variant20'],
  clothingColor: ['5bc0de', '428bca', '03396c', 'd11141', '44c585', 'ffd969'],
  eyes: ['variant01', 'variant04', 'variant07', 'variant10'],
  mouth: ['happy01', 'happy05', 'happy09', 'happy12', 'sad01', 'sad05', 'sad09'],
  glasses: ['', 'light02', 'dark01', 'dark05'],
  backgroundColor: COLOURS,
});
