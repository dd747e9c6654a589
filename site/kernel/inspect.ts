/**
 * Shows values as Node's `util.inspect` shows them, so that a cell prints the same text in the page as in Jupyter. The rules for
 * when an object stands on one line and how long arrays are laid out in columns are Node's (lib/internal/util/inspect.js), read from
 * what it prints and checked against it by a property test. Left out is what no chapter prints: colours, proxies, hidden properties.
 */

/** Node's defaults for `console.log`. */
const DEPTH = 2;
const BREAK_LENGTH = 80;
const COMPACT = 3;
const MAX_ITEMS = 100;
const MAX_STRING = 10_000;

const CUSTOM = Symbol.for('nodejs.util.inspect.custom');

/** What is known while one value is shown: how deep it stands, what surrounds it, and what refers back to itself. */
interface Context {
  depth: number;
  indentation: number;
  /** The depth of the object shown last: an object that holds few levels may stand on one line. */
  currentDepth: number;
  seen: object[];
  circular: Map<object, number>;
}

/** One value as text; a string is quoted. */
export function inspect(value: unknown, depth: number = DEPTH): string {
  return show({ depth, indentation: 0, currentDepth: 0, seen: [], circular: new Map() }, value, 0);
}

function show(context: Context, value: unknown, level: number): string {
  if (typeof value === 'function' || (typeof value === 'object' && value !== null))
    return showObject(context, value, level);
  return showPrimitive(context, value);
}

function showPrimitive(context: Context, value: unknown): string {
  if (typeof value === 'string') return showString(context, value);
  if (typeof value === 'bigint') return `${value}n`;
  if (Object.is(value, -0)) return '-0';
  return String(value);
}

function showString(context: Context, value: string): string {
  const cut = value.length > MAX_STRING ? value.slice(0, MAX_STRING) : value;
  const rest = value.length - cut.length;
  const trailer = rest === 0 ? '' : `... ${rest} more character${rest === 1 ? '' : 's'}`;
  if (cut.length <= 16 || cut.length <= BREAK_LENGTH - context.indentation - 4) return quote(cut) + trailer;
  const lines = cut.split(/(?<=\n)/).map(quote);
  return lines.join(` +\n${' '.repeat(context.indentation + 2)}`) + trailer;
}

const ESCAPES: Record<string, string> = {
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '\\': '\\\\',
};

/** In the first kind of quotes that the string does not contain. */
function quote(value: string): string {
  const mark = !value.includes("'") ? "'" : !value.includes('"') ? '"' : /`|\$\{/.test(value) ? "'" : '`';
  let result = '';
  for (const character of value) {
    const code = character.codePointAt(0) ?? 0;
    const isLoneSurrogate = code >= 0xd800 && code <= 0xdfff;
    if (character === mark && mark === "'") result += "\\'";
    else if (ESCAPES[character] !== undefined) result += ESCAPES[character];
    else if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) result += `\\x${hex(code, 2)}`;
    else result += isLoneSurrogate ? `\\u${hex(code, 4)}` : character;
  }
  return mark + result + mark;
}

function hex(code: number, digits: number): string {
  return code.toString(16).toUpperCase().padStart(digits, '0');
}

/** How a kind of object is written: `base` stands for the whole when there are no entries. */
interface Shape {
  prefix: string;
  open: string;
  close: string;
  /** How many entries there are beside the named properties. */
  size: number;
  entries: () => string[];
  keys: PropertyKey[];
  base: string;
  isList: boolean;
}

