import { ROOMS } from './rooms';

/** Which room imports which. */
export type Arrows = ReadonlyMap<string, ReadonlySet<string>>;

/** A room, or the place where a long arrow passes a floor. */
interface Place {
  readonly room: string | undefined;
  readonly floor: number;
  /** The places one floor up and one floor down that are connected with it. */
  readonly above: Place[];
  readonly below: Place[];
  x: number;
}

interface Arrow {
  readonly from: Place;
  readonly to: Place;
  /** Where it passes, with both ends. */
  readonly way: readonly Place[];
  /** Others lead there, too. */
  readonly implied: boolean;
}

const WIDTH = 900;
const ROOM = { width: 208, height: 52 };
const FLOOR = 112;
const MARGIN = 24;

/**
 * The imports between rooms as SVG: a room stands one floor above the highest that it imports, so that arrows point down. An arrow that
 * a chain of others implies is thin. Drawn for pages that are light or dark.
 */
export function roomsPicture(arrows: Arrows): string {
  const floors = floorsOf(arrows);
  const places = [...floors].map(([room, floor]): Place => ({ room, floor, above: [], below: [], x: 0 }));
  const of = (room: string) => places.find((place) => place.room === room)!;
  const drawn = [...arrows].flatMap(([from, tos]) => [...tos].map((to) => arrowOf(of(from), of(to), reaches(arrows, from, to), places)));
  arrange(places);
  const height = 2 * MARGIN + FLOOR * Math.max(...floors.values()) + ROOM.height;
  const bottom = height - MARGIN - ROOM.height;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title">`,
    `<title id="title">Imports between the rooms of lib/: ${[...arrows].filter(([, tos]) => tos.size > 0).map(([from, tos]) => `${from} imports ${[...tos].join(', ')}`).join('; ')}.</title>`,
    STYLE,
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>',
    `<rect class="page" width="${WIDTH}" height="${height}" rx="8"/>`,
    ...drawn.sort((a, b) => Number(b.implied) - Number(a.implied)).map((arrow) => arrowSvg(arrow, bottom)),
    ...places.filter(({ room }) => room !== undefined).map((place) => roomSvg(place, bottom)),
    '</svg>',
    '',
  ].join('\n');
}

const STYLE = `<style>
  .page { fill: #fff } .room { fill: #eef3fa; stroke: #5b7aa6 } text { fill: #1c2733; font: 12.5px system-ui, sans-serif; text-anchor: middle }
  .name { font-size: 16px; font-weight: 600 } .arrow { fill: none; stroke: #33567f; stroke-width: 2 } .implied { stroke: #9db1c9; stroke-width: 1.1 } marker path { fill: #33567f }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } .room { fill: #182534; stroke: #5f86b8 } text { fill: #e3ebf5 }
    .arrow { stroke: #9cc0ec } .implied { stroke: #4d6380 } marker path { fill: #9cc0ec }
  }
</style>`;

/** Each room's floor. An import circle between rooms has no picture. */
function floorsOf(arrows: Arrows): Map<string, number> {
  const floors = new Map<string, number>();
  const floorOf = (room: string, waiting: readonly string[]): number => {
    if (waiting.includes(room)) {
      throw new Error(`These rooms import each other in a circle: ${[...waiting, room].join(' -> ')}.`);
    }
    const floor = floors.get(room) ?? Math.max(-1, ...[...arrows.get(room) ?? []].map((other) => floorOf(other, [...waiting, room]))) + 1;
    floors.set(room, floor);
    return floor;
  };
  [...arrows.keys()].forEach((room) => floorOf(room, []));
  return floors;
}

/** Whether there is a way of two arrows or more. */
function reaches(arrows: Arrows, from: string, to: string): boolean {
  const next = [...arrows.get(from) ?? []].filter((room) => room !== to);
  return next.some((room) => arrows.get(room)!.has(to) || reaches(arrows, room, to));
}

