#!/usr/bin/env node
import { main } from '../lib/cli';

main(process.argv).catch((error) => {
  // Left to Node.js, it would print the whole line of the bundle.
  console.error(error);
  process.exit(1);
});