function showObject(context: Context, value: object, level: number): string {
  const custom: unknown = Reflect.get(value, CUSTOM);
  if (typeof custom === 'function' && custom !== inspect) {
    const shown: unknown = custom.call(value, context.depth - level, {}, inspect);
    if (shown !== value)
      return typeof shown === 'string'
        ? shown.replaceAll('\n', `\n${' '.repeat(context.indentation)}`)
        : show(context, shown, level);
  }
  if (context.seen.includes(value)) {
    const index = context.circular.get(value) ?? context.circular.size + 1;
    context.circular.set(value, index);
    return `[Circular *${index}]`;
  }
  const shape = shapeOf(context, value, level);
  const isEmpty = shape.keys.length === 0 && shape.size === 0;
  if (isEmpty) return shape.base === '' ? `${shape.prefix}${shape.open}${shape.close}` : shape.base;
  if (level > context.depth) {
    const name = nameOf(value);
    return `[${Array.isArray(value) ? 'Array' : name === null ? 'Object: null prototype' : tagged(value, name)}]`;
  }
  context.seen.push(value);
  context.currentDepth = level;
  const output = [...shape.entries(), ...shape.keys.map((key) => showProperty(context, value, key, level))];
  context.seen.pop();
  const index = context.circular.get(value);
  let base = shape.base;
  let open = shape.prefix + shape.open;
  if (index !== undefined) {
    if (base === '') open = `<ref *${index}> ${open}`;
    else base = `<ref *${index}> ${base}`;
  }
  return layOut(context, output, base, open, shape, level, value);
}

function shapeOf(context: Context, value: object, level: number): Shape {
  const name = nameOf(value);
  const keys = ownKeys(value);
  const shape: Shape = { prefix: '', open: '{', close: '}', size: 0, entries: () => [], keys, base: '', isList: false };
  const title = (plain: string, size = '') => `${name === null ? `[${plain}${size}: null prototype]` : name + size} `;
  if (Array.isArray(value)) {
    const isPlain = name === 'Array';
    const names = keys.filter((key) => !isIndex(key, value.length));
    const prefix = isPlain ? '' : title('Array', `(${value.length})`);
    return {
      ...shape,
      prefix,
      open: '[',
      close: ']',
      keys: names,
      isList: true,
      size: value.length,
      entries: () => arrayEntries(context, value, level),
    };
  }
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const items = value as Uint8Array;
    const names = keys.filter((key) => !isIndex(key, items.length));
    const prefix = title(typedArrayName(value), `(${items.length})`);
    return {
      ...shape,
      prefix,
      open: '[',
      close: ']',
      keys: names,
      isList: true,
      size: items.length,
      entries: () => typedEntries(items),
    };
  }
  if (value instanceof Map) {
    return {
      ...shape,
      prefix: title('Map', `(${value.size})`),
      size: value.size,
      entries: () => mapEntries(context, value, level),
    };
  }
  if (value instanceof Set) {
    return {
      ...shape,
      prefix: title('Set', `(${value.size})`),
      size: value.size,
      entries: () => setEntries(context, value, level),
    };
  }
  if (typeof value === 'function') return { ...shape, base: functionBase(value, name) };
  if (value instanceof RegExp) return { ...shape, base: String(value) };
  if (value instanceof Date)
    return { ...shape, base: Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString() };
  if (value instanceof Error) return errorShape(shape, value);
  if (value instanceof Number || value instanceof String || value instanceof Boolean) {
    const names = keys.filter((key) => !(value instanceof String && isIndex(key, value.length)));
    return { ...shape, keys: names, base: `[${name ?? 'Object'}: ${showPrimitive(context, value.valueOf())}]` };
  }
  if (value instanceof Promise) return { ...shape, prefix: title('Promise'), size: 1, entries: () => ['<pending>'] };
  if (value instanceof WeakSet || value instanceof WeakMap)
    return {
      ...shape,
      prefix: title(value instanceof WeakSet ? 'WeakSet' : 'WeakMap'),
      size: 1,
      entries: () => ['<items unknown>'],
    };
  if (value instanceof ArrayBuffer)
    return { ...shape, prefix: title('ArrayBuffer'), size: 1, entries: () => bufferEntries(value) };
  if (name === 'Object' && tagged(value, name) === 'Object') return shape;
  return { ...shape, prefix: name === null ? '[Object: null prototype] ' : `${tagged(value, name)} ` };
}

/** The nearest constructor's name; null for an object without a prototype. */
function nameOf(value: object): string | null {
  for (let at: object | null = value; at !== null; at = Object.getPrototypeOf(at)) {
    const descriptor = Object.getOwnPropertyDescriptor(at, 'constructor');
    if (typeof descriptor?.value === 'function' && descriptor.value.name !== '' && value instanceof descriptor.value) {
      return descriptor.value.name;
    }
  }
  return null;
}

