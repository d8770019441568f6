import { completed, type MappingSettings } from '../lib/rules/settings';

/** What a trigger does that is given no setting. */
export const DEFAULT_SETTINGS = completed({}) as unknown as MappingSettings;
