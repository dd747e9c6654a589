/**
 * Puts something around every call of an object that answers with a promise, without the object knowing.
 *
 * A foreground client drives the clock while one of its calls is unsettled; a program under `everyCrash` is stopped where a call returns to it. Neither is the
 * client's business. So the client stays as it is, and what the program holds is a stand-in that looks the same. What the client calls on
 * itself does not pass here: methods run on the object itself, which is also why they find its private members.
 */
export type Around = <T>(what: string, promise: Promise<T>) => Promise<T>;

/** The stand-in. `name` begins the names of calls: `consumer` makes `consumer.poll`. Async iterators step through `around` as well. */
export function aroundCalls<T extends object>(target: T, name: string, around: Around): T {
  const methods = new Map<PropertyKey, unknown>();
  return new Proxy(target, {
    get(_, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      const known = methods.get(property);
      if (known !== undefined) return known;
      const what = property === Symbol.asyncIterator ? name : `${name}.${String(property)}`;
      const method = (...parameters: unknown[]) => wrapped(Reflect.apply(value, target, parameters), what, around);
      methods.set(property, method);
      return method;
    },
    set: (_, property, value) => Reflect.set(target, property, value, target),
  });
}

/** A Kafka whose clients are stood in for, and that has what is in `own` instead of, or beside, what it had. */
export function aroundKafka<T extends object, Own extends object>(kafka: T, own: Own, around: Around): T & Own {
  const standIn = new Proxy(kafka, {
    get(_, property) {
      if (property in own) return Reflect.get(own, property);
      const value: unknown = Reflect.get(kafka, property, kafka);
      if (typeof value !== 'function') return value;
      return (...parameters: unknown[]) => {
        const result: unknown = Reflect.apply(value, kafka, parameters);
        if (result instanceof Promise) return around(`kafka.${String(property)}`, result);
        return typeof result === 'object' && result !== null ? aroundCalls(result, String(property), around) : result;
      };
    },
  });
  return standIn as T & Own;
}

function wrapped(result: unknown, what: string, around: Around): unknown {
  if (result instanceof Promise) return around(what, result);
  return isAsyncIterator(result) ? aroundCalls(result, what, around) : result;
}

function isAsyncIterator(value: unknown): value is AsyncIterator<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value && 'next' in value;
}