function arrowOf(from: Place, to: Place, implied: boolean, places: Place[]): Arrow {
  const way = [from];
  for (let floor = from.floor - 1; floor > to.floor; floor--) {
    way.push({ room: undefined, floor, above: [], below: [], x: 0 });
  }
  places.push(...way.slice(1));
  way.push(to);
  way.slice(1).forEach((lower, at) => {
    way[at].below.push(lower);
    lower.above.push(way[at]);
  });
  return { from, to, way, implied };
}

/** Places the floors' parts next to what they are connected with, in rounds: up, down, and up again. */
function arrange(places: readonly Place[]): void {
  const floors: Place[][] = [];
  places.forEach((place) => (floors[place.floor] ??= []).push(place));
  floors.forEach(spread);
  for (let round = 0; round < 40; round++) {
    const up = round % 2 === 0;
    for (const floor of up ? floors : [...floors].reverse()) {
      const wanted = new Map(floor.map((place) => {
        const others = up ? place.below : place.above;
        return [place, others.length === 0 ? place.x : others.reduce((sum, { x }) => sum + x, 0) / others.length];
      }));
      floor.sort((a, b) => wanted.get(a)! - wanted.get(b)!);
      floor.forEach((place) => place.x = wanted.get(place)!);
      spread(floor);
    }
  }
}

/** Moves the parts of a floor, in their order, to where they do not overlap and fit the page. */
function spread(floor: readonly Place[]): void {
  const half = ({ room }: Place) => room === undefined ? 11 : ROOM.width / 2 + 11;
  for (let at = 0, left = MARGIN - 11; at < floor.length; at++) {
    floor[at].x = Math.max(floor[at].x, left + half(floor[at]));
    left = floor[at].x + half(floor[at]);
  }
  for (let at = floor.length - 1, right = WIDTH - MARGIN + 11; at >= 0; at--) {
    floor[at].x = Math.min(floor[at].x, right - half(floor[at]));
    right = floor[at].x - half(floor[at]);
  }
}

function roomSvg({ room, floor, x }: Place, bottom: number): string {
  const y = bottom - floor * FLOOR;
  const left = Math.round(x - ROOM.width / 2);
  return `<rect class="room" x="${left}" y="${y}" width="${ROOM.width}" height="${ROOM.height}" rx="6"/>`
    + `<text class="name" x="${left + ROOM.width / 2}" y="${y + 22}">${room}</text>`
    + `<text x="${left + ROOM.width / 2}" y="${y + 41}">${ROOMS[room!].is}</text>`;
}

function arrowSvg({ way, implied }: Arrow, bottom: number): string {
  const top = ({ floor }: Place) => bottom - floor * FLOOR;
  const [from, ...rest] = way;
  let path = `M${port(from, rest[0], 'below')} ${top(from) + ROOM.height}`;
  rest.forEach((place, at) => {
    const before = way[at];
    const [x0, y0] = [port(before, place, 'below'), top(before) + ROOM.height];
    const [x, y] = [port(place, before, 'above'), top(place) - (place.room === undefined ? 0 : 2)];
    const bend = (y - y0) / 2;
    path += `C${x0} ${y0 + bend} ${x} ${y - bend} ${x} ${y}`;
    if (place.room === undefined) {
      path += `V${y + ROOM.height}`;
    }
  });
  return `<path class="arrow${implied ? ' implied' : ''}" d="${path}" marker-end="url(#head)"/>`;
}

/** Where on the edge of a room an arrow starts or ends: side by side, in the order of the other ends. */
function port(place: Place, other: Place, side: 'above' | 'below'): number {
  const others = [...place[side]].sort((a, b) => a.x - b.x);
  const offset = (others.indexOf(other) - (others.length - 1) / 2) * Math.min(26, (ROOM.width - 40) / Math.max(1, others.length - 1));
  return Math.round(place.x + (place.room === undefined ? 0 : offset));
}
