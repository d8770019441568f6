import { setTimeout } from 'node:timers/promises';
import type { Clock } from './ports';

/** The time of this machine. */
export const REAL_CLOCK: Clock = {
  now: Date.now,
  wait: (ms) => setTimeout(ms),
  random: Math.random,
  every: (ms, call) => {
    const timer = setInterval(call, ms);
    return () => clearInterval(timer);
  },
};
