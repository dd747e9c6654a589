/** One value in a message: how it is read and written, which versions have it, and what it means. */
import type { Reader } from '../bytes/reader.ts';
import type { Writer } from '../bytes/writer.ts';

/** Which shape of a message is meant. */
export interface Shape {
  readonly version: number;
  readonly flexible: boolean;
}

/** How one value is read and written; `Out` is what a reader gets, `In` what a writer may give. */
export interface Format<Out, In> {
  /** The name of the type, as Kafka's message definitions have it. */
  readonly type: string;
  /** What an array holds. */
  readonly of?: Field<unknown, never, boolean>;
  /** What a struct holds. */
  readonly fields?: { readonly [name: string]: Field<unknown, never, boolean> };
  read(reader: Reader, shape: Shape, nullable: boolean): Out;
  write(writer: Writer, value: In, shape: Shape, nullable: boolean): void;
}

interface Options {
  readonly since: number;
  readonly until: number;
  readonly nullableSince: number;
  readonly tag: number | undefined;
  readonly about: string;
}

/** A value in a message: its format, the versions that have it, and what it means. Each method answers a changed copy. */
export class Field<Out, In, Optional extends boolean = false> {
  readonly format: Format<Out, In>;
  readonly absent: Out;
  readonly options: Options;
  declare readonly optional: Optional;

  constructor(format: Format<Out, In>, absent: Out, options: Options = always) {
    this.format = format;
    this.absent = absent;
    this.options = options;
  }

  /** The first version that has the field. */
  since(version: number): Field<Out, In, true> {
    return new Field(this.format, this.absent, { ...this.options, since: version });
  }

  /** The last version that has the field. */
  until(version: number): Field<Out, In, true> {
    return new Field(this.format, this.absent, { ...this.options, until: version });
  }

  /** What is read when the version lacks the field, and written when it is left out. */
  default(value: Out): Field<Out, In, true> {
    return new Field(this.format, value, this.options);
  }

  /** The field may be null from this version on. */
  nullable(since = 0): Field<Out | null, In | null, Optional> {
    return new Field<Out | null, In | null, Optional>(this.format as Format<Out | null, In | null>, this.absent, {
      ...this.options,
      nullableSince: since,
    });
  }

  /** The field is sent as a tagged field, and only when it differs from its default. */
  tagged(tag: number): Field<Out, In, true> {
    return new Field(this.format, this.absent, { ...this.options, tag });
  }

  /** What the field means, for the wire reference. */
  about(text: string): this {
    return new Field(this.format, this.absent, { ...this.options, about: text }) as unknown as this;
  }

  exists(version: number): boolean {
    return version >= this.options.since && version <= this.options.until;
  }

  read(reader: Reader, shape: Shape): Out {
    return this.format.read(reader, shape, shape.version >= this.options.nullableSince);
  }

  write(writer: Writer, value: In, shape: Shape): void {
    this.format.write(writer, value, shape, shape.version >= this.options.nullableSince);
  }
}

const always: Options = { since: 0, until: Infinity, nullableSince: Infinity, tag: undefined, about: '' };
