// Portraits drawn by hand: "Open Peeps" by Pablo Stanley, in the form that DiceBear gives them
// (design CC0 1.0, code MIT). Hair, expression, skin, clothes and glasses change independently. The
// colour of the hair changes too, but is no part, because not every head shows it.
import { avatars, COLOURS } from '../avatars.mjs';

export default avatars('@dicebear/open-peeps', {
  head: ['afro', 'bangs', 'bun', 'cornrows', 'dreads1', 'flatTop', 'hatBeanie', 'hijab', 'long', 'longCurly'].concat([
    'medium1',
    'mohawk',
    'noHair1',
    'pomp',
    'short2',
    'short4',
    'turban',
    'twists',
  ]),
  face: ['angryWithFang', 'awe', 'calm', 'cute', 'driven', 'eyesClosed', 'fear', 'lovingGrin1', 'rage', 'smileBig'],
  skinColor: ['ffdbb4', 'edb98a', 'd08b5b', 'ae5d29', '694d3d'],
  clothingColor: ['e78276', 'ffcf77', '78e185', '9ddadb', '8fa7df', 'e279c7'],
  accessories: ['', 'glasses', 'glasses3', 'sunglasses'],
  backgroundColor: COLOURS,
});
