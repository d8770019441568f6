import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Capacity, capacities, capacityTable, LASTS, LOADS, PER_INVOCATION } from '../projenrc/tables/capacity';
import { ASSUMED, costOf, costTable, PRICES } from '../projenrc/tables/cost';

const PAGE = join(__dirname, '..', 'docs', 'operate', 'capacity.md');
let found: ReadonlyMap<string, Capacity>;
beforeAll(async () => {
  found = await capacities();
});

test('docs/operate/capacity.md has the tables (UPDATE_DOCS=1 writes them)', () => {
  const page = readFileSync(PAGE, 'utf8');
  const written = [capacityTable(found), costTable(found)].reduce((text, table) => {
    const [head] = table.split('\n');
    expect(text).toContain(head);
    return text.replace(new RegExp(`${head.replace(/[|.]/g, '\\$&')}\\n(?:\\|.*\\n)*`), `${table}\n`);
  }, page);
  if (process.env.UPDATE_DOCS) {
    writeFileSync(PAGE, written);
  }

  expect(readFileSync(PAGE, 'utf8')).toBe(written);
});

test('the engine is not far from the formula of the page, where nothing waits for records', () => {
  for (const [what, { most }] of found) {
    const { call, concurrency, batchSize, factor, items } = LOADS[what];
    const lanes = Math.min(concurrency, items);
    const formula = factor * batchSize / (Math.ceil(batchSize / lanes) * call + PER_INVOCATION) * 1_000;
    // The processors of a shard don't get equally many items.
    expect(most / formula).toBeGreaterThan(factor > 1 ? 0.6 : 0.99);
    expect(most / formula).toBeLessThan(1.01);
  }
});

test('the cost of a million records', () => {
  const cost = costOf(1_000_000, { invocations: 10, billed: 5 });

  expect(cost.reading).toBe(0);
  expect(cost.invoking).toBeCloseTo(10_000 * 0.2 / 1e6, 6);
  expect(cost.running).toBeCloseTo(5_000 * 0.5 * 0.0000133334, 6);
  expect(cost.failing).toBeCloseTo(100 * 3 * 0.4 / 1e6, 6);
  expect(cost.logging).toBeCloseTo((10_000 * 350 + 100 * 1_000) / 1e9 * 0.5, 6);
  expect(cost.watching).toBeCloseTo(3.3, 6);
});

test('the page names every price and everything that is assumed', () => {
  const page = readFileSync(PAGE, 'utf8');

  const { memory, failsOneOf, invocationLog, failureLog } = ASSUMED;
  const prices = Object.values(PRICES).filter((price) => price > 0);
  for (const number of [...prices, memory * 1024, failsOneOf, invocationLog, failureLog, LASTS, PER_INVOCATION]) {
    const text = number < 0.001 ? number.toFixed(10) : number < 1 ? number.toFixed(2) : number.toLocaleString('en');
    expect(page).toMatch(new RegExp(`\\b${text}\\b`));
  }
});
