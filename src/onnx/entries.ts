import type { Cursor } from './cursor';

/** Adds the StringStringEntryProto that is the cursor's current field (metadata, external data). */
export function readEntry(cursor: Cursor, into: Map<string, string>): void {
  let key = '';
  let value = '';
  cursor.enter();
  while (cursor.next()) {
    if (cursor.field === 1) key = cursor.text();
    else if (cursor.field === 2) value = cursor.text();
    else cursor.skip();
  }
  into.set(key, value);
}
