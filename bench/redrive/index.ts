/**
 * What a redrive costs.
 *
 *     npx ts-node -T --project bench/tsconfig.json bench/redrive/index.ts rates [records]
 *     npx ts-node -T --project bench/tsconfig.json bench/redrive/index.ts memory [messages]
 */
import { memory } from './memory';
import { rates } from './rates';

const [mode = 'rates', count] = process.argv.slice(2);
switch (mode) {
  case 'rates':
    void rates(Number(count ?? 20_000)).then(() => process.exit());
    break;
  case 'memory':
    void memory(Number(count ?? 100_000)).then(() => process.exit());
    break;
  default:
    throw new Error(`There is no benchmark ${mode}. Choose rates or memory.`);
}
