import { FOREIGN_PROPERTIES, foreignProperties, OTHER_NAMES, unknownName } from '../../lib/rules/property-names';
import { PROP_NAMES } from '../../lib/trigger/props';

test.each(Object.entries(FOREIGN_PROPERTIES))('%s belongs to %s event sources, whatever its first letter', (name, source) => {
  for (const written of [name, name.charAt(0).toUpperCase() + name.slice(1)]) {
    expect(unknownName(written, PROP_NAMES)).toBe(`${written} is a property of ${source} event sources and has no effect on a DynamoDB stream. Omit it.`);
    expect(foreignProperties(['BatchSize', written])).toEqual([written]);
  }
});

test.each(Object.entries(OTHER_NAMES))('%s is meant to be %s, which is a prop', (name, meant) => {
  expect(unknownName(name, PROP_NAMES)).toBe(`${name} is not a known property. Did you mean ${meant}?`);
  expect(PROP_NAMES).toContain(meant);
});

test('what every object inherits is not a known property', () => {
  expect(unknownName('constructor', PROP_NAMES)).toBe('constructor is not a known property. Omit it.');
});
