/**
 * Ada's bank: a store outside the program, which survives when the program crashes. It is all that a consumer in this course changes in the world.
 */
import type { Kafka } from '../../lib/index.ts';

/** An event as it lies in the topic: whose account, and by how much it changes. */
export interface AccountEvent {
  readonly key: string | null;
  readonly value: string | null;
}

/** The bank as one program reaches it. */
export interface BankConnection {
  /** Adds the amount of the event to the balance of its owner. */
  apply(event: AccountEvent): Promise<void>;
  /** As `apply`, and stores in the same write that this was the event at `offset`. An event stored before changes nothing. */
  applyAt(offset: number, event: AccountEvent): Promise<void>;
}

// #region bank
/** A withdrawal of more than the balance is refused, and the attempt costs 10. */
export function booked(balance: number, amount: number): number {
  return balance + amount >= 0 ? balance + amount : balance - 10;
}

export class Bank {
  readonly #balances = new Map<string, number>();
  readonly #lastOffsets = new Map<string, number>();

  balance(owner: string): number {
    return this.#balances.get(owner) ?? 0;
  }

  #book(owner: string, amount: number): void {
    this.#balances.set(owner, booked(this.balance(owner), amount));
  }
  // #endregion bank

  /** The offset and the amount in one write: either both are stored, or neither. */
  #bookAt(offset: number, owner: string, amount: number): void {
    if (offset <= (this.#lastOffsets.get(owner) ?? -1)) return;
    this.#lastOffsets.set(owner, offset);
    this.#book(owner, amount);
  }

  /** A connection from the program that owns `kafka`. A call takes 10 ms to the bank and 10 ms back. */
  from({ world }: Pick<Kafka, 'world'>): BankConnection {
    const takes = '10 ms';
    return {
      apply: ({ key, value }) =>
        world.effect(`apply ${value}`, () => this.#book(String(key), Number(value)), { takes }),
      applyAt: (offset, { key, value }) =>
        world.effect(`apply ${value} at ${offset}`, () => this.#bookAt(offset, String(key), Number(value)), { takes }),
    };
  }
}
