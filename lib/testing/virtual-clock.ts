interface Appointment {
  readonly at: number;
  readonly order: number;
  readonly action: () => void;
  cancelled: boolean;
}

/** A clock that only moves when told to, from one appointment to the next. Milliseconds since the epoch. */
export class VirtualClock {
  /** A binary heap: earliest first, and in the order of making among equals. */
  private readonly heap: Appointment[] = [];
  private made = 0;

  constructor(private time: number) {}

  readonly now = (): number => this.time;

  /** Runs the action when the clock gets there. Returns how to call it off. */
  schedule(at: number, action: () => void): () => void {
    const appointment = { at: Math.max(at, this.time), order: this.made++, action, cancelled: false };
    this.heap.push(appointment);
    this.rise(this.heap.length - 1);
    return () => {
      appointment.cancelled = true;
    };
  }

  /** When the next appointment is. */
  next(): number | undefined {
    while (this.heap.length > 0 && this.heap[0].cancelled) {
      this.pop();
    }
    return this.heap[0]?.at;
  }

  /** Moves to the next appointment and runs it. */
  step(): void {
    const at = this.next();
    if (at !== undefined) {
      this.time = at;
      this.pop().action();
    }
  }

  /** Moves to a moment before the next appointment. */
  moveTo(at: number): void {
    this.time = Math.max(at, this.time);
  }

  private pop(): Appointment {
    const first = this.heap[0];
    const last = this.heap.pop()!;
    if (this.heap.length > 0) {
      this.heap[0] = last;
      this.sink(0);
    }
    return first;
  }

  private rise(index: number): void {
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (before(this.heap[parent], this.heap[index])) {
        return;
      }
      this.swap(parent, index);
      index = parent;
    }
  }

  private sink(index: number): void {
    for (;;) {
      let first = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < this.heap.length && before(this.heap[child], this.heap[first])) {
          first = child;
        }
      }
      if (first === index) {
        return;
      }
      this.swap(first, index);
      index = first;
    }
  }

  private swap(a: number, b: number): void {
    [this.heap[a], this.heap[b]] = [this.heap[b], this.heap[a]];
  }
}

function before(a: Appointment, b: Appointment): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
