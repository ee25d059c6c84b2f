/** Endings of files that can be decoded. */
export const PICTURE_ENDINGS = ['png', 'jpg', 'jpeg', 'webp', 'gif', 'tif', 'tiff', 'avif', 'svg'] as const;

const PICTURE = new RegExp(`\\.(${PICTURE_ENDINGS.join('|')})$`, 'i');

export function isPictureName(name: string): boolean {
  return PICTURE.test(name);
}
