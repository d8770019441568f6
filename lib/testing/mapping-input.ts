import { DEFAULT_SETTINGS, type MappingSettings, type Range, RANGES } from '../mapping/settings';

/** The settings of a simulated mapping: the construct's names, durations in seconds. What is left out is the construct's default. */
export interface SimulatedMapping extends Partial<MappingSettings> {
  /**
   * The kind of failure destination.
   *
   * @default 'sqs'
   */
  readonly onFailure?: 'sqs' | 'sns' | 's3' | 'none';
}

/** Complete settings, with where failed batches go. */
export interface ResolvedMapping {
  readonly settings: MappingSettings;
  readonly destination?: 'sqs' | 'sns' | 's3';
}

/** Fills in the construct's defaults and judges the settings. */
export function resolveMapping({ onFailure = 'sqs', ...given }: SimulatedMapping = {}): ResolvedMapping {
  const settings = { ...DEFAULT_SETTINGS, ...given };
  for (const [name, range] of Object.entries(RANGES)) {
    checkRange(name, settings[name as keyof typeof RANGES], range);
  }
  return { settings, destination: onFailure === 'none' ? undefined : onFailure };
}

function checkRange(name: string, value: number, { min, max, unlimited }: Range): void {
  if (value !== unlimited && !(Number.isInteger(value) && value >= min && value <= max)) {
    const orUnlimited = unlimited === undefined ? '' : `, or ${unlimited} for no limit`;
    throw new RangeError(`mapping.${name} is ${value}; it has to be a whole number from ${min} to ${max}${orUnlimited}.`);
  }
}
