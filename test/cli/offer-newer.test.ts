import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { assemblyContent } from '../../lib/cli/assembly-content';
import { offerNewer } from '../../lib/cli/offer-newer';
import type { Output } from '../../lib/cli/output';
import type { LocalRun } from '../../lib/local';
import { folderWith } from '../folder';

const APP = { 'manifest.json': '{}', 'Shop.template.json': '{}' };
let folder: string;
beforeEach(() => folder = folderWith(APP));
const write = (name: string, text: string) => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
};

describe('the content of an app', () => {
  test.each(['manifest.json', 'Shop.template.json', 'Shop.assets.json', 'assembly-Prod/manifest.json', 'assembly-Prod/Shop.template.json'])('changes with %s', (name) => {
    const before = assemblyContent(folder);
    write(name, '{ "new": true }');
    expect(assemblyContent(folder)).not.toBe(before);
  });

  test.each(['cdk.out', 'tree.json', 'asset.1/index.js', 'asset.1/manifest.json', 'template.json/a'])('does not change with %s', (name) => {
    const before = assemblyContent(folder);
    write(name, '{ "new": true }');
    expect(assemblyContent(folder)).toBe(before);
  });

  test('is the same for the same files, whatever the order in which they were written', () => {
    const names = Object.keys(APP);
    expect(assemblyContent(folderWith(Object.fromEntries(names.reverse().map((name) => [name, '{}']))))).toBe(assemblyContent(folder));
    expect(assemblyContent(folder)).toMatch(/^[0-9a-f]{64}$/);
  });

  test('is another one where a file has moved into a stage', () => {
    const [one, other] = ['a.template.json', 'assembly-a/a.template.json'].map((name) => folderWith({ 'manifest.json': '{}', [name]: '{}' }));
    expect(assemblyContent(one)).not.toBe(assemblyContent(other));
  });

  test.each(['manifest.json', 'Shop.template.json', 'assembly-Prod/Shop.template.json'])('is not known while %s is half written', (name) => {
    write(name, '{ "new"');
    expect(assemblyContent(folder)).toBeUndefined();
  });

  test('is not known without a manifest', () => {
    expect(assemblyContent(folderWith({ 'Shop.template.json': '{}' }))).toBeUndefined();
  });
});

describe('an app that is newer than the one that runs', () => {
  const { stdin } = process;
  let printed: string[];
  let takeOver: jest.Mock<Promise<unknown>>;
  let keys: PassThrough;
  let end: () => void;
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
    printed = [];
    takeOver = jest.fn(async () => undefined);
  });
  afterEach(() => {
    end();
    Object.defineProperty(process, 'stdin', { value: stdin, configurable: true });
    jest.useRealTimers();
  });
  const offer = (isTTY: boolean, running = assemblyContent(folder)) => {
    keys = Object.assign(new PassThrough(), { isTTY });
    Object.defineProperty(process, 'stdin', { value: keys, configurable: true });
    const output = {
      newer: (_folder: string, way: string) => printed.push(`newer. ${way}`), notTakenOver: ({ message }: Error) => printed.push(`not taken over: ${message}`),
    };
    end = offerNewer({ takeOver } as unknown as LocalRun, folder, running, output as unknown as Output);
  };
  const seconds = (count: number) => jest.advanceTimersByTime(count * 1000);
  const enter = async () => {
    keys.write('\n');
    await new Promise((done) => setImmediate(done));
    await new Promise((done) => setImmediate(done));
  };

  test('is offered once, when its folder has been the same for a second', () => {
    offer(true);
    seconds(3);
    write('manifest.json', '{ "new": 1 }');
    seconds(1);
    expect(printed).toEqual([]);
    write('manifest.json', '{ "new": 2 }');
    seconds(1);
    expect(printed).toEqual([]);
    seconds(5);
    expect(printed).toEqual(['newer. Enter takes it over.']);
  });

  test('is offered too if it was synthesized while the run started', () => {
    const before = assemblyContent(folder);
    write('manifest.json', '{ "new": 1 }');
    offer(false, before);
    seconds(2);
    expect(printed).toHaveLength(1);
  });

  test('is not offered while it is half written, or if it is as the one that runs again', () => {
    offer(true);
    write('manifest.json', '{');
    seconds(3);
    write('manifest.json', '{}');
    seconds(3);
    expect(printed).toEqual([]);
  });

  test('is taken over at Enter, and then is the one that runs', async () => {
    offer(true);
    write('manifest.json', '{ "new": 1 }');
    seconds(2);
    await enter();
    expect(takeOver).toHaveBeenCalledTimes(1);
    write('manifest.json', '{}');
    seconds(2);
    expect(printed).toEqual(['newer. Enter takes it over.', 'newer. Enter takes it over.']);
  });

  test('that can\'t be taken over is reported', async () => {
    offer(true);
    takeOver.mockRejectedValue(new Error('No trigger.'));
    await enter();
    expect(printed).toEqual(['not taken over: No trigger.']);
  });

  test('without a terminal, another run is needed', async () => {
    offer(false);
    write('manifest.json', '{ "new": 1 }');
    seconds(2);
    await enter();
    expect(printed).toEqual(['newer. Start the run again to take it over. On a terminal, Enter does.']);
    expect(takeOver).not.toHaveBeenCalled();
  });

  test('is nobody\'s concern after the end', async () => {
    offer(true);
    end();
    write('manifest.json', '{ "new": 1 }');
    seconds(3);
    await enter();
    expect([printed, takeOver.mock.calls, jest.getTimerCount()]).toEqual([[], [], 0]);
  });
});
