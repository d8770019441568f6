#!/usr/bin/env node
import { main } from '../lib/cli';
import { repository, version } from '../package.json';

main(process.argv, { version, repository: repository.url.replace(/^git\+|\.git$/g, '') }).catch((error) => {
  // Left to Node.js, it would print the whole line of the bundle.
  console.error(error);
  process.exit(1);
});
