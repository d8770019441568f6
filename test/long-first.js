const { default: Sequencer } = require('@jest/test-sequencer');

/**
 * Begins with the test files that take longest, so that none of them runs alone at the end. On a new machine jest knows no times, and begins with
 * the largest files. It loads this without a transform, so it is JavaScript.
 */
const LONGEST = [
  'local/run', 'redrive/local/redrive', 'cfn-lint', 'package', 'local/run-end', 'integ/checks', 'trigger/stream-lookup.lambda', 'cli/local',
  'runtime/outage', 'testing/consumer', 'trigger/placements', 'testing/real-work', 'runtime/process', 'trigger/rules', 'docs', 'runtime/bundle', 'runtime/faults',
].map((name) => `/test/${name}.test.ts`);

module.exports = class extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((one, other) => rank(one) - rank(other));
  }
};

function rank({ path }) {
  const found = LONGEST.findIndex((end) => path.endsWith(end));
  return found < 0 ? LONGEST.length : found;
}
