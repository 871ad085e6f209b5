// `npm run docs`
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './pages.ts';
import { referencePage } from './reference.ts';

writeFileSync(path.join(root, 'docs/reference.md'), referencePage());
