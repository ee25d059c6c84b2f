/** Line icons on a 16 × 16 grid, in the colour of the text around them. */
const PATHS = {
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9M10.3 10.3L14 14',
  up: 'M3.5 10L8 5.5L12.5 10',
  down: 'M3.5 6L8 10.5L12.5 6',
  close: 'M4 4L12 12M12 4L4 12',
  fit: 'M2.5 6V2.5H6M10 2.5H13.5V6M13.5 10V13.5H10M6 13.5H2.5V10M6 6H10V10H6Z',
  copy: 'M5.5 5.5V2.5H13.5V10.5H10.5M2.5 5.5H10.5V13.5H2.5Z',
  warning: 'M8 2L14.5 13.5H1.5ZM8 6.5V9.8M8 11.6V12',
  error: 'M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 0 1 0-13M8 4.5V8.8M8 11V11.5',
  advice: 'M8 1.8a4.2 4.2 0 0 1 2.3 7.7V11.5H5.7V9.5A4.2 4.2 0 0 1 8 1.8M6.2 13.8H9.8',
  eye: 'M1.5 8C3 5 5.3 3.5 8 3.5S13 5 14.5 8C13 11 10.7 12.5 8 12.5S3 11 1.5 8ZM8 6a2 2 0 1 1 0 4a2 2 0 0 1 0-4',
  save: 'M8 2V9.5M4.8 6.6L8 9.8L11.2 6.6M2.5 10.5V13.5H13.5V10.5',
  target: 'M8 3.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9M8 1V5M8 11V15M1 8H5M11 8H15',
  sliders:
    'M2 4.5H8M11 4.5H14M9.5 3a1.5 1.5 0 1 1 0 3a1.5 1.5 0 0 1 0-3M2 11.5H4.5M7.5 11.5H14M6 10a1.5 1.5 0 1 1 0 3a1.5 1.5 0 0 1 0-3',
  pin: 'M5.5 2.5H10.5L9.8 7L12 9.5H4L6.2 7ZM8 9.5V14',
  compare: 'M5 2.5V13.5M2.5 5L5 2.5L7.5 5M11 13.5V2.5M8.5 11L11 13.5L13.5 11',
  undo: 'M5.5 2.5L2.5 5.5L5.5 8.5M2.5 5.5H9.5A4 4 0 0 1 9.5 13.5H6',
} as const;

export type IconName = keyof typeof PATHS;

const SVG = 'http://www.w3.org/2000/svg';

export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}
