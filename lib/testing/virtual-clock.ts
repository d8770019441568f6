interface Appointment {
  readonly at: number;
  readonly order: number;
  readonly action: () => void;
  /** Its place in the heap; -1 when it is over or cancelled. */
  place: number;
}

/** A clock that moves from one appointment to the next, when its owner says so. Milliseconds since the epoch. */
export class VirtualClock {
  /** A binary heap: earliest first, and equal ones in the order in which they were made. */
  private readonly heap: Appointment[] = [];
  private made = 0;

  constructor(private time: number) {}

  readonly now = (): number => this.time;

  /**
   * Runs the action when the clock gets there. Returns a function that cancels it.
   *
   * @throws RangeError if the clock can't get there.
   */
  schedule(at: number, action: () => void): () => void {
    if (!Number.isFinite(at)) {
      throw new RangeError(`The virtual clock was to stop at ${at} but stops only at a finite number of milliseconds.`);
    }
    const appointment = { at: Math.max(at, this.time), order: this.made++, action, place: this.heap.length };
    this.heap.push(appointment);
    this.rise(appointment);
    return () => this.remove(appointment);
  }

  /** When the next appointment is. */
  next(): number | undefined {
    return this.heap[0]?.at;
  }

  /** Moves to the next appointment and runs it. */
  step(): void {
    const first = this.heap[0];
    if (first) {
      this.remove(first);
      this.time = first.at;
      first.action();
    }
  }

  /** Moves to a moment before the next appointment. */
  moveTo(at: number): void {
    this.time = Math.max(at, this.time);
  }

  private remove(appointment: Appointment): void {
    const { place } = appointment;
    if (place === -1) {
      return;
    }
    appointment.place = -1;
    const last = this.heap.pop()!;
    if (last !== appointment) {
      this.put(last, place);
      this.sink(last);
      this.rise(last);
    }
  }

  private rise(appointment: Appointment): void {
    for (let parent = this.heap[(appointment.place - 1) >> 1]; parent && before(appointment, parent);) {
      const { place } = parent;
      this.put(parent, appointment.place);
      this.put(appointment, place);
      parent = this.heap[(place - 1) >> 1];
    }
  }

  private sink(appointment: Appointment): void {
    for (;;) {
      const { place } = appointment;
      const [left, right] = [this.heap[2 * place + 1], this.heap[2 * place + 2]];
      const child = right && before(right, left) ? right : left;
      if (!child || !before(child, appointment)) {
        return;
      }
      this.put(appointment, child.place);
      this.put(child, place);
    }
  }

  private put(appointment: Appointment, place: number): void {
    appointment.place = place;
    this.heap[place] = appointment;
  }
}

function before(a: Appointment, b: Appointment): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
