import { MalformedBytes, type Reader } from '../bytes/reader.ts';
import type { Writer } from '../bytes/writer.ts';
import type { Shape } from './field.ts';

/** The length in front of a string, of bytes or of an array; -1 stands for null. */
export function readLength(reader: Reader, shape: Shape, nullable: boolean, plain: 'int16' | 'int32'): number {
  const length = shape.flexible ? reader.unsignedVarint() - 1 : reader[plain]();
  if (length >= 0 || (length === -1 && nullable)) return length;
  throw new MalformedBytes(length === -1 ? 'null where a value is required' : `a length of ${length}`);
}

export function writeLength(
  writer: Writer,
  length: number,
  shape: Shape,
  nullable: boolean,
  plain: 'int16' | 'int32',
): void {
  if (length === -1 && !nullable)
    throw new TypeError(`null in a field that version ${shape.version} does not allow to be null`);
  if (shape.flexible) writer.unsignedVarint(length + 1);
  else writer[plain](length);
}
