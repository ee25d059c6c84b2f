import fs from 'node:fs';
import path from 'node:path';

/** The repository's root, wherever the bundled test lies under it. */
export const root = findRoot(__dirname);

const sharedRoot = path.resolve(root, '../shared');

/** Absolute path of a file of the developers' shared folder; undefined where the folder is absent. */
export function sharedPath(relative: string): string | undefined {
  const file = path.join(sharedRoot, relative);
  return fs.existsSync(file) ? file : undefined;
}

/** For `before(function () { needsShared(this); })`: skips the suite with one visible line when shared data is absent. */
export function needsShared(context: Mocha.Context): void {
  if (sharedPath('README.md')) return;
  console.log('      skipped: needs the developers’ shared data beside the checkout');
  context.skip();
}

/** The same, as a path that is certainly there. */
export function shared(relative: string): string {
  const file = sharedPath(relative);
  if (!file) throw new Error(`shared file missing: ${relative}`);
  return file;
}

function findRoot(from: string): string {
  const parent = path.dirname(from);
  if (fs.existsSync(path.join(from, 'package.json'))) return from;
  if (parent === from) throw new Error('no package.json above the tests');
  return findRoot(parent);
}