function tagged(value: object, name: string): string {
  const tag: unknown = Reflect.get(value, Symbol.toStringTag);
  return typeof tag === 'string' && tag !== '' && tag !== name ? `${name} [${tag}]` : name;
}

function typedArrayName(value: ArrayBufferView): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

function ownKeys(value: object): PropertyKey[] {
  const symbols = Object.getOwnPropertySymbols(value).filter((key) =>
    Object.prototype.propertyIsEnumerable.call(value, key),
  );
  return [...Object.keys(value), ...symbols];
}

function isIndex(key: PropertyKey, length: number): boolean {
  return typeof key === 'string' && /^(?:0|[1-9]\d*)$/.test(key) && Number(key) < length;
}

function functionBase(value: object, name: string | null): string {
  const { name: own } = value as { name: unknown };
  const source = Function.prototype.toString.call(value);
  if (source.startsWith('class') && source.endsWith('}')) {
    const parent: unknown = Object.getPrototypeOf(value);
    const heir = typeof parent === 'function' && parent.name !== '' ? ` extends ${parent.name}` : '';
    return `[class ${own === '' ? '(anonymous)' : String(own)}${heir}]`;
  }
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  return `[${kind}${name === null ? ' (null prototype)' : ''}${own === '' ? ' (anonymous)' : `: ${String(own)}`}]`;
}

/** Without its stack: the frames of this kernel would tell a reader nothing, and differ from Node's. */
function errorShape(shape: Shape, error: Error): Shape {
  const keys = shape.keys.filter((key) => key !== 'name' && key !== 'message' && key !== 'stack');
  const hasCause = Object.hasOwn(error, 'cause') && !keys.includes('cause');
  const text = error.message === '' ? error.name : `${error.name}: ${error.message}`;
  return { ...shape, keys: hasCause ? [...keys, 'cause'] : keys, base: text };
}

function more(hidden: number): string[] {
  return hidden <= 0 ? [] : [`... ${hidden} more item${hidden === 1 ? '' : 's'}`];
}

function arrayEntries(context: Context, items: unknown[], level: number): string[] {
  const entries: string[] = [];
  let at = 0;
  while (at < items.length && entries.length < MAX_ITEMS) {
    if (at in items) {
      entries.push(nested(context, items[at], level));
      at += 1;
      continue;
    }
    const start = at;
    while (at < items.length && !(at in items)) at += 1;
    entries.push(`<${at - start} empty item${at - start === 1 ? '' : 's'}>`);
  }
  return [...entries, ...more(items.length - at)];
}

function typedEntries(items: Uint8Array): string[] {
  const shown = Array.from(items.subarray(0, MAX_ITEMS), (item) => showPrimitive(emptyContext, item));
  return [...shown, ...more(items.length - MAX_ITEMS)];
}

const emptyContext: Context = { depth: 0, indentation: 0, currentDepth: 0, seen: [], circular: new Map() };

function bufferEntries(buffer: ArrayBuffer): string[] {
  const bytes = new Uint8Array(buffer);
  const shown = Array.from(bytes.subarray(0, 50), (byte) => hex(byte, 2).toLowerCase()).join(' ');
  const rest = bytes.length - 50;
  const trailer = rest > 0 ? ` ... ${rest} more byte${rest === 1 ? '' : 's'}` : '';
  return [`[Uint8Contents]: <${shown}${trailer}>`, `byteLength: ${bytes.length}`];
}

function mapEntries(context: Context, map: Map<unknown, unknown>, level: number): string[] {
  const entries = [...map]
    .slice(0, MAX_ITEMS)
    .map(([key, item]) => `${nested(context, key, level)} => ${nested(context, item, level)}`);
  return [...entries, ...more(map.size - MAX_ITEMS)];
}

function setEntries(context: Context, set: Set<unknown>, level: number): string[] {
  const entries = [...set].slice(0, MAX_ITEMS).map((item) => nested(context, item, level));
  return [...entries, ...more(set.size - MAX_ITEMS)];
}

