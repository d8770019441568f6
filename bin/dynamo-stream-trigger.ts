#!/usr/bin/env node
import { main } from '../lib/cli';
import { repository, version } from '../package.json';

// One file for the command line and for programs, which take this from build/bin/local.js: both need the same SDK.
export { LocalRunError, startLocal } from '../lib/local';

if (require.main === module) {
  main(process.argv, { version, repository: repository.url.replace(/^git\+|\.git$/g, '') }).catch((error) => {
    // Left to Node.js, it would print the whole line of the bundle.
    console.error(error);
    process.exit(1);
  });
}
