import * as fc from 'fast-check';
import { VirtualClock } from '../../lib/testing/virtual-clock';

test('appointments come in order of time, those of one time as they were made, and none that was called off', () => {
  const appointments = fc.array(fc.record({ at: fc.nat({ max: 20 }), calledOff: fc.boolean() }), { maxLength: 60 });
  fc.assert(fc.property(appointments, (list) => {
    const clock = new VirtualClock(0);
    const ran: number[] = [];
    const cancels = list.map(({ at }, index) => clock.schedule(at, () => {
      expect(clock.now()).toBe(at);
      ran.push(index);
    }));
    list.forEach(({ calledOff }, index) => calledOff && cancels[index]());
    while (clock.next() !== undefined) {
      clock.step();
    }
    const expected = list.map(({ at }, index) => ({ at, index })).filter(({ index }) => !list[index].calledOff)
      .sort((a, b) => a.at - b.at || a.index - b.index);
    expect(ran).toEqual(expected.map(({ index }) => index));
  }));
});

test('an appointment in the past is kept at once', () => {
  const clock = new VirtualClock(100);
  clock.schedule(50, () => undefined);
  clock.step();
  expect(clock.now()).toBe(100);
});

test('calling off what is over does nothing', () => {
  const clock = new VirtualClock(0);
  const cancel = clock.schedule(1, () => undefined);
  clock.schedule(2, () => undefined);
  clock.step();
  cancel();
  expect(clock.next()).toBe(2);
});

test.each([NaN, Infinity, -Infinity, undefined as unknown as number, '5' as unknown as number])('no appointment is at %p', (at) => {
  const clock = new VirtualClock(100);
  expect(() => clock.schedule(at, () => undefined)).toThrow(new RangeError(
    `The virtual clock was to stop at ${at} but stops only at a finite number of milliseconds.`));
  expect(clock.next()).toBeUndefined();
});
