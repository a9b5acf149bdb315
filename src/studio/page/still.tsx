// The page of one file (../still): the views of the studio over the run that the file itself holds.
import { render } from 'preact';
import type { Still } from '../still/still.ts';
import { Page } from './page.tsx';
import { openStill } from './sources/still.ts';
import { followLook } from './state/look.ts';
import { links } from './state/route.ts';
import { followHeads } from './state/runs.ts';

const still = JSON.parse(document.getElementById('still')!.textContent!) as Still;
const { id } = still.detail.head;
const source = openStill(still);
followHeads(source);
followLook();
if (location.hash === '') location.replace(links.lab('explore', id));
document.body.replaceChildren();
render(<Page source={source} file={{ ...still, home: links.run(id) }} />, document.body);
