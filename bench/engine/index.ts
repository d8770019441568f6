/**
 * What simulations cost.
 *
 *     npx ts-node -T --project bench/tsconfig.json bench/engine/index.ts [records]
 *     npx ts-node -T --project bench/tsconfig.json bench/engine/index.ts faults [path of another checkout …]
 */
import { benchFaults } from './faults';
import { benchRecords } from './records';

const [mode = 'records', ...others] = process.argv.slice(2);
switch (mode) {
  case 'records':
    void benchRecords();
    break;
  case 'faults':
    void benchFaults(others);
    break;
  default:
    throw new Error(`There is no benchmark ${mode}. Choose records or faults.`);
}
