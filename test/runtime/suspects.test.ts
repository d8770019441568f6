import * as fc from 'fast-check';
import { createEvidence, type Evidence } from '../../lib/runtime/evidence';
import { runs } from '../runs';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const PATIENCE = 15 * MINUTE;

/** One delivery of a record that fails `tries` times, a second apart. Answers whether a try showed that it is poison. */
function fails(evidence: Evidence, id: string, now: number, { tries = 4, transient = false, cause = 'Error' } = {}): boolean {
  const judged = Array.from({ length: tries }, (_, at) => evidence.failed({ id, item: id, cause, transient, first: at === 0 }, now + at * SECOND));
  return judged.some(Boolean);
}

/** Others that succeed, and show that not everything fails. */
function succeed(evidence: Evidence, count: number, name: string): void {
  for (let at = 0; at < count; at++) {
    evidence.succeeded(`${name}-${at}`, `${name}-${at}`);
  }
}

test('one hiccup after another does not add up to a failure that goes on', () => {
  const hiccups = fc.array(fc.record({
    pause: fc.integer({ min: 0, max: 9 * MINUTE }),
    tries: fc.integer({ min: 1, max: 6 }),
    /** Where the record is done: at the same delivery, at the next one, or by another environment. */
    ends: fc.constantFrom('here', 'later', 'elsewhere'),
  }), { minLength: 20, maxLength: 60 });
  fc.assert(fc.property(hiccups, fc.boolean(), (all, transient) => {
    const evidence = createEvidence(transient ? PATIENCE / 4 : PATIENCE);
    let now = 0;
    let poison = false;
    all.forEach(({ pause, tries, ends }, at) => {
      evidence.forget(now += pause);
      // As many fail as succeed, so that none is rare.
      poison ||= fails(evidence, `hiccup-${at}`, now, { tries, transient });
      succeed(evidence, 1, `at-${at}`);
      now += tries * SECOND;
      if (ends !== 'elsewhere') {
        now += ends === 'later' ? MINUTE : 0;
        evidence.succeeded(`hiccup-${at}`, ends === 'later' ? `hiccup-${at}` : undefined);
      }
    });
    expect(poison).toBe(false);
  }), runs(60));
});

test.each([[false, 15], [true, 60]])('a record that recovers ends the patience with no other that fails the same way (transient: %p)', (transient, minutes) => {
  const evidence = createEvidence(PATIENCE);
  let minute = 0;
  for (; minute < 100 && !fails(evidence, 'tenant', minute * MINUTE, { transient }); minute++) {
    fails(evidence, `hiccup-${minute}`, minute * MINUTE, { transient });
    succeed(evidence, 3, `other-${minute}`);
    evidence.succeeded(`hiccup-${minute}`);
  }
  expect(minute).toBeGreaterThanOrEqual(minutes);
  expect(minute).toBeLessThan(minutes + 3);
});

test('a cause that was outwaited stays known as long as records fail of it, and is over when the last one recovers', () => {
  const evidence = createEvidence(PATIENCE);
  const goesOn = (from: number, id: string) => {
    let minute = from;
    for (; !fails(evidence, id, minute * MINUTE, { transient: true }); minute++) {
      succeed(evidence, 3, `${id}-${minute}`);
    }
    return minute - from;
  };
  expect(goesOn(0, 'first')).toBeGreaterThanOrEqual(60);
  evidence.settled('first');
  expect(goesOn(100, 'second')).toBeLessThan(2);
  // The second one is not parked, but recovers: what it failed of is over.
  evidence.succeeded('second');
  expect(goesOn(120, 'third')).toBeGreaterThanOrEqual(60);
});

test('a patience below the pauses of Lambda is used up after five deliveries', () => {
  const evidence = createEvidence(SECOND);
  const deliveries = Array.from({ length: 8 }, (_, at) => {
    evidence.forget(at * MINUTE);
    const poison = fails(evidence, 'bad', at * MINUTE);
    fails(evidence, 'worse', at * MINUTE, { tries: 1 });
    succeed(evidence, 1, `other-${at}`);
    return poison;
  });
  expect(deliveries.indexOf(true)).toBe(2);
});

test('one record alone is parked until something succeeds, and stays poison where parking failed', () => {
  const evidence = createEvidence(PATIENCE);
  const until = (id: string, from: number) => Array.from({ length: 12 }, (_, at) => fails(evidence, id, (from + at) * MINUTE)).indexOf(true);
  expect(until('a', 0)).toBe(5);
  expect(fails(evidence, 'a', 20 * MINUTE)).toBe(true);
  evidence.settled('a');
  expect(until('b', 30)).toBe(-1);
  evidence.succeeded('other', 'other');
  expect(until('c', 60)).toBe(5);
});

test('no more records are kept than the largest batch has, and the oldest are forgotten first', () => {
  const evidence = createEvidence(PATIENCE);
  fails(evidence, 'first', 0, { tries: 2 });
  fails(evidence, 'second', 0, { tries: 2 });
  for (let at = 0; at < 9_999; at++) {
    evidence.failed({ id: `later-${at}`, item: `later-${at}`, cause: `cause-${at}`, transient: true, first: true }, SECOND);
  }
  succeed(evidence, 2_000, 'other');
  // Its third try, by which a record is judged.
  expect(fails(evidence, 'second', 5 * SECOND, { tries: 1 })).toBe(true);
  expect(fails(evidence, 'first', 5 * SECOND, { tries: 1 })).toBe(false);
});