function nested(context: Context, value: unknown, level: number): string {
  context.indentation += 2;
  const shown = show(context, value, level + 1);
  context.indentation -= 2;
  return shown;
}

function showProperty(context: Context, value: object, key: PropertyKey, level: number): string {
  const descriptor = Object.getOwnPropertyDescriptor(value, key);
  const name = keyName(value, key);
  if (descriptor?.get) return `${name}: [Getter${descriptor.set ? '/Setter' : ''}]`;
  if (descriptor?.set) return `${name}: [Setter]`;
  return `${name}: ${nested(context, descriptor?.value, level)}`;
}

function keyName(value: object, key: PropertyKey): string {
  if (typeof key === 'symbol') return `[${String(key)}]`;
  const text = String(key);
  if (!Object.prototype.propertyIsEnumerable.call(value, key)) return `[${text}]`;
  return /^[a-zA-Z_][a-zA-Z_0-9]*$/.test(text) ? text : quote(text);
}

/** On one line where it fits and holds few levels, in columns when it is a long list, else one entry a line. */
function layOut(
  context: Context,
  output: string[],
  base: string,
  open: string,
  shape: Shape,
  level: number,
  value: object,
): string {
  const start = base === '' ? '' : `${base} `;
  const entries = shape.isList && output.length > 6 ? inColumns(context, output, value) : output;
  if (context.currentDepth - level < COMPACT && entries === output) {
    const room = output.length + context.indentation + open.length + base.length + 10;
    const length = output.reduce((sum, entry) => sum + entry.length, output.length + room);
    const line = output.join(', ');
    if (length <= BREAK_LENGTH && !line.includes('\n') && !base.includes('\n'))
      return `${start}${open} ${line} ${shape.close}`;
  }
  const margin = `\n${' '.repeat(context.indentation)}`;
  return `${start}${open}${margin}  ${entries.join(`,${margin}  `)}${margin}${shape.close}`;
}

/** Columns as wide as their widest entry, about two and a half times as wide as high; numbers to the right, the rest to the left. */
function inColumns(context: Context, output: string[], value: object): string[] {
  const items = value as ArrayLike<unknown>;
  const trailer = output.length > MAX_ITEMS ? output.slice(-1) : [];
  const cells = output.slice(0, output.length - trailer.length);
  const widths = cells.map(displayWidth);
  const total = widths.reduce((sum, width) => sum + width + 2, 0);
  const widest = Math.max(...widths) + 2;
  if (widest * 3 + context.indentation >= BREAK_LENGTH || (total / widest <= 5 && widest > 8)) return output;
  const biased = Math.max(widest - 3 - Math.sqrt(widest - total / output.length), 1);
  const columns = Math.min(
    Math.round(Math.sqrt(2.5 * biased * cells.length) / biased),
    Math.floor((BREAK_LENGTH - context.indentation) / widest),
    COMPACT * 4,
    15,
  );
  if (columns <= 1) return output;
  const columnWidths = Array.from({ length: columns }, (_, column) =>
    Math.max(...widths.filter((_width, index) => index % columns === column)),
  );
  const isNumeric = output.every((_, index) => typeof items[index] === 'number' || typeof items[index] === 'bigint');
  const rows: string[] = [];
  for (let from = 0; from < cells.length; from += columns) {
    const row = cells.slice(from, from + columns).map((cell, column, all) => {
      const padding = ' '.repeat(columnWidths[column] - widths[from + column]);
      const isLast = column === all.length - 1;
      if (isNumeric) return padding + cell + (isLast ? '' : ', ');
      return isLast ? cell : `${cell}, ${padding}`;
    });
    rows.push(row.join(''));
  }
  return [...rows, ...trailer];
}

/** Wide characters (CJK, emoji) fill two columns of a terminal and combining ones none; Node counts them so. */
function displayWidth(text: string): number {
  let width = 0;
  for (const character of text.normalize('NFC')) {
    if (/\p{Mn}|\p{Me}|\p{Cf}/u.test(character)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}(?<=[\u{1f300}-\u{1faff}])/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}
