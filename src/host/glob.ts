/** A name as a part of a glob pattern that matches only itself. */
export function literalGlob(name: string): string {
  return name.replace(/[[\]{}*?,]/g, '[$&]');
}
