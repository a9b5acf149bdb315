// The studio's page: the views over the runs of a server.
import { render } from 'preact';
import { App } from './app.tsx';
import { openServer } from './sources/server.ts';
import { followLook } from './state/look.ts';

followLook();
render(<App open={openServer} />, document.body);
