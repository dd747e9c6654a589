/**
 * What is going to happen, earliest first: a binary heap ordered by time, then by lot, then by the order of entry.
 *
 * The lot matters. Two things that happen in the same millisecond have no order in a real cluster, and code that works only in one of the
 * two is wrong; a drawn order finds it out, and the seed brings it back. The order of entry only makes the order total.
 */
export interface Happening {
  readonly time: number;
  readonly lot: number;
  readonly sequence: number;
  /** For people: `a timer of broker-0`. */
  readonly label: string;
  readonly run: () => void;
  cancelled: boolean;
}

export class EventQueue {
  #heap: Happening[] = [];
  #cancelled = 0;

  /** How many are still to come. */
  get size(): number {
    return this.#heap.length - this.#cancelled;
  }

  push(happening: Happening): void {
    this.#heap.push(happening);
    this.#rise(this.#heap.length - 1);
  }

  /** Takes out the earliest, or answers undefined when nothing is left. */
  pop(): Happening | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined) return undefined;
      const last = this.#heap.pop() as Happening;
      if (last !== first) {
        this.#heap[0] = last;
        this.#sink(0);
      }
      if (!first.cancelled) return first;
      this.#cancelled--;
    }
  }

  /** Only marks it, as taking it from the middle of the heap would mean a search; when most are marked, the heap is built anew. */
  cancel(happening: Happening): void {
    if (happening.cancelled) return;
    happening.cancelled = true;
    this.#cancelled++;
    if (this.#cancelled < 64 || this.#cancelled * 2 < this.#heap.length) return;
    this.#heap = this.#heap.filter((one) => !one.cancelled);
    this.#cancelled = 0;
    for (let at = (this.#heap.length >> 1) - 1; at >= 0; at--) this.#sink(at);
  }

  /** The next `count` in order, left in place. */
  next(count: number): Happening[] {
    return this.#heap
      .filter((one) => !one.cancelled)
      .sort((one, other) => (before(one, other) ? -1 : 1))
      .slice(0, count);
  }

  clear(): void {
    this.#heap = [];
    this.#cancelled = 0;
  }

  #rise(start: number): void {
    const heap = this.#heap;
    const moving = heap[start];
    let at = start;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(moving, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = moving;
  }

  #sink(start: number): void {
    const heap = this.#heap;
    const moving = heap[start];
    let at = start;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
      if (!before(heap[child], moving)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = moving;
  }
}

function before(one: Happening, other: Happening): boolean {
  if (one.time !== other.time) return one.time < other.time;
  if (one.lot !== other.lot) return one.lot < other.lot;
  return one.sequence < other.sequence;
}
