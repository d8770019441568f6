import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

/** Writes an ES module beside a CommonJS one, with the same names of the same objects: one copy is published, and one is loaded. Argument: its folder. */
const [, , folder] = process.argv;
const names = Object.keys(createRequire(__filename)(resolve(folder, 'index.js')));
writeFileSync(resolve(folder, 'index.mjs'), `import commonJs from './index.js';\nexport const { ${names.join(', ')} } = commonJs;\n`);
