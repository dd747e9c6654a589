/**
 * The name under which `await using` finds what to call at the end of a block. Runtimes and type libraries older than the syntax do not have it; there it is what
 * compilers that translate the syntax put in its place.
 */
declare global {
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
}

export const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for('Symbol.asyncDispose') as typeof Symbol.asyncDispose);
