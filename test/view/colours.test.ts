import { SHAPES } from '../../lib/view/style';

type Colour = readonly [number, number, number];

/** Of red, green and blue light: Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", 2009. */
const EYES: Readonly<Record<string, readonly Colour[]>> = {
  'all colours': [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  'protanopia': [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  'deuteranopia': [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  'tritanopia': [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};
/** What may lie beside each other, each with each, and must not be taken for each other. */
const MEANINGS = ['done', 'part', 'fail', 'park', 'lost'];
const GROUNDS = ['band', 'page', 'lane'];
const PAIRS = MEANINGS.flatMap((one, index) => [...MEANINGS.slice(index + 1), ...GROUNDS].map((other) => [one, other] as const));
/** In CIELAB, where 2 can just be seen side by side. */
const LEAST_APART = 20;

const [light, dark] = SHAPES.split('@media screen and (prefers-color-scheme:dark)')
  .map((css) => new Map([...css.matchAll(/--([a-z-]+):#([0-9a-f]{3,6})/g)].map(([, name, hex]) => [name, colourOf(hex)])));

function colourOf(hex: string): Colour {
  const digits = hex.length === 3 ? [...hex].map((digit) => digit + digit) : hex.match(/../g)!;
  return digits.map((two) => linear(parseInt(two, 16) / 255)) as unknown as Colour;
}

function linear(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function times(matrix: readonly Colour[], [r, g, b]: Colour): Colour {
  return matrix.map(([x, y, z]) => Math.min(1, Math.max(0, x * r + y * g + z * b))) as unknown as Colour;
}

function lab(colour: Colour): Colour {
  const matrix: readonly Colour[] = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]];
  const xyz = matrix.map((row) => row.reduce((sum, share, index) => sum + share * colour[index], 0));
  const [x, y, z] = [xyz[0] / 0.9505, xyz[1], xyz[2] / 1.089].map((value) => value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

const apart = (eyes: readonly Colour[], one: Colour, other: Colour) => {
  const [a, b] = [lab(times(eyes, one)), lab(times(eyes, other))];
  return Math.hypot(...a.map((value, index) => value - b[index]));
};

/** Of WCAG. */
function contrast(...colours: readonly [Colour, Colour]): number {
  const [dim, bright] = colours.map(([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b).sort((one, other) => one - other);
  return (bright + 0.05) / (dim + 0.05);
}

describe.each([['light', light], ['dark', dark]])('%s', (_, colours) => {
  test.each(Object.entries(EYES))('with %s, neighbouring shapes can be distinguished', (__, eyes) => {
    const close = PAIRS.map(([one, other]) => [`${one} and ${other}`, apart(eyes, colours.get(one)!, colours.get(other)!)] as const);

    expect(close).toHaveLength(25);
    expect(close.filter(([, distance]) => !(distance >= LEAST_APART)).map(([pair, distance]) => `${pair}: ${distance.toFixed(1)}`)).toEqual([]);
  });

  test('each mark has a contrast of 3 with its ground, and what is written on one has 4.5', () => {
    const [marks, words] = [MEANINGS.flatMap((one) => ['band', 'page'].map((ground) => [one, ground])), [['on-done', 'done'], ['on-fail', 'fail'], ['soft', 'page'], ['soft', 'band']]];
    const faint = (pairs: string[][], least: number) => pairs.filter(([one, other]) => !(contrast(colours.get(one)!, colours.get(other)!) >= least));

    expect([faint(marks, 3), faint(words, 4.5)]).toEqual([[], []]);
  });
});

test('the distance is none between equals, and that of black and white is 100', () => {
  expect(apart(EYES['all colours'], [1, 0, 0], [1, 0, 0])).toBe(0);
  expect(apart(EYES['all colours'], [0, 0, 0], [1, 1, 1])).toBeCloseTo(100, 0);
  expect(apart(EYES.deuteranopia, times(EYES.deuteranopia, [0.4, 0.2, 0]), [0.4, 0.2, 0])).toBeLessThan(15);
});
